#include "engine/source/s3/location.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engine/source/s3/region.hpp"

namespace decamp::source::s3 {
namespace {

struct placed {
    const char *source, *endpoint, *region;
    std::string expected_region, url, origin;  // of the key "k/ö"
};

TEST(location, where_a_key_is) {
    const placed cases[] = {
        {"s3://photos", "", "", "us-east-1", "https://photos.s3.us-east-1.amazonaws.com:443/k/%C3%B6",
         "s3.amazonaws.com/photos"},
        {"s3://photos/", "", "eu-west-3", "eu-west-3", "https://photos.s3.eu-west-3.amazonaws.com:443/k/%C3%B6",
         "s3.amazonaws.com/photos"},
        {"s3://photos/a/b", "", "cn-north-1", "cn-north-1",
         "https://photos.s3.cn-north-1.amazonaws.com.cn:443/k/%C3%B6", "s3.amazonaws.com.cn/photos/a/b"},
        {"s3://my.photos/a", "", "", "us-east-1", "https://s3.us-east-1.amazonaws.com:443/my.photos/k/%C3%B6",
         "s3.amazonaws.com/my.photos/a"},
        {"s3://Old_Bucket", "", "", "us-east-1", "https://s3.us-east-1.amazonaws.com:443/Old_Bucket/k/%C3%B6",
         "s3.amazonaws.com/Old_Bucket"},
        {"s3://photos", "https://s3.eu-central-1.amazonaws.com", "", "eu-central-1",
         "https://photos.s3.eu-central-1.amazonaws.com:443/k/%C3%B6", "s3.amazonaws.com/photos"},
        {"s3://photos", "http://192.168.1.9:9000", "", "us-east-1", "http://192.168.1.9:9000/photos/k/%C3%B6",
         "192.168.1.9/photos"},
        {"s3://photos/x/", "https://[::1]:9000/", "", "us-east-1", "https://[::1]:9000/photos/k/%C3%B6",
         "[::1]/photos/x/"},
        {"s3://photos", "https://photos.minio.example.org", "", "us-east-1",
         "https://photos.minio.example.org:443/k/%C3%B6", "minio.example.org/photos"},
        {"s3://photos", "https://minio.example.org", "here", "here", "https://minio.example.org:443/photos/k/%C3%B6",
         "minio.example.org/photos"},
        {"s3://photos", "https://oss-cn-hangzhou.aliyuncs.com", "", "cn-hangzhou",
         "https://photos.oss-cn-hangzhou.aliyuncs.com:443/k/%C3%B6", "oss-cn-hangzhou.aliyuncs.com/photos"},
        {"s3://photos", "https://obs.cn-north-4.myhuaweicloud.com", "", "cn-north-4",
         "https://photos.obs.cn-north-4.myhuaweicloud.com:443/k/%C3%B6", "obs.cn-north-4.myhuaweicloud.com/photos"},
        {"s3://photos-125", "https://cos.ap-guangzhou.myqcloud.com", "", "ap-guangzhou",
         "https://photos-125.cos.ap-guangzhou.myqcloud.com:443/k/%C3%B6", "cos.ap-guangzhou.myqcloud.com/photos-125"},
        {"s3://tenant:photos", "http://localhost:8080", "", "us-east-1",
         "http://localhost:8080/tenant%3Aphotos/k/%C3%B6", "localhost/tenant:photos"},
        {"s3://photos", "https://acc.r2.cloudflarestorage.com", "", "auto",
         "https://acc.r2.cloudflarestorage.com:443/photos/k/%C3%B6", "acc.r2.cloudflarestorage.com/photos"},
        {"s3://photos/a\nb", "http://127.0.0.1", "", "us-east-1", "http://127.0.0.1:80/photos/k/%C3%B6",
         "127.0.0.1/photos/a%0Ab"},
    };
    for (const auto& c : cases) {
        const auto got = parse_location(c.source, c.endpoint, c.region);
        ASSERT_TRUE(got) << c.source << " " << c.endpoint << ": " << to_string(got.error());
        EXPECT_EQ(got->region, c.expected_region) << c.source << " " << c.endpoint;
        EXPECT_EQ(url_of_key(*got, "k/ö").without_query(), c.url) << c.source << " " << c.endpoint;
        EXPECT_EQ(origin_of(*got), c.origin) << c.source << " " << c.endpoint;
        EXPECT_TRUE(may_hold_bytes(*got, url_of_key(*got, "k"))) << c.source;
    }
}

TEST(location, what_is_no_source) {
    const auto code_of = [](std::string_view source, std::string_view endpoint, std::string_view region = {}) {
        const auto got = parse_location(source, endpoint, region);
        return got ? boost::system::error_code() : got.error().code;
    };
    EXPECT_EQ(code_of("micloud:", ""), make_error_code(location_errc::not_s3));
    EXPECT_EQ(code_of("s3:/b", ""), make_error_code(location_errc::not_s3));
    for (const char* bucket : {"s3://", "s3:///x", "s3://.", "s3://..", "s3://a?b", "s3://a b", "s3://ü"})
        EXPECT_EQ(code_of(bucket, ""), make_error_code(location_errc::bad_bucket)) << bucket;
    EXPECT_EQ(code_of("s3://" + std::string(256, 'b'), ""), make_error_code(location_errc::bad_bucket));
    EXPECT_EQ(code_of("s3://b/" + std::string(1025, 'p'), ""), make_error_code(location_errc::bad_prefix));
    for (const char* endpoint :
         {"minio", "ftp://h", "http://u:p@h", "http://h/x", "http://h?", "http://h#f", "http://"})
        EXPECT_EQ(code_of("s3://b", endpoint), make_error_code(location_errc::bad_endpoint)) << endpoint;
    EXPECT_EQ(code_of("s3://b", "", "not_a_label"), make_error_code(location_errc::bad_region));
}

TEST(location, keys_are_sent_as_they_are) {
    const auto path = parse_location("s3://b", "http://127.0.0.1", "").value();
    EXPECT_EQ(url_of_key(path, "/lead//x/../y/./").path, "/b//lead//x/../y/./");
    EXPECT_EQ(url_of_key(path, "a+b &=?#%.txt").path, "/b/a%2Bb%20%26%3D%3F%23%25.txt");
    EXPECT_EQ(url_of_key(path, std::string("\xff\0\n", 3)).path, "/b/%FF%00%0A");
    const auto host = parse_location("s3://b", "https://b.s3.example.org", "").value();
    EXPECT_EQ(url_of_key(host, "/x").path, "//x");
    EXPECT_EQ(url_of_bucket(host).path, "/");
    EXPECT_EQ(url_of_bucket(path).path, "/b");
}

TEST(location, folders) {
    EXPECT_EQ(parse_location("s3://b/a/b/c", "", "").value().folder(), "a/b/");
    EXPECT_EQ(parse_location("s3://b/a/b/", "", "").value().folder(), "a/b/");
    EXPECT_EQ(parse_location("s3://b/abc", "", "").value().folder(), "");
    EXPECT_EQ(parse_location("s3://b", "", "").value().folder(), "");
}

TEST(location, changes) {
    auto where = parse_location("s3://photos", "", "").value();
    EXPECT_EQ(in_region(where, "eu-west-3").host(), "photos.s3.eu-west-3.amazonaws.com");
    EXPECT_EQ(in_region(where, "eu-west-3").region, "eu-west-3");
    EXPECT_EQ(in_region(where, "evil.example/"), where);
    EXPECT_EQ(in_region(where, "Not_A_Label"), where);
    EXPECT_EQ(origin_of(in_region(where, "eu-west-3")), origin_of(where));
    const auto dual = parse_location("s3://photos", "https://s3.dualstack.eu-west-1.amazonaws.com", "").value();
    EXPECT_EQ(in_region(dual, "eu-west-3").host(), "photos.s3.dualstack.eu-west-3.amazonaws.com");
    const auto own = parse_location("s3://photos", "http://192.168.1.9", "").value();
    EXPECT_EQ(in_region(own, "here").host(), "192.168.1.9");
    EXPECT_EQ(in_region(own, "here").region, "here");

    const auto mistaken = parse_location("s3://minio", "https://minio.example.org", "").value();
    EXPECT_EQ(mistaken.style, addressing::virtual_host);
    EXPECT_EQ(url_of_key(with_path_style(mistaken), "k").without_query(), "https://minio.example.org:443/minio/k");
}

TEST(location, who_may_be_spoken_to) {
    const auto aws = parse_location("s3://photos", "", "").value();
    EXPECT_TRUE(exempt_hosts(aws).empty());
    const auto provider = parse_location("s3://photos", "https://oss-cn-hangzhou.aliyuncs.com", "").value();
    EXPECT_TRUE(exempt_hosts(provider).empty());
    const auto own = parse_location("s3://photos", "http://192.168.1.9:9000", "").value();
    EXPECT_EQ(exempt_hosts(own), std::set<std::string>{"192.168.1.9"});
    const auto named = parse_location("s3://photos", "http://photos.nas.lan", "").value();
    EXPECT_EQ(exempt_hosts(named), std::set<std::string>{"photos.nas.lan"});

    const auto may = [](const location& where, const char* url) {
        return may_hold_bytes(where, transport::parse_url(url).value());
    };
    EXPECT_TRUE(may(aws, "https://photos.s3.eu-west-3.amazonaws.com/k"));
    EXPECT_FALSE(may(aws, "http://photos.s3.eu-west-3.amazonaws.com/k"));
    EXPECT_FALSE(may(aws, "https://s3.amazonaws.com.evil.example/k"));
    EXPECT_FALSE(may(aws, "https://evil.amazonaws.com/k"));
    EXPECT_TRUE(may(own, "http://192.168.1.9:9000/other"));
    EXPECT_FALSE(may(own, "http://192.168.1.9:9001/other"));
    EXPECT_FALSE(may(own, "https://192.168.1.9:9000/other"));
}

TEST(region, told_by_a_host) {
    const std::pair<const char*, const char*> cases[] = {
        {"s3.eu-west-3.amazonaws.com", "eu-west-3"},
        {"bucket.s3.eu-west-3.amazonaws.com", "eu-west-3"},
        {"s3-2024.s3.eu-west-3.amazonaws.com", "eu-west-3"},
        {"s3-us-west-2.amazonaws.com", "us-west-2"},
        {"s3.dualstack.us-west-2.amazonaws.com", "us-west-2"},
        {"s3-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
        {"s3.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {"oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou"},
        {"s3.us-west-004.backblazeb2.com", "us-west-004"},
        {"fra1.digitaloceanspaces.com", "fra1"},
        {"s3.amazonaws.com", ""},
        {"s3-accelerate.amazonaws.com", ""},
        {"s3.internal.example.org", ""},
        {"s3.example.org", ""},
        {"localhost", ""},
        {"s3", ""},
        {"", ""},
        {"192.168.1.9", ""},
    };
    for (const auto& [host, expected] : cases) EXPECT_EQ(region_of_host(host).value_or(""), expected) << host;
    EXPECT_EQ(aws_domain("s3.amazonaws.com").value_or(""), "amazonaws.com");
    EXPECT_FALSE(aws_domain("bucket.vpce-1.s3.us-east-1.vpce.amazonaws.com"));
    EXPECT_FALSE(aws_domain("amazonaws.com"));
    EXPECT_FALSE(aws_domain("s3.notamazonaws.com"));
}

}  // namespace
}  // namespace decamp::source::s3

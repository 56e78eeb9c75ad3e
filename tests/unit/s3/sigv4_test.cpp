// Values that AWS publishes: the S3 API reference ("Examples: Signature Calculations"), the signature test suite
// (get-vanilla), and the example of a signing key.
#include "engine/source/s3/sigv4.hpp"

#include <gtest/gtest.h>

#include <string>

#include "engine/source/s3/requests.hpp"
#include "formats/bytes.hpp"
#include "formats/hex.hpp"

namespace decamp::source::s3 {
namespace {

const std::string example_key = "AKIAIOSFODNN7EXAMPLE";
const std::string example_secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const std::string suite_secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const std::string example_time = "20130524T000000Z";

std::string hash_of(const std::string& text) {
    return formats::to_hex(formats::sha256_of(formats::as_bytes(text)));
}

signable s3_example(std::string path, std::string query) {
    signable out;
    out.path = std::move(path);
    out.query = std::move(query);
    out.payload_sha256 = empty_payload;
    out.headers = {{"Host", "examplebucket.s3.amazonaws.com"},
                   {"x-amz-date", example_time},
                   {"x-amz-content-sha256", std::string(empty_payload)}};
    return out;
}

struct example {
    const char* what;
    signable of;
    std::string canonical_hash, signed_headers, signature;
};

TEST(sigv4, examples_of_the_s3_reference) {
    signable object = s3_example("/test.txt", "");
    object.headers.push_back({"Range", "bytes=0-9"});
    const example cases[] = {
        {"GET object", object, "7344ae5b7ee6c3e7e6b0fe0640412a37625d1fbfff95c48bbb2dc43964946972",
         "host;range;x-amz-content-sha256;x-amz-date",
         "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
        {"GET bucket lifecycle", s3_example("/", canonical_query({{"lifecycle", ""}})),
         "9766c798316ff2757b517bc739a67f6213b4ab36dd5da2f94eaebf79c77395ca", "host;x-amz-content-sha256;x-amz-date",
         "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
        {"list objects", s3_example("/", canonical_query({{"prefix", "J"}, {"max-keys", "2"}})),
         "df57d21db20da04d7fa30298dd4488ba3a2b47ca3a489c74750e0f1e7df1b9b7", "host;x-amz-content-sha256;x-amz-date",
         "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
    };
    const signing_scope scope{example_time, "us-east-1", "s3"};
    for (const auto& c : cases) {
        EXPECT_EQ(hash_of(canonical_request(c.of)), c.canonical_hash) << c.what;
        EXPECT_EQ(authorization(example_key, example_secret, scope, c.of),
                  "AWS4-HMAC-SHA256 Credential=" + example_key + "/20130524/us-east-1/s3/aws4_request, SignedHeaders=" +
                      c.signed_headers + ", Signature=" + c.signature)
            << c.what;
    }
}

TEST(sigv4, get_vanilla) {
    signable what;
    what.headers = {{"X-Amz-Date", "20150830T123600Z"}, {"Host", "example.amazonaws.com"}};
    what.payload_sha256 = empty_payload;
    const signing_scope scope{"20150830T123600Z", "us-east-1", "service"};
    EXPECT_EQ(string_to_sign(scope, canonical_request(what)),
              "AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n"
              "bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63");
    EXPECT_EQ(authorization("AKIDEXAMPLE", suite_secret, scope, what),
              "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
              "SignedHeaders=host;x-amz-date, "
              "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST(sigv4, signing_key) {
    EXPECT_EQ(formats::to_hex(signing_key(suite_secret, {"20150830T000000Z", "us-east-1", "iam"})),
              "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
    EXPECT_EQ(formats::to_hex(signing_key(suite_secret, {"20120215T000000Z", "us-east-1", "iam"})),
              "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d");
    // RFC 4231, test case 2.
    EXPECT_EQ(formats::to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hash_of(""), empty_payload);
}

TEST(sigv4, canonical_forms) {
    EXPECT_EQ(canonical_query({}), "");
    EXPECT_EQ(canonical_query({{"b", "x y"}, {"a", "1/2"}, {"b", "+~"}, {"B", ""}}), "B=&a=1%2F2&b=%2B~&b=x%20y");
    signable what;
    what.headers = {{"X-B", "  several   blanks "}, {"Host", "h"}};
    what.payload_sha256 = "UNSIGNED-PAYLOAD";
    EXPECT_EQ(canonical_request(what), "GET\n/\n\nhost:h\nx-b:several blanks\n\nhost;x-b\nUNSIGNED-PAYLOAD");
    EXPECT_EQ(amz_time(1369353600000), example_time);
    EXPECT_EQ(amz_time(1440938160999), "20150830T123600Z");
}

// The request that is really sent, against the example: the same but for Range, which is not signed.
TEST(sigv4, what_is_sent) {
    location where = parse_location("s3://examplebucket/J", "https://s3.amazonaws.com", "us-east-1").value();
    const credentials who{example_key, example_secret, "", ""};
    list_cursor first;
    first.form = list_form::v1;
    auto list = list_request(where, who, first, 2, 1369353600000);
    EXPECT_EQ(list.target.host, "examplebucket.s3.amazonaws.com");
    EXPECT_EQ(list.target.target(), "/?encoding-type=url&max-keys=2&prefix=J");
    list.target.query = "max-keys=2&prefix=J";
    list.headers.clear();
    sign(list, who, "us-east-1", 1369353600000);
    EXPECT_TRUE(list.headers.back().value.ends_with(
        "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"));

    const credentials temporary{example_key, example_secret, "TOKEN", ""};
    const auto object = key_request(where, temporary, "a b/ü", "etag", true, 1369353600000);
    EXPECT_EQ(object.target.path, "/a%20b/%C3%BC");
    std::string names;
    for (const auto& field : object.headers) names += field.name + " ";
    EXPECT_EQ(names,
              "x-amz-checksum-mode If-Match x-amz-content-sha256 x-amz-date x-amz-security-token Authorization ");
    EXPECT_NE(object.headers.back().value.find("SignedHeaders=host;x-amz-checksum-mode;x-amz-content-sha256;x-amz-date;"
                                               "x-amz-security-token,"),
              std::string::npos);

    EXPECT_TRUE(key_request(where, {}, "k", "", false, 0).headers.empty());
    const auto anonymous = key_request(where, {}, "k", "", true, 0);
    ASSERT_EQ(anonymous.headers.size(), 1U);
    EXPECT_EQ(anonymous.headers[0].name, "x-amz-checksum-mode");
}

}  // namespace
}  // namespace decamp::source::s3

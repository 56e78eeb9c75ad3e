#pragma once
// Names of regions, and what a host's name tells about them. Pure.

#include <optional>
#include <string>
#include <string_view>

namespace decamp::source::s3 {

// Letters, digits, '-' and '_', at most 63: it is signed, and for AWS it becomes part of a host's name.
bool is_region(std::string_view text);

// "eu-west-3" of s3.eu-west-3.amazonaws.com, "cn-hangzhou" of oss-cn-hangzhou.aliyuncs.com, "auto" of Cloudflare's R2;
// a bucket may stand before it. None: the name does not tell.
std::optional<std::string> region_of_host(std::string_view host);

// True for `domain` itself and what lies below it.
bool in_domain(std::string_view host, std::string_view domain);

// The part of an AWS endpoint behind the region, "amazonaws.com" or "amazonaws.com.cn"; none for every other host, and
// for AWS's private endpoints, whose names are the user's own.
std::optional<std::string> aws_domain(std::string_view host);
// The general endpoint of a region.
std::string aws_host(std::string_view region);

}  // namespace decamp::source::s3

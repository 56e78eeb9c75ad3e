#include "engine/source/s3/region.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace decamp::source::s3 {

namespace {

std::vector<std::string_view> labels_of(std::string_view host) {
    std::vector<std::string_view> out;
    for (std::size_t start = 0; start <= host.size();) {
        const std::size_t end = std::min(host.find('.', start), host.size());
        out.push_back(host.substr(start, end - start));
        start = end + 1;
    }
    return out;
}

// Names of machines and companies stand in the same place: a region has a digit or a hyphen in it.
bool looks_like_region(std::string_view label) {
    return is_region(label) && label.find_first_of("-0123456789") != std::string_view::npos;
}

constexpr std::array<std::string_view, 4> services{"s3", "oss", "obs", "cos"};

// Words between the service and the region.
bool is_variant(std::string_view label) {
    return label == "dualstack" || label == "fips" || label == "accesspoint";
}

}  // namespace

bool is_region(std::string_view text) {
    return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

bool in_domain(std::string_view host, std::string_view domain) {
    if (!host.ends_with(domain)) return false;
    return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

std::optional<std::string> region_of_host(std::string_view host) {
    static constexpr std::string_view internal = "-internal";
    if (in_domain(host, "r2.cloudflarestorage.com")) return "auto";
    const auto labels = labels_of(host);
    if (in_domain(host, "digitaloceanspaces.com") && labels.size() >= 3) return std::string(labels[labels.size() - 3]);
    // From the end: what stands before the service is a bucket, whose name may look like anything.
    for (std::size_t i = labels.size() < 2 ? 0 : labels.size() - 2; i-- > 0;) {
        for (const auto service : services) {
            std::string_view label = labels[i];
            if (!label.starts_with(service)) continue;
            label.remove_prefix(service.size());
            if (label.empty() || label == "-fips") {
                std::size_t next = i + 1;
                if (is_variant(labels[next])) ++next;
                // The domain behind it has two labels at least.
                if (next + 2 < labels.size() && looks_like_region(labels[next])) return std::string(labels[next]);
                continue;
            }
            if (label.front() != '-') continue;
            label.remove_prefix(1);
            if (label.ends_with(internal)) label.remove_suffix(internal.size());
            if (looks_like_region(label) && !label.starts_with("fips") && label != "accelerate")
                return std::string(label);
        }
    }
    return std::nullopt;
}

std::optional<std::string> aws_domain(std::string_view host) {
    for (const std::string_view domain : {"amazonaws.com", "amazonaws.com.cn"}) {
        if (!in_domain(host, domain) || host.size() == domain.size()) continue;
        const std::string_view before = host.substr(0, host.size() - domain.size() - 1);
        const auto labels = labels_of(before);
        if (labels.back() == "vpce") return std::nullopt;
        const bool s3 =
            std::ranges::any_of(labels, [](auto label) { return label == "s3" || label.starts_with("s3-"); });
        if (s3) return std::string(domain);
    }
    return std::nullopt;
}

std::string aws_host(std::string_view region) {
    return "s3." + std::string(region) + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

}  // namespace decamp::source::s3

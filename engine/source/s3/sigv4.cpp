#include "engine/source/s3/sigv4.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <stdexcept>

#include "engine/transport/url.hpp"
#include "formats/bytes.hpp"
#include "formats/hex.hpp"
#include "formats/time.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

// Without blanks around it, and one blank where there were several.
std::string normal_value(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == ' ' && (out.empty() || out.back() == ' ')) continue;
        out += c;
    }
    if (out.ends_with(' ')) out.pop_back();
    return out;
}

struct header_texts {
    std::string lines;  // "name:value\n" each
    std::string names;  // "a;b;c"
};

header_texts texts_of(const std::vector<transport::header_field>& headers) {
    std::vector<std::pair<std::string, std::string>> sorted;
    sorted.reserve(headers.size());
    for (const auto& field : headers) sorted.emplace_back(lowered(field.name), normal_value(field.value));
    std::ranges::sort(sorted);
    header_texts out;
    for (const auto& [name, value] : sorted) {
        out.lines.append(name).append(":").append(value).append("\n");
        out.names.append(out.names.empty() ? "" : ";").append(name);
    }
    return out;
}

}  // namespace

std::string signing_scope::text() const {
    return time.substr(0, 8) + "/" + region + "/" + service + "/aws4_request";
}

formats::sha256_digest hmac_sha256(std::string_view key, std::string_view text) {
    formats::sha256_digest out{};
    unsigned size = 0;
    const auto* const from = reinterpret_cast<const unsigned char*>(text.data());
    auto* const to = reinterpret_cast<unsigned char*>(out.data());
    const auto* const done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), from, text.size(), to, &size);
    if (done == nullptr || size != out.size()) throw std::runtime_error("OpenSSL: HMAC failed");
    return out;
}

std::string canonical_query(const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::vector<std::pair<std::string, std::string>> encoded;
    encoded.reserve(parameters.size());
    for (const auto& [name, value] : parameters)
        encoded.emplace_back(transport::percent_encode(name), transport::percent_encode(value));
    std::ranges::sort(encoded);
    std::string out;
    for (const auto& [name, value] : encoded) out.append(out.empty() ? "" : "&").append(name).append("=").append(value);
    return out;
}

std::string canonical_request(const signable& what) {
    const auto headers = texts_of(what.headers);
    return what.method + "\n" + what.path + "\n" + what.query + "\n" + headers.lines + "\n" + headers.names + "\n" +
           what.payload_sha256;
}

std::string string_to_sign(const signing_scope& scope, std::string_view canonical) {
    return std::string(algorithm) + "\n" + scope.time + "\n" + scope.text() + "\n" +
           formats::to_hex(formats::sha256_of(formats::as_bytes(canonical)));
}

formats::sha256_digest signing_key(std::string_view secret, const signing_scope& scope) {
    auto key = hmac_sha256("AWS4" + std::string(secret), scope.time.substr(0, 8));
    for (const std::string_view part :
         {std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")})
        key = hmac_sha256(formats::as_text(key), part);
    return key;
}

std::string authorization(std::string_view key_id, std::string_view secret, const signing_scope& scope,
                          const signable& what) {
    const auto key = signing_key(secret, scope);
    const auto signature = hmac_sha256(formats::as_text(key), string_to_sign(scope, canonical_request(what)));
    return std::string(algorithm) + " Credential=" + std::string(key_id) + "/" + scope.text() +
           ", SignedHeaders=" + texts_of(what.headers).names + ", Signature=" + formats::to_hex(signature);
}

std::string amz_time(std::int64_t unix_ms) {
    std::string out = formats::format_rfc3339(formats::ns_from_ms(unix_ms));
    std::erase_if(out, [](char c) { return c == '-' || c == ':'; });
    return out;
}

}  // namespace decamp::source::s3

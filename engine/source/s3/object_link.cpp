#include "engine/source/s3/object_link.hpp"

#include <optional>
#include <string>

#include "engine/source/s3/answers.hpp"
#include "engine/source/s3/checks.hpp"
#include "engine/source/s3/list_page.hpp"
#include "engine/source/s3/requests.hpp"
#include "formats/bytes.hpp"

namespace decamp::source::s3 {

namespace {

struct asked_object {
    std::string id;
    bool checksum = false, match = false, misspelled = false;
};

raw_error error_in(std::string_view body) {
    answer_reader reader;
    const bool read = reader.feed(formats::as_bytes(body)) && reader.finish();
    return read ? std::move(reader.error) : raw_error();
}

std::optional<failure> meaning_of(const transport::response_head& head, std::string_view body, const asked_object& what,
                                  object_headers& headers) {
    const raw_error stated = error_in(body);
    auto out = object_failure(head.status, stated.code, what.misspelled);
    const bool bad_request = (head.status == 400 || head.status == 501) && out && out->code == source_errc::refused &&
                             !is_about_keys(stated.code);
    const bool without =
        bad_request && headers.refused_for_checksum(what.id, what.checksum, stated.names_checksum_mode);
    if (without) return failure(source_errc::link_expired, out->detail);
    if (head.status == 412 && what.match) headers.did_not_match(what.id);
    return out;
}

}  // namespace

download_link object_link(const location& where, const credentials& who, std::string_view key, const listed_item& of,
                          const std::shared_ptr<object_headers>& headers, bool misspelled, std::int64_t unix_ms) {
    download_link out;
    out.ranges = true;
    out.expected = expected_of(of.locator, of.size);
    asked_object what{of.id.value, false, false, misspelled};
    what.checksum = headers->ask_for_checksum(of.id.value);
    what.match = !of.locator.empty() && headers->ask_for_match(of.id.value);
    const std::string_view etag = what.match ? std::string_view(of.locator) : std::string_view();
    out.request = key_request(where, who, key, etag, what.checksum, unix_ms);
    out.learn = [headers, what](const transport::response_head& head, expectation& expected) {
        headers->came(what.id, what.checksum);
        learn(head, expected);
    };
    out.explain = [headers, what](const transport::response_head& head, std::string_view body) {
        return meaning_of(head, body, what, *headers);
    };
    return out;
}

}  // namespace decamp::source::s3

// A list or an error of S3, whole and in pieces whose lengths the input chooses: what is understood does not depend on
// how it came, keeps within the limits, and every key finds its way back from its id.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "engine/source/ids.hpp"
#include "engine/source/s3/answers.hpp"
#include "engine/source/s3/checks.hpp"
#include "engine/source/s3/keys.hpp"
#include "engine/source/s3/list_page.hpp"
#include "engine/source/s3/listing.hpp"
#include "engine/source/s3/region.hpp"
#include "formats/unicode.hpp"

namespace {

using namespace decamp::source::s3;
using decamp::source::id_of_path;

void check(bool good) {
    if (!good) std::abort();
}

const location& where() {
    static const location out = parse_location("s3://b", "http://127.0.0.1", "").value();
    return out;
}

std::string understood(const raw_list& list) {
    spelling spelled;
    const auto page = read_page(list, where(), {}, spelled);
    if (!page) return page.error().detail;
    std::string out;
    check(page->items.size() + page->gaps.size() <= rows_limit + 3);
    for (const auto& gap : page->gaps)
        check(decamp::formats::is_valid_utf8(gap.id) && decamp::formats::is_valid_utf8(gap.detail) && !gap.id.empty());
    for (const auto& item : page->items) {
        check(decamp::formats::is_valid_utf8(item.id.value) && decamp::formats::is_valid_utf8(item.home.value));
        check(decamp::formats::is_valid_utf8(item.name) && item.home.value.starts_with('/'));
        const auto key = key_of_id(item.id.value);
        check(key && !key->empty() && key->size() <= key_limit && id_of_path(*key) == item.id.value);
        const auto expected = expected_of(item.locator, item.size);
        if (expected.parts && item.size) check(expected.parts->bytes > 0);
        out += item.id.value + '\n' + std::to_string(decamp::listed_fingerprint(item)) + '\n';
    }
    if (!page->next.empty()) {
        const auto next = parse_cursor(page->next, list_form::v2);
        check(next && to_text(*next) == page->next && !next->after.empty());
    }
    return out + page->next;
}

std::string read(answer_reader& reader, std::string_view text, std::string_view pieces) {
    std::size_t turn = 0;
    bool good = true;
    while (good && !text.empty()) {
        const auto count =
            pieces.empty() ? text.size() : static_cast<unsigned char>(pieces[turn++ % pieces.size()]) % 7 + 1;
        const auto piece = text.substr(0, count);
        good = reader.feed(std::as_bytes(std::span(piece.data(), piece.size())));
        text.remove_prefix(piece.size());
    }
    if (!good || !reader.finish()) return "unusable";
    check(reader.kind != document::none);
    for (const int status : {200, 301, 400, 403, 503}) {
        heard got;
        got.status = status;
        got.kind = reader.kind;
        got.said = reader.error;
        const auto said = judge(got, where(), {});
        check(said.what != next_step::adopt_region || is_region(said.region));
        check(said.what != next_step::fail || said.why.code.failed());
    }
    if (reader.kind == document::list) return understood(reader.list);
    return reader.error.code + '\n' + reader.error.region + '\n' + reader.error.endpoint;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    answer_reader whole, pieces;
    check(read(whole, text, {}) == read(pieces, text, text));
    if (const auto cursor = parse_cursor(text, list_form::v2))
        check(parse_cursor(to_text(*cursor), list_form::v1) || text.empty());
    const auto id = id_of_path(text);
    check(decamp::formats::is_valid_utf8(id) && (text.size() > key_limit || key_of_id(id) == text));
    return 0;
}

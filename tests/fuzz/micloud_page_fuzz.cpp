// Every page parser of micloud on the same bytes, whole and in pieces whose lengths the input chooses: the outcome and
// what was understood do not depend on how the body came, and what is understood keeps within the limits.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "engine/source/micloud/json_page.hpp"
#include "engine/source/micloud/listing.hpp"
#include "formats/unicode.hpp"

namespace {

using namespace decamp::source::micloud;

void check(bool good) {
    if (!good) std::abort();
}

std::string shown(const decamp::result<verdict>& said) {
    return said ? std::to_string(static_cast<int>(*said)) : "unusable";
}

std::string understood(const album_list_parser& parser) {
    std::string out;
    for (const auto& album : parser.albums) {
        check(!album.id.value.empty() && album.id.value.size() <= id_limit && album.name.size() <= name_limit);
        check(decamp::formats::is_valid_utf8(album.name));
        out += album.id.value + '/' + album.name + '/' + std::to_string(album.announced.value_or(0)) + '\n';
    }
    return out;
}

std::string understood(const gallery_parser& parser) {
    std::string out;
    check(parser.items.size() <= 40);
    for (const auto& item : parser.items) {
        const auto& listed = item.listed;
        check(!listed.id.value.empty() && listed.id.value.size() <= id_limit && listed.home.value.size() <= id_limit);
        check(listed.name.size() <= name_limit && decamp::formats::is_valid_utf8(listed.name));
        check(bucket_of(item, {}).size() == (listed.taken_ms || item.sort_ms || item.created_ms ? 8U : 0U));
        out += listed.id.value + '/' + listed.name + '/' + std::to_string(decamp::listed_fingerprint(listed)) + '\n';
    }
    return out;
}

std::string understood(const timeline_parser& parser) {
    std::string out, before;
    for (const auto& day : parser.days()) {
        check(before < day.bucket);
        before = day.bucket;
        out += day.bucket + '=' + std::to_string(day.count) + '\n';
    }
    return out;
}

std::string understood(const storage_parser& parser) {
    return parser.url + '\n' + parser.meta;
}
std::string understood(const one_text_parser& parser) {
    return parser.text;
}
std::string understood(const plain_parser&) {
    return {};
}

template <class Parser>
std::string read(Parser& parser, std::string_view text, std::string_view pieces, bool bare) {
    std::size_t turn = 0;
    while (!text.empty()) {
        const auto byte =
            pieces.empty() ? text.size() : static_cast<unsigned char>(pieces[turn++ % pieces.size()]) % 7 + 1;
        const auto piece = text.substr(0, byte);
        if (!parser.feed(std::as_bytes(std::span(piece.data(), piece.size())))) break;
        text.remove_prefix(std::min<std::size_t>(byte, text.size()));
    }
    const auto said = bare ? parser.finish_bare() : parser.finish();
    if (!said || *said != verdict::ok) return shown(said);
    return "ok\n" + understood(parser);
}

template <class Parser, class... Arguments>
void both_ways(std::string_view text, bool bare, Arguments... arguments) {
    Parser whole(arguments...), pieced(arguments...);
    check(read(whole, text, {}, bare) == read(pieced, text, text, bare));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    both_ways<album_list_parser>(text, false, 10U);
    both_ways<gallery_parser>(text, false, 10U);
    both_ways<timeline_parser>(text, false);
    both_ways<storage_parser>(text, true);
    both_ways<one_text_parser>(text, false, "loginUrl", std::size_t{100}, true);
    both_ways<plain_parser>(text, false);
    return 0;
}

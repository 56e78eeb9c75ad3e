#include "tests/sim/lying/bends.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace decamp::sim::lying {

namespace {

using enum kind_of_source;

struct kind_facts {
    const char* name;
    unsigned sources;  // a bit each, by kind_of_source
};
constexpr unsigned s3_bit = 1, dav_bit = 2, links_bit = 4, gallery_bit = 8, all_bits = 15;

constexpr kind_facts facts[bend_kinds] = {
    {"entry left out", s3_bit | dav_bit | gallery_bit},
    {"entry doubled", all_bits},
    {"entry named twice in different spellings", s3_bit | dav_bit | links_bit},
    {"entry without size", all_bits},
    {"entry without digest or ETag", all_bits},
    {"entry with a wrong size", all_bits},
    {"entry with a wrong digest", s3_bit | links_bit | gallery_bit | dav_bit},
    {"entry with another's digest", gallery_bit},
    {"entry on a foreign host", dav_bit},
    {"entry with an unencoded name", dav_bit},
    {"entry whose name cannot be spelled", s3_bit | dav_bit},
    {"entry in another folder's answer", dav_bit},
    {"entry without type", dav_bit},
    {"entry without date", gallery_bit},
    {"entry without album", gallery_bit},
    {"list ends early", s3_bit | dav_bit | gallery_bit},
    {"rest of the list behind a Link", dav_bit},
    {"end of the list beside a token", s3_bit | gallery_bit},
    {"token repeats", s3_bit | dav_bit},
    {"pages go round", s3_bit | dav_bit | gallery_bit},
    {"page comes again", s3_bit | gallery_bit},
    {"wrong count", gallery_bit},
    {"count left out", gallery_bit},
    {"HTTP", all_bits},
    {"says", s3_bit | gallery_bit},
    {"page of HTML", all_bits},
    {"body cut, with length", all_bits},
    {"body cut, without length", all_bits},
    {"body cut, in chunks", all_bits},
    {"Content-Encoding of bytes that have none", all_bits},
    {"body compressed unasked", all_bits},
    {"other bytes", s3_bit | dav_bit | links_bit | gallery_bit},
    {"shorter body, with its length", all_bits},
    {"validator missing", all_bits},
    {"validator weak", all_bits},
    {"validator not the listed one", s3_bit | dav_bit},
    {"validator changing", all_bits},
    {"412 although unchanged", s3_bit | dav_bit},
    {"range shorter than asked", all_bits},
    {"range earlier than asked", all_bits},
    {"range later than asked", all_bits},
    {"range of an unknown total", all_bits},
    {"range of a wrong total", all_bits},
    {"range ignored", all_bits},
    {"redirected on the same server", all_bits},
    {"redirected to a foreign host", all_bits},
    {"item changes", all_bits},
    {"item deleted", all_bits},
    {"item moved", s3_bit | dav_bit | gallery_bit},
    {"item inserted", s3_bit | dav_bit | gallery_bit},
};

constexpr int statuses[] = {400, 401, 403, 404, 405, 408, 409, 410, 412, 416, 421, 429, 451, 500, 502, 503, 504};
constexpr const char* s3_words[] = {"InvalidObjectState", "AccessDenied", "NoSuchKey",     "SlowDown",
                                    "InternalError",      "NoSuchBucket", "RequestTimeout"};
constexpr const char* gallery_words[] = {"50050", "10001", "10001 retriable", "error with code 0"};

template <class T, std::size_t N>
T one_of(const T (&all)[N], dice& d) {
    return all[d.below(N)];
}

bool of_entries(bend_kind what) {
    return what <= bend_kind::without_album;
}
bool of_ends(bend_kind what) {
    return what >= bend_kind::ends_early && what <= bend_kind::count_left_out;
}
bool of_bytes(bend_kind what) {
    return what >= bend_kind::other_bytes && what <= bend_kind::redirected_away;
}
bool of_truth(bend_kind what) {
    return what >= bend_kind::changes;
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
    return dice(a ^ (b + 1) * 0x9e3779b97f4a7c15U).next();
}

purpose purpose_of(const bend& b, kind_of_source with, dice& d) {
    const bool is_listed_too = b.what == bend_kind::etag_weak || b.what == bend_kind::etag_changing;
    if (is_listed_too && with == webdav && d.chance(500)) return purpose::list;
    if (of_bytes(b.what)) return purpose::get;
    if (of_truth(b.what)) return purpose::any;
    if (b.what == bend_kind::wrong_count || b.what == bend_kind::count_left_out) return purpose::counts;
    if (of_entries(b.what)) return purpose::list;
    if (of_ends(b.what)) return with == gallery && d.chance(300) ? purpose::albums : purpose::list;
    const auto all = purposes_of(with);
    return d.chance(400) ? purpose::get : all[d.below(all.size())];
}

bend draw_bend(kind_of_source with, dice& d) {
    bend b;
    do b.what = static_cast<bend_kind>(d.below(bend_kinds));
    while (!is_possible(b.what, with));
    if (d.chance(250))
        b.what =
            d.chance(700) || !is_possible(bend_kind::service_word, with) ? bend_kind::refused : bend_kind::service_word;
    b.on = purpose_of(b, with, d);
    b.salt = d.next();
    b.per_mille = d.chance(300) ? 1000 : static_cast<unsigned>(d.between(100, 600));
    if (d.chance(400)) b.skip = d.below(d.chance(700) ? 6 : 30);
    const auto lasts = d.below(10);
    b.times = lasts < 4 ? 1 : lasts < 7 ? d.between(2, 12) : bend::for_good;
    if (of_truth(b.what)) b.times = d.between(1, 3);
    if (of_truth(b.what)) b.skip = d.below(30);
    if (b.what == bend_kind::refused) b.status = one_of(statuses, d);
    if (b.what == bend_kind::service_word) b.word = with == s3 ? one_of(s3_words, d) : one_of(gallery_words, d);
    return b;
}

}  // namespace

std::string name_of(bend_kind kind) {
    return facts[static_cast<std::size_t>(kind)].name;
}

std::string name_of(const bend& b) {
    if (b.what == bend_kind::refused) return fmt::format("HTTP {}", b.status);
    if (b.what == bend_kind::service_word) return "says " + b.word;
    return name_of(b.what);
}

std::vector<std::string> rows_of(kind_of_source with) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < bend_kinds; ++i) {
        bend b;
        b.what = static_cast<bend_kind>(i);
        if (!is_possible(b.what, with)) continue;
        if (b.what == bend_kind::refused) {
            for (const int status : statuses) {
                b.status = status;
                out.push_back(name_of(b));
            }
        } else if (b.what == bend_kind::service_word) {
            const auto words =
                with == s3 ? std::span<const char* const>(s3_words) : std::span<const char* const>(gallery_words);
            for (const char* word : words) out.push_back("says " + std::string(word));
        } else {
            out.push_back(name_of(b));
        }
    }
    return out;
}

bool is_possible(bend_kind what, kind_of_source with) {
    return (facts[static_cast<std::size_t>(what)].sources >> static_cast<unsigned>(with) & 1U) != 0;
}

std::vector<purpose> purposes_of(kind_of_source with) {
    using enum purpose;
    switch (with) {
        case s3:
            return {list, get};
        case webdav:
            return {sign_in, list, get};
        case links:
            return {get};
        case gallery:
            return {sign_in, albums, counts, list, link, page, get};
    }
    return {};
}

std::vector<bend> draw_bends(kind_of_source with, dice d) {
    std::vector<bend> out;
    const auto count = d.chance(60) ? 0 : d.between(1, d.chance(300) ? 6 : 3);
    for (std::uint64_t i = 0; i < count; ++i) out.push_back(draw_bend(with, d));
    // What a range is bent by needs a body that was cut first.
    for (std::size_t i = 0; i < count; ++i) {
        if (out[i].what < bend_kind::etag_missing || out[i].what > bend_kind::range_ignored) continue;
        bend cut;
        constexpr bend_kind cuts[] = {bend_kind::cut_with_length, bend_kind::cut_with_length, bend_kind::cut_in_chunks,
                                      bend_kind::cut_without_length};
        cut.what = one_of(cuts, d);
        cut.on = purpose::get;
        cut.times = d.between(1, 6);
        out.push_back(cut);
    }
    return out;
}

std::string describe(const bend& b) {
    constexpr const char* purposes[] = {"signing in", "albums",     "counts", "lists",
                                        "links",      "link pages", "bytes",  "anything"};
    const std::string often = b.times == bend::for_good ? "for good" : fmt::format("{} times", b.times);
    return fmt::format("bend: {} on {}, {} per mille, after {}, {}\n", name_of(b),
                       purposes[static_cast<std::size_t>(b.on)], b.per_mille, b.skip, often);
}

bool bends::matches(const bend& b, bend_kind what, purpose on, std::optional<std::size_t> item) const {
    if (b.what != what || (b.on != purpose::any && on != purpose::any && b.on != on)) return false;
    return !item || b.per_mille == 1000 || mixed(b.salt, *item) % 1000 < b.per_mille;
}

const bend* bends::strike(bend_kind what, purpose on, std::optional<std::size_t> item) {
    for (bend& b : all_) {
        if (!matches(b, what, on, item) || b.times == 0) continue;
        if (b.skip > 0) {
            --b.skip;
            continue;
        }
        if (b.times != bend::for_good) --b.times;
        on_hit(b);
        return &b;
    }
    return nullptr;
}

bool bends::holds(bend_kind what, purpose on, std::optional<std::size_t> item, std::string_view word) const {
    return std::ranges::any_of(all_, [&](const bend& b) {
        return matches(b, what, on, item) && b.times != 0 && b.skip == 0 && (word.empty() || b.word == word);
    });
}

bool bends::holds_for_good(bend_kind what, std::optional<std::size_t> item) const {
    return std::ranges::any_of(all_, [&](const bend& b) {
        return matches(b, what, purpose::any, item) && b.times == bend::for_good && b.skip == 0;
    });
}

bool bends::any_for_good() const {
    return std::ranges::any_of(all_, [](const bend& b) { return b.times == bend::for_good; });
}

bool bends::has(bend_kind what) const {
    return std::ranges::any_of(all_, [what](const bend& b) { return b.what == what; });
}

void bends::calm() {
    std::erase_if(all_, [](const bend& b) { return b.times != bend::for_good; });
    for (bend& b : all_) b.skip = 0;
}

}  // namespace decamp::sim::lying

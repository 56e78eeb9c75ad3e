#include "tests/sim/lying/s3_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "formats/time.hpp"

namespace decamp::sim::lying {

namespace {

constexpr std::string_view bucket = "/bucket";

struct word_facts {
    std::string_view word;
    int status;
};
constexpr word_facts words[] = {{"InvalidObjectState", 403}, {"AccessDenied", 403},  {"NoSuchKey", 404},
                                {"SlowDown", 503},           {"InternalError", 500}, {"NoSuchBucket", 404},
                                {"RequestTimeout", 400}};

// What a server makes of a name that XML cannot hold.
std::string unspelled(const std::string& id) {
    std::string out = id;
    out.replace(id.rfind('/') == id.npos ? 0 : id.rfind('/') + 1, 1, "\xef\xbf\xbd");
    return xml_escaped(out);
}

}  // namespace

s3_server::s3_server(truth& what, bends& how, dice d) : server(what, how, d) {
    page_ = dice_.chance(600) ? dice_.between(1, 6) : 1000;
    older_ = dice_.chance(150);
}

bool s3_server::excused(std::size_t item) const {
    return truth_.items[item].cold || bends_.holds(bend_kind::service_word, purpose::get, item, "InvalidObjectState") ||
           bends_.holds(bend_kind::service_word, purpose::get, item, "AccessDenied");
}

server::target s3_server::target_of(const request& asked) const {
    target at;
    if (!asked.path.starts_with("/bucket/") || asked.path.size() == bucket.size() + 1) return at;
    const std::string key = percent_decoded(asked.path.substr(bucket.size() + 1));
    const auto found = std::ranges::find(truth_.items, key, &true_item::id);
    at.what = purpose::get;
    if (found != truth_.items.end()) at.item = static_cast<std::size_t>(found - truth_.items.begin());
    return at;
}

std::optional<response> s3_server::word(const std::string& which) {
    const auto* const found = std::ranges::find(words, which, &word_facts::word);
    response out =
        refusal(found->status,
                fmt::format("<?xml version=\"1.0\"?><Error><Code>{}</Code><Message>no</Message></Error>", which));
    out.headers.front().second = "application/xml";
    return out;
}

std::string s3_server::etag_of(const true_item& item) const {
    return '"' + item.md5() + '"';
}

std::string s3_server::contents(const true_item& item, std::size_t index, const std::string& key) {
    const auto list = purpose::list;
    true_item& known = truth_.items[index];
    std::string out = "<Contents><Key>" + key + "</Key>";
    out +=
        "<LastModified>" + formats::format_rfc3339(formats::ns_from_ms(item.modified_ms()), 0, 3) + "</LastModified>";
    if (struck(bend_kind::wrong_digest, list, index)) {
        out += "<ETag>&quot;0123456789abcdef0123456789abcdef&quot;</ETag>";
    } else if (!struck(bend_kind::without_digest, list, index)) {
        out += "<ETag>" + xml_escaped(etag_of(item)) + "</ETag>";
        known.digest_listed = true;
    }
    if (struck(bend_kind::wrong_size, list, index)) {
        out += fmt::format("<Size>{}</Size>", item.bytes.size() + 1);
    } else if (!struck(bend_kind::without_size, list, index)) {
        out += fmt::format("<Size>{}</Size>", item.bytes.size());
        known.size_listed = true;
    }
    return out + "<StorageClass>STANDARD</StorageClass></Contents>";
}

void s3_server::write(answer& into, std::size_t index, bool encoded) {
    const true_item item = truth_.items[index];
    const auto list = purpose::list;
    into.due.push_back(index);
    if (struck(bend_kind::left_out, list, index)) return;
    std::string key = encoded ? percent_encoded(item.id) : xml_escaped(item.id);
    if (struck(bend_kind::misspelled, list, index)) key = unspelled(item.id);
    into.out.body += contents(item, index, key);
    into.listed.push_back(index);
    if (struck(bend_kind::doubled, list, index)) into.out.body += contents(item, index, key);
    if (encoded && struck(bend_kind::respelled, list, index))
        into.out.body += contents(
            item, index,
            fmt::format("%{:02x}", static_cast<unsigned char>(item.id[0])) + percent_encoded(item.id.substr(1)));
}

answer s3_server::lists(const request& asked, const target& at) {
    answer out;
    if (at.what == purpose::get) {
        out.out = *word("NoSuchKey");
        return out;
    }
    const bool newer = asked.parameter("list-type") == "2" && !older_;
    if (!newer && asked.parameter("list-type") == "2" && dice_.chance(500)) {
        out.out = refusal(501, "<Error><Code>NotImplemented</Code></Error>");
        return out;
    }
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < truth_.items.size(); ++i)
        if (truth_.items[i].present) order.push_back(i);
    std::ranges::sort(order, {}, [this](std::size_t i) { return truth_.items[i].id; });
    const std::string token = asked.parameter("continuation-token"), start = asked.parameter("start-after");
    const std::string after =
        std::max(newer ? token.substr(std::min<std::size_t>(token.size(), 1)) : asked.parameter("marker"), start);
    const std::string prefix = asked.parameter("prefix");
    std::erase_if(order, [&](std::size_t i) { return !truth_.items[i].id.starts_with(prefix); });
    std::erase_if(order, [&](std::size_t i) { return !after.empty() && truth_.items[i].id <= after; });
    std::uint64_t most = 1000;
    const std::string limit = asked.parameter("max-keys");
    std::from_chars(limit.data(), limit.data() + limit.size(), most);
    const auto count = std::min<std::size_t>({order.size(), most, page_});
    const bool more = order.size() > count;
    const bool encoded = asked.parameter("encoding-type") == "url";
    out.out.headers.emplace_back("Content-Type", "application/xml");
    for (std::size_t i = 0; i < count; ++i) write(out, order[i], encoded);
    std::string last = count == 0 ? after : truth_.items[order[count - 1]].id;
    const auto list = purpose::list;
    bool truncated = more, with_token = more;
    // max-keys=1 asks whether the bucket is there, not for a list.
    if (more && most > 1 && struck(bend_kind::ends_early, list)) {
        truncated = with_token = false;
        for (std::size_t i = count; i < order.size(); ++i) out.due.push_back(order[i]);
    }
    if (truncated && struck(bend_kind::more_beside_end, list)) truncated = false;
    if (truncated && !after.empty() && struck(bend_kind::token_repeats, list)) last = after;
    if (truncated && !after.empty() && struck(bend_kind::goes_round, list))
        last = truth_.items[order[0]].id.substr(0, 1);
    if (truncated && struck(bend_kind::page_again, list)) last = after.empty() ? "!" : after + "!";
    if (truncated || with_token) out.places.assign(order.begin() + static_cast<std::ptrdiff_t>(count), order.end());
    std::string head =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult "
        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name>";
    head += fmt::format("<IsTruncated>{}</IsTruncated>", truncated);
    if (encoded) head += "<EncodingType>url</EncodingType>";
    if (newer) head += fmt::format("<KeyCount>{}</KeyCount>", count);
    if (newer && with_token) head += "<NextContinuationToken>" + xml_escaped("t" + last) + "</NextContinuationToken>";
    if (!newer && with_token)
        head += "<NextMarker>" + (encoded ? percent_encoded(last) : xml_escaped(last)) + "</NextMarker>";
    out.out.body = head + out.out.body + "</ListBucketResult>";
    return out;
}

}  // namespace decamp::sim::lying

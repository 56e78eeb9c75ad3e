#include "tests/sim/lying/server.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>

namespace decamp::sim::lying {

namespace {

constexpr const char* maintenance = "<!DOCTYPE html><html><body>Down for maintenance, back soon.</body></html>";

std::string gzip(const std::string& plain) {
    z_stream stream{};
    deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, plain.size()) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
    stream.avail_in = static_cast<uInt>(plain.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
}

struct range {
    std::uint64_t first = 0, last = 0;
};

// One range of RFC 9110, 14.1.2, "bytes=a-" or "bytes=a-b"; none: anything else.
std::optional<range> range_of(const std::string& field, std::uint64_t size) {
    if (!field.starts_with("bytes=")) return std::nullopt;
    const char* const end = field.data() + field.size();
    range out;
    const auto first = std::from_chars(field.data() + 6, end, out.first);
    if (first.ec != std::errc() || first.ptr == end || *first.ptr != '-') return std::nullopt;
    const auto last = std::from_chars(first.ptr + 1, end, out.last);
    if (last.ec != std::errc()) out.last = size - 1;
    out.last = std::min(out.last, size - 1);
    return out;
}

}  // namespace

response refusal(int status, std::string body) {
    response out;
    out.status = status;
    out.headers.emplace_back("Content-Type", "text/html");
    if (status == 401) out.headers.emplace_back("WWW-Authenticate", "Basic realm=\"x\"");
    if (status == 429 || status == 503) out.headers.emplace_back("Retry-After", "1");
    out.body = std::move(body);
    return out;
}

void server::happen() {
    if (struck(bend_kind::changes, purpose::any)) truth_.change(dice_.next());
    if (struck(bend_kind::deleted, purpose::any)) truth_.remove(dice_.next());
    if (struck(bend_kind::moved, purpose::any)) truth_.move(dice_.next());
    if (struck(bend_kind::inserted, purpose::any)) truth_.insert();
}

void server::note_refusal(const target& at, int status, bool is_cold) {
    if (at.what == purpose::list || at.what == purpose::sign_in) {
        for (const std::size_t index : asked_after(at)) {
            true_item& item = truth_.items[index];
            if (status == 404 || status == 410) item.missing_in_last_list = true;
            if (item.missing_in_last_list && at.item == index) item.refused_last = true;
        }
    }
    if (at.what != purpose::get || !at.item) return;
    true_item& item = truth_.items[*at.item];
    const bool refused = status >= 400 && status < 500 && status != 408 && status != 429;
    item.refused_twice = item.refused_twice || (refused && item.refused_last);
    item.refused_last = refused;
    item.cold = is_cold;
}

std::optional<response> server::refuse(const request& asked, const target& at) {
    if (const bend* b = bends_.strike(bend_kind::refused, at.what, at.index())) {
        note_refusal(at, b->status, false);
        return refusal(b->status);
    }
    if (const bend* b = bends_.strike(bend_kind::service_word, at.what, at.index())) {
        auto out = word(b->word);
        if (b->word == "50050" && at.item) ++truth_.items[*at.item].gone_words;
        if (out) note_refusal(at, out->status, b->word == "InvalidObjectState");
        return out;
    }
    if (struck(bend_kind::page_of_html, at.what, at.index())) return refusal(200, maintenance);
    if (at.what != purpose::get) return std::nullopt;
    response moved = refusal(302, "");
    if (struck(bend_kind::redirected_away, at.what, at.item)) {
        moved.headers.emplace_back("Location", fmt::format("http://{}:8080/elsewhere", foreign_host));
        return moved;
    }
    if (!asked.query.ends_with("again=1") && struck(bend_kind::redirected, at.what, at.item)) {
        moved.headers.emplace_back(
            "Location", fmt::format("{}?{}{}again=1", asked.path, asked.query, asked.query.empty() ? "" : "&"));
        return moved;
    }
    return std::nullopt;
}

// Bodies that do not come as they are. `is_list` answers are then not read by anybody.
void server::spoil(response& out, const target& at, bool is_list) {
    if (out.status >= 300) return;
    if (is_list || !out.body.empty()) {
        if (struck(bend_kind::cut_with_length, at.what, at.index())) out.ends_after = dice_.below(out.body.size());
        if (!out.ends_after && struck(bend_kind::cut_without_length, at.what, at.index())) {
            out.without_length = true;
            out.ends_after = dice_.below(out.body.size());
        }
        if (!out.ends_after && struck(bend_kind::cut_in_chunks, at.what, at.index())) {
            out.in_chunks = true;
            out.ends_after = dice_.below(out.body.size());
        }
    }
    if (out.status == 206) return;
    if (struck(bend_kind::gzip_label, at.what, at.index())) {
        out.headers.emplace_back("Content-Encoding", "gzip");
    } else if (struck(bend_kind::gzip_body, at.what, at.index())) {
        out.headers.emplace_back("Content-Encoding", "gzip");
        const bool cut = out.ends_after.has_value();
        out.body = gzip(out.body);
        if (cut) out.ends_after = dice_.below(out.body.size());
    }
}

response server::respond(const request& asked) {
    ++requests_;
    happen();
    const target at = target_of(asked);
    if (auto refused = refuse(asked, at)) return std::move(*refused);
    if (at.what == purpose::get && at.item) {
        response out = item_bytes(asked, *at.item);
        note_refusal(at, out.status, false);
        spoil(out, at, false);
        return out;
    }
    answer made = lists(asked, at);
    spoil(made.out, at, true);
    const bool is_readable =
        made.out.status < 300 && !made.out.ends_after &&
        std::ranges::none_of(made.out.headers, [](const auto& h) { return h.first == "Content-Encoding"; });
    if (!is_readable) return std::move(made.out);
    for (const std::size_t index : made.due)
        truth_.items[index].missing_in_last_list = truth_.items[index].was_due = true;
    for (const std::size_t index : made.places) truth_.items[index].place_named = true;
    for (const std::size_t index : made.listed) {
        truth_.items[index].named = true;
        truth_.items[index].missing_in_last_list = false;
        truth_.items[index].listed_version = truth_.items[index].version;
    }
    return std::move(made.out);
}

std::string server::sent_etag(true_item& item, std::size_t index) {
    std::string etag = etag_of(item);
    if (etag.empty() || struck(bend_kind::etag_missing, purpose::get, index)) return "";
    if (struck(bend_kind::etag_wrong, purpose::get, index)) return "\"00112233445566778899aabbccddeeff\"";
    if (struck(bend_kind::etag_changing, purpose::get, index)) return fmt::format("\"{:032x}\"", dice_.next());
    if (struck(bend_kind::etag_weak, purpose::get, index)) return "W/" + etag;
    return etag;
}

response server::item_bytes(const request& asked, std::size_t index) {
    true_item& item = truth_.items[index];
    if (!item.present) return refusal(404);
    const auto get = purpose::get;
    const std::string etag = etag_of(item), wanted = asked.header("if-match");
    if (!wanted.empty() && wanted != etag) return refusal(412);
    if (!wanted.empty() && struck(bend_kind::precondition_fails, get, index)) return refusal(412);
    response out;
    out.headers.emplace_back("Content-Type", "application/octet-stream");
    out.headers.emplace_back("Accept-Ranges", "bytes");
    const std::string sent = sent_etag(item, index);
    if (!sent.empty()) out.headers.emplace_back("ETag", sent);
    out.body = item.bytes;
    const std::uint64_t size = item.bytes.size();
    // Only where something that was listed tells.
    if (item.digest_listed && size > 0 && struck(bend_kind::other_bytes, get, index))
        out.body[dice_.below(size)] ^= 0x20;
    if (item.size_listed && size > 1 && struck(bend_kind::shorter_body, get, index)) {
        out.body.resize(dice_.below(size - 1));
        return out;
    }
    const std::string condition = asked.header("if-range");
    auto part = range_of(asked.header("range"), size);
    if (!part || (!condition.empty() && condition != sent) || struck(bend_kind::range_ignored, get, index)) return out;
    if (part->first >= size) {
        out = refusal(416);
        out.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
        return out;
    }
    if (struck(bend_kind::range_shorter, get, index)) part->last = part->first + (part->last - part->first) / 2;
    if (part->first > 0 && struck(bend_kind::range_earlier, get, index))
        part->first = part->first / 65536 * 65536 / 2 * 2;
    if (part->first < part->last && struck(bend_kind::range_later, get, index)) ++part->first;
    std::string total = std::to_string(size);
    if (struck(bend_kind::range_total_unknown, get, index)) total = "*";
    if (struck(bend_kind::range_total_wrong, get, index)) total = std::to_string(size + 1);
    out.status = 206;
    out.body = out.body.substr(part->first, part->last - part->first + 1);
    out.headers.emplace_back("Content-Range", fmt::format("bytes {}-{}/{}", part->first, part->last, total));
    return out;
}

}  // namespace decamp::sim::lying

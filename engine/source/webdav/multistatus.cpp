#include "engine/source/webdav/multistatus.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/transport/cookie_jar.hpp"
#include "engine/transport/http.hpp"
#include "formats/hex.hpp"
#include "formats/time.hpp"

namespace decamp::source::webdav {

const std::string_view propfind_body =
    R"(<?xml version="1.0" encoding="utf-8"?>)"
    R"(<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/><D:getcontentlength/><D:getlastmodified/><D:getetag/>)"
    R"(<o:checksums xmlns:o="http://owncloud.org/ns"/><o:size xmlns:o="http://owncloud.org/ns"/>)"
    R"(<n:contained-file-count xmlns:n="http://nextcloud.org/ns"/>)"
    R"(<n:contained-folder-count xmlns:n="http://nextcloud.org/ns"/></D:prop></D:propfind>)";

namespace {

constexpr std::string_view own_checksums = "http://owncloud.org/ns|checksums";
constexpr std::string_view own_checksum = "http://owncloud.org/ns|checksum";
constexpr std::string_view own_size = "http://owncloud.org/ns|size";
constexpr std::string_view file_count = "http://nextcloud.org/ns|contained-file-count";
constexpr std::string_view folder_count = "http://nextcloud.org/ns|contained-folder-count";
constexpr std::size_t checksums_limit = 1024;
constexpr std::int64_t latest_second = 253402300799;  // the last of year 9999

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// "HTTP/1.1 200 OK"; 0: not one.
int status_of(std::string_view line) {
    line = trimmed(line);
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return 0;
    line = trimmed(line.substr(blank)).substr(0, 3);
    int status = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), status);
    return error == std::errc() && end == line.data() + 3 && status >= 100 ? status : 0;
}

std::optional<std::uint64_t> size_of(std::string_view text) {
    text = trimmed(text);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<std::int64_t> time_of(std::string_view text) {
    text = trimmed(text);
    if (text.size() > 64) return std::nullopt;
    // Some servers write every date as creationdate is to be written.
    if (const auto iso = formats::parse_rfc3339(text)) return iso->unix_ns / 1'000'000;
    // RFC 9110, 5.6.7: three forms, all of which the rule for cookies reads.
    const auto seconds = transport::parse_cookie_date(text);
    if (!seconds || *seconds > latest_second) return std::nullopt;
    return *seconds * 1000;
}

}  // namespace

void read_checksums(std::string_view text, expectation& into) {
    while (!text.empty()) {
        const auto blank = std::ranges::find_if(text, is_blank);
        const auto word = text.substr(0, static_cast<std::size_t>(blank - text.begin()));
        text.remove_prefix(std::min(word.size() + 1, text.size()));
        const std::size_t colon = word.find(':');
        if (colon == std::string_view::npos) continue;
        const auto name = word.substr(0, colon), digits = word.substr(colon + 1);
        if (transport::equal_names(name, "SHA1")) {
            if (const auto digest = formats::array_from_hex<20>(digits)) into.sha1 = *digest;
        } else if (transport::equal_names(name, "MD5")) {
            if (const auto digest = formats::array_from_hex<16>(digits)) into.md5 = *digest;
        } else if (transport::equal_names(name, "SHA256") || transport::equal_names(name, "SHA-256")) {
            if (const auto digest = formats::array_from_hex<32>(digits)) into.sha256 = *digest;
        }
    }
}

multistatus_reader::multistatus_reader(std::function<void(dav_entry)> found)
    : found_(std::move(found)), reader_(*this) {}

result<void> multistatus_reader::feed(std::string_view bytes) {
    silence_ += bytes.size();
    const bool good = reader_.feed(bytes);
    if (other_root_) return failure(source_errc::unusable_answer, "no WebDAV multistatus");
    if (!good) return failure(source_errc::unusable_answer, reader_.why());
    if (silence_ > silence_limit) return failure(source_errc::unusable_answer, "an entry beyond the limit");
    return {};
}

result<void> multistatus_reader::finish() {
    if (other_root_) return failure(source_errc::unusable_answer, "no WebDAV multistatus");
    if (!reader_.finish()) return failure(source_errc::unusable_answer, reader_.why());
    if (!is_multistatus_) return failure(source_errc::unusable_answer, "no WebDAV multistatus");
    return {};
}

void multistatus_reader::on_open(std::string_view name, const formats::xml_attributes&) {
    element now = element::elsewhere;
    if (open_.empty()) {
        is_multistatus_ = name == "DAV:|multistatus";
        other_root_ = !is_multistatus_;
        if (is_multistatus_) now = element::multistatus;
    } else if (open_.back() == element::multistatus && name == "DAV:|response") {
        now = element::response;
        entry_ = {};
        more_hrefs_.clear();
    } else if (open_.back() == element::response && name == "DAV:|propstat") {
        now = element::propstat;
        pending_ = {};
        pending_status_ = 0;
    } else if (open_.back() == element::propstat && name == "DAV:|prop") {
        now = element::prop;
    } else if (open_.back() == element::prop && name == "DAV:|resourcetype") {
        now = element::resourcetype;
        pending_.typed = true;
    } else if (open_.back() == element::prop && name == own_checksums) {
        now = element::checksums;
    } else if (open_.back() == element::resourcetype && name == "DAV:|collection") {
        pending_.folder = true;
    }
    open_.push_back(now);
}

void multistatus_reader::on_close(std::string_view name, std::string text) {
    const element now = open_.back();
    open_.pop_back();
    const element around = open_.empty() ? element::elsewhere : open_.back();
    if (now == element::response) {
        end_response();
    } else if (now == element::elsewhere &&
               (name == "DAV:|response" ||
                (around == element::multistatus && formats::xml_local_name(name) == "response"))) {
        silence_ = 0;
        found_({});  // of another namespace, or at another place: what it stands for cannot be known
    } else if (now == element::propstat) {
        end_propstat();
    } else if (around == element::response) {
        if (name == "DAV:|status")
            entry_.status = status_of(text);
        else if (name == "DAV:|href" && entry_.href.empty())
            entry_.href = std::move(text);
        else if (name == "DAV:|href")
            more_hrefs_.push_back(std::move(text));
    } else if (around == element::propstat) {
        if (name == "DAV:|status") pending_status_ = status_of(text);
    } else if (around == element::prop || around == element::checksums) {
        take_property(name, std::move(text));
    }
}

void multistatus_reader::end_response() {
    silence_ = 0;
    std::vector<std::string> more = std::exchange(more_hrefs_, {});
    if (trimmed(entry_.href).empty()) entry_.href.clear();
    for (std::string& href : more) {
        dav_entry another = entry_;
        another.href = std::move(href);
        found_(std::move(another));
    }
    found_(std::exchange(entry_, {}));
}

void multistatus_reader::take_property(std::string_view name, std::string text) {
    const bool known = name == "DAV:|getcontentlength" || name == "DAV:|getlastmodified" || name == "DAV:|getetag";
    pending_.described |= known && !trimmed(text).empty();
    if (name == "DAV:|getcontentlength") {
        pending_.size = size_of(text);
    } else if (name == "DAV:|getlastmodified") {
        pending_.modified_ms = time_of(text);
    } else if (name == "DAV:|getetag") {
        pending_.etag = std::string(trimmed(text));
    } else if (name == file_count) {
        pending_.counts.files = size_of(text);
    } else if (name == folder_count) {
        pending_.counts.folders = size_of(text);
    } else if (name == own_size) {
        pending_.counts.bytes = size_of(text);
    } else if ((name == own_checksums || name == own_checksum) &&
               pending_.checksums.size() + text.size() < checksums_limit) {
        pending_.checksums += text + " ";
    }
}

// A propstat without a status, which some small servers send, can only mean well.
void multistatus_reader::end_propstat() {
    if (pending_status_ != 0 && (pending_status_ < 200 || pending_status_ > 299)) {
        if (entry_.refusal == 0) entry_.refusal = pending_status_;
        return;
    }
    entry_.typed |= pending_.typed;
    entry_.folder |= pending_.folder;
    entry_.described |= pending_.typed || pending_.described;
    if (pending_.counts.any()) entry_.counts = pending_.counts;
    if (pending_.size) entry_.size = pending_.size;
    if (pending_.modified_ms) entry_.modified_ms = pending_.modified_ms;
    if (!pending_.etag.empty()) entry_.etag = std::move(pending_.etag);
    if (!pending_.checksums.empty()) entry_.checksums = std::move(pending_.checksums);
}

}  // namespace decamp::source::webdav

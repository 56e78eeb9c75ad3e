#include "engine/source/s3/list_page.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "engine/source/s3/keys.hpp"
#include "formats/bytes.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::size_t short_text = 128;  // times, sizes, codes
constexpr std::size_t host_limit = 253;

formats::xml_limits limits() {
    formats::xml_limits out;
    out.depth = 16;
    out.attributes = 16;
    return out;
}

std::string_view trimmed(std::string_view text) {
    static constexpr std::string_view blanks = " \t\r\n";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// It is put into sentences: nothing but a word may come of it.
bool is_code(std::string_view text) {
    return text.size() <= 64 && std::ranges::all_of(text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
           });
}

}  // namespace

answer_reader::answer_reader() : reader_(*this, limits()) {}

bool answer_reader::feed(std::span<const std::byte> piece) {
    if (!why_.empty()) return false;
    bytes_ += piece.size();
    if (bytes_ > page_bytes_limit) {
        refuse("an answer beyond the limit");
        return false;
    }
    return reader_.feed(controls_.take(formats::as_text(piece))) && why_.empty();
}

bool answer_reader::finish() {
    if (!why_.empty() || !reader_.feed(controls_.rest()) || !reader_.finish() || !why_.empty()) return false;
    if (kind == document::none) refuse("neither a list nor an error");
    return why_.empty();
}

std::string answer_reader::why() const {
    return why_.empty() ? reader_.why() : why_;
}

void answer_reader::refuse(const char* reason) {
    if (why_.empty()) why_ = reason;
}

void answer_reader::on_open(std::string_view name, const formats::xml_attributes&) {
    const std::string_view local = formats::xml_local_name(name);
    if (open_.empty()) {
        if (local == "ListBucketResult") kind = document::list;
        if (local == "Error") kind = document::error;
        if (local == "ListAllMyBucketsResult") kind = document::buckets;
    }
    const bool row = kind == document::list && open_.size() == 1 && (local == "Contents" || local == "CommonPrefixes");
    if (row && list.objects.size() + list.prefixes.size() == rows_limit)
        refuse("more objects on a page than can be taken");
    else if (row && local == "Contents")
        list.objects.emplace_back();
    else if (row)
        list.prefixes.emplace_back();
    open_.emplace_back(local);
}

void answer_reader::on_close(std::string_view, std::string text) {
    const std::string name = std::move(open_.back());
    open_.pop_back();
    if (!why_.empty() || open_.empty()) return;
    const bool shallow = open_.size() == 1;
    controls_.restore(text);
    if (kind == document::list && open_.size() <= 2)
        on_list_text(shallow ? std::string_view() : std::string_view(open_.back()), name, std::move(text));
    else if (kind == document::error && shallow)
        on_error_text(name, std::move(text));
}

void answer_reader::keep(std::string& into, std::string text, std::size_t limit, const char* what) {
    if (text.size() > limit) return refuse(what);
    into = std::move(text);
}

void answer_reader::on_list_text(std::string_view parent, std::string_view name, std::string text) {
    if (parent == "Contents") {
        raw_object& object = list.objects.back();
        // A key's blanks are its own; an absent key is told apart from an empty one by nobody.
        if (name == "Key" && text.size() > key_limit) {
            object.flaw = "a key beyond the limit";
            text.resize(short_text);
        }
        if (name == "Key") object.key = std::move(text);
        if (name == "ETag" && text.size() <= etag_limit) object.etag = trimmed(text);
        if (name == "LastModified" && text.size() <= short_text) object.modified = trimmed(text);
        if (name == "Size" && text.size() <= short_text) object.size = trimmed(text);
        return;
    }
    if (parent == "CommonPrefixes") {
        if (name == "Prefix") keep(list.prefixes.back(), std::move(text), key_limit, "a prefix beyond the limit");
        return;
    }
    if (!parent.empty()) return;
    if (name == "IsTruncated")
        keep(list.truncated, std::string(trimmed(text)), short_text, "not said whether there is more");
    if (name == "NextContinuationToken")
        return keep(list.token, std::move(text), token_limit_bytes, "a token beyond the limit");
    if (name == "NextMarker") return keep(list.marker, std::move(text), key_limit, "a marker beyond the limit");
    if (name == "EncodingType") keep(list.encoding, std::string(trimmed(text)), short_text, "an unknown encoding");
    if (name == "KeyCount") {
        list.has_key_count = true;
        list.key_count = number_in(trimmed(text));
    }
}

void answer_reader::on_error_text(std::string_view name, std::string text) {
    const std::string_view value = trimmed(text);
    if (name == "Code" && is_code(value)) error.code = value;
    if (name == "Region" && value.size() <= short_text) error.region = value;
    if (name == "Endpoint" && value.size() <= host_limit) error.endpoint = value;
    const bool names_what = name == "Message" || name == "ArgumentName" || name == "Header";
    if (names_what && value.find("x-amz-checksum-mode") != std::string_view::npos) error.names_checksum_mode = true;
}

}  // namespace decamp::source::s3

#include "engine/source/links/metalink.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace decamp::source::links {

namespace {

constexpr std::string_view name_space = "urn:ietf:params:xml:ns:metalink|";
constexpr std::uint64_t lowest_priority = 999'999;  // RFC 5854, 4.2.16.1: where none is given
constexpr std::size_t text_limit = std::size_t{64} << 10;

formats::xml_limits limits() {
    formats::xml_limits out;
    out.text = text_limit;
    return out;
}

// Empty: not of Metalink's name space.
std::string_view element(std::string_view name) {
    return name.starts_with(name_space) ? name.substr(name_space.size()) : std::string_view();
}

std::string_view value_of(const formats::xml_attributes& attributes, std::string_view key) {
    for (const auto& [name, value] : attributes) {
        if (name == key) return value;
    }
    return {};
}

std::uint64_t priority_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool good = error == std::errc() && end == text.data() + text.size() && value > 0;
    return good ? value : lowest_priority;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view spaces = " \t\r\n";
    const std::size_t first = text.find_first_not_of(spaces);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

}  // namespace

metalink::metalink() : reader_(*this, limits()) {}

bool metalink::feed(std::string_view bytes) {
    if (!foreign_.empty()) return false;
    if (head_.empty()) seen_ += bytes.substr(0, metalink_head_limit + 1 - std::min(seen_.size(), metalink_head_limit));
    const bool good = reader_.feed(bytes);
    if (head_.empty() && seen_.size() > metalink_head_limit && foreign_.empty())
        foreign_ = "no element at its beginning";
    return good && foreign_.empty();
}

bool metalink::finish() {
    return foreign_.empty() && reader_.finish() && foreign_.empty();
}

void metalink::on_root(std::string_view name) {
    const std::uint64_t end = reader_.tag_end();
    if (element(name) != "metalink")
        foreign_ = "no Metalink document (RFC 5854)";
    else if (end > seen_.size() || end > metalink_head_limit)
        foreign_ = "an opening tag beyond the limit";
    else
        head_ = seen_.substr(0, static_cast<std::size_t>(end));
    seen_ = {};
}

void metalink::on_open(std::string_view name, const formats::xml_attributes& attributes) {
    ++depth_;
    if (!foreign_.empty()) return;
    if (depth_ == 1) return on_root(name);
    const std::string_view what = element(name);
    if (depth_ == 2 && what == "file") begin_file(attributes);
    if (depth_ != 3 || !within_file_) return;
    if (what == "hash") hash_type_ = value_of(attributes, "type");
    if (what == "url") priority_ = priority_of(value_of(attributes, "priority"));
}

void metalink::on_close(std::string_view name, std::string text) {
    const std::size_t depth = depth_--;
    if (!foreign_.empty() || !within_file_) return;
    if (depth == 2) return end_file();
    if (depth != 3) return;  // the digests of pieces, for one
    const std::string_view what = element(name);
    if (what == "url") {
        on_url(trimmed(text));
    } else if (what == "hash") {
        set_fault(set_digest(file_, hash_type_, trimmed(text)));
    } else if (what == "size") {
        file_.size = read_size(trimmed(text));
        if (!file_.size) set_fault(fault::bad_size);
    }
}

void metalink::begin_file(const formats::xml_attributes& attributes) {
    within_file_ = true;
    begin_ = reader_.tag_begin();
    file_ = {};
    file_.path = value_of(attributes, "name");
    fault_.reset();
    best_.reset();
}

void metalink::on_url(std::string_view text) {
    if (best_ && *best_ <= priority_) return;
    auto target = transport::parse_url(text);
    if (!target) return;  // ftp, for one
    file_.target = std::move(*target);
    best_ = priority_;
}

void metalink::set_fault(std::optional<fault> what) {
    if (!fault_) fault_ = what;
}

void metalink::end_file() {
    within_file_ = false;
    if (!best_) set_fault(fault::not_a_url);
    if (!fault_ && !item_of(file_)) fault_ = fault::bad_path;
    found_file one;
    one.offset = begin_;
    one.number = ++files_;
    if (fault_)
        one.what = *fault_;
    else
        one.what = std::move(file_);
    found_.push_back(std::move(one));
}

}  // namespace decamp::source::links

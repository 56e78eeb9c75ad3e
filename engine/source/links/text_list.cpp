#include "engine/source/links/text_list.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace decamp::source::links {

namespace {

// An entry and its options with all blank lines and comments between: what follows belongs to no entry.
constexpr std::uint64_t block_limit = std::uint64_t{256} << 10;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

std::optional<std::uint64_t> take_number(std::string_view& text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

char first_visible(std::string_view line) {
    const std::size_t at = line.find_first_not_of(" \t\r");
    return at == std::string_view::npos ? '\0' : line[at];
}

}  // namespace

std::string to_text(const list_position& at) {
    return std::to_string(at.offset) + ":" + std::to_string(at.line) + (at.within ? "+" : "");
}

std::optional<list_position> read_position(std::string_view text) {
    const auto offset = take_number(text);
    if (!offset || !text.starts_with(':')) return std::nullopt;
    text.remove_prefix(1);
    const auto line = take_number(text);
    if (!line || (!text.empty() && text != "+")) return std::nullopt;
    return list_position{*offset, *line, !text.empty()};
}

bool text_list::feed(std::string_view bytes) {
    while (!bytes.empty() && !stopped_) {
        const std::size_t end = bytes.find('\n');
        const bool whole = end != std::string_view::npos;
        const std::string_view part = bytes.substr(0, end);
        const std::size_t taken = part.size() + (whole ? 1 : 0);
        if (!line_.within && held_.size() + part.size() > line_limit) {
            on_endless_line(first_visible(held_.empty() ? part : std::string_view(held_)));
            continue;
        }
        if (!line_.within && (!whole || !held_.empty())) held_.append(part);
        if (!line_.within && whole) on_line(held_.empty() ? part : std::string_view(held_));
        if (stopped_) break;
        offset_ += taken;
        bytes.remove_prefix(taken);
        if (whole) {
            line_ = {offset_, line_.line + 1, false};
            held_.clear();
        } else if (line_.within) {
            line_.offset = offset_;
        }
        stopped_ = found_.size() >= most_;
    }
    return !stopped_;
}

bool text_list::finish() {
    if (stopped_) return false;
    if (!held_.empty()) on_line(held_);
    if (stopped_) return false;
    held_.clear();
    line_.offset = offset_;
    end_entry();
    return true;
}

void text_list::end_entry() {
    if (!open_) return;
    found_.push_back(std::move(*open_));
    open_.reset();
    if (left_out_ == 0) left_out_ = open_left_out_;
    open_left_out_ = 0;
    stopped_ = found_.size() >= most_;
}

void text_list::on_endless_line(char first) {
    end_entry();
    if (stopped_) return;
    if (first != '#') found_.push_back({line_, fault::line_too_long, line_.line});
    held_.clear();
    line_.offset = offset_;
    line_.within = true;
    stopped_ = found_.size() >= most_;
}

void text_list::on_line(std::string_view line) {
    if (line_.offset == 0 && line.starts_with(byte_order_mark)) line.remove_prefix(byte_order_mark.size());
    if (open_ && line_.offset - open_->at.offset > block_limit) end_entry();
    if (stopped_) return;
    const char first = first_visible(line);
    if (first == '\0' || first == '#') return;
    if (const auto what = read_option(line)) return on_option(*what);
    end_entry();
    if (stopped_) return;
    found_entry one{line_, read_line(line), line_.line};
    if (first == '{')
        found_.push_back(std::move(one));
    else
        open_ = std::move(one);
}

void text_list::on_option(const option& what) {
    if (!open_) {
        found_.push_back({line_, fault::stray_option, line_.line});
        return;
    }
    if (changes_the_request(what) && open_left_out_ == 0) open_left_out_ = line_.line;
    entry* const good = std::get_if<entry>(&open_->what);
    const auto wrong = good == nullptr ? std::nullopt : apply(what, *good);
    if (!wrong) return;
    open_->what = *wrong;
    open_->fault_line = line_.line;
}

}  // namespace decamp::source::links

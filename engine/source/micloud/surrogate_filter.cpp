#include "engine/source/micloud/surrogate_filter.hpp"

#include <charconv>

namespace decamp::source::micloud {

namespace {

constexpr std::string_view replacement = "\\ufffd";
constexpr std::size_t escape_size = 6;  // \uXXXX

bool is_hex(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

}  // namespace

void surrogate_filter::give_up_held() {
    if (held_.empty()) return;
    ready_ += replacement;
    held_.clear();
}

void surrogate_filter::take(char c) {
    switch (state_) {
        case state::plain:
        case state::want_low:
            if (c == '\\') {
                escape_ = c;
                state_ = state::escape;
                return;
            }
            give_up_held();
            ready_ += c;
            state_ = state::plain;
            return;
        case state::escape:
            escape_ += c;
            if (c == 'u') {
                state_ = state::hex;
                return;
            }
            break;
        case state::hex:
            escape_ += c;
            if (is_hex(c) && escape_.size() < escape_size) return;
            if (is_hex(c)) {
                escape_complete();
                return;
            }
            break;  // broken: the parser will say so
    }
    give_up_held();
    ready_ += escape_;
    escape_.clear();
    state_ = state::plain;
}

void surrogate_filter::escape_complete() {
    unsigned unit = 0;
    std::from_chars(escape_.data() + 2, escape_.data() + escape_size, unit, 16);
    const bool high = unit >= 0xd800 && unit <= 0xdbff;
    const bool low = unit >= 0xdc00 && unit <= 0xdfff;
    if (high) {
        give_up_held();
        held_.swap(escape_);
        escape_.clear();
        state_ = state::want_low;
        return;
    }
    if (low && !held_.empty()) {
        ready_ += held_;
        ready_ += escape_;
        held_.clear();
    } else {
        give_up_held();
        ready_ += low ? std::string(replacement) : escape_;
    }
    escape_.clear();
    state_ = state::plain;
}

}  // namespace decamp::source::micloud

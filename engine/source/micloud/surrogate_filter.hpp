#pragma once
// Replaces \u escapes of JSON that name half a surrogate pair by \ufffd, in a stream, so that a parser that refuses
// them (Boost.JSON 1.81 has no option) reads the rest. Backslashes stand only in strings, so strings need not be
// tracked.

#include <cstddef>
#include <string>
#include <string_view>

namespace decamp::source::micloud {

class surrogate_filter {
  public:
    // Hands the filtered text to `out` in pieces; out(std::string_view) returns false to stop. False when stopped.
    template <class Out>
    bool feed(std::string_view text, Out&& out) {
        while (!text.empty()) {
            if (state_ == state::plain) {
                const std::size_t at = text.find('\\');
                if (at == std::string_view::npos) return out(text);
                if (at > 0 && !out(text.substr(0, at))) return false;
                text.remove_prefix(at);
            }
            ready_.clear();
            while (!text.empty() && ready_.empty()) {
                take(text.front());
                text.remove_prefix(1);
            }
            if (!ready_.empty() && !out(std::string_view(ready_))) return false;
        }
        return true;
    }

    // What is held back at the end of the text.
    template <class Out>
    bool finish(Out&& out) {
        ready_ = held_ + escape_;
        held_.clear();
        escape_.clear();
        state_ = state::plain;
        return ready_.empty() || out(std::string_view(ready_));
    }

  private:
    enum class state {
        plain,
        escape,    // behind a backslash
        hex,       // within \uXXXX
        want_low,  // behind a high half: only a low half saves it
    };

    void take(char c);
    void escape_complete();
    void give_up_held();

    state state_ = state::plain;
    std::string held_;    // a high half, as written
    std::string escape_;  // the escape being read
    std::string ready_;
};

}  // namespace decamp::source::micloud

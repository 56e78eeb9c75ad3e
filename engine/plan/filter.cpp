#include "engine/plan/filter.hpp"

#include <algorithm>

#include "engine/messages/messages.hpp"
#include "formats/time.hpp"
#include "formats/unicode.hpp"

namespace decamp::plan {

namespace {

struct range {
    char32_t first, last;
};

struct token {
    enum class kind { one, any_one, set, star, star_star } what = kind::one;
    char32_t character = 0;
    bool negated = false;
    std::vector<range> ranges;
};

// Code points of a pattern, one at a time.
class reader {
  public:
    explicit reader(std::string_view text) : text_(text) {}
    bool at_end() const { return at_ == text_.size(); }
    char32_t peek() const { return at_end() ? 0 : formats::decode_utf8(text_, at_).code_point; }
    char32_t next() {
        const auto step = formats::decode_utf8(text_, at_);
        at_ += step.length;
        return step.code_point;
    }
    // A character that a backslash may precede.
    std::optional<char32_t> literal() {
        if (at_end()) return std::nullopt;
        auto c = next();
        if (c != U'\\') return c;
        if (at_end()) return std::nullopt;
        return next();
    }

  private:
    std::string_view text_;
    std::size_t at_ = 0;
};

// After '['. As in the shell, a ']' that comes first is a member.
std::optional<token> read_set(reader& from) {
    token set{.what = token::kind::set};
    if (from.peek() == U'!' || from.peek() == U'^') {
        set.negated = true;
        from.next();
    }
    for (bool first = true; !from.at_end(); first = false) {
        if (from.peek() == U']' && !first) {
            from.next();
            return set;
        }
        const auto low = from.literal();
        if (!low) return std::nullopt;
        range r{*low, *low};
        if (from.peek() == U'-') {
            reader ahead = from;
            ahead.next();
            if (!ahead.at_end() && ahead.peek() != U']') {
                const auto high = ahead.literal();
                if (!high || *high < *low) return std::nullopt;
                r.last = *high;
                from = ahead;
            }
        }
        set.ranges.push_back(r);
    }
    return std::nullopt;
}

std::optional<std::vector<token>> read_pattern(std::string_view pattern) {
    if (pattern.empty() || pattern.size() > longest_pattern || !formats::is_valid_utf8(pattern)) return std::nullopt;
    std::vector<token> tokens;
    for (reader from(pattern); !from.at_end();) {
        const auto c = from.peek();
        if (c == U'*') {
            from.next();
            const bool twice = from.peek() == U'*';
            while (from.peek() == U'*') from.next();
            tokens.push_back({.what = twice ? token::kind::star_star : token::kind::star});
        } else if (c == U'?') {
            from.next();
            tokens.push_back({.what = token::kind::any_one});
        } else if (c == U'[') {
            from.next();
            auto set = read_set(from);
            if (!set) return std::nullopt;
            tokens.push_back(std::move(*set));
        } else {
            const auto literal = from.literal();
            if (!literal) return std::nullopt;
            tokens.push_back({.what = token::kind::one, .character = *literal});
        }
    }
    return tokens;
}

bool takes(const token& t, char32_t c, bool one_name) {
    const bool slash = c == U'/' && !one_name;
    switch (t.what) {
        case token::kind::one:
            return t.character == c;
        case token::kind::set:
            if (slash) return false;
            return t.negated != std::any_of(t.ranges.begin(), t.ranges.end(),
                                            [c](const range& r) { return r.first <= c && c <= r.last; });
        case token::kind::any_one:
        case token::kind::star:
            return !slash;
        case token::kind::star_star:
            return true;
    }
    return false;
}

bool is_star(const token& t) {
    return t.what == token::kind::star || t.what == token::kind::star_star;
}

// All the places in the pattern that the text so far can have led to, advanced together: no backtracking.
bool run(const std::vector<token>& tokens, std::string_view text, bool one_name) {
    std::vector<char> now(tokens.size() + 1, 0), next(tokens.size() + 1, 0);
    const auto pass_stars = [&tokens](std::vector<char>& places) {
        for (std::size_t i = 0; i < tokens.size(); ++i)
            if (places[i] && is_star(tokens[i])) places[i + 1] = 1;
    };
    now[0] = 1;
    pass_stars(now);
    for (std::size_t at = 0; at < text.size();) {
        const auto step = formats::decode_utf8(text, at);
        at += step.length;
        std::fill(next.begin(), next.end(), char{0});
        for (std::size_t i = 0; i < tokens.size(); ++i)
            if (now[i] && takes(tokens[i], step.code_point, one_name)) next[is_star(tokens[i]) ? i : i + 1] = 1;
        pass_stars(next);
        now.swap(next);
    }
    return now[tokens.size()] != 0;
}

bool matches_item(const std::string& pattern, const std::string& full, const std::string& name) {
    const auto form = formats::nfc(pattern);
    if (matches(form, full)) return true;
    return form.find('/') == std::string::npos && matches(form, name, true);
}

// The day the source listed it under, else the day of its time.
std::optional<formats::civil_date> day_of(const listed_item& item, int offset_minutes) {
    if (const auto listed = formats::parse_day(item.bucket)) return listed;
    if (const auto time = item.file_time_ms()) return formats::date_of_ms(*time, offset_minutes);
    return std::nullopt;
}

}  // namespace

bool is_pattern(std::string_view pattern) {
    return read_pattern(pattern).has_value();
}

bool matches(std::string_view pattern, std::string_view text, bool one_name) {
    const auto tokens = read_pattern(pattern);
    return tokens && run(*tokens, text, one_name);
}

std::optional<std::string> problem(const filter& f, language words) {
    for (const auto* list : {&f.include, &f.exclude})
        for (const auto& pattern : *list)
            if (!is_pattern(pattern)) return messages::say(words, messages::id::err_pattern, pattern);
    if (!f.since.empty() && !formats::parse_dashed_day(f.since))
        return messages::say(words, messages::id::err_date, f.since);
    return std::nullopt;
}

bool wanted(const filter& f, std::string_view album, const listed_item& item) {
    if (!f.since.empty()) {
        const auto since = formats::parse_dashed_day(f.since);
        const auto day = day_of(item, f.offset_minutes);
        // An item without any date is exported: leaving it out might lose it.
        if (since && day && *day < *since) return false;
    }
    if (f.include.empty() && f.exclude.empty()) return true;
    const auto name = formats::nfc(item.name);
    const auto full = album.empty() ? name : formats::nfc(album) + "/" + name;
    const auto fits = [&](const std::string& pattern) { return matches_item(pattern, full, name); };
    if (std::any_of(f.exclude.begin(), f.exclude.end(), fits)) return false;
    return f.include.empty() || std::any_of(f.include.begin(), f.include.end(), fits);
}

}  // namespace decamp::plan

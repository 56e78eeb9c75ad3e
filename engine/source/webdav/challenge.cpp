#include "engine/source/webdav/challenge.hpp"

#include <algorithm>
#include <optional>

namespace decamp::source::webdav {

namespace {

bool is_token_char(char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

std::string lowered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

// Takes pieces off the front of a field.
class field_reader {
  public:
    explicit field_reader(std::string_view text) : rest_(text) {}

    bool at_end() const { return rest_.empty(); }
    std::string_view rest() const { return rest_; }
    void back_to(std::string_view rest) { rest_ = rest; }

    void skip_blanks() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) rest_.remove_prefix(1);
    }
    // Lists may have empty elements.
    void skip_commas() {
        while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t' || rest_.front() == ','))
            rest_.remove_prefix(1);
    }
    bool skip(char wanted) {
        if (rest_.empty() || rest_.front() != wanted) return false;
        rest_.remove_prefix(1);
        return true;
    }
    std::string_view token() {
        std::size_t count = 0;
        while (count < rest_.size() && is_token_char(rest_[count])) ++count;
        return cut(count);
    }
    // Anything up to the next comma or blank: values that should have been quoted, and token68.
    std::string_view loose() { return cut(std::min(rest_.find_first_of(", \t"), rest_.size())); }

    // The opening quote is taken. None: no closing one.
    std::optional<std::string> quoted() {
        std::string out;
        while (!rest_.empty()) {
            char c = rest_.front();
            rest_.remove_prefix(1);
            if (c == '"') return out;
            if (c == '\\') {
                if (rest_.empty()) return std::nullopt;
                c = rest_.front();
                rest_.remove_prefix(1);
            }
            out += c;
        }
        return std::nullopt;
    }

  private:
    std::string_view cut(std::size_t count) {
        auto piece = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return piece;
    }
    std::string_view rest_;
};

enum class found { parameter, none, broken };

// One name=value. `none` leaves the reader where it was.
found read_parameter(field_reader& from, std::pair<std::string, std::string>& into) {
    const auto before = from.rest();
    const auto name = from.token();
    from.skip_blanks();
    if (name.empty() || !from.skip('=')) {
        from.back_to(before);
        return found::none;
    }
    from.skip_blanks();
    into.first = lowered(name);
    if (from.skip('"')) {
        auto value = from.quoted();
        if (!value) return found::broken;
        into.second = std::move(*value);
        return found::parameter;
    }
    into.second = std::string(from.loose());
    return found::parameter;
}

}  // namespace

const std::string* challenge::find(std::string_view name) const {
    const auto at = std::ranges::find(parameters, name, &std::pair<std::string, std::string>::first);
    return at == parameters.end() ? nullptr : &at->second;
}

std::vector<challenge> parse_challenges(std::string_view field) {
    std::vector<challenge> out;
    field_reader from(field);
    bool overlong = false;
    const auto drop_overlong = [&] {
        if (overlong) out.pop_back();
        overlong = false;
    };
    for (;;) {
        from.skip_commas();
        if (from.at_end()) break;
        std::pair<std::string, std::string> parameter;
        const found got = out.empty() ? found::none : read_parameter(from, parameter);
        if (got == found::broken) {
            out.pop_back();
            return out;
        }
        if (got == found::parameter) {
            if (parameter.second.size() > parameter_bytes) overlong = true;
            if (out.back().parameters.size() < parameter_limit) out.back().parameters.push_back(std::move(parameter));
            continue;
        }
        drop_overlong();
        const auto scheme = from.token();
        if (scheme.empty() || out.size() == challenge_limit) return out;
        out.push_back({std::string(scheme), {}});
        from.skip_blanks();
        // A token68 ("Negotiate YII=") is no parameter, and nothing that is known here uses one.
        const auto before = from.rest();
        const auto word = from.loose();
        const auto body = word.substr(0, word.find_last_not_of('=') + 1);
        const bool is_token68 = !word.empty() && body.find_first_of("=\"") == std::string_view::npos;
        bool stands_alone = from.at_end();
        if (is_token68 && !stands_alone) {
            from.skip_blanks();
            stands_alone = from.at_end() || from.rest().front() == ',';
        }
        // "realm=" without a value looks the same; it says as little.
        if (!is_token68 || !stands_alone) from.back_to(before);
    }
    drop_overlong();
    return out;
}

std::vector<std::pair<std::string, std::string>> parse_parameters(std::string_view field) {
    std::vector<std::pair<std::string, std::string>> out;
    field_reader from(field);
    while (out.size() < parameter_limit) {
        from.skip_commas();
        std::pair<std::string, std::string> parameter;
        if (from.at_end() || read_parameter(from, parameter) != found::parameter) break;
        if (parameter.second.size() <= parameter_bytes) out.push_back(std::move(parameter));
    }
    return out;
}

}  // namespace decamp::source::webdav

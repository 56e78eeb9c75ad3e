#include "engine/source/s3/credentials.hpp"

#include <algorithm>
#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <vector>

#include "engine/source/s3/region.hpp"
#include "formats/ini.hpp"

namespace decamp::source::s3 {

namespace json = boost::json;

namespace {

constexpr std::size_t key_id_limit = 256, secret_limit = 1024, token_limit = 12288;

class credentials_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "s3 credentials"; }
    std::string message(int value) const override {
        switch (static_cast<credentials_errc>(value)) {
            case credentials_errc::too_large:
                return "the credentials are larger than 1 MiB";
            case credentials_errc::malformed_json:
                return "the credentials are not the JSON they begin as";
            case credentials_errc::nothing_known:
                return "the credentials hold no access key";
            case credentials_errc::several_profiles:
                return "the credentials hold several profiles, none of them called default";
            case credentials_errc::no_key_id:
                return "the credentials lack the access key id";
            case credentials_errc::no_secret:
                return "the credentials lack the secret access key";
            case credentials_errc::bad_value:
                return "a value in the credentials cannot be used";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

enum field : std::size_t { key_id, secret, token, region };

struct known_name {
    std::string_view name;  // in small letters, without '_' and a leading "aws"
    field what;
    int rank;  // among the names of one field the highest counts
};
constexpr std::array<known_name, 6> names{{
    {"accesskeyid", key_id, 1},
    {"secretaccesskey", secret, 1},
    {"sessiontoken", token, 2},
    {"securitytoken", token, 1},
    {"region", region, 2},
    {"defaultregion", region, 1},
}};

std::string plain_name(std::string_view name) {
    static constexpr std::string_view maker = "aws";
    std::string out;
    for (const char c : name)
        if (c != '_') out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (out.starts_with(maker)) out.erase(0, maker.size());
    return out;
}

class collector {
  public:
    // Of a name that stands twice the last counts, as for a shell.
    void add(std::string_view name, std::string_view value) {
        const std::string plain = plain_name(name);
        for (const auto& known : names) {
            if (plain != known.name || value.empty() || known.rank < ranks_[known.what]) continue;
            ranks_[known.what] = known.rank;
            values_[known.what] = value;
        }
    }
    bool has_keys() const { return ranks_[key_id] > 0 || ranks_[secret] > 0; }

    result<credentials> finish() const {
        if (std::ranges::all_of(ranks_, [](int rank) { return rank == 0; }))
            return failure(credentials_errc::nothing_known);
        if (values_[key_id].empty() && !values_[secret].empty()) return failure(credentials_errc::no_key_id);
        if (!values_[key_id].empty() && values_[secret].empty()) return failure(credentials_errc::no_secret);
        // The id stands in a header between '/' and ',', and the token in one of its own.
        const auto sendable = [](std::string_view text, std::size_t limit) {
            return text.size() <= limit &&
                   std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
        };
        const bool bad_secret = values_[secret].size() > secret_limit ||
                                values_[secret].find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos;
        if (!sendable(values_[key_id], key_id_limit)) return failure(credentials_errc::bad_value, "access key id");
        if (bad_secret) return failure(credentials_errc::bad_value, "secret access key");
        if (!sendable(values_[token], token_limit)) return failure(credentials_errc::bad_value, "session token");
        if (!values_[region].empty() && !is_region(values_[region]))
            return failure(credentials_errc::bad_value, "region");
        credentials out{values_[key_id], values_[secret], values_[token], values_[region]};
        if (out.anonymous()) out.token.clear();
        return out;
    }

  private:
    std::array<std::string, 4> values_;
    std::array<int, 4> ranks_{};
};

std::string_view trimmed(std::string_view text) {
    static constexpr std::string_view blanks = " \t\r\n";
    const auto begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

result<credentials> parse_json(std::string_view text) {
    boost::system::error_code ec;
    json::parse_options options;
    options.max_depth = 16;
    const json::value document = json::parse(text, ec, {}, options);
    if (ec || !document.is_object()) return failure(credentials_errc::malformed_json);
    const json::object* object = &document.get_object();
    if (const auto* inner = object->if_contains("Credentials"); inner != nullptr && inner->is_object())
        object = &inner->get_object();
    collector found;
    for (const auto& member : *object)
        if (const auto* value = member.value().if_string()) found.add(member.key(), std::string_view(*value));
    return found.finish();
}

std::string_view without_export(std::string_view name) {
    for (const std::string_view word : {"export ", "set "})
        if (name.starts_with(word)) return trimmed(name.substr(word.size()));
    return name;
}

std::string_view without_quotes(std::string_view value) {
    const bool quoted =
        value.size() >= 2 && (value.front() == '"' || value.front() == '\'') && value.back() == value.front();
    return quoted ? value.substr(1, value.size() - 2) : value;
}

result<credentials> parse_lines(std::string_view text) {
    const auto sections = formats::read_ini(text);
    if (!sections) return failure(credentials_errc::too_large);
    const auto read = [](const formats::ini_section& from) {
        collector found;
        for (const auto& [name, value] : from.entries) found.add(without_export(name), without_quotes(value));
        return found;
    };
    const collector before = read(sections->front());
    if (sections->size() == 1 || before.has_keys()) return before.finish();
    const formats::ini_section* chosen = nullptr;
    for (std::size_t i = 1; i < sections->size() && chosen == nullptr; ++i)
        if ((*sections)[i].name == "default") chosen = &(*sections)[i];
    if (chosen == nullptr && sections->size() > 2) return failure(credentials_errc::several_profiles);
    return read(chosen != nullptr ? *chosen : sections->back()).finish();
}

}  // namespace

boost::system::error_code make_error_code(credentials_errc e) {
    static const credentials_category category;
    return {static_cast<int>(e), category};
}

result<credentials> parse_credentials(std::string_view text) {
    if (text.size() > credentials_limit) return failure(credentials_errc::too_large);
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    const std::string_view body = trimmed(text);
    if (body.empty()) return credentials{};
    return body.front() == '{' ? parse_json(body) : parse_lines(text);
}

}  // namespace decamp::source::s3

#include "tools/decamp/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/messages/messages.hpp"
#include "engine/source/micloud/endpoint.hpp"
#include "formats/size.hpp"
#include "tools/decamp/options.hpp"

namespace decamp::cli {

using messages::id;
using messages::say;

namespace {

constexpr std::string_view micloud = "micloud:";
constexpr const char* regions = "cn, us, in, eu";

constexpr std::array<std::string_view, 5> other_sources{"s3://", "webdav://", "webdavs://", "links:", "folder:"};
// Those for which another address can be given.
constexpr std::array<std::string_view, 3> with_endpoint{"s3://", "webdav://", "webdavs://"};

// "https://name:password@host": a secret on the command line.
bool has_user_info(std::string_view url) {
    const auto scheme = url.find("://");
    if (scheme == std::string_view::npos) return false;
    const auto rest = url.substr(scheme + 3);
    return rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string_view::npos;
}

bool is_web_address(std::string_view text) {
    return text.starts_with("http://") || text.starts_with("https://");
}

// An address copied from a browser may hold tokens in its query.
std::string without_query(const std::string& text) {
    return text.substr(0, text.find_first_of("?#"));
}

value_or_complaint<std::string> checked_micloud(const std::string& source, std::string_view shown, language words) {
    if (has_user_info(source)) return complaint{say(words, id::err_source_has_secret)};
    const auto where = source::micloud::parse_endpoint(source);
    if (where) return source;
    if (where.error().code == make_error_code(source::micloud::endpoint_errc::unknown_region))
        return complaint{say(words, id::err_source_region, shown, regions)};
    // Without what follows the host: an address copied from a browser may hold tokens in its query.
    return complaint{say(words, id::err_endpoint_url, shown.substr(0, shown.find_first_of("?#")))};
}

}  // namespace

value_or_complaint<std::size_t> memory_value(const std::string& text, language words) {
    const auto bytes = formats::parse_size(text);
    if (!bytes) return complaint{say(words, id::err_size_value, "--memory", text)};
    if (*bytes < least_memory) return complaint{say(words, id::err_memory_too_small, text, "32MiB")};
    return static_cast<std::size_t>(*bytes);
}

value_or_complaint<std::uint64_t> bandwidth_value(const std::string& text, language words) {
    const auto rate = formats::parse_rate(text);
    if (!rate || *rate == 0) return complaint{say(words, id::err_rate_value, "--bandwidth", text)};
    return *rate;
}

value_or_complaint<unsigned> connections_value(const std::string& text, language words) {
    if (text == "auto") return 0U;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most_connections)
        return complaint{say(words, id::err_number_value, "--connections", text, 1, most_connections)};
    return number;
}

value_or_complaint<twins_mode> twins_value(const std::string& text, language words) {
    if (text == "announced") return twins_mode::announced;
    if (text == "fetch") return twins_mode::fetch;
    return complaint{say(words, id::err_option_choice, "--twins", text, "announced, fetch")};
}

value_or_complaint<prove_mode> prove_value(const std::string& text, language words) {
    if (text == "sample") return prove_mode::sample;
    if (text == "full") return prove_mode::full;
    return complaint{say(words, id::err_option_choice, "--prove", text, "sample, full")};
}

value_or_complaint<archive_format> format_value(const std::string& text, language words) {
    if (text == "tree") return archive_format::tree;
    if (text == "tar") return archive_format::tar;
    if (text == "tar.zst") return archive_format::tar_zst;
    if (text == "zip") return archive_format::zip;
    if (text == "auto") return archive_format::automatic;
    return complaint{say(words, id::err_option_choice, "--format", text, "tree, tar, tar.zst, zip, auto")};
}

value_or_complaint<std::uint64_t> volume_size_value(const std::string& text, language words) {
    const auto bytes = formats::parse_size(text);
    if (!bytes) return complaint{say(words, id::err_size_value, "--volume-size", text)};
    if (*bytes < least_volume)
        return complaint{say(words, id::err_volume_too_small, text, formats::human_size(least_volume))};
    return *bytes;
}

value_or_complaint<int> level_value(const std::string& text, language words) {
    int level = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), level);
    if (error != std::errc() || end != text.data() + text.size() || level < 1 || level > most_level)
        return complaint{say(words, id::err_number_range, "--level", text, 1, most_level)};
    return level;
}

value_or_complaint<unsigned> recovery_value(const std::string& text, language words) {
    unsigned percent = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, percent);
    const bool is_percent = error == std::errc() && end + 1 == last && *end == '%' && text.front() != '0';
    if (!is_percent || percent < 1 || percent > most_recovery_percent)
        return complaint{
            say(words, id::err_percent_value, "--recovery", text, "1%", std::to_string(most_recovery_percent) + "%")};
    return percent;
}

value_or_complaint<archive_twins> archive_twins_value(const std::string& text, language words) {
    if (text == "list") return archive_twins::list;
    if (text == "link") return archive_twins::link;
    if (text == "copy") return archive_twins::copy;
    return complaint{say(words, id::err_option_choice, "--twins-in-archive", text, "list, link, copy")};
}

value_or_complaint<source_words> source_value(const std::string& source, const std::string& endpoint, language words) {
    const auto begins = [&](std::string_view kind) { return source.starts_with(kind); };
    if (std::any_of(other_sources.begin(), other_sources.end(), begins)) {
        const bool local = begins("links:") || begins("folder:");
        if ((!local && has_user_info(source)) || has_user_info(endpoint))
            return complaint{say(words, id::err_source_has_secret)};
        if (endpoint.empty()) return source_words{source, {}};
        if (std::none_of(with_endpoint.begin(), with_endpoint.end(), begins))
            return complaint{say(words, id::err_endpoint_not_here, source.substr(0, source.find(':') + 1))};
        if (!is_web_address(endpoint)) return complaint{say(words, id::err_endpoint_url, without_query(endpoint))};
        return source_words{source, endpoint};
    }
    if (!begins(micloud)) {
        if (has_user_info(source)) return complaint{say(words, id::err_source_has_secret)};
        return complaint{say(words, id::err_source_unknown, without_query(source))};
    }
    if (!endpoint.empty() && !is_web_address(endpoint))
        return complaint{say(words, id::err_endpoint_url, without_query(endpoint))};
    auto checked = endpoint.empty() ? checked_micloud(source, std::string_view(source).substr(micloud.size()), words)
                                    : checked_micloud(std::string(micloud) + endpoint, endpoint, words);
    if (auto* wrong = std::get_if<complaint>(&checked)) return std::move(*wrong);
    return source_words{std::get<std::string>(std::move(checked)), {}};
}

}  // namespace decamp::cli

#include "engine/source/webdav/status_words.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/source/webdav/paths.hpp"
#include "formats/xml.hpp"

namespace decamp::source::webdav {

namespace {

// RFC 9110, section 15, and RFC 4918, section 11.
constexpr std::array<std::pair<int, std::string_view>, 22> phrases{{
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {423, "Locked"},
    {424, "Failed Dependency"},
    {429, "Too Many Requests"},
    {451, "Unavailable For Legal Reasons"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
}};

class words_reader final : formats::xml_handler {
  public:
    explicit words_reader(std::string_view body) {
        formats::xml_reader reader(*this);
        // A body that was cut off said what it said.
        static_cast<void>(reader.feed(body));
    }
    std::string exception, message;

  private:
    void on_open(std::string_view, const formats::xml_attributes&) override {}
    void on_close(std::string_view name, std::string text) override {
        if (name == "http://sabredav.org/ns|exception" && exception.empty()) exception = for_people(text);
        if (name == "http://sabredav.org/ns|message" && message.empty()) message = for_people(text);
    }
};

}  // namespace

std::string status_words(int status) {
    std::string out = "HTTP " + std::to_string(status);
    const auto* const found = std::ranges::find(phrases, status, &std::pair<int, std::string_view>::first);
    if (found != phrases.end()) out += " " + std::string(found->second);
    return out;
}

std::string status_words(int status, std::string_view body) {
    std::string out = status_words(status);
    const words_reader words(body.substr(0, failure_body_limit));
    for (const std::string& text : {words.exception, words.message}) {
        if (!text.empty()) out += ": " + text;
    }
    return out;
}

}  // namespace decamp::source::webdav

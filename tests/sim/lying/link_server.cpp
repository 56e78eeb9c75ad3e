#include "tests/sim/lying/link_server.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/samplecloud/json_text.hpp"

namespace decamp::sim::lying {

link_server::link_server(truth& what, bends& how, dice d) : server(what, how, d) {
    with_etags_ = dice_.chance(700);
    with_sizes_ = dice_.chance(500);
    with_digests_ = dice_.chance(300);
    const auto list = purpose::list;
    for (std::size_t i = 0; i < truth_.items.size(); ++i) {
        const std::string& id = truth_.items[i].id;
        list_ += line_of(i, id);
        if (struck(bend_kind::doubled, list, i)) list_ += line_of(i, id);
        if (struck(bend_kind::respelled, list, i)) list_ += line_of(i, "again/" + id);
    }
}

// What the list says of sizes and digests was right when it was made.
std::string link_server::line_of(std::size_t index, const std::string& path) {
    const true_item item = truth_.items[index];
    true_item& known = truth_.items[index];
    const auto list = purpose::list;
    std::string out = fmt::format(R"({{"url":"http://{}:8080/files/{}","path":{})", main_host, percent_encoded(item.id),
                                  samplecloud::json_string(path));
    if (struck(bend_kind::wrong_size, list, index)) {
        out += fmt::format(R"(,"size":{})", item.bytes.size() + 1);
        wrong_.insert(index);
    } else if (with_sizes_ && !struck(bend_kind::without_size, list, index)) {
        out += fmt::format(R"(,"size":{})", item.bytes.size());
        known.size_listed = true;
    }
    if (struck(bend_kind::wrong_digest, list, index)) {
        out += R"(,"sha1":"0123456789012345678901234567890123456789")";
        wrong_.insert(index);
    } else if (with_digests_ && !struck(bend_kind::without_digest, list, index)) {
        out += fmt::format(R"(,"sha1":"{}")", item.sha1());
        known.digest_listed = true;
    }
    return out + "}\n";
}

server::target link_server::target_of(const request& asked) const {
    target at;
    at.what = purpose::get;
    constexpr std::string_view root = "/files/";
    if (!asked.path.starts_with(root)) return at;
    const auto found = std::ranges::find(truth_.items, percent_decoded(asked.path.substr(root.size())), &true_item::id);
    if (found != truth_.items.end()) at.item = static_cast<std::size_t>(found - truth_.items.begin());
    return at;
}

answer link_server::lists(const request&, const target&) {
    answer out;
    out.out = refusal(404);
    return out;
}

std::string link_server::etag_of(const true_item& item) const {
    return with_etags_ ? fmt::format("\"v{}-{}\"", item.version, item.md5().substr(0, 8)) : std::string();
}

}  // namespace decamp::sim::lying

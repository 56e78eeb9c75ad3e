#include "tests/sim/lying/dav_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace decamp::sim::lying {

namespace {

constexpr std::string_view root = "/dav/";
constexpr std::size_t first_folder = 100'000;  // indices from here on are folders, to the bends

std::string parent_of(const std::string& path) {
    const auto slash = path.rfind('/');
    return slash == path.npos ? std::string() : path.substr(0, slash + 1);
}

}  // namespace

dav_server::dav_server(truth& what, bends& how, dice d) : server(what, how, d) {
    with_etags_ = dice_.chance(700);
    with_checksums_ = dice_.chance(400);
    full_hrefs_ = dice_.chance(200);
    lists_itself_ = dice_.chance(900);
    page_ = dice_.between(1, 4);
}

server::target dav_server::target_of(const request& asked) const {
    target at;
    at.what = asked.method != "PROPFIND"     ? purpose::get
              : asked.header("depth") == "0" ? purpose::sign_in
                                             : purpose::list;
    if (!asked.path.starts_with(root)) return at;
    at.place = first_folder - 1;  // the root
    for (std::size_t i = 0; i < truth_.folders.size(); ++i)
        if (percent_decoded(asked.path.substr(root.size())) == truth_.folders[i]) at.place = first_folder + i;
    const auto found = std::ranges::find(truth_.items, percent_decoded(asked.path.substr(root.size())), &true_item::id);
    if (found != truth_.items.end()) at.item = static_cast<std::size_t>(found - truth_.items.begin());
    return at;
}

std::vector<std::size_t> dav_server::asked_after(const target& at) const {
    std::vector<std::size_t> out;
    if (at.item) out.push_back(*at.item);
    const std::size_t folder = at.place.value_or(0) - first_folder;
    for (std::size_t i = 0; i < truth_.items.size() && folder < truth_.folders.size(); ++i)
        if (parent_of(truth_.items[i].id) == truth_.folders[folder]) out.push_back(i);
    return out;
}

std::string dav_server::etag_of(const true_item& item) const {
    return with_etags_ ? fmt::format("\"v{}-{}\"", item.version, item.md5().substr(0, 8)) : std::string();
}

std::vector<dav_server::entry> dav_server::children_of(const std::string& folder) const {
    std::vector<entry> out;
    const auto is_child = [&](std::string_view path) {
        return path.starts_with(folder) && path.size() > folder.size() &&
               path.substr(folder.size(), path.size() - folder.size() - 1).find('/') == path.npos;
    };
    for (std::size_t i = 0; i < truth_.folders.size(); ++i)
        if (is_child(truth_.folders[i])) out.push_back({truth_.folders[i], first_folder + i, true});
    for (std::size_t i = 0; i < truth_.items.size(); ++i)
        if (truth_.items[i].present && is_child(truth_.items[i].id)) out.push_back({truth_.items[i].id, i, false});
    return out;
}

std::string dav_server::href_of(const std::string& path) const {
    const std::string at = std::string(root) + percent_encoded(path);
    return full_hrefs_ ? fmt::format("http://{}:8080{}", main_host, at) : at;
}

std::string dav_server::properties(std::size_t index) {
    const true_item item = truth_.items[index];
    true_item& known = truth_.items[index];
    const auto list = purpose::list;
    std::string out;
    if (struck(bend_kind::wrong_size, list, index)) {
        out += fmt::format("<D:getcontentlength>{}</D:getcontentlength>", item.bytes.size() + 1);
    } else if (!struck(bend_kind::without_size, list, index)) {
        out += fmt::format("<D:getcontentlength>{}</D:getcontentlength>", item.bytes.size());
        known.size_listed = true;
    }
    out += "<D:getlastmodified>" + http_date(item.modified_ms()) + "</D:getlastmodified>";
    if (struck(bend_kind::without_digest, list, index)) return out;
    std::string etag = etag_of(item);
    if (with_etags_ && struck(bend_kind::etag_weak, list, index)) etag = "W/" + etag;
    if (with_etags_ && struck(bend_kind::etag_changing, list, index)) etag = fmt::format("\"{:032x}\"", dice_.next());
    if (with_etags_) out += "<D:getetag>" + xml_escaped(etag) + "</D:getetag>";
    if (!with_checksums_) return out;
    if (struck(bend_kind::wrong_digest, list, index))
        return out +
               "<o:checksums><o:checksum>SHA1:0123456789012345678901234567890123456789</o:checksum></o:checksums>";
    known.digest_listed = true;
    return out + "<o:checksums><o:checksum>SHA1:" + item.sha1() + "</o:checksum></o:checksums>";
}

std::string dav_server::written(const entry& what, const std::string& href) {
    std::string out = "<D:response><D:href>" + xml_escaped(href) + "</D:href><D:propstat><D:prop>";
    if (!struck(bend_kind::without_type, purpose::list, what.index))
        out += what.is_folder ? "<D:resourcetype><D:collection/></D:resourcetype>" : "<D:resourcetype/>";
    if (!what.is_folder) out += properties(what.index);
    return out + "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>";
}

void dav_server::write(answer& into, const entry& what, const std::string& folder) {
    const auto list = purpose::list;
    if (!what.is_folder) into.due.push_back(what.index);
    if (struck(bend_kind::left_out, list, what.index)) return;
    if (!what.is_folder) into.listed.push_back(what.index);
    for (std::size_t i = 0; what.is_folder && i < truth_.items.size(); ++i)
        if (parent_of(truth_.items[i].id) == what.path) into.places.push_back(i);
    std::string href = href_of(what.path);
    if (struck(bend_kind::on_foreign_host, list, what.index))
        href = fmt::format("http://{}:8080{}{}", foreign_host, root, percent_encoded(what.path));
    if (struck(bend_kind::unencoded, list, what.index)) href = std::string(root) + what.path;
    if (!what.is_folder && struck(bend_kind::misspelled, list, what.index))
        href = std::string(root) + percent_encoded(folder) + "%EF%BF%BD" +
               percent_encoded(what.path.substr(folder.size() + 1));
    // Its own name, as if it lay in the folder that was asked for, or elsewhere.
    if (!folder.empty() && struck(bend_kind::in_other_folder, list, what.index))
        href = std::string(root) + percent_encoded(what.path.substr(folder.size()));
    into.out.body += written(what, href);
    if (struck(bend_kind::doubled, list, what.index)) into.out.body += written(what, href);
    if (struck(bend_kind::respelled, list, what.index)) {
        const std::string name = what.path.substr(folder.size());
        into.out.body += written(what, std::string(root) + percent_encoded(folder) +
                                           fmt::format("%{:02x}", static_cast<unsigned char>(name[0])) +
                                           percent_encoded(name.substr(1)));
    }
}

// Where the rest begins, by the answer's own word; none: the answer is whole.
std::optional<std::size_t> dav_server::link_of(std::size_t first, std::size_t end, const target& at) {
    if (end <= first + page_) return std::nullopt;
    if (struck(bend_kind::token_repeats, purpose::list, at.place)) return first;
    if (struck(bend_kind::goes_round, purpose::list, at.place)) return 0;
    if (struck(bend_kind::rest_behind_link, purpose::list, at.place)) return first + page_;
    return std::nullopt;
}

answer dav_server::lists(const request& asked, const target& at) {
    answer out;
    const std::string path = asked.path.starts_with(root) ? percent_decoded(asked.path.substr(root.size())) : "?";
    const bool is_file = at.item && truth_.items[*at.item].present;
    const bool is_folder = path.empty() || std::ranges::find(truth_.folders, path.ends_with('/') ? path : path + "/") !=
                                               truth_.folders.end();
    if (at.what == purpose::get || (!is_file && !is_folder)) {
        out.out = refusal(404);
        return out;
    }
    const bool depth_0 = at.what == purpose::sign_in;
    out.out.status = 207;
    out.out.headers.emplace_back("Content-Type", "application/xml; charset=utf-8");
    const std::string folder = path.empty() || path.ends_with('/') ? path : path + "/";
    if (is_file) write(out, {path, *at.item, false}, "");
    std::size_t first = 0;
    const std::string mark = asked.parameter("mark");
    std::from_chars(mark.data(), mark.data() + mark.size(), first);
    const bool lists_itself = lists_itself_ || children_of(folder).empty();  // or it would list nothing at all
    if (!is_file && ((lists_itself && first == 0) || depth_0))
        out.out.body += written({folder, first_folder + 50'000, true}, href_of(folder));
    if (!is_file && !depth_0) {
        const auto all = children_of(folder);
        std::size_t end = all.size();
        if (end > first + 1 && struck(bend_kind::ends_early, purpose::list, at.place)) {
            end = first + (end - first) / 2;
            for (std::size_t i = end; i < all.size(); ++i)
                if (!all[i].is_folder) out.due.push_back(all[i].index);
        } else if (const auto next = link_of(first, end, at)) {
            end = std::min(end, first + page_);
            for (std::size_t i = end; i < all.size(); ++i)
                if (!all[i].is_folder) out.places.push_back(all[i].index);
            out.out.headers.emplace_back(
                "Link", fmt::format("<http://{}:8080{}?mark={}>; rel=\"next\"", main_host, asked.path, *next));
        }
        for (std::size_t i = first; i < end; ++i) write(out, all[i], folder);
    }
    out.out.body =
        R"(<?xml version="1.0" encoding="utf-8"?><D:multistatus xmlns:D="DAV:" xmlns:o="http://owncloud.org/ns">)" +
        out.out.body + "</D:multistatus>";
    return out;
}

}  // namespace decamp::sim::lying

#include "tests/sim/lying/gallery_server.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "formats/time.hpp"

namespace decamp::sim::lying {

namespace {

constexpr int day_offset_minutes = 480;

std::string day_of(const true_item& item) {
    return formats::day_of_ms(item.taken_ms, day_offset_minutes);
}

std::uint64_t number(const std::string& text, std::uint64_t otherwise) {
    std::uint64_t value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

response json(const std::string& text) {
    response out;
    out.headers.emplace_back("Content-Type", "application/json; charset=UTF-8");
    out.body = text;
    return out;
}

response good(const std::string& data) {
    return json(R"({"result":"ok","retriable":false,"code":0,"data":)" + data + "}");
}

bool in_album(const true_item& item, std::uint64_t album) {
    return item.album == album || item.second_album == album;
}

}  // namespace

gallery_server::gallery_server(truth& what, bends& how, dice d) : server(what, how, d) {
    user_ = fmt::format("{}", 1'000'000'000 + dice_.below(1'000'000'000));
    token_ = fmt::format("tok{:016x}", dice_.next());
    signature_ = fmt::format("sig{:016x}", dice_.next());
    page_ = dice_.chance(400) ? dice_.between(1, 5) : 500;
    last_form_ = dice_.chance(600) ? 0 : dice_.between(1, 2);
    private_listed_ = dice_.chance(700);
    with_etags_ = dice_.chance(700);
}

std::string gallery_server::credentials() const {
    return fmt::format(R"({{"userId":"{}","serviceToken":"{}"}})", user_, token_);
}

// Its own word for deleted, given twice, is a word: the list was asked in between.
bool gallery_server::excused(std::size_t item) const {
    if (truth_.items[item].gone_words > 1) return true;
    return bends_.holds(bend_kind::service_word, purpose::link, item, "50050") ||
           bends_.holds(bend_kind::service_word, purpose::page, item, "50050");
}

server::target gallery_server::target_of(const request& asked) const {
    using enum purpose;
    target at;
    const std::string& path = asked.path;
    std::string id;
    at.what = sign_in;
    constexpr std::size_t first_album = 200'000;
    at.place = first_album + number(asked.parameter("albumId"), 0);
    if (path == "/gallery/user/album/list") at.what = albums;
    if (path == "/gallery/user/timeline") at.what = counts;
    if (path == "/gallery/user/galleries") at.what = list;
    if (path == "/gallery/storage") {
        at.what = link;
        id = asked.parameter("id");
    }
    if (path.starts_with("/2/")) {
        at.what = path.ends_with("/download_file") ? get : page;
        id = path.substr(3, path.find('/', 3) - 3);
    }
    const auto found = std::ranges::find(truth_.items, id, &true_item::id);
    if (!id.empty() && found != truth_.items.end()) at.item = static_cast<std::size_t>(found - truth_.items.begin());
    return at;
}

std::optional<response> gallery_server::word(const std::string& which) {
    if (which == "error with code 0") return json(R"({"result":"error","retriable":false,"code":0,"data":{}})");
    const bool may_pass = which.ends_with(" retriable");
    return json(fmt::format(R"({{"result":"error","retriable":{},"code":{},"data":{{}},"description":"no"}})", may_pass,
                            which.substr(0, 5)));
}

std::string gallery_server::etag_of(const true_item& item) const {
    return with_etags_ ? fmt::format("\"{}\"", item.md5()) : std::string();
}

answer gallery_server::lists(const request& asked, const target& at) {
    answer out;
    if (asked.host != main_host && !asked.header("cookie").empty()) wrongs.push_back("a cookie went to " + asked.host);
    switch (at.what) {
        case purpose::albums:
            return albums(asked);
        case purpose::counts:
            return counts(asked);
        case purpose::list:
            return photos(asked);
        case purpose::link:
            if (!at.item || !truth_.items[*at.item].present) {
                out.out = *word("50050");
            } else {
                out.out = good(fmt::format(R"({{"url":"http://{}:8080/2/{}/download_page?sig={}"}})", bytes_host,
                                           truth_.items[*at.item].id, signature_));
            }
            return out;
        case purpose::page:
            out.out = refusal(404);
            if (!at.item) return out;
            out.out =
                json(fmt::format(R"(dl_img_cb({{"url":"http://{}:8080/2/{}/download_file?sig={}","meta":"m{}"}}))",
                                 bytes_host, truth_.items[*at.item].id, signature_, signature_));
            return out;
        case purpose::sign_in:
            if (asked.path == "/gallery/user/lite/index/prepare")
                out.out = good(R"({"isReady":true,"status":"ready"})");
            else if (asked.path == "/mic/keybag/v1/getEncInfo")
                out.out = good(R"({"e2eeStatus":"close"})");
            else if (asked.path == "/status/lite/profile")
                out.out = good(R"({"nickname":"Sample"})");
            else if (asked.path == "/status/lite/setting")
                out.out = good("{}");
            else if (asked.path == "/status/lite/alldetail")
                out.out = quota();
            else
                out.out = refusal(404);
            return out;
        default:
            out.out = refusal(404);
            return out;
    }
}

response gallery_server::quota() const {
    std::uint64_t size = 0;
    for (const true_item& item : truth_.items) size += item.present ? item.bytes.size() : 0;
    return good(fmt::format(R"({{"totalQuota":5368709120,"used":{},"usedDetail":{{"GalleryImage":{{"size":{}}}}}}})",
                            size, size));
}

answer gallery_server::albums(const request& asked) {
    answer out;
    std::vector<std::uint64_t> all{1, 2, 3, 4};
    const auto holds = [this](std::uint64_t album) {
        return std::ranges::count_if(truth_.items, [&](const true_item& i) { return i.present && in_album(i, album); });
    };
    if (private_listed_ && holds(private_album) != 0) all.push_back(private_album);
    std::uint64_t size = std::min(number(asked.parameter("pageSize"), 1), page_),
                  page = number(asked.parameter("pageNum"), 0);
    if (page > 0 && struck(bend_kind::page_again, purpose::albums)) --page;
    const bool rounds = struck(bend_kind::goes_round, purpose::albums);
    if (rounds && page * size >= all.size()) page %= 2;
    std::size_t end = std::min<std::size_t>(all.size(), (page + 1) * size),
                first = std::min<std::size_t>(all.size(), page * size);
    bool last = end == all.size() && !rounds;
    if (!last && last_form_ == 0 && struck(bend_kind::ends_early, purpose::albums)) last = true;
    if (!last && struck(bend_kind::more_beside_end, purpose::albums)) end = first;
    std::string list;
    for (std::size_t i = first; i < end; ++i) {
        for (std::size_t k = 0; k < truth_.items.size(); ++k)
            if (truth_.items[k].present && in_album(truth_.items[k], all[i])) out.places.push_back(k);
        list += fmt::format(R"({}{{"albumId":"{}","name":"Album {}","mediaCount":{}}})", list.empty() ? "" : ",",
                            all[i], all[i], holds(all[i]));
    }
    out.out = good(fmt::format(R"({{"albums":[{}],{}"indexHash":1}})", list, last_field(last)));
    return out;
}

std::string gallery_server::last_field(bool last) const {
    return last_form_ == 1 ? "" : fmt::format(R"("isLastPage":{},)", last && last_form_ == 0);
}

std::vector<std::size_t> gallery_server::within(const request& asked) const {
    const std::string album = asked.parameter("albumId"), from = asked.parameter("startDate"),
                      to = asked.parameter("endDate");
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < truth_.items.size(); ++i) {
        const true_item& item = truth_.items[i];
        const std::string day = day_of(item);
        const bool there = album.empty() ? item.album != private_album : in_album(item, number(album, 0));
        if (item.present && there && (from.empty() || day >= from) && (to.empty() || day <= to)) out.push_back(i);
    }
    std::ranges::sort(out, std::greater{}, [this](std::size_t i) { return std::pair(truth_.items[i].taken_ms, i); });
    return out;
}

answer gallery_server::counts(const request& asked) {
    answer out;
    std::map<std::string, std::uint64_t> days;
    for (const std::size_t i : within(asked)) ++days[day_of(truth_.items[i])];
    if (!days.empty() && struck(bend_kind::count_left_out, purpose::counts))
        days.erase(std::next(days.begin(), static_cast<std::ptrdiff_t>(dice_.below(days.size()))));
    if (!days.empty() && struck(bend_kind::wrong_count, purpose::counts)) {
        auto& count = std::next(days.begin(), static_cast<std::ptrdiff_t>(dice_.below(days.size())))->second;
        count = dice_.chance(200) ? std::uint64_t{1} << 62 : dice_.chance(500) ? count + 1 : count - 1;
    }
    std::string list;
    for (const auto& [day, count] : days) list += fmt::format(R"({}"{}":{})", list.empty() ? "" : ",", day, count);
    out.out = good(R"({"dayCount":{)" + list + R"(},"indexHash":1})");
    return out;
}

std::string gallery_server::described(std::size_t index) {
    const true_item item = truth_.items[index];
    true_item& known = truth_.items[index];
    const auto list = purpose::list;
    std::string out =
        fmt::format(R"({{"id":"{}","fileName":"{}","mimeType":"image/jpeg","type":"image")", item.id, item.name);
    const bool shares = index > 0 && struck(bend_kind::shared_digest, list, index);
    if (shares) {
        out += fmt::format(R"(,"size":{})", truth_.items[0].bytes.size());
    } else if (struck(bend_kind::wrong_size, list, index)) {
        out += fmt::format(R"(,"size":{})", item.bytes.size() + 1);
    } else if (!struck(bend_kind::without_size, list, index)) {
        out += fmt::format(R"(,"size":{})", item.bytes.size());
        known.size_listed = true;
    }
    if (struck(bend_kind::wrong_digest, list, index)) {
        out += R"(,"sha1":"0123456789012345678901234567890123456789")";
    } else if (shares) {
        out += fmt::format(R"(,"sha1":"{}")", truth_.items[0].sha1());
    } else if (!struck(bend_kind::without_digest, list, index)) {
        out += fmt::format(R"(,"sha1":"{}")", item.sha1());
        known.digest_listed = true;
    }
    if (!struck(bend_kind::without_date, list, index))
        out += fmt::format(R"(,"dateTaken":{},"sortTime":{},"createTime":{})", item.taken_ms, item.taken_ms,
                           item.taken_ms);
    if (!struck(bend_kind::without_album, list, index)) out += fmt::format(R"(,"groupId":"{}")", item.album);
    return out + fmt::format(R"(,"dateModified":{},"status":"custom"}})", item.modified_ms());
}

void gallery_server::write(answer& into, std::size_t index) {
    into.due.push_back(index);
    if (struck(bend_kind::left_out, purpose::list, index)) return;
    into.listed.push_back(index);
    const int times = struck(bend_kind::doubled, purpose::list, index) ? 2 : 1;
    for (int i = 0; i < times; ++i) into.out.body += (into.out.body.empty() ? "" : ",") + described(index);
}

answer gallery_server::photos(const request& asked) {
    answer out;
    const auto all = within(asked);
    const auto list = purpose::list;
    const std::uint64_t wanted = number(asked.parameter("pageSize"), 1), size = std::min(wanted, page_);
    std::uint64_t page = number(asked.parameter("pageNum"), 0);
    if (page > 0 && struck(bend_kind::page_again, list)) --page;
    const bool rounds = !all.empty() && struck(bend_kind::goes_round, list);
    if (rounds && page * size >= all.size()) page %= 2;
    const std::size_t first = std::min<std::size_t>(all.size(), page * size);
    std::size_t end = std::min<std::size_t>(all.size(), first + size);
    bool last = end == all.size() && !rounds;
    // A page of one entry asks whether there are any.
    if (!last && last_form_ == 0 && wanted > 1 && struck(bend_kind::ends_early, list)) {
        last = true;
        out.due.assign(all.begin() + static_cast<std::ptrdiff_t>(end), all.end());
    }
    if (!last && wanted > 1 && struck(bend_kind::more_beside_end, list)) end = first;
    if (!last && last_form_ == 0) out.places.assign(all.begin() + static_cast<std::ptrdiff_t>(end), all.end());
    for (std::size_t i = first; i < end; ++i) write(out, all[i]);
    out.out = good("{\"galleries\":[" + out.out.body + "]," + last_field(last) + "\"indexHash\":1}");
    return out;
}

}  // namespace decamp::sim::lying

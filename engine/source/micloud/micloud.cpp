#include "engine/source/micloud/micloud.hpp"

#include <algorithm>
#include <utility>

#include "engine/source/micloud/api_client.hpp"
#include "engine/source/micloud/device_id.hpp"
#include "engine/source/micloud/listing.hpp"
#include "formats/jsonp.hpp"

namespace decamp::source::micloud {

namespace {

constexpr unsigned link_hop_limit = 3;
constexpr std::size_t nickname_limit = 64;
constexpr std::int64_t generic_failure = 10001;  // says nothing about the region

template <class Parser>
const Parser& read_as(const call_answer& got) {
    return static_cast<const Parser&>(*got.parser);
}

// What is said of a list. `ended` marks what a closed region could say too.
struct said {
    failure why;
    bool ended = false;
};

// None: a good answer. A failure to get one at all is said by the caller.
std::optional<said> complaint(const result<call_answer>& got) {
    if (!got) {
        const auto& code = got.error().code;
        const bool ended = code == source_errc::not_found || code == source_errc::cut_by_redirect;
        return said{got.error(), ended};
    }
    const auto code = got->parser->wrapped().code;
    const std::string detail = code ? "code " + std::to_string(*code) : std::string("no code");
    switch (got->said) {
        case verdict::ok:
            return std::nullopt;
        case verdict::gone:
            return said{failure(source_errc::not_found, detail), false};
        case verdict::final:
            return said{failure(source_errc::server_error, detail), code != generic_failure};
        case verdict::session:
        case verdict::error:
            return said{failure(source_errc::server_error, detail), false};
    }
    return std::nullopt;
}

class micloud_source final : public source {
  public:
    micloud_source(micloud_options options, transport::sender& api, world::clock& clock, world::random& random,
                   source_observer observer)
        : label_(endpoint_label(options.where)),
          client_(session(std::move(options.who), options.where, make_device_id(random)), api, clock,
                  std::move(observer.session_renewed)) {}

    std::string kind() const override { return "micloud"; }
    std::uint64_t page_size() const override { return gallery_page_size; }
    task<result<account_info>> sign_in() override;
    task<result<collection_page>> collections(std::string cursor) override;
    task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id of) override;
    task<result<item_page>> page(scope where, std::string cursor) override;
    task<result<download_link>> link(listed_item of) override;
    task<result<second_look>> look_again(listed_item of) override;
    task<result<void>> keep_alive() override;

  private:
    task<result<void>> check_encryption();
    task<result<std::string>> display_name();
    task<result<call_answer>> albums_page(std::uint64_t number);
    task<result<call_answer>> timeline(collection_id of);
    task<result<call_answer>> gallery_page(scope where, std::uint64_t number, std::uint64_t size);
    task<result<bool>> private_album_holds_items();
    task<result<std::string>> storage_url(item_id id);
    task<result<download_link>> follow_storage_url(std::string text);

    std::string label_;
    api_client client_;
};

// ---- signing in

task<result<account_info>> micloud_source::sign_in() {
    const auto at_login = [](failure why) {
        if (why.code == source_errc::session_died) why.code = make_error_code(source_errc::login_refused);
        return why;
    };
    // Encryption first: with it on, everything else fails in ways that explain less.
    const auto readable = co_await check_encryption();
    if (!readable) co_return at_login(readable.error());
    const auto name = co_await display_name();
    if (!name) co_return at_login(name.error());
    const parser_factory make = [] { return std::make_unique<plain_parser>(); };
    api_call what = prepare_call();
    const auto prepared = co_await client_.call(std::move(what), make);
    // Optional, says every client. Only a session that it ends, or a line that is down, is worth a word.
    if (!prepared && prepared.error().code == source_errc::session_died) co_return at_login(prepared.error());
    account_info out;
    out.display = *name;
    out.endpoint = label_;
    co_return out;
}

// Failures that an optional call may have: an endpoint that is not there, or says what nobody understands.
bool tolerable(const failure& why) {
    return why.code == source_errc::not_found || why.code == source_errc::unusable_answer ||
           why.code == source_errc::server_error || why.code == source_errc::refused ||
           why.code == source_errc::cut_by_redirect;
}

task<result<void>> micloud_source::check_encryption() {
    const parser_factory make = [] { return std::make_unique<one_text_parser>("e2eeStatus", nickname_limit, false); };
    api_call what = encryption_call(client_.now_ms());
    const auto got = co_await client_.call(std::move(what), make);
    if (!got) {
        if (tolerable(got.error())) co_return result<void>();
        co_return got.error();
    }
    if (got->said == verdict::ok && read_as<one_text_parser>(*got).text == "open")
        co_return failure(source_errc::end_to_end_encrypted);
    co_return result<void>();
}

task<result<std::string>> micloud_source::display_name() {
    const std::string redacted = "redacted";
    const parser_factory make = [] { return std::make_unique<one_text_parser>("nickname", nickname_limit, false); };
    api_call what = profile_call(client_.now_ms());
    const auto got = co_await client_.call(std::move(what), make);
    if (!got) {
        if (tolerable(got.error())) co_return redacted;
        co_return got.error();
    }
    const std::string& name = read_as<one_text_parser>(*got).text;
    const bool plain =
        std::ranges::none_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    // Who never chose a name is shown by id, and the id is a secret.
    if (got->said != verdict::ok || name.empty() || !plain || name.find(client_.state().user_id()) != std::string::npos)
        co_return redacted;
    co_return name;
}

task<result<void>> micloud_source::keep_alive() {
    const parser_factory make = [] { return std::make_unique<plain_parser>(); };
    api_call what = keep_alive_call(client_.now_ms());
    const auto got = co_await client_.call(std::move(what), make);
    if (!got) co_return got.error();
    co_return result<void>();
}

// ---- lists

task<result<call_answer>> micloud_source::albums_page(std::uint64_t number) {
    const parser_factory make = [] { return std::make_unique<album_list_parser>(album_page_size); };
    api_call what = albums_call(client_.now_ms(), number);
    co_return co_await client_.call(std::move(what), make);
}

task<result<call_answer>> micloud_source::timeline(collection_id of) {
    const parser_factory make = [] { return std::make_unique<timeline_parser>(); };
    api_call what = timeline_call(client_.now_ms(), of);
    co_return co_await client_.call(std::move(what), make);
}

task<result<call_answer>> micloud_source::gallery_page(scope where, std::uint64_t number, std::uint64_t size) {
    const parser_factory make = [size] { return std::make_unique<gallery_parser>(size); };
    api_call what = gallery_call(client_.now_ms(), where, number, size);
    co_return co_await client_.call(std::move(what), make);
}

// A region whose gallery has ended answers as no client has recorded. Taken for it: the album list and the timeline
// both say 404 or 410, redirect away, or report an error for good other than the generic one. An empty gallery is a
// success with nothing in it, and never meant.
task<result<collection_page>> micloud_source::collections(std::string cursor) {
    const auto at = parse_cursor(cursor);
    if (!at || at->page > page_count_limit)
        co_return failure(source_errc::unusable_answer, "the album list has no end");
    const auto got = co_await albums_page(at->page);
    const auto wrong = complaint(got);
    if (wrong && wrong->ended && at->page == 0) {
        collection_id everything;
        const auto witness = co_await timeline(std::move(everything));
        const auto second = complaint(witness);
        if (second && second->ended) co_return failure(source_errc::region_ended, wrong->why.detail);
    }
    if (wrong) co_return wrong->why;

    const auto& answer = read_as<album_list_parser>(*got);
    std::vector<std::string_view> ids;
    ids.reserve(answer.albums.size());
    for (const auto& album : answer.albums) ids.push_back(album.id.value);
    page_cursor next{at->page + 1, print_of(ids), at->flag};
    const bool repeated = at->page > 0 && next.print == at->print;
    collection_page out;
    if (!repeated) out.collections = answer.albums;
    for (auto& album : out.collections) {
        album.name = album_name(album.id, album.name);
        album.outside_everything = album.id.value == private_album;
        if (album.outside_everything) next.flag = true;
    }
    if (!answer.last_page() && !answer.albums.empty() && !repeated) {
        out.next = to_text(next);
        co_return out;
    }
    if (next.flag) co_return out;
    const auto hidden = co_await private_album_holds_items();
    if (!hidden) co_return hidden.error();
    if (*hidden) {
        collection album;
        album.id.value = private_album;
        album.name = album_name(album.id, {});
        album.outside_everything = true;
        out.collections.push_back(std::move(album));
    }
    co_return out;
}

task<result<bool>> micloud_source::private_album_holds_items() {
    scope where;
    where.collection.value = private_album;
    const auto got = co_await gallery_page(where, 0, 1);
    if (!got) {
        const auto& code = got.error().code;
        if (code == source_errc::not_found || code == source_errc::refused) co_return false;
        co_return got.error();
    }
    if (got->said == verdict::error) co_return failure(source_errc::server_error, "the private album");
    co_return got->said == verdict::ok && !read_as<gallery_parser>(*got).items.empty();
}

task<result<std::optional<std::vector<bucket_count>>>> micloud_source::announced(collection_id of) {
    const auto got = co_await timeline(of);
    const auto wrong = complaint(got);
    if (wrong && wrong->ended && of.everything()) {
        const auto witness = co_await albums_page(0);
        const auto second = complaint(witness);
        if (second && second->ended) co_return failure(source_errc::region_ended, wrong->why.detail);
    }
    if (wrong) co_return wrong->why;
    std::optional<std::vector<bucket_count>> out = read_as<timeline_parser>(*got).days();
    co_return out;
}

task<result<item_page>> micloud_source::page(scope where, std::string cursor) {
    item_page out;
    // A bucket that is no day: nothing can be asked for it, and its count will be named as a gap.
    if (!can_be_asked(where)) co_return out;
    const auto at = parse_cursor(cursor);
    if (!at || at->page > page_count_limit) co_return failure(source_errc::unusable_answer, "the list has no end");
    auto got = co_await gallery_page(where, at->page, gallery_page_size);
    const auto wrong = complaint(got);
    if (wrong) co_return wrong->why;

    auto& answer = static_cast<gallery_parser&>(*got->parser);
    std::vector<std::string_view> ids;
    ids.reserve(answer.items.size());
    for (const auto& item : answer.items) ids.push_back(item.listed.id.value);
    const page_cursor next{at->page + 1, print_of(ids), false};
    if (answer.items.empty() || (at->page > 0 && next.print == at->print)) co_return out;
    out.items = as_listed(std::move(answer.items), where);
    if (!answer.last_page()) out.next = to_text(next);
    co_return out;
}

// ---- links

task<result<download_link>> micloud_source::link(listed_item of) {
    auto url = co_await storage_url(std::move(of.id));
    if (!url) co_return url.error();
    co_return co_await follow_storage_url(std::move(*url));
}

task<result<second_look>> micloud_source::look_again(listed_item) {
    second_look out;
    out.found = second_look::finding::no_list;
    co_return out;
}

task<result<std::string>> micloud_source::storage_url(item_id id) {
    const parser_factory make = [] { return std::make_unique<storage_parser>(); };
    api_call what = storage_call(client_.now_ms(), id);
    const auto got = co_await client_.call(std::move(what), make);
    if (!got) {
        // Of one item, not of the service.
        const bool absent = got.error().code == source_errc::not_found;
        if (absent) co_return failure(source_errc::refused, got.error().detail);
        co_return got.error();
    }
    const auto code = got->parser->wrapped().code;
    const std::string detail = code ? "code " + std::to_string(*code) : std::string();
    switch (got->said) {
        case verdict::ok:
            co_return read_as<storage_parser>(*got).url;
        case verdict::gone:
            co_return failure(source_errc::gone, detail);
        case verdict::final:
            co_return failure(source_errc::refused, detail);
        case verdict::session:
        case verdict::error:
            break;
    }
    co_return failure(source_errc::server_error, detail);
}

// The URLs here are signed: whoever has one has the photo. They stand in no message.
failure link_status(int status) {
    const std::string detail = "HTTP " + std::to_string(status) + " for the link's page";
    if (status == 401 || status == 403 || status == 410) return failure(source_errc::link_expired, detail);
    if (status == 404) return failure(source_errc::refused, detail);
    return failure(status_failure(status).code, detail);
}

result<download_link> read_link_page(const host_policy& policy, std::string_view text) {
    const auto inner = formats::unwrap_jsonp(text);
    storage_parser parser;
    const std::string_view body = inner ? *inner : text;
    parser.feed(std::as_bytes(std::span(body.data(), body.size())));
    const auto said = parser.finish_bare();
    if (!said) return said.error();
    if (*said == verdict::gone) return failure(source_errc::gone);
    if (*said != verdict::ok) return failure(source_errc::server_error, "the link's page");
    const auto to = transport::parse_url(parser.url);
    if (!to) return failure(source_errc::unusable_answer, "the link is none");
    if (!policy.storage(*to)) return failure(transport::http_errc::host_not_allowed, to->host);
    download_link out;
    out.request = download_request(*to, parser.meta);
    return out;
}

task<result<download_link>> micloud_source::follow_storage_url(std::string text) {
    const host_policy& policy = client_.state().policy();
    auto to = transport::parse_url(text);
    if (!to) co_return failure(source_errc::unusable_answer, "the link is none");
    for (unsigned hop = 0; hop <= link_hop_limit; ++hop) {
        if (!policy.storage(*to)) co_return failure(transport::http_errc::host_not_allowed, to->host);
        client_.state().note_storage(*to);
        transport::request what = link_page_request(*to);
        auto sent = co_await client_.out().send(std::move(what));
        if (!sent) co_return sent.error();
        transport::exchange& over = **sent;
        const int status = over.head().status;
        if (is_redirect(status)) {
            const auto next = transport::resolve(*to, over.head().header("location"));
            if (!next) co_return failure(source_errc::unusable_answer, "a redirect without a usable target");
            to = next;
            continue;
        }
        if (status != 200) co_return link_status(status);
        auto page = co_await transport::read_all(over, small_byte_limit);
        if (!page) co_return page.error();
        auto link = read_link_page(policy, *page);
        if (link) client_.state().note_storage(link->request.target);
        co_return link;
    }
    co_return failure(source_errc::refused, "the link is redirected in circles");
}

}  // namespace

std::unique_ptr<source> make_micloud(micloud_options options, transport::sender& api, world::clock& clock,
                                     world::random& random, source_observer observer) {
    return std::make_unique<micloud_source>(std::move(options), api, clock, random, std::move(observer));
}

}  // namespace decamp::source::micloud

// From an item to its bytes.

#include <utility>

#include "engine/source/micloud/micloud_source.hpp"
#include "formats/jsonp.hpp"

namespace decamp::source::micloud {

namespace {

constexpr unsigned link_hop_limit = 3;

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

}  // namespace

task<result<download_link>> micloud_source::link(listed_item of) {
    auto url = co_await storage_url(std::move(of.id));
    if (!url) co_return url.error();
    co_return co_await follow_storage_url(std::move(*url));
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

}  // namespace decamp::source::micloud

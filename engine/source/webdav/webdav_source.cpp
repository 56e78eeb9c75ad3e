#include "engine/source/webdav/webdav_source.hpp"

#include <cstddef>
#include <string>
#include <utility>

#include "engine/source/recent_links.hpp"
#include "engine/source/webdav/dav_client.hpp"
#include "engine/source/webdav/folder_reader.hpp"
#include "engine/source/webdav/paths.hpp"

namespace decamp::source::webdav {

namespace {

constexpr std::size_t page_items = 2000;
constexpr std::size_t piece_size = 16384;
constexpr std::size_t small_answer = std::size_t{1} << 20;  // bytes of a depth 0 answer

// A folder's answer that is being read. Kept between pages, with its connection.
struct open_folder {
    open_folder(const std::string& root, dav_client::answer got, folder_list::entry entry, std::string path)
        : what(std::move(entry)), reader(root, got.from, std::move(path)), over(std::move(got.over)) {}

    folder_list::entry what;
    folder_reader reader;
    std::unique_ptr<transport::exchange> over;
    std::uint64_t part = 0;  // pages given
    bool ended = false;
};

bool is_root(const folder_list::entry& folder) {
    return folder.folder == "/";
}

// The root is what the user named: that it is not there, or not to be read, ends the run.
failure at_root(failure why) {
    if (why.code == source_errc::gone) return failure(source_errc::not_found, why.detail);
    if (why.code == source_errc::refused) return failure(source_errc::login_refused, why.detail);
    return why;
}

// Named, rather than ending the walk.
bool of_this_folder_alone(const failure& why) {
    return why.code == source_errc::refused || why.code == source_errc::unusable_answer ||
           why.code == source_errc::server_error || why.code == source_errc::cut_by_redirect;
}

// What an answer's head says of the bytes, in ownCloud's way. On a lane's thread.
void learn_checksum(const transport::response_head& head, expectation& into) {
    const std::string_view said = head.header("OC-Checksum");
    if (said.size() <= 1024) read_checksums(said, into);
}

task<result<void>> read_small(transport::exchange& over, folder_reader& into) {
    const auto text = co_await transport::read_all(over, small_answer);
    if (!text) co_return text.error();
    const auto fed = into.feed(*text);
    if (!fed) co_return fed;
    co_return into.finish();
}

class webdav_source final : public source {
  public:
    webdav_source(transport::url root, credentials who, source_needs needs)
        : root_(std::move(root)), client_(login(std::move(who)), needs.api, needs.random), folders_(needs.folders) {}

    std::string kind() const override { return "webdav"; }
    std::uint64_t page_size() const override { return page_items; }
    task<result<account_info>> sign_in() override;
    task<result<collection_page>> collections(std::string) override { co_return collection_page{}; }
    task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id) override {
        co_return std::optional<std::vector<bucket_count>>();
    }
    task<result<item_page>> page(scope where, std::string cursor) override;
    task<result<download_link>> link(listed_item of) override;
    task<result<second_look>> look_again(listed_item of) override;
    task<result<void>> keep_alive() override { co_return result<void>(); }

  private:
    using open_ptr = std::unique_ptr<open_folder>;
    task<result<folder_list::entry>> find_folder(std::uint64_t number);
    task<result<open_ptr>> ask_folder(folder_list::entry folder);
    task<result<item_page>> next_page(open_ptr from);
    task<result<item_page>> after_failure(folder_list::entry folder, failure why, bool of_the_answer);
    task<result<std::string>> cursor_behind(std::uint64_t folder);
    task<result<void>> renew_login(transport::url at);

    transport::url root_;
    dav_client client_;
    folder_list& folders_;
    open_ptr open_;
    patience patience_;
    recent_links recent_;
};

task<result<account_info>> webdav_source::sign_in() {
    auto got = co_await client_.propfind(root_, depth::itself);
    if (!got) co_return at_root(got.error());
    folder_reader reader(root_.path, got->from, "/");
    const auto read = co_await read_small(*got->over, reader);
    if (!read) co_return read.error();
    if (reader.is_file()) co_return failure(source_errc::not_found, "a file, no folder");
    // Asked where it was found from now on: fewer hops, and no password by http where the server wants https.
    root_ = got->from;
    if (!root_.path.ends_with('/')) root_.path += '/';
    account_info out;
    out.display = "redacted";
    out.endpoint = root_.scheme + "://" + root_.host_header() + root_.path;
    co_return out;
}

// ---- lists

task<result<item_page>> webdav_source::page(scope where, std::string cursor) {
    item_page nothing;
    if (!where.collection.everything()) co_return nothing;
    const auto at = parse_cursor(cursor);
    if (!at) co_return failure(source_errc::unusable_answer, "no such page");

    // Taken out while it is worked with: whoever asks meanwhile begins anew.
    open_ptr open = std::move(open_);
    const bool goes_on = at->part > 0 && open && open->what.number == at->folder && open->part == at->part;
    if (goes_on) co_return co_await next_page(std::move(open));
    open.reset();
    if (at->folder == 0) {
        patience_ = {};
        std::vector<std::string> root(1, "/");
        const auto added = co_await folders_.add(std::move(root));
        if (!added) co_return added.error();
    }
    const auto folder = co_await find_folder(at->folder);
    if (!folder) co_return folder.error();
    auto asked = co_await ask_folder(*folder);
    if (!asked) co_return co_await after_failure(*folder, asked.error(), false);
    co_return co_await next_page(std::move(*asked));
}

task<result<folder_list::entry>> webdav_source::find_folder(std::uint64_t number) {
    const auto found = co_await folders_.after(number == 0 ? 0 : number - 1);
    if (!found) co_return found.error();
    if (!*found) co_return failure(source_errc::unusable_answer, "no such folder");
    co_return **found;
}

task<result<webdav_source::open_ptr>> webdav_source::ask_folder(folder_list::entry folder) {
    folder_ref ref = folder_of(folder.folder);
    transport::url at = root_;
    at.path = request_path(root_.path, ref);
    auto got = co_await client_.propfind(std::move(at), depth::children);
    if (!got) co_return got.error();
    co_return std::make_unique<open_folder>(root_.path, std::move(*got), std::move(folder), std::move(ref.path));
}

// Reads on until a page is full or the answer ends. The rest waits within its connection.
task<result<item_page>> webdav_source::next_page(open_ptr from) {
    std::vector<std::byte> buffer(piece_size);
    while (!from->ended && from->reader.waiting() < page_items) {
        const auto got = co_await from->over->read(buffer);
        if (!got) co_return co_await after_failure(from->what, got.error(), true);
        result<void> fed;
        if (*got > 0)
            fed = from->reader.feed({reinterpret_cast<const char*>(buffer.data()), *got});
        else
            fed = from->reader.finish();
        if (!fed) co_return co_await after_failure(from->what, fed.error(), true);
        from->ended = *got == 0;
    }
    if (from->ended && is_root(from->what) && from->reader.is_file())
        co_return failure(source_errc::not_found, "a file, no folder");
    const auto added = co_await folders_.add(from->reader.take_folders());
    if (!added) co_return added.error();
    item_page out;
    out.items = from->reader.take_items(page_items);
    for (const auto& path : from->reader.take_unreachable()) {
        const bool given = out.items.size() >= 2 * page_items;  // a hostile answer; what is left out is counted nowhere else
        if (given) co_return failure(source_errc::unusable_answer, "too many folders that are too long or too deep");
        out.items.push_back(unlisted_folder(path, "too long or too deep"));
    }
    if (!from->ended || from->reader.waiting() > 0) {
        const walk_cursor here{from->what.number, ++from->part};
        out.next = to_text(here);
        open_ = std::move(from);
        co_return out;
    }
    patience_.settled();
    patience_.listed();
    auto next = co_await cursor_behind(from->what.number);
    if (!next) co_return next.error();
    out.next = std::move(*next);
    co_return out;
}

// `of_the_answer`: it had begun well, so that the server can be spoken to and this folder is what fails.
task<result<item_page>> webdav_source::after_failure(folder_list::entry folder, failure why, bool of_the_answer) {
    if (is_root(folder)) co_return at_root(std::move(why));
    const bool gone = why.code == source_errc::gone;
    if (!gone) {
        if (!of_the_answer && !of_this_folder_alone(why)) co_return why;
        const bool given_up = patience_.failed(folder.number, why);
        if (!given_up || patience_.hopeless()) co_return why;
    }
    patience_.settled();
    auto next = co_await cursor_behind(folder.number);
    if (!next) co_return next.error();
    item_page out;
    const std::string reason = why.detail.empty() ? why.code.message() : why.detail;
    if (!gone) out.items.push_back(unlisted_folder(folder_of(folder.folder).path, reason));
    out.next = std::move(*next);
    co_return out;
}

task<result<std::string>> webdav_source::cursor_behind(std::uint64_t folder) {
    const auto next = co_await folders_.after(folder);
    if (!next) co_return next.error();
    walk_cursor at;
    if (*next) at.folder = (*next)->number;
    co_return to_text(at);
}

// ---- links

task<result<download_link>> webdav_source::link(listed_item of) {
    if (auto why = why_unlisted(of)) co_return std::move(*why);
    const locator at = locator_of(of.locator);
    download_link out;
    out.request.target = root_;
    out.request.target.path = at.spelled.empty() ? encoded_path(root_.path, of.id.value) : at.spelled;
    // Told again under the login it had: the answer to the download, which nobody here sees, may have been a 401
    // because the nonce ran out. A look at the file by our own client finds out, and renews it.
    if (recent_.again(of.id.value, client_.state().version())) {
        transport::url file = out.request.target;
        const auto looked = co_await renew_login(std::move(file));
        if (!looked) co_return looked.error();
        recent_.again(of.id.value, client_.state().version());
    }
    auto who = client_.state().header_for(out.request.method, out.request.target.target());
    if (who) out.request.headers.push_back({"Authorization", std::move(*who)});
    if (!at.etag.empty()) out.request.headers.push_back({"If-Match", at.etag});
    out.learn = learn_checksum;
    co_return out;
}

task<result<second_look>> webdav_source::look_again(listed_item) {
    second_look out;
    out.found = second_look::finding::no_list;
    co_return out;
}

task<result<void>> webdav_source::renew_login(transport::url at) {
    auto got = co_await client_.propfind(std::move(at), depth::itself);
    if (got) {
        const auto drained = co_await transport::read_all(*got->over, small_answer);
        static_cast<void>(drained);
        co_return result<void>();
    }
    const auto& code = got.error().code;
    // The download itself tells more than a server that will not be asked about one file.
    if (code == source_errc::unusable_answer || code == source_errc::cut_by_redirect) co_return result<void>();
    co_return got.error();
}

}  // namespace

std::unique_ptr<source> make_webdav(transport::url root, credentials who, source_needs needs) {
    return std::make_unique<webdav_source>(std::move(root), std::move(who), std::move(needs));
}

}  // namespace decamp::source::webdav

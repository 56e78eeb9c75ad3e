#include "engine/source/webdav/webdav_source.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/source/recent_links.hpp"
#include "engine/source/webdav/conditions.hpp"
#include "engine/source/webdav/dav_client.hpp"
#include "engine/source/webdav/folder_stream.hpp"
#include "engine/source/webdav/fresh_looks.hpp"
#include "engine/source/webdav/paths.hpp"

namespace decamp::source::webdav {

namespace {

constexpr std::size_t page_items = 2000;
constexpr std::size_t small_answer = std::size_t{1} << 20;  // bytes of a depth 0 answer

// A folder's list that is being read. Kept between pages, with its connection.
struct open_folder {
    open_folder(dav_client& client, const transport::url& root, folder_list::entry entry)
        : what(std::move(entry)), list(client, root, folder_of(what.folder)) {}

    std::string path() const { return folder_of(what.folder).path; }

    folder_list::entry what;
    folder_stream list;
    std::uint64_t part = 0;  // pages given
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

std::string words_of(const failure& why) {
    return why.detail.empty() ? why.code.message() : why.detail;
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
        : root_(std::move(root)),
          client_(login(std::move(who)), needs.api, needs.random),
          looks_(client_, needs.clock),
          folders_(needs.folders) {}

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
    task<result<item_page>> walk_on(scope where, std::string cursor);
    task<result<std::vector<list_gap>>> take_late_folders();
    task<result<void>> keep_broken_off(folder_reader& reader);
    task<result<item_page>> next_page(open_ptr from);
    void note_end(open_folder& from, item_page& page);
    task<result<item_page>> after_failure(folder_list::entry folder, failure why, bool of_the_answer);
    task<result<std::string>> no_verdict(folder_list::entry folder, failure why);
    task<result<item_page>> page_behind(std::uint64_t folder, std::vector<list_gap> gaps);
    task<result<std::string>> cursor_behind(std::uint64_t folder);
    task<result<void>> renew_login(transport::url at);

    transport::url root_;
    dav_client client_;
    fresh_looks looks_;
    folder_list& folders_;
    open_ptr open_;
    patience patience_;
    std::optional<std::uint64_t> walked_to_;  // once the walk is over: the last folder there was
    std::vector<listed_item> broken_off_;     // named by lists that broke off
    std::uint64_t counted_again_ = 0;         // the folder that was asked for again since it counts more than it lists
    recent_links recent_;
    conditions conditions_;
};

task<result<account_info>> webdav_source::sign_in() {
    auto got = co_await client_.propfind(root_, depth::itself);
    if (!got) co_return at_root(got.error());
    folder_reader reader(root_.path, got->from, "/");
    const auto read = co_await read_small(*got->over, reader);
    if (!read) co_return at_root(read.error());
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

// What a list that broke off had named is there until a list says otherwise: the next answer may leave it out.
task<result<item_page>> webdav_source::page(scope where, std::string cursor) {
    auto page = co_await walk_on(std::move(where), std::move(cursor));
    if (!page) co_return page;
    for (listed_item& item : broken_off_) page->items.push_back(std::move(item));
    broken_off_.clear();
    co_return page;
}

task<result<void>> webdav_source::keep_broken_off(folder_reader& reader) {
    const std::size_t room = page_items - std::min(page_items, broken_off_.size());
    for (listed_item& item : reader.take_items(room)) broken_off_.push_back(std::move(item));
    co_return co_await folders_.add(reader.take_folders());
}

task<result<item_page>> webdav_source::walk_on(scope where, std::string cursor) {
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
        walked_to_.reset();
        std::vector<std::string> root(1, "/");
        const auto added = co_await folders_.add(std::move(root));
        if (!added) co_return added.error();
    }
    const auto folder = co_await find_folder(at->folder);
    if (!folder) co_return folder.error();
    open = std::make_unique<open_folder>(client_, root_, *folder);
    const auto begun = co_await open->list.begin();
    if (!begun) co_return co_await after_failure(*folder, begun.error(), false);
    co_return co_await next_page(std::move(open));
}

task<result<folder_list::entry>> webdav_source::find_folder(std::uint64_t number) {
    const auto found = co_await folders_.after(number == 0 ? 0 : number - 1);
    if (!found) co_return found.error();
    if (!*found) co_return failure(source_errc::unusable_answer, "no such folder");
    co_return **found;
}

// Reads on until a page is full or the list ends.
task<result<item_page>> webdav_source::next_page(open_ptr from) {
    const auto read = co_await from->list.read_on(page_items);
    if (!read) {
        const auto kept = co_await keep_broken_off(from->list.reader());
        if (!kept) co_return kept.error();
        co_return co_await after_failure(from->what, read.error(), true);
    }
    folder_reader& reader = from->list.reader();
    const bool ended = from->list.ended();
    if (ended && is_root(from->what) && reader.is_file())
        co_return failure(source_errc::not_found, "a file, no folder");
    const auto added = co_await folders_.add(reader.take_folders());
    if (!added) co_return added.error();
    item_page out;
    out.items = reader.take_items(page_items);
    out.gaps = reader.take_gaps();
    if (!ended || reader.waiting() > 0) {
        const walk_cursor here{from->what.number, ++from->part};
        out.next = to_text(here);
        open_ = std::move(from);
        co_return out;
    }
    patience_.settled();
    patience_.listed();
    note_end(*from, out);
    if (!out.next.empty()) co_return out;
    auto next = co_await cursor_behind(from->what.number);
    if (!next) co_return next.error();
    out.next = std::move(*next);
    co_return out;
}

// A list that ended is whole unless something in it says otherwise. One that is shorter than the folder's own count is
// asked for once more, since what is in a folder may have changed between the count and the list.
void webdav_source::note_end(open_folder& from, item_page& page) {
    if (!from.list.cut_short().empty()) {
        page.gaps.push_back(unlisted_folder(from.path(), exception_reason::folder_not_listed, from.list.cut_short()));
        return;
    }
    if (from.list.reader().is_file()) {
        page.gaps.push_back(
            unlisted_folder(from.path(), exception_reason::folder_not_listed, "it says that it is no folder"));
        return;
    }
    std::string difference = from.list.reader().short_of_count();
    if (difference.empty()) return;
    if (std::exchange(counted_again_, from.what.number) != from.what.number)
        page.next = to_text(walk_cursor{from.what.number, 0});
    else
        page.gaps.push_back(unlisted_folder(from.path(), exception_reason::list_unsteady, std::move(difference)));
}

// `of_the_answer`: it had begun well, so that the server can be spoken to and this folder is what fails.
task<result<item_page>> webdav_source::after_failure(folder_list::entry folder, failure why, bool of_the_answer) {
    if (is_root(folder)) co_return at_root(std::move(why));
    std::vector<list_gap> gaps;
    const std::string path = folder_of(folder.folder).path;
    if (why.code == source_errc::gone || why.code == source_errc::refused) {
        auto missing = co_await no_verdict(folder, why);
        if (!missing) co_return missing.error();
        if (!missing->empty())
            gaps.push_back(unlisted_folder(path, exception_reason::folder_not_listed, std::move(*missing)));
        co_return co_await page_behind(folder.number, std::move(gaps));
    }
    const bool given_up = may_be_of_one_folder(why) && patience_.failed(folder.number, why);
    if (!given_up) co_return why;
    const bool in_doubt = !of_the_answer && is_unanswered(why);
    if (in_doubt) {
        // One that is not answered and a server that is not there look alike from here.
        const auto alive = co_await client_.propfind(root_, depth::itself);
        if (!alive) co_return why;
    }
    if (patience_.hopeless()) co_return why;
    gaps.push_back(unlisted_folder(path, exception_reason::folder_not_listed, words_of(why)));
    co_return co_await page_behind(folder.number, std::move(gaps));
}

// A folder that was listed, and says itself that it is gone, or refuses. Gives why it is missing; empty: a fresh list
// of the folder above has it no more, so that nothing is.
task<result<std::string>> webdav_source::no_verdict(folder_list::entry folder, failure why) {
    const auto listed = co_await looks_.is_listed(root_, folder_of(folder.folder));
    // What the folder above holds by now, the list before may not have named: renamed folders, files moved up.
    const auto added = co_await folders_.add(looks_.take_folders());
    if (!added) co_return added.error();
    for (listed_item& row : looks_.take_rows()) broken_off_.push_back(std::move(row));
    std::string missing = words_of(why);
    if (listed && !*listed) missing.clear();
    if (listed) co_return missing;
    const failure& look = listed.error();
    if (!may_be_of_one_folder(look)) co_return look;
    const bool given_up = patience_.failed(folder.number, look);
    if (!given_up) co_return look;
    co_return missing + "; the folder above: " + words_of(look);
}

task<result<item_page>> webdav_source::page_behind(std::uint64_t folder, std::vector<list_gap> gaps) {
    patience_.settled();
    auto next = co_await cursor_behind(folder);
    if (!next) co_return next.error();
    item_page out;
    out.gaps = std::move(gaps);
    out.next = std::move(*next);
    co_return out;
}

task<result<std::string>> webdav_source::cursor_behind(std::uint64_t folder) {
    const auto next = co_await folders_.after(folder);
    if (!next) co_return next.error();
    walk_cursor at;
    if (*next) at.folder = (*next)->number;
    if (!*next) walked_to_ = folder;  // the walk is over
    co_return to_text(at);
}

// ---- links

task<result<download_link>> webdav_source::link(listed_item of) {
    // Older versions kept an item for a folder that could not be listed. Some servers give a page for a folder.
    if (of.id.value.ends_with('/')) co_return failure(source_errc::not_listed, "it could not be listed");
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
    const bool conditional = !at.etag.empty() && conditions_.wanted(of.id.value);
    if (conditional) out.request.headers.push_back({"If-Match", at.etag});
    out.learn = learn_checksum;
    out.explain = [failed = conditions_.failed()](const transport::response_head& head, std::string_view body) {
        return explain(head, body, *failed);
    };
    co_return out;
}

task<result<second_look>> webdav_source::look_again(listed_item of) {
    const std::string id = of.id.value;
    auto looked = co_await looks_.look_again(root_, std::move(of));
    if (!looked) co_return looked;
    if (looked->found == second_look::finding::same) conditions_.stood(id);
    auto late = co_await take_late_folders();
    if (!late) co_return late.error();
    looked->gaps = std::move(*late);
    co_return looked;
}

// Folders that a fresh look named and no list before: the walk takes them up, or, where it is over, they are named.
task<result<std::vector<list_gap>>> webdav_source::take_late_folders() {
    std::vector<list_gap> gaps;
    std::vector<std::string> found = looks_.take_folders();
    if (found.empty()) co_return gaps;
    const auto added = co_await folders_.add(std::move(found));
    if (!added) co_return added.error();
    while (walked_to_) {
        const auto next = co_await folders_.after(*walked_to_);
        if (!next) co_return next.error();
        if (!*next) break;
        walked_to_ = (*next)->number;
        const std::string path = folder_of((*next)->folder).path;
        gaps.push_back(unlisted_folder(path, exception_reason::folder_not_listed, "only a later list names it"));
    }
    co_return gaps;
}

task<result<void>> webdav_source::renew_login(transport::url at) {
    auto got = co_await client_.propfind(std::move(at), depth::itself);
    if (got) {
        const auto drained = co_await transport::read_all(*got->over, small_answer);
        static_cast<void>(drained);
        co_return result<void>();
    }
    const auto& code = got.error().code;
    // The download itself tells more than a server that will not be asked about one file, and what it says of the file
    // is no verdict.
    const bool of_the_file = code == source_errc::unusable_answer || code == source_errc::cut_by_redirect ||
                             code == source_errc::gone || code == source_errc::refused;
    if (of_the_file) co_return result<void>();
    co_return got.error();
}

}  // namespace

std::unique_ptr<source> make_webdav(transport::url root, credentials who, source_needs needs) {
    return std::make_unique<webdav_source>(std::move(root), std::move(who), std::move(needs));
}

}  // namespace decamp::source::webdav

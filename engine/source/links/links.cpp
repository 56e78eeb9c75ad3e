#include "engine/source/links/links.hpp"

#include <filesystem>
#include <string>
#include <utility>

#include "engine/source/links/list_file.hpp"
#include "engine/source/links/named_hosts.hpp"
#include "engine/transport/cookie_jar.hpp"

namespace decamp::source::links {

namespace {

constexpr std::string_view prefix = "links:";
constexpr std::string_view label = "links";

class links_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "links"; }
    std::string message(int value) const override {
        switch (static_cast<links_errc>(value)) {
            case links_errc::not_links:
                return "no file is named";
            case links_errc::not_found:
                return "the list is not there";
            case links_errc::is_a_folder:
                return "a folder is no list";
            case links_errc::read_once:
                return "a list is read more than once";
            case links_errc::unreadable:
                return "the list cannot be read";
            case links_errc::not_a_list:
                return "not a list of links";
            case links_errc::broken:
                return "the list is broken";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

// The file's calls go to the catalogue's queue: they are as short as the catalogue's own, while a read-back or a write
// can take its queue for minutes on a slow drive.
constexpr auto at_work = world::queue::catalogue;

class links_source final : public source {
  public:
    links_source(std::string path, named_hosts& hosts, world::workers& workers, source_observer observer)
        : path_(std::move(path)), hosts_(hosts), workers_(workers), observer_(std::move(observer)) {}

    std::string kind() const override { return std::string(label); }
    std::uint64_t page_size() const override { return items_a_page; }
    task<result<account_info>> sign_in() override;
    task<result<collection_page>> collections(std::string cursor) override;
    task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id of) override;
    task<result<item_page>> page(scope where, std::string cursor) override;
    task<result<download_link>> link(listed_item of) override;
    task<result<void>> keep_alive() override;
    // The list is the user's own: what a host answers to a fresh request is all there is to know.
    task<result<second_look>> look_again(listed_item) override {
        second_look out;
        out.found = second_look::finding::no_list;
        co_return out;
    }

  private:
    task<result<std::shared_ptr<const open_list>>> list();
    result<entry> find(const open_list& from, const listed_item& of);  // on the queue
    task<result<item_page>> metalink_page(std::shared_ptr<const open_list> from, std::string cursor);

    std::string path_;
    named_hosts& hosts_;
    world::workers& workers_;
    source_observer observer_;
    std::shared_ptr<const open_list> list_;  // open to the end: who replaces the file changes the next run
    std::shared_ptr<metalink_walk> walk_;
    moved moved_;        // on the queue, which is one thread
    bool told_ = false;  // that options are left out
};

task<result<std::shared_ptr<const open_list>>> links_source::list() {
    if (list_) co_return list_;
    auto work = [path = path_] { return open_list_file(path); };
    result<open_list> opened = co_await world::run_on(workers_, at_work, std::move(work));
    if (!opened) co_return opened.error();
    if (!list_) list_ = std::make_shared<const open_list>(std::move(opened.value()));
    co_return list_;
}

task<result<account_info>> links_source::sign_in() {
    const auto opened = co_await list();
    if (!opened) co_return opened.error();
    account_info out;
    out.display = "none";
    out.endpoint = label;
    co_return out;
}

task<result<collection_page>> links_source::collections(std::string) {
    collection_page none;
    co_return none;
}

// A list does not count itself.
task<result<std::optional<std::vector<bucket_count>>>> links_source::announced(collection_id) {
    std::optional<std::vector<bucket_count>> none;
    co_return none;
}

task<result<void>> links_source::keep_alive() {
    co_return result<void>();
}

task<result<item_page>> links_source::page(scope where, std::string cursor) {
    item_page none;
    if (!where.collection.everything()) co_return none;
    const auto opened = co_await list();
    if (!opened) co_return opened.error();
    std::shared_ptr<const open_list> from = opened.value();
    if (from->form == list_form::metalink) co_return co_await metalink_page(std::move(from), std::move(cursor));
    auto work = [from, cursor, &hosts = hosts_] { return read_text_page(*from->file, cursor, hosts); };
    result<text_page> read = co_await world::run_on(workers_, at_work, std::move(work));
    if (!read) co_return read.error();
    if (read.value().left_out != 0 && !std::exchange(told_, true)) observer_.option_left_out(read.value().left_out);
    co_return std::move(read.value().items);
}

task<result<item_page>> links_source::metalink_page(std::shared_ptr<const open_list> from, std::string cursor) {
    const auto given = cursor.empty() ? std::optional<std::uint64_t>(0) : read_metalink_cursor(cursor);
    if (!given) co_return failure(source_errc::unusable_answer, "not a place in the list");
    // Away while it is at work: another call begins a walk of its own.
    std::shared_ptr<metalink_walk> walk = std::move(walk_);
    if (!walk || walk->given() != *given) walk = std::make_shared<metalink_walk>();
    auto work = [from, walk, given, &hosts = hosts_]() -> result<item_page> {
        if (auto there = walk->skip_to(*from->file, *given); !there) return there.error();
        return walk->page(*from->file, hosts);
    };
    result<item_page> read = co_await world::run_on(workers_, at_work, std::move(work));
    if (read) walk_ = std::move(walk);
    co_return read;
}

// A list without times leaves them to the server. On a lane's thread.
void learn_time(const transport::response_head& head, expectation& into) {
    const auto seconds = transport::parse_cookie_date(head.header("Last-Modified"));
    if (seconds) into.modified_ms = *seconds * 1000;
}

task<result<download_link>> links_source::link(listed_item of) {
    const auto opened = co_await list();
    if (!opened) co_return opened.error();
    const std::shared_ptr<const open_list> from = opened.value();
    auto work = [this, from, of = std::move(of)] { return find(*from, of); };
    result<entry> found = co_await world::run_on(workers_, at_work, std::move(work));
    if (!found) co_return found.error();
    download_link out;
    out.request.target = std::move(found.value().target);
    out.own_host = true;
    out.learn = learn_time;
    co_return out;
}

result<entry> links_source::find(const open_list& from, const listed_item& of) {
    const bool text = from.form == list_form::text;
    auto found = text ? find_in_text(*from.file, of) : find_in_metalink(*from.file, of);
    if (!found && text && found.error().code == source_errc::link_expired) found = find_moved(*from.file, of, moved_);
    if (found) hosts_.named(found.value().target.host);
    return found;
}

class links_place final : public place {
  public:
    explicit links_place(std::string path) : path_(std::move(path)) {}
    std::string kind() const override { return std::string(label); }
    std::string name() const override { return path_; }
    std::string origin() const override { return std::string(label); }
    // A list grows, and what it says changes: it is known by where it is.
    std::string account() const override {
        std::error_code error;
        const auto canonical = std::filesystem::weakly_canonical(path_, error);
        return error ? path_ : canonical.string();
    }
    arrangement arranged() const override { return arrangement::tree; }
    const world::address_policy& addresses() const override { return hosts_; }
    bool may_ask(const transport::url& to) const override { return hosts_.may_ask(to); }
    std::unique_ptr<source> open(source_needs needs) const override {
        return std::make_unique<links_source>(path_, hosts_, needs.workers, std::move(needs.observer));
    }

  private:
    std::string path_;
    mutable named_hosts hosts_;  // grows while the list is read
};

}  // namespace

boost::system::error_code make_error_code(links_errc e) {
    static const links_category category;
    return {static_cast<int>(e), category};
}

result<std::unique_ptr<place>> parse_links(std::string_view source) {
    if (!source.starts_with(prefix)) return failure(links_errc::not_links);
    const std::string path(source.substr(prefix.size()));
    if (path.empty()) return failure(links_errc::not_links);
    if (path == "-") return failure(links_errc::read_once, "standard input");
    const auto opened = open_list_file(path);
    if (!opened) return opened.error();
    return std::unique_ptr<place>(std::make_unique<links_place>(path));
}

}  // namespace decamp::source::links

#include "engine/source/s3/s3.hpp"

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "engine/source/s3/answers.hpp"
#include "engine/source/s3/credentials.hpp"
#include "engine/source/s3/keys.hpp"
#include "engine/source/s3/listing.hpp"
#include "engine/source/s3/location.hpp"
#include "engine/source/s3/object_link.hpp"
#include "engine/source/s3/requests.hpp"
#include "engine/transport/client.hpp"

namespace decamp::source::s3 {

namespace {

constexpr std::size_t piece_size = 16384;
constexpr unsigned turns_limit = 6;  // of one call: each change is made once, or was made by another call
// The first request for an object shows which headers the service takes; the others wait for its answer, but not for
// ever.
constexpr world::duration patience = std::chrono::seconds(2), moment = std::chrono::milliseconds(5);
constexpr std::uint64_t few_items = 10;  // of a list for one key, which would be its first

class s3_source final : public source {
  public:
    s3_source(location where, credentials who, transport::sender& api, world::clock& clock)
        : where_(std::move(where)),
          who_(std::move(who)),
          api_(api),
          clock_(clock),
          headers_(std::make_shared<object_headers>(where_.aws)) {}

    std::string kind() const override { return "s3"; }
    std::uint64_t page_size() const override { return page_items; }
    task<result<account_info>> sign_in() override;
    task<result<collection_page>> collections(std::string) override { co_return collection_page(); }
    task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id) override {
        co_return std::optional<std::vector<bucket_count>>();
    }
    task<result<item_page>> page(scope where, std::string cursor) override;
    task<result<download_link>> link(listed_item of) override;
    task<result<second_look>> look_again(listed_item of) override;
    task<result<void>> keep_alive() override { co_return result<void>(); }

  private:
    // An answer, and its list where it is one.
    struct spoken {
        heard got;
        raw_list list;
    };
    // A list, and where it was asked from: in the form that the service knows.
    struct listed {
        raw_list list;
        list_cursor from;
        bool unproven = false;  // it was no list: none behind a key can be had here
    };
    task<result<spoken>> send(transport::request what);
    task<result<listed>> ask(list_cursor from, std::uint64_t most);
    task<result<listed>> ask(location below, list_cursor from, std::uint64_t most);
    void change(const verdict& said, const heard& got, std::uint64_t version, tried& before);
    std::int64_t service_ms() const { return clock_.unix_ms() + ahead_ms_; }

    location where_;
    credentials who_;
    transport::sender& api_;
    world::clock& clock_;
    std::int64_t ahead_ms_ = 0;  // of the service's clock before this computer's
    std::uint64_t version_ = 0;  // of where_
    bool region_adopted_ = false, path_style_ = false;
    list_form form_ = list_form::v2;
    bool encodes_ = true;   // keys, in lists, as it is asked to
    std::string first_id_;  // of the one item that was listed at the sign-in
    spelling spelled_;
    std::shared_ptr<object_headers> headers_;
};

// ---- lists

task<result<s3_source::spoken>> s3_source::send(transport::request what) {
    const transport::url from = what.target;
    auto sent = co_await api_.send(std::move(what));
    if (!sent) co_return sent.error();
    transport::exchange& over = **sent;
    spoken out;
    out.got = hear(from, over.head());
    answer_reader reader;
    std::vector<std::byte> buffer(piece_size);
    for (;;) {
        const auto got = co_await over.read(buffer);
        // A list that did not arrive whole is the line's failure; of an error, the status says enough.
        if (!got && out.got.status == 200) co_return got.error();
        if (!got || *got == 0) break;
        if (!reader.feed(std::span(buffer).first(*got))) break;
    }
    if (reader.finish()) {
        out.got.kind = reader.kind;
        out.got.said = std::move(reader.error);
        out.list = std::move(reader.list);
    } else {
        out.got.why_unread = reader.why();
    }
    co_return out;
}

void s3_source::change(const verdict& said, const heard& got, std::uint64_t version, tried& before) {
    switch (said.what) {
        case next_step::older_form:
            form_ = list_form::v1;
            before.form = form_;
            break;
        case next_step::correct_clock:
            ahead_ms_ = got.date_s.value_or(0) * 1000 - clock_.unix_ms();
            before.clock = true;
            break;
        case next_step::adopt_region:
        case next_step::path_style: {
            // Another call may have found out the same meanwhile: then this one only asks again.
            if (version != version_) break;
            const bool region = said.what == next_step::adopt_region;
            where_ = region ? in_region(where_, said.region) : with_path_style(where_);
            (region ? region_adopted_ : path_style_) = true;
            ++version_;
            break;
        }
        case next_step::take:
        case next_step::behind_key:
        case next_step::unproven:
        case next_step::fail:
            break;
    }
}

task<result<s3_source::listed>> s3_source::ask(list_cursor from, std::uint64_t most) {
    return ask(location(), std::move(from), most);
}

// `below`: a prefix to list instead of all; of the location the prefix alone counts.
task<result<s3_source::listed>> s3_source::ask(location below, list_cursor from, std::uint64_t most) {
    tried before;
    before.first_page = from.after.empty();
    before.form = from.form;
    before.closing = from.closing;
    for (unsigned turn = 0; turn < turns_limit; ++turn) {
        before.region = region_adopted_;
        before.path_style = path_style_;
        before.by_token = !from.asks_behind_a_key() && !from.last.empty();
        from.form = before.form;
        const std::uint64_t version = version_;
        location where = where_;
        if (!below.prefix.empty()) where.prefix = below.prefix;
        auto what = list_request(where, who_, from, most, service_ms());
        auto heard_of = co_await send(std::move(what));
        if (!heard_of) co_return heard_of.error();
        const verdict said = judge(heard_of->got, where, before);
        if (said.what == next_step::fail) co_return said.why;
        if (said.what == next_step::take || said.what == next_step::unproven) {
            encodes_ = encodes_ && (heard_of->list.objects.empty() || heard_of->list.encoding == "url");
            listed out{std::move(heard_of->list), std::move(from), said.what == next_step::unproven};
            co_return out;
        }
        if (said.what == next_step::behind_key) from = behind_last_key(from).value_or(from);
        change(said, heard_of->got, version, before);
    }
    co_return failure(source_errc::unusable_answer, "the service changes its mind");
}

task<result<account_info>> s3_source::sign_in() {
    list_cursor first;
    first.form = form_;
    const auto got = co_await ask(std::move(first), 1);
    if (!got) co_return got.error();
    spelling alone;
    const auto page = read_page(got->list, where_, got->from, alone);
    if (page && !page->items.empty()) first_id_ = page->items.front().id.value;
    account_info out;
    out.display = who_.anonymous() ? "anonymous" : "redacted";
    out.endpoint = label_of(where_);
    co_return out;
}

// It was let in before: what it came in with has ended.
failure since_signed_in(failure why) {
    if (why.code == source_errc::login_refused) why.code = make_error_code(source_errc::session_died);
    return why;
}

task<result<item_page>> s3_source::page(scope where, std::string cursor) {
    // Nothing but "everything" was ever given out.
    if (!where.collection.everything()) co_return item_page();
    auto from = parse_cursor(cursor, form_);
    if (!from) co_return failure(source_errc::unusable_answer, "not a cursor");
    auto got = co_await ask(std::move(*from), page_items);
    if (!got) co_return since_signed_in(got.error());
    if (got->unproven) got->list.truncated = "false";
    if (cursor.empty()) spelled_.forget();
    spelling spelled = spelled_;  // of a page that is asked for again nothing stays
    auto page = read_page(got->list, where_, got->from, spelled);
    if (!page) co_return page.error();
    spelled_ = std::move(spelled);
    const bool nothing = cursor.empty() && page->items.empty() && page->gaps.empty() && page->next.empty();
    if (nothing && !first_id_.empty()) {
        listed_item there;
        there.id.value = first_id_;
        const auto look = co_await look_again(std::move(there));
        if (!look) co_return look.error();
        if (look->found != second_look::finding::missing)
            co_return failure(source_errc::unusable_answer, "an empty list of what holds keys");
    }
    co_return page;
}

task<result<second_look>> s3_source::look_again(listed_item of) {
    const auto relative = key_of_id(of.id.value);
    if (!relative) co_return failure(source_errc::refused, "not the id of a key");
    const std::string key = std::string(where_.folder()) + *relative;
    list_cursor first;
    first.form = form_;
    location below;
    below.prefix = key;
    const auto got = co_await ask(std::move(below), std::move(first), few_items);
    if (!got) co_return since_signed_in(got.error());
    auto look = look_for(got->list, where_, key, of);
    if (look && look->found == second_look::finding::missing) {
        // Services have been met that leave out what is named like the prefix itself.
        const auto around = co_await ask(before_key(key, form_), page_items);
        if (!around) co_return since_signed_in(around.error());
        if (auto among = look_among(around->list, where_, key, of)) look = std::move(*among);
    }
    if (look && look->found == second_look::finding::same) headers_->still_listed(of.id.value);
    co_return look;
}

// ---- links

task<result<download_link>> s3_source::link(listed_item of) {
    const auto relative = key_of_id(of.id.value);
    if (!relative) co_return failure(source_errc::refused, "not the id of a key");
    const std::string key = std::string(where_.folder()) + *relative;
    const auto until = clock_.now() + patience;
    const auto executor = co_await boost::asio::this_coro::executor;
    while (headers_->is_being_tried(of.id.value) && clock_.now() < until) {
        const auto alarm = clock_.make_alarm(executor);
        co_await alarm->wait_until(clock_.now() + moment);
    }
    const bool misspelled = !encodes_ && holds_replacement(key);
    co_return object_link(where_, who_, key, of, headers_, misspelled, service_ms());
}

// ---- place

class s3_place final : public place {
  public:
    s3_place(location where, credentials who)
        : where_(std::move(where)), who_(std::move(who)), addresses_(exempt_hosts(where_)) {}

    std::string kind() const override { return "s3"; }
    std::string name() const override { return where_.endpoint.host + "/" + where_.bucket; }
    std::string origin() const override { return origin_of(where_); }
    const world::address_policy& addresses() const override { return addresses_; }
    bool may_ask(const transport::url& to) const override { return may_hold_bytes(where_, to); }
    std::unique_ptr<source> open(source_needs needs) const override {
        return std::make_unique<s3_source>(where_, who_, needs.api, needs.clock);
    }

  private:
    location where_;
    credentials who_;
    transport::public_addresses_only addresses_;
};

}  // namespace

result<std::unique_ptr<place>> parse_s3(std::string_view source, std::string_view endpoint,
                                        std::string_view credentials) {
    auto who = parse_credentials(credentials);
    if (!who) return who.error();
    auto where = parse_location(source, endpoint, who->region);
    if (!where) return where.error();
    return std::unique_ptr<place>(std::make_unique<s3_place>(std::move(*where), std::move(*who)));
}

}  // namespace decamp::source::s3

#include "engine/source/blocking/place.hpp"

#include <algorithm>
#include <utility>

#include "engine/source/ids.hpp"
#include "engine/transport/client.hpp"
#include "engine/world/network.hpp"
#include "formats/hex.hpp"
#include "formats/unicode.hpp"

namespace decamp::source::blocking {

namespace {

constexpr std::size_t most_items = 10'000;    // of a page
constexpr std::size_t longest_text = 16'384;  // of an id, a path, a note, a cursor
constexpr std::size_t longest_detail = 512;
// An item of a known size up to this is read where it is opened: a hop between threads costs more than that. As large
// as what a connection of another kind of source keeps for its TLS records, which the memory's plan has a reserve for.
constexpr std::size_t read_at_once = 16'384;

failure failure_of(source_errc what, std::string_view detail) {
    return failure(what, formats::to_valid_utf8(detail.substr(0, longest_detail)));
}

source_errc code_of(source_failure::kind what) {
    using kind = source_failure::kind;
    switch (what) {
        case kind::try_again:
            return source_errc::server_error;
        case kind::slow_down:
            return source_errc::throttled;
        case kind::gone:
            return source_errc::gone;
        case kind::changed:
            return source_errc::changed;
        case kind::refused:
            return source_errc::refused;
        case kind::not_listed:
            return source_errc::not_listed;
        case kind::login_refused:
            return source_errc::login_refused;
        case kind::unreachable:
            return source_errc::not_found;
    }
    return source_errc::server_error;
}

// Calls somebody else's code: what it throws is a failure of the source, but for memory.
template <class F>
auto guarded(F f) -> result<std::invoke_result_t<F&>> {
    try {
        return f();
    } catch (const source_failure& why) {
        return failure_of(code_of(why.why()), why.what());
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& e) {
        return failure_of(source_errc::server_error, e.what());
    } catch (...) {
        return failure(source_errc::server_error);
    }
}

// False: it says something that is no digest of this length.
template <class Digest>
bool take_digest(const std::string& hex, std::optional<Digest>& into) {
    if (hex.empty()) return true;
    const auto bytes = formats::from_hex(hex);
    if (!bytes || bytes->size() != std::tuple_size_v<Digest>) return false;
    into.emplace();
    std::copy(bytes->begin(), bytes->end(), into->begin());
    return true;
}

result<listed_item> as_listed(source_item&& from) {
    if (from.id.empty() || from.id.size() > longest_text || from.path.size() > longest_text ||
        from.note.size() > longest_text)
        return failure(source_errc::unusable_answer, "an item without an id, or with a text beyond the limit");
    if (!formats::is_valid_utf8(from.id) || !formats::is_valid_utf8(from.note))
        return failure(source_errc::unusable_answer, "an id or a note that is no UTF-8");
    listed_item item;
    tree_place at = place_of_path(from.path);
    item.home.value = std::move(at.home);
    item.name = std::move(at.name);
    item.id.value = std::move(from.id);
    item.size = from.size;
    item.modified_ms = from.modified_ms;
    item.locator = std::move(from.note);
    if (!take_digest(from.sha256, item.sha256) || !take_digest(from.sha1, item.sha1) ||
        !take_digest(from.md5, item.md5))
        return failure(source_errc::unusable_answer, "a digest that is none");
    return item;
}

list_gap as_gap(const source_gap& from) {
    list_gap gap;
    tree_place at = place_of_path(from.path);
    const bool top = at.name.empty();
    gap.id = top ? "/" : id_of_path(from.path + "/");
    gap.name = top ? "/" : std::move(at.name);
    gap.collection.value = std::move(at.home);
    gap.reason = exception_reason::folder_not_listed;
    gap.detail = formats::to_valid_utf8(std::string_view(from.why).substr(0, longest_detail));
    return gap;
}

source_item as_item(const listed_item& from) {
    source_item item;
    item.id = from.id.value;
    const std::string_view home = from.home.value;
    item.path = home.size() > 1 ? std::string(home.substr(1)) + "/" + from.name : from.name;
    item.size = from.size;
    if (from.sha256) item.sha256 = formats::to_hex(*from.sha256);
    if (from.sha1) item.sha1 = formats::to_hex(*from.sha1);
    if (from.md5) item.md5 = formats::to_hex(*from.md5);
    item.modified_ms = from.modified_ms;
    item.note = from.locator;
    return item;
}

transport::response_head head_of(const opened_item& opened) {
    transport::response_head head;
    head.status = opened.begins_at > 0 ? 206 : 200;
    if (opened.total) {
        head.content_length = *opened.total - std::min(opened.begins_at, *opened.total);
        if (opened.begins_at > 0)
            head.headers.push_back({"Content-Range", "bytes " + std::to_string(opened.begins_at) + "-" +
                                                         std::to_string(*opened.total - 1) + "/" +
                                                         std::to_string(*opened.total)});
    }
    head.headers.push_back({"Accept-Ranges", "bytes"});
    if (!opened.version.empty()) head.headers.push_back({"ETag", "\"" + opened.version + "\""});
    return head;
}

class stream_exchange final : public transport::exchange {
  public:
    stream_exchange(world::workers& workers, std::stop_token stop, opened_item opened)
        : workers_(workers), stop_(std::move(stop)), opened_(std::move(opened)), head_(head_of(opened_)) {
        if (opened_.total) left_ = *opened_.total - std::min(opened_.begins_at, *opened_.total);
    }
    // On the source's queue, as soon as it is opened. What goes wrong here is met again by read().
    void read_ahead() {
        if (!left_ || *left_ > read_at_once) return;
        ahead_.resize(static_cast<std::size_t>(*left_) + 1);  // whether it ends there is seen too
        std::size_t filled = 0;
        while (filled < ahead_.size() && !stop_.stop_requested()) {
            const std::size_t room = ahead_.size() - filled;
            const auto got = guarded([&] { return opened_.stream->read(ahead_.data() + filled, room); });
            if (!got) {
                ahead_failed_ = got.error();
                break;
            }
            if (got.value() > room) ahead_failed_ = failure(source_errc::unusable_answer, "more bytes than asked for");
            ended_ = got.value() == 0;
            if (ended_ || ahead_failed_) break;
            filled += got.value();
        }
        ahead_.resize(filled);
        if (ended_) opened_.stream.reset();  // closed here, where that may take its time
    }
    const transport::response_head& head() const override { return head_; }
    bool until_close() const override { return false; }  // the source says itself where an item ends

    task<result<std::size_t>> read(std::span<std::byte> into) override {
        if (stop_.stop_requested()) co_return failure(world::network_errc::closed);
        if (ahead_at_ < ahead_.size()) {
            const std::size_t some = std::min(into.size(), ahead_.size() - ahead_at_);
            std::copy_n(ahead_.begin() + static_cast<std::ptrdiff_t>(ahead_at_), some, into.begin());
            ahead_at_ += some;
            if (left_) *left_ -= std::min<std::uint64_t>(*left_, some);
            co_return some;
        }
        if (ahead_failed_) co_return *ahead_failed_;
        if (ended_ && left_ && *left_ > 0) co_return failure(transport::http_errc::body_truncated);
        if (ended_) co_return std::size_t{0};
        auto work = [&]() -> result<std::size_t> {
            if (stop_.stop_requested()) return failure(world::network_errc::closed);
            return guarded([&] { return opened_.stream->read(into.data(), into.size()); });
        };
        auto got = co_await world::run_on(workers_, world::queue::source, work);
        if (!got) co_return got;
        if (got.value() > into.size()) co_return failure(source_errc::unusable_answer, "more bytes than asked for");
        if (left_ && got.value() == 0 && *left_ > 0) co_return failure(transport::http_errc::body_truncated);
        if (left_) left_ = *left_ - std::min<std::uint64_t>(*left_, got.value());
        co_return got;
    }

  private:
    world::workers& workers_;
    std::stop_token stop_;
    opened_item opened_;
    transport::response_head head_;
    std::optional<std::uint64_t> left_;
    std::vector<std::byte> ahead_;
    std::size_t ahead_at_ = 0;
    bool ended_ = false;  // behind what was read ahead there is nothing
    std::optional<failure> ahead_failed_;
};

// As a server that asks for patience: whoever transfers then slows everything down.
class busy_exchange final : public transport::exchange {
  public:
    busy_exchange() { head_.status = 503; }
    const transport::response_head& head() const override { return head_; }
    bool until_close() const override { return false; }
    task<result<std::size_t>> read(std::span<std::byte>) override { co_return std::size_t{0}; }

  private:
    transport::response_head head_;
};

class blocking_adapter final : public source {
  public:
    blocking_adapter(blocking_source& from, std::stop_token stop, world::workers& workers)
        : from_(from), stop_(std::move(stop)), workers_(workers) {}

    std::string kind() const override { return from_.kind(); }
    std::uint64_t page_size() const override { return most_items; }
    bool blocks() const override { return true; }

    task<result<account_info>> sign_in() override { co_return account_info{"none", from_.name()}; }
    task<result<collection_page>> collections(std::string) override { co_return collection_page(); }
    task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id) override {
        co_return std::optional<std::vector<bucket_count>>();
    }
    task<result<void>> keep_alive() override { co_return result<void>(); }
    task<result<second_look>> look_again(listed_item) override {
        second_look out;
        out.found = second_look::finding::no_list;
        co_return out;
    }

    task<result<item_page>> page(scope, std::string cursor) override {
        auto work = [&] { return guarded([&] { return from_.next_page(cursor, stop_); }); };
        auto got = co_await world::run_on(workers_, world::queue::source, work);
        if (!got) co_return got.error();
        source_page& page = got.value();
        const bool too_much =
            page.items.size() > most_items || page.gaps.size() > most_items || page.next.size() > longest_text ||
            std::ranges::any_of(page.gaps, [](const auto& gap) { return gap.path.size() > longest_text; });
        if (too_much || (page.next == cursor && !cursor.empty()))
            co_return failure(source_errc::unusable_answer, "a page beyond the limits, or one that leads nowhere");
        item_page out;
        out.next = std::move(page.next);
        out.items.reserve(page.items.size());
        for (source_item& item : page.items) {
            auto listed = as_listed(std::move(item));
            if (!listed) co_return listed.error();
            out.items.push_back(std::move(listed.value()));
        }
        out.gaps.reserve(page.gaps.size());
        for (const source_gap& gap : page.gaps) out.gaps.push_back(as_gap(gap));
        co_return out;
    }

    task<result<download_link>> link(listed_item of) override {
        download_link link;
        link.at_once = of.size && *of.size <= read_at_once;
        link.open = [this, item = as_item(of)](std::uint64_t offset, std::string validator) {
            return open(item, offset, std::move(validator));
        };
        co_return link;
    }

  private:
    task<result<std::unique_ptr<transport::exchange>>> open(source_item item, std::uint64_t offset,
                                                            std::string validator) {
        auto work = [&]() -> result<opened_item> {
            if (stop_.stop_requested()) return failure(world::network_errc::closed);
            auto opened = guarded([&] { return from_.open(item, offset, stop_); });
            if (!opened || opened.value().begins_at == 0) return opened;
            // Not from the start, which is taken up only where it is the rest of what the first part came from.
            const bool same = validator.empty() || validator == "\"" + opened.value().version + "\"";
            if (same && opened.value().begins_at == offset && opened.value().total) return opened;
            return guarded([&] { return from_.open(item, 0, stop_); });
        };
        using exchange_or_failure = result<std::unique_ptr<transport::exchange>>;
        auto open_and_begin = [&]() -> exchange_or_failure {
            auto opened = work();
            if (!opened) return opened.error();
            if (!opened.value().stream) return failure(source_errc::unusable_answer, "no stream");
            auto exchange = std::make_unique<stream_exchange>(workers_, stop_, std::move(opened.value()));
            exchange->read_ahead();
            return std::unique_ptr<transport::exchange>(std::move(exchange));
        };
        auto opened = co_await world::run_on(workers_, world::queue::source, open_and_begin);
        if (!opened && opened.error().code == source_errc::throttled) {
            std::unique_ptr<transport::exchange> busy = std::make_unique<busy_exchange>();
            co_return busy;
        }
        co_return opened;
    }

    blocking_source& from_;
    std::stop_token stop_;
    world::workers& workers_;
};

class blocking_place final : public place {
  public:
    blocking_place(blocking_source& from, std::unique_ptr<blocking_source> owned)
        : owned_(std::move(owned)), from_(from), addresses_({}) {}

    std::string kind() const override { return from_.kind(); }
    std::string name() const override { return from_.name(); }
    std::string origin() const override { return from_.origin(); }
    std::string account() const override { return from_.account(); }
    const world::address_policy& addresses() const override { return addresses_; }
    bool may_ask(const transport::url&) const override { return false; }
    void stop() override { stop_.request_stop(); }
    std::unique_ptr<source> open(source_needs needs) const override {
        return std::make_unique<blocking_adapter>(from_, stop_.get_token(), needs.workers);
    }

  private:
    std::unique_ptr<blocking_source> owned_;
    blocking_source& from_;
    std::stop_source stop_;
    transport::public_addresses_only addresses_;
};

}  // namespace

std::unique_ptr<place> place_of(blocking_source& from) {
    return std::make_unique<blocking_place>(from, nullptr);
}

std::unique_ptr<place> place_of(std::unique_ptr<blocking_source> from) {
    blocking_source& there = *from;
    return std::make_unique<blocking_place>(there, std::move(from));
}

}  // namespace decamp::source::blocking

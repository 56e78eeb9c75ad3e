// One file by several connections. Everything here runs on one lane, so that what stands between two awaits is one
// step.
#include "engine/download/transfer_sharing.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/download/errors.hpp"
#include "engine/download/response.hpp"
#include "engine/transport/paced.hpp"

namespace decamp::download {

// Decides, with a try's answer in hand, whether others may join. What an earlier try has fetched ahead is kept where
// this is the same version.
void transfer::share(const source::download_link& link, const transport::exchange& answer, bool ranges,
                     const std::function<void()>& shareable) {
    const bool may = shareable && !holds() && may_share_ && !audit() && !link.open && link.ranges && ranges && total_ &&
                     link.request.method == "GET" && !answer.until_close() && version_.strong().starts_with('"');
    if (sharing_ && (!may || sharing_->plan.total() != *total_ || sharing_->version != version_)) sharing_.reset();
    if (!may) return;
    if (!sharing_) {
        const segment_settings& segments = settings_.segments;
        if (*total_ < offset_ || *total_ - offset_ < segments.least_left) return;
        sharing_ = std::make_unique<sharing>(segment_plan(offset_, *total_, segments), version_);
    }
    sharing& s = *sharing_;
    s.request = link.request;
    s.own = s.plan.take_at(offset_).value_or(piece{offset_, offset_});
    s.own_at = offset_;
    if (!staging_) make_staging();
    count_open();
    shareable();
}

bool transfer::is_shared() const {
    return sharing_ && !sharing_->abandoned;
}

// How far run()'s own connection may read.
std::uint64_t transfer::own_room() const {
    return is_shared() ? sharing_->own.end - sharing_->own_at : std::numeric_limits<std::uint64_t>::max();
}

// Whether run()'s own connection has something to read still: it ends where another one has begun.
bool transfer::goes_on() {
    if (!sharing_) return true;
    sharing& s = *sharing_;
    if (s.own_at != offset_) return false;  // where its piece ended the head has gone on over others
    if (s.abandoned || s.own_at < s.own.end) return true;
    const auto next = s.plan.take_at(offset_);
    if (next) s.own = *next;
    count_open();
    return next.has_value();
}

void transfer::leave_own_piece(transfer_end& end) {
    if (is_shared() && !end.error && sharing_->own_at < sharing_->own.end)
        end.error = failure(transport::http_errc::body_truncated);
    if (end.error) give_back(sharing_->own, *end.error);
}

void transfer::count_open() {
    open_pieces_.store(is_shared() ? sharing_->plan.open() : 0, std::memory_order_relaxed);
}

failure transfer::abandon_pieces() {
    sharing_->abandoned = true;
    may_share_ = false;
    count_open();
    return download_errc::ranges_disagree;
}

void transfer::give_back(piece part, const failure& why) {
    sharing& s = *sharing_;
    s.plan.give_back(part.begin);
    // What ends the run is the reason, whatever else failed before.
    if (!s.why || (classify(why) == error_class::run && classify(*s.why) != error_class::run)) s.why = why;
    count_open();
}

task<try_end> transfer::fetch_piece(transport::sender& http, runtime::chunk first) {
    try_end ended;
    const auto mine = is_shared() ? sharing_->plan.take() : std::nullopt;
    count_open();
    ended.nothing_open = !mine;
    if (!mine) co_return ended;
    const result<void> got = co_await fetch_range(http, *mine, std::move(first), ended);
    downloaded_ += ended.end.received;
    ended.end.reached = offset_;
    if (!got) {
        ended.end.error = got.error();
        give_back(*mine, got.error());
    }
    count_open();
    co_return ended;
}

task<result<void>> transfer::fetch_range(transport::sender& http, piece mine, runtime::chunk chunk, try_end& ended) {
    transport::request request = sharing_->request;
    request.headers.push_back({"Range", "bytes=" + std::to_string(mine.begin) + "-" + std::to_string(mine.end - 1)});
    if (if_range_) request.headers.push_back({"If-Range", sharing_->version.strong()});
    auto exchange = co_await ask(http, std::move(request));
    if (!exchange) co_return exchange.error();
    const transport::response_head& head = exchange.value()->head();
    const asked question{mine.begin, sharing_->version, total_, mine.end, item_.listed.name};
    const auto answer = judge(head, question);
    if (!answer) {
        ended.throttled = answer.error().code == download_errc::throttled;
        ended.retry_after = transport::retry_after(head);
        if (answer.error().code == download_errc::wrong_range) co_return abandon_pieces();
        co_return answer.error();
    }
    const bool fits = !answer.value().whole() && answer.value().same == same_version::yes;
    if (!fits) co_return abandon_pieces();
    // What comes before the piece need not be here to be compared: the validator is repeated.
    for (std::uint64_t before = mine.begin - answer.value().first; before > 0;) {
        const auto room =
            chunk.all().first(static_cast<std::size_t>(std::min<std::uint64_t>(before, chunk.all().size())));
        const result<std::size_t> skipped = co_await read(*exchange.value(), room, ended.end);
        if (!skipped) co_return skipped.error();
        if (skipped.value() == 0) co_return failure(transport::http_errc::body_truncated);
        before -= skipped.value();
    }
    const piece comes{mine.begin, *answer.value().end};
    const result<void> got = co_await receive_piece(*exchange.value(), comes, std::move(chunk), ended);
    // A range may be shorter than asked for: the rest of the piece is missing again.
    if (got && comes.end < mine.end) sharing_->plan.give_back(mine.begin);
    co_return got;
}

task<result<void>> transfer::receive_piece(transport::exchange& from, piece mine, runtime::chunk chunk,
                                           try_end& ended) {
    for (std::uint64_t at = mine.begin; at < mine.end;) {
        if (!chunk) {
            auto leased = co_await settings_.lease(runtime::chunk_size::large);
            if (!leased) co_return failure(download_errc::stopped);
            chunk = std::move(*leased);
        }
        const result<bool> filled = co_await fill(from, chunk, mine.end - at, ended.end);
        const std::uint64_t bytes = chunk.used;
        if (bytes > 0) {
            const result<void> placed = co_await place(at, std::move(chunk));
            if (!placed) co_return placed;
        }
        chunk = runtime::chunk();
        at += bytes;
        if (!filled) co_return filled.error();
        if (!filled.value() && at < mine.end) co_return failure(transport::http_errc::body_truncated);
        if (at == mine.end) {  // read to its end, so that the connection is used again
            std::array<std::byte, 64> nothing;
            const result<std::size_t> rest = co_await from.read(nothing);
            if (rest && rest.value() > 0) co_return abandon_pieces();
        }
        const result<void> advanced = co_await advance();
        if (!advanced) co_return advanced;
        const result<void> part = co_await commit_part_if_due();
        if (!part) co_return part;
    }
    co_return result<void>();
}

// What is hashed or counts as here is with the writer in the same step: a commit of the prefix flushes it, and whoever
// reads it back waits for it.
task<result<void>> transfer::place(std::uint64_t at, runtime::chunk chunk) {
    co_await staging_->ready();
    sharing& s = *sharing_;
    const auto bytes = chunk.filled();
    const bool at_head = at == offset_ && !s.advancing;
    if (s.abandoned && !at_head) co_return failure(download_errc::ranges_disagree);
    if (at_head) {
        feed(bytes);
    } else {
        const std::uint64_t segment = s.plan.segment_of(at);
        auto& blocks = s.ahead[segment];
        if (at == s.plan.begin_of(segment) + blocks.position()) blocks.update(bytes);
    }
    if (!s.abandoned) s.plan.arrived(at, bytes.size());
    if (!s.abandoned && at_head) s.plan.hashed_to(offset_);
    count_open();
    co_return co_await staging_->write(at, std::move(chunk));
}

// The head reads back what arrived ahead of it. One stream does that; the others need not wait.
task<result<void>> transfer::advance() {
    if (sharing_->advancing || !is_shared() || sharing_->plan.readable_to() <= offset_) co_return result<void>();
    sharing& s = *sharing_;
    s.advancing = true;
    const auto chunk = co_await settings_.lease(runtime::chunk_size::large);
    result<void> outcome;
    if (!chunk) outcome = failure(download_errc::stopped);
    while (outcome && !s.abandoned && s.plan.readable_to() > offset_) {
        // Block by block, so that each can be compared.
        const std::uint64_t most = std::min<std::uint64_t>(s.plan.readable_to() - offset_,
                                                           formats::block_size - offset_ % formats::block_size);
        const auto memory = chunk->all().first(static_cast<std::size_t>(most));
        const result<std::size_t> got = co_await staging_->read(offset_, memory);
        if (!got) {
            outcome = got.error();
        } else if (got.value() != memory.size() || !as_it_came(memory)) {
            outcome = abandon_pieces();
        } else if (!s.abandoned) {
            feed(memory);
            s.plan.hashed_to(offset_);
            s.ahead.erase(s.ahead.begin(), s.ahead.lower_bound(s.plan.segment_of(offset_)));
        }
    }
    s.advancing = false;
    count_open();
    co_return outcome;
}

// Whether these bytes at the head are those that arrived; true where that was not noted (a block that came in two
// ways).
bool transfer::as_it_came(std::span<const std::byte> bytes) const {
    const sharing& s = *sharing_;
    const std::uint64_t segment = s.plan.segment_of(offset_);
    const auto noted = s.ahead.find(segment);
    if (noted == s.ahead.end() || bytes.size() != formats::block_size) return true;
    const auto& blocks = noted->second.completed();
    const std::uint64_t block = (offset_ - s.plan.begin_of(segment)) / formats::block_size;
    return block >= blocks.size() || blocks[block] == formats::xxh3_128_of(bytes);
}

task<try_end> transfer::conclude() {
    try_end ended;
    result<void> whole = co_await advance();
    if (whole && staging_) whole = co_await staging_->settle();
    sharing& s = *sharing_;
    ended.end.reached = offset_;
    if (!whole)
        ended.end.error = whole.error();
    else if (offset_ != s.plan.total())
        ended.end.error = s.abandoned || !s.why ? failure(download_errc::ranges_disagree) : *s.why;
    if (!ended.end.error) judge_whole(ended.end);
    s.why.reset();
    if (!ended.end.error || s.abandoned) sharing_.reset();
    count_open();
    co_return ended;
}

}  // namespace decamp::download

#include "engine/download/transfer.hpp"

#include <algorithm>
#include <utility>

#include "engine/download/errors.hpp"
#include "engine/download/following.hpp"
#include "engine/download/held_body.hpp"
#include "engine/download/response.hpp"
#include "engine/download/transfer_sharing.hpp"
#include "engine/model/layout.hpp"
#include "engine/transport/paced.hpp"

namespace decamp::download {

namespace {

constexpr std::size_t explanation_bytes = std::size_t{16} << 10;  // read of an answer that carries no file
// A body may be longer than announced by this much before it is cut off: enough to see that the announcement is wrong,
// too little to fill a drive.
constexpr std::uint64_t overlength = std::uint64_t{1} << 20;

std::string staging_path(blob_key blob, unsigned attempt) {
    return layout::below(layout::staging_folder, std::to_string(blob.value) + "." + std::to_string(attempt));
}

}  // namespace

transfer::transfer(const transfer_settings& settings, const planned_item& item, std::vector<runtime::chunk> memory)
    : settings_(settings), item_(item), received_(item.listed), memory_(std::move(memory)), total_(item.listed.size) {
    forget_bytes();
}

transfer::~transfer() = default;

void transfer::forget_bytes() {
    received_.reset();
    sharing_.reset();
    for (runtime::chunk& chunk : memory_) chunk.used = 0;
    offset_ = 0;
    version_ = {};
    by_digest_ = false;
    nothing_beyond_.reset();
    part_committed_ = 0;
    part_time_ = settings_.clock.now();
}

void transfer::feed(std::span<const std::byte> bytes) {
    received_.feed(bytes);
    offset_ += bytes.size();
}

// The staged prefix counts as far as its blocks are what the catalogue says they were; the digests, which need every
// byte in order, are taken from the drive again.
task<void> transfer::take_up_part() {
    if (!item_.part || audit()) co_return;
    const staged_part part = *item_.part;
    auto chunk = co_await settings_.lease(runtime::chunk_size::large);
    if (!chunk) co_return;
    const auto memory = chunk->all();
    auto read_back = [&]() -> std::uint64_t {
        auto file = settings_.files.open(part.path, world::open_mode::read);
        if (!file) return 0;
        for (const auto& expected : part.blocks) {
            const auto got = file.value()->read_at(offset_, memory);
            if (!got || got.value() != formats::block_size) break;
            if (formats::xxh3_128_of(memory) != expected) break;
            feed(memory);
        }
        return offset_;
    };
    co_await world::run_on(settings_.workers, world::queue::write, read_back);
    if (offset_ == 0) co_return;
    version_ = version_recorded(part.validator);
    part_committed_ = offset_;
    staging_ = std::make_unique<staging_file>(settings_.files, settings_.workers, part.path, true, offset_);
}

runtime::chunk_size transfer::next_chunk() const {
    if (!total_) return runtime::chunk_size::large;
    return runtime::chunk_for(*total_ > offset_ ? *total_ - offset_ : 0);
}

// Digests that are expected only now have to see the bytes that are here already; those lie on the drive.
task<result<void>> transfer::expect(source::expectation what, std::span<std::byte> memory) {
    if (offset_ > 0) what = carried_on(what, received_.expected());
    received_.expect(what);
    if (holds()) catch_up_held();
    if (!staging_) received_.leave_behind();  // an audit keeps none
    while (received_.behind()) {
        const std::uint64_t at = received_.caught_up_to();
        const auto room = memory.first(static_cast<std::size_t>(std::min<std::uint64_t>(memory.size(), offset_ - at)));
        const result<std::size_t> got = co_await staging_->read(at, room);
        if (!got) co_return got.error();
        if (got.value() == 0) co_return failure(world::file_errc::io, "a staged file has become shorter");
        received_.catch_up(room.first(got.value()));
    }
    co_return result<void>();
}

task<result<std::unique_ptr<transport::exchange>>> transfer::begin(transport::sender& http,
                                                                   const source::download_link& link,
                                                                   std::uint64_t from) {
    if (link.open) return link.open(from, version_.strong());
    transport::request request = link.request;
    if (from > 0) {
        request.headers.push_back({"Range", "bytes=" + std::to_string(from) + "-"});
        const std::string validator = version_.strong();
        if (!validator.empty() && if_range_) request.headers.push_back({"If-Range", validator});
    }
    return ask(http, std::move(request));
}

task<try_end> transfer::run(transport::sender& http, source::download_link link, runtime::chunk first,
                            std::function<void()> shareable) {
    try_end ended;
    const std::uint64_t from = link.ranges && ranges_ ? next_range(here(), version_) : 0;
    if (offset_ > 0 && from == 0) co_await start_over();
    // What is known by now is caught up with by now: a server that answered would not wait for the drive.
    const result<void> prepared = co_await expect(link.expected, first.all());
    if (!prepared) {
        ended.end.error = prepared.error();
        co_return ended;
    }
    auto exchange = co_await begin(http, link, from);
    if (!exchange) {
        const auto& code = exchange.error().code;
        const bool host = code == transport::http_errc::tls_not_verified || code == transport::http_errc::not_http;
        ended.end.error = link.own_host && host ? failure(download_errc::host_unusable, to_string(exchange.error()))
                                                : exchange.error();
        co_return ended;
    }
    const transport::response_head& head = exchange.value()->head();
    const asked question{from, version_, total_, {}, item_.listed.name};
    const auto answer = judge(head, question);
    if (!answer) {
        ended.end.error = co_await explained(*exchange.value(), link, answer.error());
        ended.throttled = is_throttle(*ended.end.error);
        ended.retry_after = transport::retry_after(head);
        co_return ended;
    }
    ended.end.anew = offset_ > 0 && answer.value().whole() && answer.value().same == same_version::no;
    const result<void> joined = co_await join(answer.value(), from);
    if (!joined) {
        ended.end.error = joined.error();
        co_return ended;
    }
    if (link.learn) link.learn(head, link.expected);
    if (link.expected.modified_ms) modified_ms_ = link.expected.modified_ms;
    const result<void> learnt = co_await expect(link.expected, first.all());
    if (!learnt) {
        ended.end.error = learnt.error();
        co_return ended;
    }
    open_end_ = exchange.value()->until_close() && !secure_ && !total_;
    const std::uint64_t before = offset_;
    result<void> got = co_await compare_overlap(*exchange.value(), answer.value().first, first.all(), ended.end);
    if (got) {
        const bool to_its_end = answer.value().whole() || answer.value().end == total_;
        share(link, *exchange.value(), answer.value().ranges && to_its_end, shareable);
        got = co_await receive(*exchange.value(), std::move(first), ended.end);
    }
    downloaded_ += ended.end.received;
    ended.end.reached = offset_;
    if (!got) ended.end.error = got.error();
    ended.shared = sharing_ != nullptr;
    if (!ended.shared) {
        if (got) conclude_answer(answer.value(), before, ended.end);
        co_return ended;
    }
    leave_own_piece(ended.end);
    const result<void> advanced = co_await advance();  // others may have been waiting for this piece
    if (!advanced && !ended.end.error) ended.end.error = advanced.error();
    co_return ended;
}

// What an answer that carries no file means: in the source's own words, where its body has some, else by its status.
task<failure> transfer::explained(transport::exchange& from, const source::download_link& link, failure by_status) {
    if (!link.explain || from.head().status < 400) co_return by_status;
    std::string body(explanation_bytes, '\0');
    std::size_t filled = 0;
    while (filled < body.size()) {
        const auto room = std::as_writable_bytes(std::span(body).subspan(filled));
        const result<std::size_t> got = co_await from.read(room);
        if (!got || got.value() == 0) break;
        filled += got.value();
    }
    body.resize(filled);
    const std::optional<failure> meant = link.explain(from.head(), body);
    co_return meant ? *meant : by_status;
}

task<bool> transfer::is_answered(transport::sender& http, source::download_link link) {
    const auto exchange = co_await begin(http, link, 0);
    if (!exchange) co_return false;
    const asked question{0, {}, total_, {}, item_.listed.name};
    co_return judge(exchange.value()->head(), question).has_value();
}

task<result<std::unique_ptr<transport::exchange>>> transfer::ask(transport::sender& http, transport::request request) {
    return send_following(http, std::move(request), settings_.may_ask, &secure_);
}

task<result<void>> transfer::receive(transport::exchange& from, runtime::chunk chunk, transfer_end& end) {
    bool more = true;
    if (holds()) {
        const result<bool> held = co_await receive_held(from, end);
        if (!held) co_return held.error();
        more = held.value();  // too long to be held: the rest is staged
        if (!more) co_return result<void>();
    }
    while (more) {
        if (!chunk) {
            auto leased = co_await settings_.lease(next_chunk());
            if (!leased) co_return failure(download_errc::stopped);
            chunk = std::move(*leased);
        }
        const result<bool> filled = co_await fill(from, chunk, own_room(), end);
        // What came before an error is good: it is kept, and the next try goes on behind it.
        const result<void> taken = co_await take(std::move(chunk));
        chunk = runtime::chunk();
        if (!filled) co_return filled.error();
        if (!taken) co_return taken;
        const result<void> part = co_await commit_part_if_due();
        if (!part) co_return part;
        more = filled.value() && goes_on();
        if (item_.listed.size && offset_ > *item_.listed.size + overlength) co_return failure(download_errc::too_long);
    }
    if (!staging_ && !audit()) make_staging();  // an empty file
    if (staging_) co_return co_await staging_->settle();
    co_return result<void>();
}

// Reads until the chunk is full or holds `most` (true) or the body has ended (false).
task<result<bool>> transfer::fill(transport::exchange& from, runtime::chunk& chunk, std::uint64_t most,
                                  transfer_end& end) {
    const auto room = chunk.all().first(static_cast<std::size_t>(std::min<std::uint64_t>(chunk.all().size(), most)));
    while (chunk.used < room.size()) {
        const result<std::size_t> got = co_await read(from, room.subspan(chunk.used), end);
        if (!got) co_return got.error();
        if (got.value() == 0) co_return false;
        chunk.used += got.value();
    }
    co_return true;
}

task<result<std::size_t>> transfer::read(transport::exchange& from, std::span<std::byte> into, transfer_end& end) {
    const result<std::size_t> got = co_await from.read(into);
    if (!got || got.value() == 0) co_return got;
    end.received += got.value();
    settings_.on_received(got.value());
    if (settings_.rate) co_await hold_to_rate(got.value());
    co_return got;
}

task<void> transfer::hold_to_rate(std::uint64_t bytes) {
    const auto now = settings_.clock.now();
    const auto until = settings_.rate->take(bytes, now);
    if (until <= now) co_return;
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto alarm = settings_.clock.make_alarm(executor);
    co_await alarm->wait_until(until);
}

task<result<void>> transfer::take(runtime::chunk chunk) {
    const std::uint64_t at = offset_;
    if (chunk.used == 0) co_return result<void>();
    if (sharing_) {
        const std::uint64_t own = sharing_->own_at;
        sharing_->own_at += chunk.used;
        co_return co_await place(own, std::move(chunk));
    }
    feed(chunk.filled());
    if (audit()) co_return result<void>();
    if (!staging_) make_staging();
    co_return co_await staging_->write(at, std::move(chunk));
}

void transfer::make_staging() {
    staging_ = std::make_unique<staging_file>(settings_.files, settings_.workers,
                                              staging_path(item_.blob, ++staging_attempt_), false, 0);
}

task<result<void>> transfer::commit_part_if_due() {
    if (audit() || !staging_ || committing_) co_return result<void>();
    const std::uint64_t whole_blocks = received_.whole_blocks().size() * std::uint64_t{formats::block_size};
    if (whole_blocks <= part_committed_) co_return result<void>();
    const auto now = settings_.clock.now();
    const bool due = whole_blocks - part_committed_ >= settings_.part_bytes || now - part_time_ >= settings_.part_time;
    if (!due) co_return result<void>();
    committing_ = true;
    const result<void> committed = co_await commit_part();
    committing_ = false;
    co_return committed;
}

task<result<void>> transfer::commit_part() {
    staged_part part;
    part.path = staging_->path();
    part.blocks = received_.whole_blocks();
    part.bytes = part.blocks.size() * std::uint64_t{formats::block_size};
    part.validator = recorded(version_);
    const result<void> durable = co_await staging_->sync();
    if (!durable) co_return durable;
    const std::uint64_t bytes = part.bytes;
    const result<void> committed = co_await settings_.commit_part(item_.blob, std::move(part));
    if (committed) {
        part_committed_ = bytes;
        part_time_ = settings_.clock.now();
    }
    co_return committed;
}

void transfer::judge_whole(transfer_end& end) {
    received::outcome whole = received_.finish();
    digests_ = std::move(whole.digests);
    end.sha256 = digests_.sha256;
    end.check = check_ = whole.check == source_check::none && open_end_ ? source_check::unbounded : whole.check;
    if (check_ == source_check::digest) return;
    if (by_digest_) {
        trust_digest_ = false;
        end.error = failure(download_errc::bytes_differ, "parts of two versions");
    } else if (ends_short(item_.listed, digests_.size)) {
        end.error = failure(download_errc::bytes_differ, "fewer bytes came than were announced");
    }
}

task<void> transfer::start_over() {
    forget_bytes();
    if (!staging_) co_return;
    co_await staging_->discard();
    staging_.reset();
}

task<void> transfer::end(bool keep) {
    if (!staging_) co_return;
    const bool worth = keep && !received_.whole_blocks().empty();
    if (worth) {
        const result<void> committed = co_await commit_part();
        if (committed) {
            (void)co_await staging_->close();
            co_return;
        }
    }
    // A prefix committed earlier stays known; what is behind it is cut off when it is taken up.
    if (part_committed_ > 0) {
        (void)co_await staging_->close();
        co_return;
    }
    co_await staging_->discard();
}

task<result<checked_blob>> transfer::finish() {
    checked_blob blob;
    blob.item = item_;
    blob.digests = std::move(digests_);
    if (!item_.listed.file_time_ms()) blob.item.listed.modified_ms = modified_ms_;
    blob.check = check_;
    blob.downloaded = downloaded_;
    if (holds()) blob.held = std::make_shared<held_body>(std::move(memory_));
    if (staging_) {
        blob.staging_path = staging_->path();
        const result<void> closed = co_await staging_->close();
        if (!closed) co_return closed.error();
    }
    co_return blob;
}

}  // namespace decamp::download

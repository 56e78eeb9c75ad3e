#include "engine/download/twin_sampler.hpp"

#include <algorithm>
#include <utility>

#include "engine/download/errors.hpp"
#include "engine/download/following.hpp"
#include "engine/download/response.hpp"
#include "engine/runtime/retry_loop.hpp"
#include "engine/world/network.hpp"

namespace decamp::download {

namespace {

constexpr std::size_t sample_bytes = 4096;
constexpr std::size_t batch_size = 64;
constexpr std::size_t at_once = 8;

// One answer's bytes [where.offset, where.offset + where.bytes) of a file of `size`; a body that is longer is not.
task<result<std::vector<std::byte>>> read_answer(transport::exchange& from, sample_place where) {
    std::vector<std::byte> out(where.bytes + 1);
    std::size_t filled = 0;
    while (filled < out.size()) {
        const result<std::size_t> got = co_await from.read(std::span(out).subspan(filled));
        if (!got) co_return got.error();
        if (got.value() == 0) break;
        filled += got.value();
    }
    out.resize(filled);
    co_return out;
}

// On the lane.
task<result<std::vector<std::byte>>> read_range(const transfer_settings& settings, transport::sender& http,
                                                source::download_link link, sample_place where, std::uint64_t size) {
    const bool whole = where.offset == 0 && where.bytes == size;
    result<std::unique_ptr<transport::exchange>> answer = failure(download_errc::stopped);
    if (link.open) {
        answer = co_await link.open(where.offset, std::string());
    } else {
        const std::string last = std::to_string(where.offset + where.bytes - 1);
        if (!whole) link.request.headers.push_back({"Range", "bytes=" + std::to_string(where.offset) + "-" + last});
        answer = co_await send_following(http, std::move(link.request), settings.may_ask);
    }
    if (!answer) co_return answer.error();
    const transport::response_head& head = answer.value()->head();
    if (head.status == 429 || head.status == 503) co_return failure(download_errc::throttled);
    const bool from_start = where.offset == 0 && link.open;
    if (head.status != (whole || from_start ? 200 : 206)) co_return failure(download_errc::wrong_range, "no range");
    if (head.status == 206) {
        const auto range = parse_content_range(head.header("Content-Range"));
        if (!range || range->first != where.offset) co_return failure(download_errc::wrong_range, "another range");
        if (range->total != size) co_return std::vector<std::byte>();  // another length: other bytes
    }
    auto bytes = co_await read_answer(*answer.value(), where);
    // A stream that goes on behind the place is no longer one.
    const bool goes_on = link.open && !whole;
    if (bytes && goes_on && bytes.value().size() > where.bytes) bytes.value().resize(where.bytes);
    co_return bytes;
}

}  // namespace

std::vector<sample_place> sample_places(std::uint64_t size, std::uint64_t random) {
    if (size <= 3 * sample_bytes) return {{0, static_cast<std::size_t>(size)}};
    const std::uint64_t between = size - 3 * sample_bytes;
    return {
        {0, sample_bytes}, {sample_bytes + random % (between + 1), sample_bytes}, {size - sample_bytes, sample_bytes}};
}

twin_sampler::twin_sampler(runtime::surroundings& around, source::source& from, catalogue::catalogue& db,
                           std::vector<lane> lanes, const transfer_settings& settings, runtime::pace_gate& pace,
                           find_stored find)
    : around_(around),
      source_(from),
      catalogue_(db),
      lanes_(std::move(lanes)),
      settings_(settings),
      pace_(pace),
      find_(std::move(find)),
      slots_(at_once) {}

task<result<bool>> twin_sampler::run() {
    item_key after{};
    while (!around_.stop.draining()) {
        auto ask = [&] { return catalogue_.next_unsampled(after, batch_size); };
        const auto batch = co_await world::run_on(around_.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        batch_result got;
        const result<void> sampled = co_await sample_batch(batch.value(), got);
        if (!sampled) co_return sampled.error();
        auto record = [&]() -> result<void> {
            if (auto r = catalogue_.record_sampled(got.sampled); !r) return r;
            return catalogue_.fetch_for_itself(got.unknown);
        };
        const result<void> recorded = co_await world::run_on(around_.workers, world::queue::catalogue, record);
        if (!recorded) co_return recorded.error();
        if (got.differs) co_return true;
        after = batch.value().back().file;
    }
    co_return false;
}

task<result<void>> twin_sampler::sample_batch(const std::vector<catalogue::announced_twin>& batch, batch_result& into) {
    const auto executor = co_await boost::asio::this_coro::executor;
    runtime::task_group group(executor);
    for (const catalogue::announced_twin& twin : batch) {
        if (around_.stop.draining() || into.differs || failed_) break;
        runtime::slot place = co_await slots_.acquire();
        group.spawn(sample_one(twin, std::move(place), into));
    }
    co_await group.join();
    if (failed_) co_return *failed_;
    co_return result<void>();
}

task<void> twin_sampler::sample_one(const catalogue::announced_twin& twin, runtime::slot place, batch_result& into) {
    const runtime::slot held = std::move(place);
    auto find = [&] { return find_(twin.leader); };
    const auto stored = co_await world::run_on(around_.workers, world::queue::catalogue, find);
    if (!stored) {
        failed_ = stored.error();
        co_return;
    }
    const auto found = co_await compare(twin, *stored.value());
    if (around_.stop.draining()) co_return;
    if (!found) {
        const error_class what = classify(found.error());
        if (what == error_class::run || what == error_class::bug)
            failed_ = found.error();
        else
            into.unknown.push_back(twin.file);
        co_return;
    }
    into.differs = into.differs || found.value() == finding::differs;
    if (found.value() == finding::agrees) into.sampled.push_back(twin.file);
}

task<result<twin_sampler::finding>> twin_sampler::compare(const catalogue::announced_twin& twin, stored_bytes& stored) {
    for (const sample_place& where : sample_places(twin.leader.size, around_.random.next())) {
        auto ask = [&] { return fetch(twin, where); };
        const runtime::retry_policy policy{.tries = 3};
        const auto own = co_await runtime::retrying<std::vector<std::byte>>(around_, policy, ask);
        if (!own) co_return own.error();
        std::vector<std::byte> there(where.bytes);
        auto read = [&] { return stored.read(where.offset, there); };
        const auto got = co_await world::run_on(around_.workers, world::queue::read, read);
        if (!got) co_return got.error();
        there.resize(got.value());
        if (own.value() != there) co_return finding::differs;
    }
    co_return finding::agrees;
}

task<result<std::vector<std::byte>>> twin_sampler::fetch(const catalogue::announced_twin& twin, sample_place where) {
    auto link = co_await source_.link(twin.listed);
    if (!link) co_return link.error();
    const bool turn = co_await pace_.turn(runtime::pace_kind::link, true);
    if (!turn) co_return failure(world::network_errc::closed);
    const lane& on = lanes_[next_lane_++ % lanes_.size()];
    auto work = read_range(settings_, on.http, std::move(link.value()), where, twin.leader.size);
    auto bytes = co_await runtime::hop_task(on.executor, std::move(work));
    if (!bytes && is_throttle(bytes.error()))
        pace_.on_throttled(std::nullopt);
    else if (bytes)
        pace_.on_ok();
    co_return bytes;
}

}  // namespace decamp::download

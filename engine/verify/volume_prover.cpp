#include "engine/verify/volume_prover.hpp"

#include <utility>

#include "engine/model/layout.hpp"
#include "engine/verify/departure.hpp"
#include "engine/world/workers.hpp"

namespace decamp::verify {

namespace {

constexpr std::size_t batch_size = 64;
constexpr std::int64_t sampled_volumes = 64;  // one in so many

struct wanted_file {
    std::string path;
    std::uint64_t bytes;
    const formats::sha256_digest& sha256;
};

std::vector<wanted_file> files_of(const volume_row& v) {
    const std::string path = layout::below(layout::volumes_folder, v.name);
    std::vector<wanted_file> files{{path, v.bytes, v.sha256}};
    if (v.list_bytes > 0) files.push_back({layout::list_beside(path), v.list_bytes, v.list_sha256});
    return files;
}

}  // namespace

volume_prover::volume_prover(runtime::surroundings& around, world::file_store& files, catalogue::catalogue& where,
                             std::function<void()> damaged)
    : around_(around), files_(files), catalogue_(where), damaged_(std::move(damaged)), reader_(files) {}

void volume_prover::wake() {
    ++news_;
    changed_.notify_all();
}

void volume_prover::finish() {
    finished_ = true;
    wake();
}

task<result<std::vector<volume_row>>> volume_prover::page(std::int64_t after) {
    auto ask = [this, after] { return catalogue_.next_volumes(after, batch_size); };
    co_return co_await world::run_on(around_.workers, world::queue::catalogue, ask);
}

task<result<void>> volume_prover::run() {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto woken = around_.stop.subscribe(executor, [this] { wake(); });
    while (!around_.stop.draining()) {
        const std::uint64_t news = news_;
        const bool last = finished_;
        for (std::int64_t after = 0; !around_.stop.draining();) {
            const auto batch = co_await page(after);
            if (!batch) co_return batch.error();
            if (batch.value().empty()) break;
            for (const volume_row& volume : batch.value()) {
                after = volume.number;
                if (volume.state != volume_state::sealed || around_.stop.draining()) continue;
                const auto good = co_await prove(volume);
                if (!good) co_return good.error();
            }
        }
        if (news != news_) continue;
        if (last) break;
        co_await changed_.wait();
    }
    co_return result<void>();
}

// False: it was read back wrong.
task<result<bool>> volume_prover::prove(const volume_row& volume) {
    std::string wrong, detail;
    auto method = reader_.method();
    auto read = [&]() -> result<void> {
        for (const wanted_file& f : files_of(volume)) {
            const auto found = reader_.read(f.path);
            if (!found) {
                const auto& code = found.error().code;
                const bool of_file = code == world::file_errc::io || code == world::file_errc::outside ||
                                     classify(code) != error_class::run || code == world::file_errc::not_found;
                if (!of_file) return found.error();
                detail = code.message();
            } else {
                if (found.value().method == read_back_method::cache) method = read_back_method::cache;
                if (found.value().sha256 == f.sha256) continue;
                detail = found.value().size == f.bytes ? "bytes differ"
                                                       : std::to_string(found.value().size) + " bytes instead of " +
                                                             std::to_string(f.bytes);
            }
            wrong = f.path;
            return {};
        }
        return {};
    };
    const result<void> read_through = co_await world::run_on(around_.workers, world::queue::read, read);
    if (!read_through) co_return read_through.error();
    if (!wrong.empty()) {
        around_.report.say(messages::id::warn_read_back_differs, wrong, detail);
        const auto again = co_await take_away_volume(around_, files_, catalogue_, volume, files_of(volume).front().path, detail);
        if (!again) co_return again.error();
        if (again.value()) damaged_();
        co_return false;
    }
    auto record = [&] { return catalogue_.record_volume_proven(volume.number, method, around_.clock.unix_ms()); };
    const auto proven = co_await world::run_on(around_.workers, world::queue::catalogue, record);
    if (!proven) co_return proven.error();
    if (volume.state == volume_state::sealed) around_.report.counters.items_proven += proven.value();
    around_.report.event("read_back", [&](formats::json_line& line) {
        line.add("blobs", proven.value()).add("bytes", volume.bytes);
        line.add("method", method == read_back_method::medium ? "medium" : "cache");
    });
    co_return true;
}

task<result<bool>> volume_prover::sample_again(bool full) {
    bool agreed = true, scrub = full;
    if (full) around_.report.say(messages::id::msg_scrubbing);
    std::int64_t after = 0;
    while (!around_.stop.draining()) {
        const auto batch = co_await page(after);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        for (std::size_t i = 0; i < batch.value().size() && !around_.stop.draining(); ++i) {
            const volume_row& volume = batch.value()[i];
            const bool first = after == 0;
            after = volume.number;
            const bool newest = i + 1 == batch.value().size();  // or the last of a full page, which is read for nothing
            const bool sampled = (first || volume.number % sampled_volumes == 0) && !newest;
            if (volume.state != volume_state::proven || (!scrub && !sampled)) continue;
            const auto good = co_await prove(volume);
            if (!good) co_return good.error();
            if (good.value()) continue;
            agreed = false;
            if (std::exchange(scrub, true)) continue;
            around_.report.say(messages::id::warn_lying_drive);
            around_.report.say(messages::id::msg_scrubbing);
        }
    }
    co_return agreed;
}

task<result<std::uint64_t>> give_up_missing_volumes(runtime::surroundings& around, world::file_store& files,
                                                    catalogue::catalogue& where) {
    std::uint64_t missing = 0;
    std::int64_t after = 0;
    while (!around.stop.draining()) {
        auto ask = [&] { return where.next_volumes(after, batch_size); };
        const auto batch = co_await world::run_on(around.workers, world::queue::catalogue, ask);
        if (!batch) co_return batch.error();
        if (batch.value().empty()) break;
        for (const volume_row& volume : batch.value()) {
            after = volume.number;
            if (volume.state == volume_state::open) continue;
            std::string detail;
            auto look = [&]() -> result<void> {
                for (const wanted_file& f : files_of(volume)) {
                    const auto there = files.info(f.path);
                    if (!there) return there.error();
                    if (!there.value() || there.value()->folder)
                        detail = "missing";
                    else if (there.value()->size != f.bytes)
                        detail = "another size";
                }
                return {};
            };
            const result<void> looked = co_await world::run_on(around.workers, world::queue::commit, look);
            if (!looked) co_return looked.error();
            if (detail.empty()) continue;
            ++missing;
            const auto again = co_await take_away_volume(around, files, where, volume, files_of(volume).front().path, detail);
            if (!again) co_return again.error();
        }
    }
    co_return missing;
}

}  // namespace decamp::verify

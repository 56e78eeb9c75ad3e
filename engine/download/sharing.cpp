// Connections that nobody else wants, lent to large files. docs/decisions/0009-parallel-ranges.md.
#include <algorithm>
#include <utility>

#include "engine/download/errors.hpp"
#include "engine/download/shared_file.hpp"

namespace decamp::download {

// Called when nothing that is planned could be begun.
void downloader::lend_spare() {
    for (bool lent = true; lent;) {
        lent = false;
        for (shared_file* file : shared_) {
            if (file->failed || file->bytes.open_pieces() <= file->arriving) continue;
            // A connection that waits for memory brings nothing.
            if (transfers_.budget.available() < (file->arriving + 2) * std::uint64_t{runtime::large_chunk_bytes})
                return;
            runtime::slot place = slots_.try_acquire();
            if (!place) return;
            ++file->helping;
            ++file->arriving;
            file->helpers.spawn(help(*file, std::move(place)));
            lent = true;
        }
    }
}

task<void> downloader::help(shared_file& file, runtime::slot place) {
    around_.report.counters.connections = static_cast<std::uint32_t>(slots_.in_use());
    co_await fetch_pieces(file, true);
    place.release();
    around_.report.counters.connections = static_cast<std::uint32_t>(slots_.in_use());
    --file.helping;
    wake();
}

// Piece after piece, on one connection, until none is open, one fails, or, where it `helps` only, an item waits for the
// place. False: one failed.
task<bool> downloader::fetch_pieces(shared_file& file, bool helps) {
    bool arriving = helps;
    bool good = true;
    while (good && !around_.stop.draining() && file.bytes.open_pieces() > 0) {
        if (helps && slots_.waiting() > 0) break;
        auto chunk = co_await transfers_.lease(runtime::chunk_size::large);
        if (!chunk) break;
        const bool turn = co_await pace_.turn(runtime::pace_kind::link, true);
        if (!turn) break;
        if (std::exchange(arriving, false)) --file.arriving;
        const auto began = around_.clock.now();
        auto work = file.bytes.fetch_piece(file.on.http, std::move(*chunk));
        const try_end ended = co_await runtime::hop_task(file.on.executor, std::move(work));
        if (ended.nothing_open) break;
        account(ended, began);
        good = !ended.end.error;
        wake();
    }
    if (arriving) --file.arriving;
    if (!good) file.failed = true;
    co_return good;
}

// What follows when run()'s own connection has come to its end: its place fetches pieces like the others.
task<try_end> downloader::fetch_shared(shared_file& file, try_end own) {
    bool good = !own.end.error;
    if (!good) file.failed = true;
    while (!around_.stop.draining()) {
        if (good) good = co_await fetch_pieces(file, false);
        const bool more = good && file.bytes.open_pieces() > 0;
        if (file.helping == 0 && !more) break;
        if (!more) co_await changed_.wait();
    }
    std::erase(shared_, &file);
    co_await file.helpers.join();
    auto work = file.bytes.conclude();
    co_return co_await runtime::hop_task(file.on.executor, std::move(work));
}

}  // namespace decamp::download

// How the bytes of one answer come to those of another: joining.hpp decides, and what overlaps is compared here.
#include <algorithm>
#include <array>

#include "engine/download/errors.hpp"
#include "engine/download/transfer.hpp"

namespace decamp::download {

namespace {

constexpr std::uint64_t least_overlap = 512;

}  // namespace

bytes_here transfer::here() const {
    bytes_here out;
    out.count = offset_;
    out.readable = !audit();
    out.digest = trust_digest_ && digest_announced(item_.listed, received_.expected());
    out.repeats = repeats_;
    out.overlap = overlap_;
    out.total = total_;
    return out;
}

// Takes note of an answer's version. An error: its bytes cannot be joined to those that are here.
task<result<void>> transfer::join(const answered& answer, std::uint64_t asked_from) {
    if (answer.whole()) {
        // It was asked for a range and sent the whole. Of the same version: to ask again would only repeat that, unless
        // it is If-Range that is not understood.
        const bool refused = asked_from > 0 && answer.same != same_version::no;
        const bool condition = !version_.strong().empty() && if_range_;
        if (refused && condition)
            if_range_ = false;
        else if (refused)
            ranges_ = false;
        if (offset_ > 0) co_await start_over();
        version_ = answer.version;
        total_ = answer.total ? answer.total : item_.listed.size;
        co_return result<void>();
    }
    const bool repeated = answer.same == same_version::yes || offset_ == 0;
    const bool overlaps = answer.first + overlap_ <= offset_ && !audit();  // a byte that is equal proves nothing
    if (!repeated && !version_.strong().empty()) repeats_ = false;
    if (!repeated && !overlaps) {
        // What overlaps is asked for next time.
        if (!here().digest)
            co_return failure(download_errc::ranges_disagree, "a range that nothing ties to what is here");
        by_digest_ = true;
    }
    if (version_.strong().empty()) version_ = answer.version;
    if (answer.total) total_ = answer.total;
    co_return result<void>();
}

// Reads what of an answer comes before the bytes that are missing; all of that has to be the same. The answer may end
// there.
task<result<void>> transfer::compare_overlap(transport::exchange& from, std::uint64_t first,
                                             std::span<std::byte> memory, transfer_end& end) {
    std::array<std::byte, 2048> small;
    if (memory.empty()) memory = small;  // of a body that is held
    const auto half = memory.size() / 2;
    for (std::uint64_t at = first; at < offset_;) {
        const auto room = memory.first(static_cast<std::size_t>(std::min<std::uint64_t>(half, offset_ - at)));
        const result<std::size_t> got = co_await read(from, room, end);
        if (!got || got.value() == 0) {
            // Where this much does not come through, or is not given at once, less is asked for.
            overlap_ = std::max(least_overlap, (at - first) / 2);
            co_return got ? result<void>() : got.error();
        }
        const auto bytes = room.first(got.value());
        const result<bool> same = co_await is_here(at, bytes, memory.last(half));
        if (!same) co_return same.error();
        if (!same.value()) co_return failure(download_errc::wrong_range, "what overlaps differs");
        at += got.value();
    }
    co_return result<void>();
}

task<result<bool>> transfer::is_here(std::uint64_t at, std::span<const std::byte> bytes, std::span<std::byte> memory) {
    if (audit()) co_return true;  // kept nothing: its validator or its digest answers for it
    std::uint64_t begin = 0;
    for (const runtime::chunk& chunk : memory_) {  // of a body that is held
        const auto there = chunk.filled();
        if (at >= begin && at < begin + there.size()) {
            const auto part = there.subspan(static_cast<std::size_t>(at - begin));
            const std::size_t some = std::min(part.size(), bytes.size());
            if (!std::ranges::equal(part.first(some), bytes.first(some))) co_return false;
            bytes = bytes.subspan(some);
            at += some;
        }
        begin += there.size();
        if (bytes.empty()) co_return true;
    }
    while (!bytes.empty()) {
        const auto room = memory.first(std::min(memory.size(), bytes.size()));
        const result<std::size_t> got = co_await staging_->read(at, room);
        if (!got) co_return got.error();
        if (got.value() == 0) co_return failure(world::file_errc::io, "a staged file has become shorter");
        if (!std::ranges::equal(room.first(got.value()), bytes.first(got.value()))) co_return false;
        bytes = bytes.subspan(got.value());
        at += got.value();
    }
    co_return true;
}

// A body has come to its end: is it the file's end, too? `before`: bytes that were here before it.
void transfer::conclude_answer(const answered& answer, std::uint64_t before, transfer_end& end) {
    if (!answer.whole()) {
        const std::uint64_t to = std::max(*answer.end, before);
        if (offset_ < to) end.error = failure(transport::http_errc::body_truncated);
        if (offset_ > to) end.error = failure(download_errc::wrong_range, "more than the range holds");
        if (end.error) return;
        const bool brought = offset_ > before;
        if (brought) overlap_ = bytes_here{}.overlap;
        // Where no answer says how long the file is, it ends where two ranges that reach back brought nothing new.
        const bool at_end = total_ ? offset_ >= *total_ : nothing_beyond_ == offset_ && *answer.end == offset_;
        if (!at_end) {
            if (!brought) {
                nothing_beyond_ = offset_;
                overlap_ = std::max(least_overlap, std::min(overlap_, offset_ - answer.first) / 2);
            }
            end.more = true;
            return;
        }
    }
    judge_whole(end);
}

}  // namespace decamp::download

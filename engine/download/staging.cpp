#include "engine/download/staging.hpp"

#include <boost/asio/post.hpp>
#include <cassert>
#include <utility>

namespace decamp::download {

staging_file::staging_file(world::file_store& files, world::workers& workers, std::string path, bool resume,
                           std::uint64_t keep)
    : files_(files), workers_(workers), path_(std::move(path)), resume_(resume), keep_(keep) {}

staging_file::~staging_file() {
    assert(!busy_);
}

result<void> staging_file::open_if_needed() {
    if (file_) return {};
    auto opened = files_.open(path_, resume_ ? world::open_mode::read_write : world::open_mode::create_new);
    if (!opened && !resume_ && opened.error().code == world::file_errc::exists) {
        // Left by a run that was killed: nobody refers to it.
        if (auto r = files_.remove(path_); !r) return r;
        opened = files_.open(path_, world::open_mode::create_new);
    }
    if (!opened) return opened.error();
    file_ = std::move(opened.value());
    return resume_ ? file_->truncate(keep_) : result<void>();
}

task<void> staging_file::ready() {
    while (busy_) co_await idle_.wait();
}

// The file is one thread's at a time, so that nothing else is done to it meanwhile.
template <class F>
task<std::invoke_result_t<F&>> staging_file::alone(F work) {
    co_await ready();
    busy_ = true;
    auto outcome = co_await world::run_on(workers_, world::queue::write, std::move(work));
    busy_ = false;
    idle_.notify_all();
    co_return outcome;
}

task<result<void>> staging_file::write(std::uint64_t offset, runtime::chunk chunk) {
    co_await ready();
    if (!outcome_) co_return outcome_;
    const auto home = co_await boost::asio::this_coro::executor;
    busy_ = true;
    auto work = [this, offset, home, bytes = std::move(chunk)]() mutable {
        result<void> r = open_if_needed();
        if (r) r = file_->write_at(offset, bytes.filled());
        bytes = runtime::chunk();  // the memory goes back before anybody waits for this write
        boost::asio::post(home, [this, r = std::move(r)]() mutable {
            outcome_ = std::move(r);
            busy_ = false;
            idle_.notify_all();
        });
    };
    boost::asio::post(workers_.on(world::queue::write), std::move(work));
    co_return result<void>();
}

task<result<std::size_t>> staging_file::read(std::uint64_t offset, std::span<std::byte> into) {
    const result<void> settled = co_await settle();
    if (!settled) co_return settled.error();
    auto work = [this, offset, into]() -> result<std::size_t> {
        if (!reader_) {
            auto opened = files_.open(path_, world::open_mode::read);
            if (!opened) return opened.error();
            reader_ = std::move(opened.value());
        }
        return reader_->read_at(offset, into);
    };
    co_return co_await world::run_on(workers_, world::queue::write, work);
}

task<result<void>> staging_file::settle() {
    co_await ready();
    if (!outcome_ || file_) co_return outcome_;
    auto work = [this] { return open_if_needed(); };
    outcome_ = co_await alone(work);
    co_return outcome_;
}

task<result<void>> staging_file::sync() {
    const result<void> settled = co_await settle();
    if (!settled) co_return settled;
    auto work = [this] { return file_->sync(); };
    co_return co_await alone(work);
}

task<void> staging_file::discard() {
    co_await ready();
    auto work = [this] {
        file_.reset();
        reader_.reset();
        (void)files_.remove(path_);  // what stays is litter that the next start sweeps
        return true;
    };
    co_await world::run_on(workers_, world::queue::write, work);
}

task<result<void>> staging_file::close() {
    const result<void> settled = co_await settle();
    auto work = [this] {
        file_.reset();
        reader_.reset();
        return true;
    };
    co_await world::run_on(workers_, world::queue::write, work);
    co_return settled;
}

}  // namespace decamp::download

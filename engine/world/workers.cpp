#include "engine/world/workers.hpp"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <latch>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace decamp::world {

namespace {

class work_queue {
  public:
    work_queue(const char* name, unsigned threads)
        : context_(static_cast<int>(threads)), guard_(boost::asio::make_work_guard(context_)) {
        threads_.reserve(threads);
        for (unsigned i = 0; i < threads; ++i) {
            threads_.emplace_back([this, name] {
                ::pthread_setname_np(::pthread_self(), name);
                context_.run();  // an exception out of here is a bug: std::terminate
            });
        }
    }

    ~work_queue() {
        guard_.reset();
        for (auto& thread : threads_) thread.join();
    }

    work_queue(const work_queue&) = delete;
    work_queue& operator=(const work_queue&) = delete;

    boost::asio::any_io_executor executor() { return context_.get_executor(); }

  private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_;
    std::vector<std::thread> threads_;
};

// Enough to keep a disk with several heads or a phone busy; each waits in a call most of the time.
constexpr unsigned source_threads = 4;
// Compressors side by side, each with memory of its own.
constexpr unsigned most_helpers = 4;

class thread_workers final : public workers {
  public:
    explicit thread_workers(unsigned write_threads)
        : catalogue_("decamp-catalog", 1),
          write_("decamp-write", std::clamp(write_threads, 1U, 64U)),
          commit_("decamp-commit", 1),
          read_("decamp-read", 1),
          source_("decamp-source", source_threads) {}

    boost::asio::any_io_executor on(queue q) override {
        switch (q) {
            case queue::catalogue:
                return catalogue_.executor();
            case queue::write:
                return write_.executor();
            case queue::commit:
                return commit_.executor();
            case queue::read:
                return read_.executor();
            case queue::source:
                return source_.executor();
        }
        return catalogue_.executor();
    }

    unsigned side_by_side() const override { return helpers_wanted_; }

    // The caller's own thread takes its share.
    void run_all(std::span<const std::function<void()>> jobs) override {
        if (jobs.size() < 2) return workers::run_all(jobs);
        std::latch left(static_cast<std::ptrdiff_t>(jobs.size()) - 1);
        {
            const std::lock_guard lock(making_helpers_);
            if (!helpers_) helpers_.emplace("decamp-pack", helpers_wanted_ - 1);
        }
        for (const auto& job : jobs.subspan(1)) {
            boost::asio::post(helpers_->executor(), [&job, &left] {
                job();
                left.count_down();
            });
        }
        jobs.front()();
        left.wait();
    }

  private:
    work_queue catalogue_, write_, commit_, read_, source_;
    const unsigned helpers_wanted_ = std::clamp(std::thread::hardware_concurrency(), 2U, most_helpers);
    std::mutex making_helpers_;
    std::optional<work_queue> helpers_;  // made when first wanted: most runs pack nothing
};

}  // namespace

std::unique_ptr<workers> make_thread_workers(unsigned write_threads) {
    return std::make_unique<thread_workers>(write_threads);
}

}  // namespace decamp::world

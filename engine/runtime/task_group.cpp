#include "engine/runtime/task_group.hpp"

#include "engine/runtime/event.hpp"

namespace decamp::runtime {

void end_if_escaped(const std::exception_ptr& escaped) noexcept {
    if (escaped) std::rethrow_exception(escaped);
}

struct task_group::state {
    explicit state(boost::asio::any_io_executor e) : executor(std::move(e)) {}
    boost::asio::any_io_executor executor;
    std::size_t running = 0;
    event changed;
};

task_group::task_group(boost::asio::any_io_executor executor) : state_(std::make_shared<state>(std::move(executor))) {}

task_group::~task_group() {
    // What escapes the owner while children run: they use what is being torn down.
    if (state_->running > 0) std::terminate();
}

std::size_t task_group::running() const {
    return state_->running;
}

void task_group::spawn(task<void> child) {
    ++state_->running;
    auto ended = [s = state_](std::exception_ptr escaped) {
        end_if_escaped(escaped);
        --s->running;
        s->changed.notify_all();
    };
    boost::asio::co_spawn(state_->executor, std::move(child), std::move(ended));
}

task<void> task_group::join() {
    const auto s = state_;
    while (s->running > 0) co_await s->changed.wait();
}

task<void> task_group::below(std::size_t count) {
    const auto s = state_;
    while (s->running >= count && s->running > 0) co_await s->changed.wait();
}

}  // namespace decamp::runtime

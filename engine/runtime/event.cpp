#include "engine/runtime/event.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <exception>

namespace decamp::runtime {

event::~event() {
    if (!waiters_.empty()) std::terminate();  // an event ended under its waiters
}

task<void> event::wait() {
    // Not a coroutine: async_initiate with a capturing lambda beside co_await is what g++ 12 miscompiles.
    auto enrol = [this]<class Handler>(Handler&& handler) {
        boost::asio::any_io_executor executor = boost::asio::get_associated_executor(handler);
        waiters_.emplace_back(std::move(executor), std::forward<Handler>(handler));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(std::move(enrol),
                                                                                     boost::asio::use_awaitable);
}

void event::notify_one() {
    if (waiters_.empty()) return;
    waiter first = std::move(waiters_.front());  // constructed: move assignment of the handler would recurse
    waiters_.pop_front();
    boost::asio::post(first.executor, std::move(first.handler));
}

void event::notify_all() {
    for (std::size_t left = waiters_.size(); left > 0; --left) notify_one();
}

}  // namespace decamp::runtime

#include "engine/runtime/slots.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <cassert>

#include "engine/runtime/post_or_end.hpp"

namespace decamp::runtime {

slot& slot::operator=(slot&& other) noexcept {
    if (this != &other) {
        release();
        owner_ = std::exchange(other.owner_, nullptr);
    }
    return *this;
}

void slot::release() noexcept {
    if (slots* owner = std::exchange(owner_, nullptr)) owner->give_back();
}

slots::~slots() {
    assert(in_use_ == 0 && waiters_.empty() && "slots ended while taken or waited for");
}

slot slots::try_acquire() {
    if (closed_ || !waiters_.empty() || in_use_ >= limit_) return slot();
    ++in_use_;
    return slot(this);
}

task<slot> slots::acquire() {
    slot at_once = try_acquire();
    if (at_once || closed_) co_return std::move(at_once);
    const bool given = co_await wait_for_place();
    if (given) co_return slot(this);
    co_return slot();
}

task<bool> slots::wait_for_place() {
    auto enrol = [this]<class Handler>(Handler&& handler) {
        boost::asio::any_io_executor executor = boost::asio::get_associated_executor(handler);
        waiters_.emplace_back(std::move(executor), std::forward<Handler>(handler));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(std::move(enrol),
                                                                                         boost::asio::use_awaitable);
}

void slots::set_limit(std::size_t limit) {
    limit_ = limit;
    admit();
}

void slots::close() {
    closed_ = true;
    admit();
}

void slots::give_back() noexcept {
    assert(in_use_ > 0);
    --in_use_;
    admit();
}

void slots::admit() noexcept {
    while (!waiters_.empty() && (closed_ || in_use_ < limit_)) {
        waiter first = std::move(waiters_.front());
        waiters_.pop_front();
        if (!closed_) ++in_use_;
        post_or_end(first.executor, boost::asio::append(std::move(first.handler), !closed_));
    }
}

}  // namespace decamp::runtime

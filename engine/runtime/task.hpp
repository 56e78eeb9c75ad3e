#pragma once
// The coroutine type of the engine and the one way to hop between threads.
//
// Rules (docs/decisions/0001-compilers-and-asio.md): a coroutine never changes thread; co_await stands alone on the
// right of '=', as a statement, or after co_return. Asio's cancellation is not used: to stop, streams are closed and
// waits woken.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <type_traits>
#include <utility>

namespace decamp {

template <class T>
using task = boost::asio::awaitable<T>;

namespace runtime {

template <class F>
task<std::invoke_result_t<F&>> call(F f) {
    co_return f();
}

// Runs f() on `where` and comes back to the caller's executor with its result. f does not suspend.
template <class F>
task<std::invoke_result_t<F&>> hop(boost::asio::any_io_executor where, F f) {
    return boost::asio::co_spawn(std::move(where), call<F>(std::move(f)), boost::asio::use_awaitable);
}

// Runs a coroutine on another thread's context and comes back with its result.
template <class T>
task<T> hop_task(boost::asio::any_io_executor where, task<T> work) {
    return boost::asio::co_spawn(std::move(where), std::move(work), boost::asio::use_awaitable);
}

}  // namespace runtime
}  // namespace decamp

#pragma once
// The end of a wait, told from a destructor.

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

namespace decamp::runtime {

// Posts, which takes a little memory. Where there is none the process ends: a destructor has nobody to tell, and
// whoever waits would wait for ever. Any thread.
template <class Completion>
void post_or_end(const boost::asio::any_io_executor& executor, Completion&& completion) noexcept {
    try {
        boost::asio::post(executor, std::forward<Completion>(completion));
    } catch (...) {
        std::terminate();
    }
}

}  // namespace decamp::runtime

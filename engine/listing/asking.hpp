#pragma once
// How the lister asks: see lister::asking.

#include <chrono>

#include "engine/listing/lister.hpp"
#include "engine/runtime/retry_loop.hpp"

namespace decamp::listing {

inline constexpr unsigned refusals_of_a_part = 2;

template <class T, class Ask>
task<result<T>> lister::asking(Ask ask) {
    runtime::retry_policy policy = retry_;
    if (refused_) policy.tries = 2;  // patience was shown once; what follows is looked at, not waited for
    for (unsigned refused = 1;; ++refused) {
        result<T> got = co_await runtime::retrying<T>(around_, policy, ask);
        if (got || !in_parts_ || around_.stop.draining() || refused == refusals_of_a_part) co_return got;
        const auto& code = got.error().code;
        const bool refusal = code == source::source_errc::not_found || classify(got.error()) == error_class::item;
        if (!refusal) co_return got;
        const bool whole = co_await runtime::pause(around_.clock, around_.stop, policy.first);
        if (!whole) co_return got;
    }
}

}  // namespace decamp::listing

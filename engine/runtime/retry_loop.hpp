#pragma once
// The driver of retry.hpp: asks again while that makes sense.

#include <optional>
#include <utility>

#include "engine/runtime/retry.hpp"
#include "engine/runtime/surroundings.hpp"

namespace decamp::runtime {

// Runs `ask()` until it succeeds, fails for good, the tries are used up, or the run drains.
template <class T, class Ask>
task<result<T>> retrying(surroundings& around, retry_policy policy, Ask ask) {
    for (unsigned attempt = 1;; ++attempt) {
        result<T> answer = co_await ask();
        if (answer || around.stop.draining()) co_return answer;
        const retry_decision next =
            decide_retry(policy, attempt, classify(answer.error()), std::nullopt, around.random.next());
        if (!next.again) co_return answer;
        ++around.report.counters.retries;
        const bool go_on = co_await pause(around.clock, around.stop, next.after);
        if (!go_on) co_return answer;
    }
}

}  // namespace decamp::runtime

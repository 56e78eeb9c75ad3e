#include "tests/sim/machine.hpp"

namespace decamp::sim {

namespace {
// Runs that come to an end take some ten thousand handlers. The longest read a megabyte from the wire byte by byte,
// which takes more than twenty million.
constexpr std::uint64_t most_steps = 200'000'000;
constexpr std::uint64_t most_sleeps = 20'000'000;
}  // namespace

machine::machine(std::uint64_t seed, std::size_t lanes) : dice_(seed) {
    for (std::size_t i = 0; i < 5 + lanes; ++i) threads_.push_back(std::make_unique<thread>());
}

// A few handlers of one thread; false when no thread has any.
bool machine::step() {
    const std::size_t first = dice_.below(threads_.size());
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        boost::asio::io_context& context = threads_[(first + i) % threads_.size()]->context;
        std::uint64_t ran = 0;
        const std::uint64_t turn = 1 + (dice_.next() & 7);
        while (ran < turn && context.poll_one() != 0) ++ran;
        steps_ += ran;
        if (ran != 0) return true;
    }
    return false;
}

end_of_run machine::run(task<void> body) {
    bool done = false;
    std::exception_ptr escaped;
    boost::asio::co_spawn(coordinator(), std::move(body), [&](std::exception_ptr e) {
        done = true;
        escaped = e;
    });
    const std::uint64_t last = steps_ + most_steps;
    std::uint64_t sleeps = 0;
    end_of_run how = end_of_run::done;
    while (!done) {
        if (step()) {
            meanwhile();
            if (steps_ > last) how = end_of_run::runs_for_ever;
        } else if (++sleeps > most_sleeps) {
            how = end_of_run::runs_for_ever;
        } else if (!clock_.advance()) {
            how = end_of_run::hangs;
        }
        if (how != end_of_run::done) return how;
    }
    while (step()) {
    }
    if (escaped) std::rethrow_exception(escaped);
    return how;
}

}  // namespace decamp::sim

#include "engine/world/interrupts.hpp"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

namespace decamp::world {

namespace {

constexpr int wake_up = SIGUSR1;  // to ourselves, to end the waiting thread

sigset_t watched() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, wake_up);
    // Under nohup a closed terminal is to change nothing.
    struct sigaction hang_up {};
    if (sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
    return set;
}

}  // namespace

struct interrupts::state {
    sigset_t set{}, before{};
    int code = 0;
    std::atomic<bool> ending{false};
    std::thread waiting;

    void wait(std::stop_source stop, const std::function<void()>& first) const {
        for (bool asked = false;;) {
            int number = 0;
            if (sigwait(&set, &number) != 0) continue;
            if (ending.load(std::memory_order_acquire)) return;
            if (number == wake_up) continue;
            if (asked) ::_exit(code);
            asked = true;
            stop.request_stop();
            first();
        }
    }
};

interrupts::interrupts(std::stop_source stop, int code, std::function<void()> first)
    : state_(std::make_unique<state>()) {
    state_->code = code;
    state_->set = watched();
    pthread_sigmask(SIG_BLOCK, &state_->set, &state_->before);
    state_->waiting =
        std::thread([s = state_.get(), stop = std::move(stop), first = std::move(first)] { s->wait(stop, first); });
}

interrupts::~interrupts() {
    state_->ending.store(true, std::memory_order_release);
    pthread_kill(state_->waiting.native_handle(), wake_up);
    state_->waiting.join();
    pthread_sigmask(SIG_SETMASK, &state_->before, nullptr);
}

}  // namespace decamp::world

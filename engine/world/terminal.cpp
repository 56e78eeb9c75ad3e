#include "engine/world/terminal.hpp"

#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "engine/world/posix_write.hpp"

namespace decamp::world {

namespace posix {

bool write_whole(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t wrote = ::write(fd, text.data(), text.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            pollfd ready{fd, POLLOUT, 0};
            if (::poll(&ready, 1, -1) < 0 && errno != EINTR) return false;
            continue;
        }
        if (wrote <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return true;
}

}  // namespace posix

namespace {

// Neither shows what is typed nor waits for whole lines; put back when destroyed.
class unseen_mode {
  public:
    unseen_mode() {
        good_ = ::tcgetattr(STDIN_FILENO, &before_) == 0;
        if (!good_) return;
        termios now = before_;
        // Without ISIG Ctrl-C arrives as a character, so that the terminal is put back in order first.
        now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ECHONL | ISIG);
        now.c_cc[VMIN] = 1;
        now.c_cc[VTIME] = 0;
        good_ = ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &now) == 0;
    }
    unseen_mode(const unseen_mode&) = delete;
    unseen_mode& operator=(const unseen_mode&) = delete;
    ~unseen_mode() {
        if (good_) ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    }

  private:
    termios before_{};
    bool good_ = false;
};

}  // namespace

bool write_out(std::string_view text) {
    return posix::write_whole(STDOUT_FILENO, text);
}
bool write_err(std::string_view text) {
    return posix::write_whole(STDERR_FILENO, text);
}

std::size_t terminal_columns() {
    if (::isatty(STDERR_FILENO) == 0) return 0;
    const char* kind = std::getenv("TERM");
    if (kind == nullptr || std::string_view(kind).empty() || std::string_view(kind) == "dumb") return 0;
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return size.ws_col;
}

bool err_ready() {
    pollfd ready{STDERR_FILENO, POLLOUT, 0};
    return ::poll(&ready, 1, 0) == 1 && (ready.revents & POLLOUT) != 0;
}

bool can_ask() {
    return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDERR_FILENO) != 0;
}

std::optional<std::string> ask_unseen(const std::function<void()>& prompt,
                                      const std::function<bool(std::string_view)>& enough, std::size_t limit,
                                      const std::stop_token& stop) {
    constexpr int look_for_stop_ms = 250;
    constexpr char ctrl_c = 3, ctrl_d = 4, rub_out = 127, backspace = 8;
    const unseen_mode mode;
    prompt();  // not before: who pastes at once would see the secret, and the change of mode would throw it away
    std::string text;
    while (text.size() <= limit) {
        pollfd typed{STDIN_FILENO, POLLIN, 0};
        const int ready = ::poll(&typed, 1, look_for_stop_ms);
        if (stop.stop_requested()) return std::nullopt;
        if (ready == 0) continue;
        char c = 0;
        const ssize_t got = ::read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || c == ctrl_d) break;
        if (c == ctrl_c) return std::nullopt;
        if (c == rub_out || c == backspace) {
            if (!text.empty()) text.pop_back();
            continue;
        }
        text.push_back(c == '\r' ? '\n' : c);
        if ((text.back() == '\n' || c == '}' || c == ']') && enough(text)) break;
    }
    return text;
}

void ignore_broken_pipes() {
    std::signal(SIGPIPE, SIG_IGN);
}

}  // namespace decamp::world

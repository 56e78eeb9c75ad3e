#pragma once
// Descriptors, and opening below a folder without a way out. Inside engine/world only.

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "engine/world/file_store.hpp"

namespace decamp::world::posix {

class descriptor {
  public:
    descriptor() = default;
    explicit descriptor(int fd) : fd_(fd) {}
    descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    ~descriptor() { reset(); }
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    int release() { return std::exchange(fd_, -1); }

  private:
    void reset() noexcept;
    int fd_ = -1;
};

file_errc errc_of(int error) noexcept;
// Detail: "subject: what errno says".
failure failure_of(int error, std::string_view subject);

// Checks the form of a relative path: file_errc::outside for an absolute one or one with "..", name_refused for empty
// or
// "." components and NUL. "" is the folder itself.
result<void> check_path(std::string_view path);

// "a/b/c" -> {"a/b", "c"}; "c" -> {"", "c"}.
std::pair<std::string, std::string> split_path(std::string_view path);

// .decamp/ is for its owner alone.
mode_t file_mode(std::string_view path);
mode_t folder_mode(std::string_view path);

// How paths below a folder are opened; both ways refuse every symbolic link on the way and at its end.
enum class beneath_method {
    openat2,     // one call, Linux 5.6
    components,  // folder by folder with O_NOFOLLOW, where openat2 is missing or filtered
};
beneath_method best_beneath_method(int root);

// open(2) flags; O_CLOEXEC is added. `path` as checked by check_path; "" opens the root again.
// Gives a descriptor, or -1 with errno (ELOOP, EXDEV: a link or a way out).
descriptor open_beneath(beneath_method method, int root, std::string_view path, int flags, mode_t mode);

}  // namespace decamp::world::posix

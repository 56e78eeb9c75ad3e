#include "engine/world/random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace decamp::world {

namespace {

class system_random final : public random {
  public:
    std::uint64_t next() override {
        std::uint64_t value = 0;
        // At most 256 bytes come whole or not at all.
        while (::getrandom(&value, sizeof value, 0) != static_cast<ssize_t>(sizeof value))
            if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
        return value;
    }
};

}  // namespace

std::unique_ptr<random> make_system_random() {
    return std::make_unique<system_random>();
}

}  // namespace decamp::world

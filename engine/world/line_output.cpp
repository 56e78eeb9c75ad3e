#include "engine/world/line_output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "engine/world/posix_path.hpp"
#include "engine/world/posix_write.hpp"
#include "engine/world/terminal.hpp"

namespace decamp::world {

namespace {

class standard_output final : public line_output {
  public:
    bool write(std::string_view line) override {
        buffer_.assign(line).append("\n");
        return write_out(buffer_);
    }
    std::string name() const override { return "-"; }

  private:
    std::string buffer_;
};

class appended_file final : public line_output {
  public:
    appended_file(posix::descriptor fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
    bool write(std::string_view line) override {
        buffer_.assign(line).append("\n");
        return posix::write_whole(fd_.get(), buffer_);
    }
    std::string name() const override { return name_; }

  private:
    posix::descriptor fd_;
    std::string name_;
    std::string buffer_;
};

}  // namespace

result<std::unique_ptr<line_output>> open_lines(const std::string& path) {
    if (path == "-") return std::unique_ptr<line_output>(std::make_unique<standard_output>());
    posix::descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0644));
    if (!fd) return posix::failure_of(errno, path);
    return std::unique_ptr<line_output>(std::make_unique<appended_file>(std::move(fd), path));
}

}  // namespace decamp::world

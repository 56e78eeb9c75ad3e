#pragma once
// A folder that goes when its test goes, and shell commands for what only root can set up.

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace decamp::testing {

class temporary_folder {
  public:
    temporary_folder() {
        std::string name = (std::filesystem::temp_directory_path() / "decamp-test-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
        path_ = name;
    }
    ~temporary_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    const std::filesystem::path& path() const { return path_; }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

inline bool shell(const std::string& command) {
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// Mounts made from here on are seen by this process alone and go with it.
inline bool own_mounts() {
    static const bool got = ::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0 && shell("mount --make-rprivate /");
    return got;
}

// A mount that ends with its scope. `command` mounts on the path it gets appended.
class mounted {
  public:
    explicit mounted(const std::string& command) {
        if (own_mounts()) good_ = shell(command + " " + folder_.path().string());
    }
    ~mounted() {
        if (good_) shell("umount " + folder_.path().string() + " || umount -l " + folder_.path().string());
    }
    mounted(const mounted&) = delete;
    mounted& operator=(const mounted&) = delete;
    explicit operator bool() const { return good_; }
    std::string path() const { return folder_.path().string(); }

  private:
    temporary_folder folder_;
    bool good_ = false;
};

inline void put(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

inline std::string get(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace decamp::testing

#pragma once
// What the tests of whole exports share: a folder that goes with the test, a cloud in this process, a run, and what it
// left on the drive.

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "decamp/export.hpp"
#include "tools/samplecloud/server.hpp"

namespace decamp::testing {

class scratch_folder {
  public:
    scratch_folder() {
        std::random_device random;
        path_ = std::filesystem::temp_directory_path() /
                ("decamp-test-" + std::to_string(random()) + std::to_string(random()));
        std::filesystem::create_directories(path_);
    }
    ~scratch_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;
    std::string at(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

struct listening_observer : observer {
    std::vector<std::string> messages;
    std::vector<event> events;
    progress last;
    bool want_events = true;
    void on_progress(const progress& p) override { last = p; }
    void on_event(const event& e) override { events.push_back(e); }
    void on_message(const std::string& m) override { messages.push_back(m); }
    bool wants_events() const override { return want_events; }

    std::size_t count(const std::string& name) const {
        return static_cast<std::size_t>(
            std::count_if(events.begin(), events.end(), [&](const event& e) { return e.name == name; }));
    }
    std::string joined() const {
        std::string all;
        for (const auto& m : messages) all += m + "\n";
        return all;
    }
};

inline export_options options_for(const samplecloud::server& cloud, const std::string& destination) {
    export_options options;
    options.source = "micloud:" + cloud.api_url();
    options.credentials = cloud.credentials_json();
    options.destination = destination;
    return options;
}

inline std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

// Relative path -> bytes of every file below data/.
inline std::map<std::string, std::string> payload_of(const std::string& destination) {
    std::map<std::string, std::string> files;
    const std::filesystem::path root(destination);
    if (!std::filesystem::exists(root / "data")) return files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "data")) {
        if (entry.is_regular_file())
            files[std::filesystem::relative(entry.path(), root).generic_string()] = read_file(entry.path().string());
    }
    return files;
}

// 0 when `command` succeeds.
inline int shell(const std::string& command) {
    return std::system(command.c_str());
}

// sha256sum's own word on the manifest.
inline bool manifest_holds(const std::string& destination) {
    return shell("cd '" + destination + "' && sha256sum --quiet --strict -c manifest-sha256.txt >/dev/null 2>&1") == 0;
}

// The independent BagIt checker's word.
inline bool bag_holds(const std::string& destination) {
    return shell("python3 -B '" DECAMP_SOURCE_DIR "/tests/integration/bagit_check.py' '" + destination + "' >&2") == 0;
}

}  // namespace decamp::testing

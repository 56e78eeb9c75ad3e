#pragma once
// What a run under simulation says: kept, and printed as it comes where DECAMP_SIM_ALOUD is set.

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "decamp/observer.hpp"

namespace decamp::sim {

struct recorder final : observer {
    std::vector<std::string> words;
    const bool aloud = std::getenv("DECAMP_SIM_ALOUD") != nullptr;
    void hear(const std::string& text) {
        words.push_back(text);
        if (aloud) std::fprintf(stderr, "%s\n", text.c_str());
    }
    void on_event(const event& e) override { hear(e.json_line); }
    void on_message(const std::string& m) override { hear(m); }
    bool wants_events() const override { return true; }
};

}  // namespace decamp::sim

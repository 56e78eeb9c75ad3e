#include "engine/world/folder_flush.hpp"

namespace decamp::world {

result<void> folder_flush::need(const std::string& folder) {
    if (touched_.contains(folder)) return {};
    if (!folder.empty()) {
        if (auto made = files_.make_folders(folder); !made) return made;
    }
    for (std::string at = folder; !at.empty();) {
        if (!settled_.insert(at).second) break;
        const auto slash = at.rfind('/');
        at.resize(slash == std::string::npos ? 0 : slash);
        touched_.insert(at);
    }
    touched_.insert(folder);
    return {};
}

result<void> folder_flush::flush() {
    if (touched_.empty()) return {};
    if (files_.facts().flush != flush_rule::one_syncfs) return flush_each();
    if (auto r = files_.sync_all(); !r) return r;
    touched_.clear();
    return {};
}

result<void> folder_flush::flush_each() {
    for (const std::string& folder : touched_) {
        if (auto r = files_.sync_folder(folder); !r) return r;
    }
    touched_.clear();
    return {};
}

}  // namespace decamp::world

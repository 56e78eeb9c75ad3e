#pragma once
// Which folders must be flushed before names given in them survive a power cut: those of the names, and above them all
// whose own names this process has not flushed yet. That a folder is there proves nothing: a killed run may have made
// it. Blocking; one thread.

#include <set>
#include <string>

#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::world {

class folder_flush {
  public:
    explicit folder_flush(file_store& files) : files_(files) {}

    // A name in `folder` is about to change; the folder is made, with its parents, where it is missing.
    result<void> need(const std::string& folder);
    bool empty() const { return touched_.empty(); }
    // By the drive's rule, all at once or each by itself.
    result<void> flush();
    // Each by itself, whatever the rule: for a few names among many bytes that may wait.
    result<void> flush_each();

  private:
    file_store& files_;
    std::set<std::string> touched_;  // since the last flush
    std::set<std::string> settled_;  // whose own names are durable, or will be with the next flush
};

}  // namespace decamp::world

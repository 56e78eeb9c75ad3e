#pragma once
// A SQLite VFS (https://www.sqlite.org/vfs.html) above another that encrypts what the catalogue holds: pages of the
// file, and headers and pages of its write-ahead log, each by itself with AES-256-XTS, so that no length changes. Its
// shape is bound to how SQLite writes: whole pages of 4096 bytes, the log
// (https://www.sqlite.org/fileformat2.html#walformat) piece by piece. A write of any other shape is an I/O error and
// reaches nothing. Only for connections with locking_mode EXCLUSIVE: there is no shared memory. A rollback journal is
// written only until the file has its first table, and may hold no page after that. Inner to this folder.

#include <memory>
#include <span>
#include <string>

namespace decamp::catalogue {

class encrypting_vfs {
  public:
    // `below`: name of the VFS it stands on; empty: SQLite's own. Registered as long as it lives, which is longer than
    // any connection through it.
    encrypting_vfs(std::span<const std::byte, 32> secret, const std::string& below);
    ~encrypting_vfs();
    encrypting_vfs(const encrypting_vfs&) = delete;
    encrypting_vfs& operator=(const encrypting_vfs&) = delete;

    const std::string& name() const { return name_; }

    struct state;

  private:
    std::string name_;
    std::unique_ptr<state> state_;
};

}  // namespace decamp::catalogue

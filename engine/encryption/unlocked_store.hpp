#pragma once
// An encrypted export as it is looked into: files that end with ".age" are read decrypted, and have the size they had.
// Every piece of 64 KiB is proven before it is handed out; the end of the file is when it is opened. Errors of reading
// them are encryption_errc. Any thread may open, one file is one thread's. Memory: one piece of an open file; with a
// passphrase what its header asks for, up to passphrase_memory, while it is opened, a second each.

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/encryption/error.hpp"
#include "engine/encryption/lock.hpp"
#include "engine/world/forwarding_store.hpp"

namespace decamp::encryption {

class unlocked_store final : public world::forwarding_store {
  public:
    // Both outlive it.
    unlocked_store(world::file_store& below, const unlocking& keys) : forwarding_store(below), keys_(keys) {}

    // encryption_errc::no_key, wrong_key, bad_header, truncated or extended where it cannot be read at all.
    result<std::unique_ptr<world::file>> open(std::string_view path, world::open_mode mode) override;
    result<std::optional<world::file_info>> info(std::string_view path) override;

  private:
    struct opened_file;
    class plain_file;
    result<opened_file> unlock(std::string_view path);

    const unlocking& keys_;
    std::mutex mutex_;
    // Of files opened before: their headers need not be undone again.
    std::map<std::string, std::shared_ptr<const formats::age_payload_key>, std::less<>> known_;
};

// The whole of a small encrypted text. `limit`: bytes of the file.
result<formats::secret_text> read_encrypted(world::file_store& files, std::string_view path, std::size_t limit,
                                            const unlocking& keys);

}  // namespace decamp::encryption

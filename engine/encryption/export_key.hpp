#pragma once
// The key of an encrypted export: 32 bytes from which those of its catalogue and of staged bytes are derived. On the
// drive it lies in .decamp/key.age for the recipients alone, on the host in a file of its own (0600), so that a run can
// go on without the recipients' secrets. .decamp/encrypted says that there is one, and which. Blocking; before any
// thread of a run.

#include <optional>
#include <string>

#include "engine/encryption/error.hpp"
#include "engine/encryption/lock.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::encryption {

using export_key = formats::secret_bytes<32>;

// Tells keys apart and nothing else about them: 32 hexadecimal digits.
std::string name_of(const export_key& key);

// The name of DEST's key; none: it is not encrypted. encryption_errc::key_lost where the file that says so is damaged.
result<std::optional<std::string>> key_wanted(world::file_store& files);

// From the host's folder, else opened with what there is: no_key, wrong_key, key_lost. `folder`: absolute; empty: none.
result<export_key> find_key(world::file_store& files, const std::string& name, const unlocking& keys,
                            const std::string& folder);

// Opened with what there is; to see whether it is right.
result<export_key> open_key(world::file_store& files, const std::string& name, const unlocking& keys);

// A new one: on the host first, then on the drive, durable. encryption_errc::key_not_kept.
result<export_key> make_key(world::file_store& files, const lock& for_whom, world::random& random,
                            const std::string& folder);

// On the host, once more.
result<void> keep_key(const export_key& key, const std::string& folder);

}  // namespace decamp::encryption

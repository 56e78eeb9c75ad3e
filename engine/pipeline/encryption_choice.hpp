#pragma once
// For whom an export is encrypted, and what opens it: the options' texts as keys, and what DEST says of it. Blocking;
// before any thread of a run.

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "decamp/export.hpp"
#include "decamp/retrieve.hpp"
#include "engine/catalogue/catalogue.hpp"
#include "engine/encryption/export_key.hpp"
#include "engine/encryption/lock.hpp"

namespace decamp::pipeline {

// What was asked for. Move-only.
struct encryption_wishes {
    std::vector<formats::age_recipient> recipients;
    encryption::unlocking keys;
    std::string key_folder;  // absolute, or empty
    bool encrypts() const { return !recipients.empty() || !keys.passphrase.view().empty(); }
};

std::variant<encryption_wishes, outcome> encryption_wishes_of(const export_options& options);
std::variant<encryption::unlocking, outcome> unlocking_of(const export_keys& keys, language words);

// Before the catalogue is opened, with DEST locked: the export's key, made now where the export is new and to be
// encrypted; none: it lies open. `begun`: there is an export already. Errors encryption_errc.
result<std::optional<encryption::export_key>> agree_on_key(world::file_store& files, bool begun,
                                                           const encryption_wishes& wishes, world::random& random);

// With the catalogue: for whom further files are encrypted, as the export was begun, or noted now. `random` outlives
// it.
result<std::unique_ptr<encryption::lock>> agree_on_lock(catalogue::catalogue& where, const encryption_wishes& wishes,
                                                        world::random& random);

}  // namespace decamp::pipeline

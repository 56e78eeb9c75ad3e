#pragma once
// Puts a volume that is gone or damaged back as it was, by the recovery data beside it. Blocking.
//
// Nothing is changed in place. The whole volume is written anew as .decamp/mended/NAME, flushed, and read back: only
// when its SHA-256 is that of the manifest does what stood under the name go to .decamp/damaged, and the new file gets
// the name. Killed in between, the next call finds the finished file, or the damaged one where it was put aside.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"
#include "formats/digest.hpp"

namespace decamp::store {

struct lost_volume {
    std::string path;
    formats::sha256_digest sha256{};          // of what it was
    std::int64_t number = 0;                  // the mark of what is put aside
    std::optional<std::uint64_t> bytes = {};  // where known
};

enum class mend_end {
    mended,
    no_parity,    // none, or nothing of it can be used
    not_enough,   // more is damaged than it can make good
    memory,       // solving takes more memory than was given
    other_bytes,  // what came out is not what the manifest wants
    stopped,
};

// `memory`: bytes. file_errc::no_space where the drive has no room for the whole volume: nothing is changed then.
result<mend_end> mend_volume(world::file_store& files, const lost_volume& what, std::uint64_t memory,
                             const std::function<bool()>& go_on);

// What a call that was killed left unfinished.
result<void> sweep_mended(world::file_store& files);

}  // namespace decamp::store

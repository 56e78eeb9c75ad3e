#pragma once
// The key for which simulated exports are encrypted, and the look of one who has it.

#include <optional>
#include <string>

#include "engine/pipeline/encryption_choice.hpp"

namespace decamp::sim {

// With `encrypts` for a new export too; without, only what opens one.
pipeline::encryption_wishes wishes_of_owner(bool encrypts);

// The plain bytes of an age file; none: it is damaged, or somebody else's.
std::optional<std::string> decrypted(const std::string& file);

}  // namespace decamp::sim

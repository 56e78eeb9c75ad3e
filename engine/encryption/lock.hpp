#pragma once
// For whom an export's files are encrypted: begins age files (formats/age.hpp). Constant once made; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/error.hpp"
#include "engine/model/layout.hpp"
#include "engine/world/random.hpp"
#include "formats/age.hpp"
#include "formats/secret.hpp"

namespace decamp::encryption {

// What an encrypted file's name ends with.
inline constexpr std::string_view ending = layout::encrypted_ending;
inline bool is_encrypted(std::string_view path) {
    return path.ends_with(ending);
}

// What a passphrase takes while a file is begun or opened, beside all else: 2^(18 + 10) bytes.
inline constexpr std::size_t passphrase_memory = std::size_t{256} << 20;

// Bytes of the system's generator, or of a simulation's.
formats::entropy entropy_of(world::random& random);

class lock {
  public:
    // `random` outlives it. The recipients were parsed; at least one.
    lock(std::vector<formats::age_recipient> recipients, world::random& random);
    lock(formats::secret_text passphrase, world::random& random,
         unsigned work_factor = formats::age_work_factor_default);

    // A new file with a key of its own. With a passphrase a second and passphrase_memory.
    formats::age_encryptor begin() const;
    bool by_passphrase() const { return recipients_.empty(); }
    const std::vector<formats::age_recipient>& recipients() const { return recipients_; }
    // The most plain bytes of a file that is no longer than `bytes`.
    std::uint64_t plain_limit(std::uint64_t bytes) const;

  private:
    std::vector<formats::age_recipient> recipients_;
    formats::secret_text passphrase_;
    formats::entropy random_;
    unsigned work_factor_ = formats::age_work_factor_default;
};

// What opens them. Move-only.
struct unlocking {
    std::vector<formats::age_identity> identities;
    formats::secret_text passphrase;
    bool empty() const { return identities.empty() && passphrase.view().empty(); }
};

}  // namespace decamp::encryption

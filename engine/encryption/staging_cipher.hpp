#pragma once
// A file store in which bytes on their way lie encrypted: files below .decamp/staging, each by AES-256-XTS
// (formats/aes_xts.hpp) in pieces of 4096 bytes. They are written and read anywhere, as any file is. On the drive they
// are padded to whole pieces: size() and what is read at their end is the padded length, and nothing may be concluded
// from it. Everything else passes.

#include "engine/world/forwarding_store.hpp"
#include "formats/secret.hpp"

namespace decamp::encryption {

class staging_cipher final : public world::forwarding_store {
  public:
    // `below` outlives it, and every file opened here outlives neither.
    staging_cipher(world::file_store& below, const formats::secret_bytes<32>& key);
    result<std::unique_ptr<world::file>> open(std::string_view path, world::open_mode mode) override;

  private:
    formats::secret_bytes<32> key_;
};

}  // namespace decamp::encryption

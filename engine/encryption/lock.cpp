#include "engine/encryption/lock.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace decamp::encryption {

formats::entropy entropy_of(world::random& random) {
    return [&random](std::span<std::byte> into) {
        while (!into.empty()) {
            const std::uint64_t drawn = random.next();
            const std::size_t part = std::min(into.size(), sizeof drawn);
            std::memcpy(into.data(), &drawn, part);
            into = into.subspan(part);
        }
    };
}

lock::lock(std::vector<formats::age_recipient> recipients, world::random& random)
    : recipients_(std::move(recipients)), random_(entropy_of(random)) {}

lock::lock(formats::secret_text passphrase, world::random& random, unsigned work_factor)
    : passphrase_(std::move(passphrase)), random_(entropy_of(random)), work_factor_(work_factor) {}

formats::age_encryptor lock::begin() const {
    auto made = by_passphrase() ? formats::age_encryptor::with_passphrase(passphrase_.view(), random_, work_factor_)
                                : formats::age_encryptor::to_recipients(recipients_, random_);
    if (auto* good = std::get_if<formats::age_encryptor>(&made)) return std::move(*good);
    throw std::logic_error("a lock that was not checked");  // recipients and passphrase were, before there was a lock
}

std::uint64_t lock::plain_limit(std::uint64_t bytes) const {
    constexpr std::uint64_t around_stanzas = 256, a_stanza = 128;
    const std::uint64_t header = around_stanzas + a_stanza * std::max<std::size_t>(1, recipients_.size());
    if (bytes <= header) return 0;
    const std::uint64_t payload = bytes - header;
    const std::uint64_t tags = (payload / formats::age_sealed_chunk_bytes + 1) * formats::detail::aead_tag_bytes;
    return payload > tags ? payload - tags : 0;
}

}  // namespace decamp::encryption

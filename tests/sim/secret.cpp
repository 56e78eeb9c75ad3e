#include "tests/sim/secret.hpp"

#include "formats/age_header.hpp"
#include "formats/bytes.hpp"

namespace decamp::sim {

namespace {

formats::age_identity owner() {
    formats::secret_bytes<32> secret;
    secret.span()[0] = std::byte{0x5e};
    return formats::age_identity(secret.span());
}

}  // namespace

pipeline::encryption_wishes wishes_of_owner(bool encrypts) {
    pipeline::encryption_wishes wishes;
    wishes.keys.identities.push_back(owner());
    if (encrypts) wishes.recipients.push_back(owner().recipient());
    return wishes;
}

std::optional<std::string> decrypted(const std::string& file) {
    const auto bytes = formats::as_bytes(file);
    formats::age_header_reader header;
    const std::size_t used = header.feed(bytes);
    if (header.state() != formats::age_header_reader::progress::complete) return std::nullopt;
    std::vector<formats::age_identity> keys;
    keys.push_back(owner());
    const auto key = header.unlock_with_keys(keys);
    const auto* payload_key = std::get_if<formats::age_payload_key>(&key);
    if (payload_key == nullptr) return std::nullopt;
    formats::age_decryptor payload(*payload_key);
    std::vector<std::byte> plain;
    if (payload.feed(plain, bytes.subspan(used)) || payload.finish(plain)) return std::nullopt;
    return std::string(formats::as_text(plain));
}

}  // namespace decamp::sim

#include "engine/encryption/export_key.hpp"

#include <array>
#include <string_view>
#include <vector>

#include "engine/encryption/unlocked_store.hpp"
#include "engine/model/layout.hpp"
#include "engine/world/user_file.hpp"
#include "formats/age_primitives.hpp"
#include "formats/bytes.hpp"
#include "formats/hex.hpp"

namespace decamp::encryption {

namespace {

constexpr std::string_view mark = "decamp-encryption/1 ";
constexpr std::size_t name_digits = 32;
constexpr std::size_t longest_key_file = std::size_t{64} << 10;

formats::secret_text text_of(const export_key& key) {
    std::string hex = formats::to_hex(key.span());
    hex += '\n';
    formats::secret_text text(hex);
    formats::cleanse(std::span<char>(hex));
    return text;
}

std::optional<export_key> key_of(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    export_key key;
    if (!formats::decode_hex(text, key.span())) return std::nullopt;
    return key;
}

result<void> write_small(world::file_store& files, std::string_view path, std::span<const std::byte> bytes) {
    const std::string beside = std::string(path) + ".new";
    auto gone = files.remove(beside);
    if (!gone && gone.error().code != world::file_errc::not_found) return gone;
    auto file = files.open(beside, world::open_mode::create_new);
    if (!file) return file.error();
    if (auto r = file.value()->write_at(0, bytes); !r) return r;
    if (auto r = file.value()->sync(); !r) return r;
    file.value().reset();
    if (auto r = files.replace(beside, path); !r) return r;
    return files.sync_folder(layout::state_folder);
}

result<std::optional<export_key>> kept_key(const std::string& name, const std::string& folder) {
    if (folder.empty()) return std::optional<export_key>();
    auto text = world::read_user_file(folder + "/" + name, 256);
    if (!text) return std::optional<export_key>();  // gone or unreadable: there may be another way
    auto key = key_of(text.value());
    formats::cleanse(std::span<char>(text.value()));
    if (!key || name_of(*key) != name) return std::optional<export_key>();
    return std::optional(std::move(*key));
}

}  // namespace

std::string name_of(const export_key& key) {
    const auto derived = formats::detail::hkdf_sha256(key.span(), {}, "decamp name of an export's key");
    return formats::to_hex(derived.span().first(name_digits / 2));
}

result<std::optional<std::string>> key_wanted(world::file_store& files) {
    const auto there = files.info(layout::encryption_mark);
    if (!there) return there.error();
    if (!there.value()) return std::optional<std::string>();
    auto file = files.open(layout::encryption_mark, world::open_mode::read);
    if (!file) return file.error();
    std::array<std::byte, mark.size() + name_digits + 2> room{};
    const auto got = file.value()->read_at(0, room);
    if (!got) return got.error();
    std::string_view text = formats::as_text(std::span(room).first(got.value()));
    if (text.ends_with('\n')) text.remove_suffix(1);
    const bool fits = text.size() == mark.size() + name_digits && text.starts_with(mark) &&
                      text.find_first_not_of("0123456789abcdef", mark.size()) == text.npos;
    if (!fits) return failure(encryption_errc::key_lost, std::string(layout::encryption_mark));
    return std::optional(std::string(text.substr(mark.size())));
}

result<export_key> open_key(world::file_store& files, const std::string& name, const unlocking& keys) {
    auto text = read_encrypted(files, layout::encrypted_key, longest_key_file, keys);
    if (!text) {
        const auto& code = text.error().code;
        const bool given_wrong = code == encryption_errc::no_key || code == encryption_errc::wrong_key;
        return given_wrong || code.category() != make_error_code(encryption_errc::no_key).category()
                   ? text.error()
                   : failure(encryption_errc::key_lost, std::string(layout::encrypted_key));
    }
    auto key = key_of(text.value().view());
    if (!key || name_of(*key) != name) return failure(encryption_errc::key_lost, std::string(layout::encrypted_key));
    return std::move(*key);
}

result<export_key> find_key(world::file_store& files, const std::string& name, const unlocking& keys,
                            const std::string& folder) {
    auto kept = kept_key(name, folder);
    if (!kept) return kept.error();
    if (kept.value()) return std::move(*kept.value());
    auto key = open_key(files, name, keys);
    if (!key && key.error().code == world::file_errc::not_found)
        return failure(encryption_errc::key_lost, std::string(layout::encrypted_key));
    if (!key) return key;
    // The next run on this computer goes on without being given the secret; where it cannot be kept, it is given again.
    (void)keep_key(key.value(), folder);
    return key;
}

result<void> keep_key(const export_key& key, const std::string& folder) {
    if (folder.empty()) return {};
    const auto text = text_of(key);
    auto written = world::write_private_file(folder + "/" + name_of(key), text.view());
    if (written) return written;
    return failure(encryption_errc::key_not_kept, to_string(written.error()));
}

result<export_key> make_key(world::file_store& files, const lock& for_whom, world::random& random,
                            const std::string& folder) {
    export_key key;
    entropy_of(random)(key.span());
    if (auto r = keep_key(key, folder); !r) return r.error();
    formats::age_encryptor encryptor = for_whom.begin();
    std::vector<std::byte> sealed(encryptor.header().begin(), encryptor.header().end());
    encryptor.append(sealed, formats::as_bytes(text_of(key).view()));
    encryptor.finish(sealed);
    if (auto r = write_small(files, layout::encrypted_key, sealed); !r) return r.error();
    const std::string said = std::string(mark) + name_of(key) + "\n";
    if (auto r = write_small(files, layout::encryption_mark, formats::as_bytes(said)); !r) return r.error();
    return key;
}

}  // namespace decamp::encryption

#pragma once
// A file that only grows, through a buffer, with the digests of all that was appended. Encrypted, where there is a
// lock: then it has a key of its own, and is begun anew rather than gone on with. Blocking; one thread at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/encryption/lock.hpp"
#include "engine/model/error.hpp"
#include "engine/world/file_store.hpp"
#include "formats/digest.hpp"

namespace decamp::store {

class volume_file {
  public:
    // Made new; what stood under this path goes. `lock`: null, or for whom it is encrypted.
    static result<std::unique_ptr<volume_file>> create(world::file_store& files, std::string path,
                                                       const encryption::lock* lock = nullptr);
    // The first `bytes` of an existing one, the rest is cut off. They are read, to be what `prefix` says: file_errc::io
    // where they are not, or are fewer.
    static result<std::unique_ptr<volume_file>> resume(world::file_store& files, std::string path, std::uint64_t bytes,
                                                       const formats::xxh3_128_digest& prefix);

    // Whether a file begins with so many bytes of this digest.
    static result<bool> begins_with(world::file_store& files, const std::string& path, std::uint64_t bytes,
                                    const formats::xxh3_128_digest& prefix);

    result<void> append(std::span<const std::byte> bytes);
    result<void> append(std::string_view text);
    result<void> append_zeros(std::uint64_t count);
    // Appended so far, what the buffer holds included.
    std::uint64_t bytes() const { return bytes_; }
    // Of the file itself, which is longer where it is encrypted; of one that is not whole, what is known of it.
    std::uint64_t stored() const { return encryptor_ ? stored_ : bytes_; }
    // XXH3-128 of these.
    formats::xxh3_128_digest prefix() const { return prefix_.so_far(); }
    result<void> sync();  // everything appended is durable (but for the file's name, and an encrypted one's last piece)
    // sync() of the whole file, and its SHA-256; nothing is appended after it.
    result<formats::sha256_digest> finish();
    const std::string& path() const { return path_; }

  private:
    volume_file(std::unique_ptr<world::file> file, std::string path);
    result<void> store(std::span<const std::byte> bytes);
    result<void> write_out();
    result<void> read_prefix(std::uint64_t bytes, const formats::xxh3_128_digest& prefix);

    std::unique_ptr<world::file> file_;
    std::string path_;
    std::vector<std::byte> buffer_;
    std::uint64_t bytes_ = 0, stored_ = 0, written_ = 0;
    std::optional<formats::age_encryptor> encryptor_;
    std::vector<std::byte> sealed_;
    formats::sha256_hasher sha256_;
    formats::xxh3_128_hasher prefix_;
};

}  // namespace decamp::store

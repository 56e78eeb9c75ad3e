#pragma once
// One item's bytes as they come, in order: the digests that were announced, by the list or by the answer, beside those
// that are always taken (SHA-256 and the block map). Only what was announced is computed. No I/O; one thread at a time.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/model/blob.hpp"
#include "engine/model/item.hpp"
#include "engine/source/source.hpp"
#include "formats/crc.hpp"
#include "formats/digest.hpp"

namespace decamp::download {

// What the bytes came to; a digest is absent where it was not computed.
struct computed {
    std::uint64_t size = 0;
    formats::sha256_digest sha256{};
    std::optional<formats::sha1_digest> sha1;
    std::optional<formats::md5_digest> md5;
    std::optional<std::uint32_t> crc32, crc32c;
    std::optional<std::uint64_t> crc64nvme;
    std::optional<formats::md5_digest> parts;  // of the parts that `expectation::parts` names
};

// One announced digest that disagrees is a mismatch, whatever else agrees; one that agrees is `digest`; where none says
// anything the announced size decides. An announced digest that was not computed says nothing.
source_check compare(const listed_item& listed, const source::expectation& expected, const computed& got);

// Whether an announced digest of all bytes will be compared, that is more than a checksum.
bool digest_announced(const listed_item& listed, const source::expectation& expected);

// Whether so many bytes are fewer than the list announced: a body that broke off, and nothing the source is to blame
// for.
bool ends_short(const listed_item& listed, std::uint64_t size);

// What holds of an answer that goes on with the same version: what an earlier answer said and `now` does not.
source::expectation carried_on(source::expectation now, const source::expectation& before);

// MD5 over the MD5s of parts of `part_bytes` each (at least 1), the last one as long as it comes.
class parts_hasher {
  public:
    explicit parts_hasher(std::uint64_t part_bytes) : part_bytes_(part_bytes) {}
    void update(std::span<const std::byte> bytes);
    [[nodiscard]] formats::md5_digest finish();
    std::uint64_t part_bytes() const { return part_bytes_; }

  private:
    void end_part();

    std::uint64_t part_bytes_, filled_ = 0;
    formats::md5_hasher part_, all_;
};

class received {
  public:
    explicit received(const listed_item& listed);

    // Forgets all bytes, and what was expected beyond the list.
    void reset();
    // What they must come to beyond the list, from now on. Digests that are new begin behind the bytes already here.
    void expect(const source::expectation& what);
    const source::expectation& expected() const { return expected_; }
    void feed(std::span<const std::byte> bytes);
    std::uint64_t position() const { return blocks_.position(); }
    const std::vector<formats::xxh3_128_digest>& whole_blocks() const { return blocks_.completed(); }

    // A digest was expected too late, and has not seen the bytes before position(). They are given again, in order,
    // from caught_up_to() on; then it has caught up, and feed() goes on.
    bool behind() const { return late_.any(); }
    std::uint64_t caught_up_to() const { return caught_up_; }
    void catch_up(std::span<const std::byte> bytes);
    // The bytes are not to be had again: what is behind is not compared.
    void leave_behind();

    struct outcome {
        blob_digests digests;
        source_check check = source_check::none;
    };
    // Leaves it as new.
    [[nodiscard]] outcome finish();

  private:
    struct hashers {
        std::optional<formats::sha1_hasher> sha1;
        std::optional<formats::md5_hasher> md5;
        std::optional<formats::crc32_hasher> crc32;
        std::optional<formats::crc32c_hasher> crc32c;
        std::optional<formats::crc64nvme_hasher> crc64nvme;
        std::optional<parts_hasher> parts;
        bool any() const { return sha1 || md5 || crc32 || crc32c || crc64nvme || parts; }
        void update(std::span<const std::byte> bytes);
        void join(hashers& late);  // takes over what it has; leaves `late` empty
    };
    void adjust();

    listed_item listed_;
    source::expectation expected_;
    formats::sha256_hasher sha256_;
    formats::block_map_hasher blocks_;
    hashers current_;  // have seen all of position()
    hashers late_;     // have seen the first caught_up_ of it
    std::uint64_t caught_up_ = 0;
};

}  // namespace decamp::download

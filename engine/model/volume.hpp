#pragma once
// Archive volumes as values: files below data/volumes/, each of which opens alone. docs/on-disk.md says what they hold.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/blob.hpp"
#include "formats/digest.hpp"

namespace decamp {

// How an export's bytes lie on the drive. Chosen once, kept in the catalogue.
enum class container { tree, tar, tar_zst, zip };

// What becomes of an item whose bytes are in the archive already.
enum class archived_twins {
    list,  // a line in the lists
    link,  // a link entry where the body is in the same volume (tar), else a copy
    copy,  // a body of its own
};

struct volume_settings {
    container kind = container::tree;
    std::uint64_t volume_bytes = std::uint64_t{4} << 30;  // a volume is no larger, unless one item alone is
    int level = 3;                                        // of compression
    archived_twins twins = archived_twins::list;
    unsigned recovery_percent = 0;  // of recovery data beside each volume; 0: none
    bool operator==(const volume_settings&) const = default;
};

// "tree", "tar", "tar.zst", "zip": the option's words, and what volumes' names end with.
std::string_view word_of(container kind);
std::optional<container> container_of(std::string_view word);
// By a volume's name, "volume-0001.tar.zst", or encrypted with ".age" behind it.
std::optional<container> container_of_volume(std::string_view name);

// Stored as numbers: never renumber.
enum class volume_state : int {
    open = 0,      // being filled, under a name in .decamp/volumes
    sealed = 1,    // durable under its name below data/volumes
    proven = 2,    // read back
    given_up = 3,  // gone or damaged: what was in it is planned again
};

enum class member_kind : int {
    body = 0,  // the bytes of a blob, under its leader's name
    link = 1,  // a link entry to the body in the same volume
    copy = 2,  // the same bytes once more, under a twin's name
};

// A frame of a compressed volume.
struct volume_frame {
    std::uint32_t packed = 0, raw = 0;  // bytes
    bool operator==(const volume_frame&) const = default;
};

// Row of the catalogue's table `volume`.
struct volume_row {
    std::int64_t number = 0;  // 1, 2, ...; never used twice
    volume_state state = volume_state::open;
    std::string name;                   // "volume-0001.tar.zst"
    std::uint64_t bytes = 0;            // of its file: the committed ones while it is open, all once it is sealed
    std::uint64_t raw = 0;              // bytes of the archive before compression, up to there
    formats::xxh3_128_digest prefix{};  // of the committed bytes
    formats::sha256_digest sha256{};    // once sealed
    std::uint64_t list_bytes = 0;       // of the list beside it, once sealed; 0: none is known
    formats::sha256_digest list_sha256{};
};

// A file of recovery data beside a volume: table `parity`.
struct parity_file {
    std::string name;  // "volume-0001.tar.zst.vol000+100.par2"
    std::uint64_t bytes = 0;
    formats::sha256_digest sha256{};
    bool operator==(const parity_file&) const = default;
};

// Where a member lies in its volume. Offsets count bytes of the archive before compression.
struct volume_member {
    item_key file;  // whose name it bears
    blob_key blob;  // whose bytes it has
    member_kind kind = member_kind::body;
    std::uint64_t at = 0;      // of its header
    std::uint64_t body = 0;    // of its bytes, as they are stored
    std::uint64_t stored = 0;  // how many: less than its size where a zip compresses it
    std::uint32_t crc32 = 0;   // of its bytes (zip)
    bool deflated = false;     // zip
};

// Members whose bytes are durable, and the head of the volume after them.
struct packed_group {
    volume_row head;
    std::vector<volume_member> members;
    std::vector<volume_frame> frames;  // written since the last group
    bool until_sealed = false;         // they are not: what is encrypted is stored only once its volume is sealed
};

// A member with what is known of its bytes; for the list beside a volume and a zip's directory.
struct named_member {
    volume_member where;
    std::string path;  // as planned: data/albums/Camera/IMG_0001.jpg
    std::uint64_t size = 0;
    formats::sha256_digest sha256{};
    std::optional<std::int64_t> time_ms;
};

// Where the bytes of a blob lie.
struct located_member {
    volume_row volume;
    named_member member;
};

// The name that a planned path has inside an archive: without the leading "data/".
std::string_view archived_name(std::string_view path);

// "volume-0001.tar" of "volume-0001.tar.par2" and of "volume-0001.tar.vol000+12.par2"; empty: no such name.
std::string_view protected_name(std::string_view parity);

}  // namespace decamp

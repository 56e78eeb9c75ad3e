#pragma once
// Reads PAR2 files, whole or damaged, written by whomever, and tells what they hold together. A packet counts only when
// its MD5 is right; behind one that is not, the next is looked for byte by byte. Recovery slices are hashed in passing
// and not kept: their places are told.
//
// The reader opens nothing: it says which bytes it wants, since behind a damaged packet it must go back.
//
//     for each file, the index first: reader.begin_file(number, size);
//         while (auto want = reader.wanted()) read want->length bytes at want->offset; reader.feed(bytes);
//     auto read = reader.finish();
//
// Bytes that the drive does not give are fed as zeros. Every byte is hostile: memory is bounded (about 6 MiB), and what
// is read is at most some ten times the files. The first whole packet decides which set it is; packets of others are
// passed over. One thread at a time; nothing throws but std::bad_alloc (and the hashers' constructors).

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "formats/digest.hpp"
#include "formats/par2.hpp"

namespace decamp::formats {

enum class par2_fault {
    no_packets,      // nothing of PAR2, or nothing of it whole
    no_main,         // every copy of the packet that says what belongs to the set is lost
    several_files,   // a set of none or several files: not understood here
    no_description,  // every copy of the file's name, length and MD5 is lost
    no_sums,         // every copy of the slices' sums is lost
    impossible,      // whole packets that contradict each other or the format
};

class par2_reader {
  public:
    struct piece {
        std::uint64_t offset = 0;
        std::size_t length = 0;
        bool operator==(const piece&) const = default;
    };

    // What was under way of the file before is dropped.
    void begin_file(std::uint32_t number, std::uint64_t file_bytes);
    // Nothing when this file has been read.
    [[nodiscard]] std::optional<piece> wanted() const noexcept;
    // The bytes wanted. Fewer mean that the file ends with them.
    void feed(std::span<const std::byte> bytes);

    // What was understood of all files so far.
    [[nodiscard]] std::variant<par2_set, par2_fault> finish() const;
    // Places that look like a packet of the format and are none that is whole.
    [[nodiscard]] std::uint64_t damaged_packets() const noexcept { return damaged_; }

  private:
    struct header {
        std::uint64_t length = 0;
        md5_digest md5{};
        md5_digest set{};
        std::string type;
    };
    struct description {
        md5_digest md5{}, md5_16k{};
        std::uint64_t bytes = 0;
        std::string name;
    };
    struct main_packet {
        std::uint64_t slice_bytes = 0;
        std::uint32_t file_count = 0;
        md5_digest file{};
    };

    void scan(std::span<const std::byte> bytes);
    // False when what begins there cannot be a packet.
    bool begin_packet(std::span<const std::byte> bytes, std::uint64_t at);
    void feed_body(std::span<const std::byte> bytes);
    void end_packet();
    void rescan();
    void accept();
    void accept_main();
    void accept_description();
    void accept_sums();
    void accept_recovery();
    [[nodiscard]] bool wants_file(const md5_digest& id, std::size_t kept) const noexcept;

    // The file that is being read.
    std::uint32_t file_ = 0;
    std::uint64_t file_bytes_ = 0;
    std::uint64_t at_ = 0;      // the next byte wanted
    std::uint64_t budget_ = 0;  // how much may yet be spent on packets that turn out not to be whole

    // The packet that is being read.
    bool in_packet_ = false;
    std::uint64_t packet_at_ = 0;
    std::uint64_t body_left_ = 0;
    header header_;
    std::vector<std::byte> body_;  // of a recovery packet, only its exponent
    md5_hasher hasher_;

    // The set.
    std::optional<md5_digest> set_;
    std::optional<main_packet> main_;
    std::map<md5_digest, description> descriptions_;
    std::map<md5_digest, std::vector<par2_slice_sums>> sums_;
    struct place {
        par2_recovery_place where;
        std::uint64_t length = 0;
    };
    std::map<std::uint32_t, place> recovery_;
    std::uint64_t damaged_ = 0;
};

}  // namespace decamp::formats

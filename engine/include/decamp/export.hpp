#pragma once
// decamp's library interface: empty a cloud onto a drive, and prove it. Blocking; no type of a library underneath
// shows.
//
// Thread: run_export and run_verify block the calling thread until they end; the observer is called on that thread
// alone, never after they returned. Several runs may be under way in one process on different destinations. Errors:
// everything that can go wrong outside is in the outcome. Exceptions: std::bad_alloc, and std::logic_error for a bug in
// decamp, as long as a run has not begun. Once it has, both end the process by std::terminate, with the exception as
// the current one; what was committed stands, and the next run goes on. Both functions own what they make; options are
// copied.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "decamp/certificate.hpp"
#include "decamp/error.hpp"
#include "decamp/observer.hpp"

namespace decamp {

enum class twins_mode {
    announced,  // identical by announced digest and size: fetched once, one group in 64 fetched whole as a check
    fetch,      // every twin fetched; identical bytes are still stored once
};

enum class prove_mode {
    sample,  // everything once while exporting; first, every 64th and last group again at the end
    full,    // everything again at the end
};

// How the export lies on the drive. Chosen when it is begun; later runs must not ask for another.
enum class archive_format {
    tree,       // a file for each item
    tar,        // volumes in POSIX pax format, not compressed
    tar_zst,    // the same in zstd frames, with a table to find them by
    zip,        // Zip64
    automatic,  // tree or zip, by what the drive is good at
};

// What becomes of an item whose bytes are in the archive already.
enum class archive_twins {
    list,  // named in the lists
    link,  // a link entry (tar) where its bytes are in the same volume, else a copy
    copy,  // its bytes once more
};

// What a passphrase takes beside all else, bytes: memory_bytes must have room for it.
inline constexpr std::size_t passphrase_memory = std::size_t{256} << 20;

inline constexpr int most_level = 19;
inline constexpr unsigned most_recovery_percent = 100;
inline constexpr std::uint64_t least_volume = std::uint64_t{1} << 20;

struct export_options {
    std::string source;       // "micloud:us", "s3://bucket/prefix", "webdavs://host/path", "links:FILE", "folder:/path"
    std::string endpoint;     // another address of the service that `source` names (s3, webdav); empty: its own
    std::string destination;  // a folder; made when it is not there
    std::string
        credentials;  // the text of the credentials, not a path; docs/credentials.md has the forms of each source
    bool moved =
        false;  // what `destination` was begun with is somewhere else now (a phone mounted elsewhere, a list renamed,
                // another address of the same service): bind it to `source`. Refused where the kind differs
    std::string ca_file;  // PEM file of certificates to trust instead of the system's; empty: the system's
    std::size_t memory_bytes = std::size_t{64} << 20;  // growth allowed to the process; at least 32 MiB
    unsigned connections = 0;                          // 0: adapts by itself
    std::uint64_t bandwidth_bytes_per_s = 0;           // 0: no limit
    std::vector<std::string> include, exclude;         // shell patterns on "album/name"; see docs/filters.md
    std::string since;                                 // "YYYY-MM-DD": items taken on that day or later
    twins_mode twins = twins_mode::announced;
    prove_mode prove = prove_mode::sample;
    std::optional<archive_format> format;  // none: as begun; a tree where the export is new
    std::uint64_t volume_bytes =
        0;          // of a volume at most; 0: as begun, or 4 GiB (256 MiB encrypted). At least least_volume
    int level = 0;  // of compression, 1 to most_level; 0: as begun, or 3
    std::optional<archive_twins> twins_in_archive;  // none: as begun, or list
    // An export that nobody else can read: chosen when it is begun, archives only. Secrets are texts, not paths.
    std::vector<std::string> encrypt_to;  // "age1...": for whom; none: as begun
    std::string passphrase;               // or with this one, which every later run needs; never both
    std::string identity;    // lines of "AGE-SECRET-KEY-1...": to go on where key_folder does not have the export's key
    std::string key_folder;  // on this computer: keys of encrypted exports are kept there, 0600; empty: they are not
    unsigned recovery_percent = 0;  // of recovery data beside each volume; 0: as begun, or none
    language words = language::en;  // of certificate.txt and of messages
};

struct verify_options {
    std::string destination;
    language words = language::en;
};

// Empties options.source onto options.destination, or goes on where an earlier run stopped. A stop request drains:
// nothing new is begun, transfers get ten seconds, what is whole is committed.
outcome run_export(const export_options& options, observer& watching, std::stop_token stop = {});

// Reads every byte of the destination back and compares with its manifest. No network, no catalogue needed.
outcome run_verify(const verify_options& options, observer& watching, std::stop_token stop = {});

// "0.1.0"
std::string version();

// How `memory_bytes` is spent: lines of "name bytes", the fixed reserves first, what is left for payload last.
std::string memory_plan(std::size_t memory_bytes);

}  // namespace decamp

#pragma once
// The SQLite file on the destination: every item, its name, its blob, its state. All SQL of decamp is in this folder.
//
// Thread: all calls on world::queue::catalogue, one at a time; they block. Every function that changes something is one
// transaction, durable when it returns (WAL, synchronous=FULL), unless called between begin() and commit().
// Pages: functions named next_... answer at most `limit` rows, fewer where these are large; only an empty answer is the
// end. Keys are never used twice while the process lives, and results may come late: a blob or file that the planner
// has dropped meanwhile (its item has changed, or is excluded now) is passed over, and its staged bytes count as a
// duplicate. docs/on-disk.md describes the tables and the order of writes.
//
//   collection 1--n membership n--1 item 1--n file n--1 blob
//
// item:  what the source lists.          file:  a name on the drive, given once, never moved; a changed item gets a
// second. blob:  the bytes of one or many files. Its leader is the file that is fetched; keys of files ascend in
// canonical order.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decamp/certificate.hpp"
#include "engine/model/blob.hpp"
#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/model/volume.hpp"
#include "formats/secret.hpp"

namespace decamp::catalogue {

enum class catalogue_errc {
    damaged = 1,    // not a database, or fails its integrity check (run; exit 8; the file is kept aside)
    newer_version,  // schema of a newer decamp (run; exit 2)
    not_ours,       // a database, but no catalogue (run; exit 2)
    full,           // no space (run; exit 8)
    io,             // (run; exit 8)
    locked,         // in use by another process (run; exit 2)
    misuse,         // a bug
};
boost::system::error_code make_error_code(catalogue_errc e);

inline constexpr int schema_version = 5;

// Fact "1": names that were links to another photo's bytes may still lie on the drive although they are not published
// any more.
inline constexpr std::string_view stale_links_fact = "stale_links";

// The percentage of recovery data beside each volume; "0" or nothing: none.
inline constexpr std::string_view recovery_fact = "recovery";

struct open_options {
    std::string vfs;  // SQLite VFS by name; empty: the default
    std::size_t cache_bytes = std::size_t{4} << 20;
    const formats::secret_bytes<32>* key = nullptr;  // it is encrypted with this; looked at while it is opened only
};

// States of a blob, stored as numbers: never renumber.
enum class blob_state : int {
    planned = 0,  // to be fetched
    checked = 1,  // staged whole, digests recorded; its name may or may not be published
    stored = 2,   // durable under its leader's name
    proven = 3,   // read back
    failed = 4,   // every member failed in this run
};

// How a file row stands on the drive: never renumber.
enum class publication : int {
    none = 0,
    own = 1,     // its bytes were written under this name
    linked = 2,  // a hard link to its blob's leader
    listed = 3,  // no file of its own: the leader's, named in the lists
};

enum class item_state : int { wanted = 0, excluded = 1, failed = 2 };

struct known_item {
    std::int64_t row = 0;
    std::uint64_t fingerprint = 0;
    item_state state = item_state::wanted;
    std::optional<item_key> file;  // its present file; an excluded item keeps one only if it was stored
    bool stored = false;           // that file is published
    bool seen = false;             // listed in this run
    bool contradicts =
        false;  // its bytes are not those announced, or of unknown length, and were not fetched again in this run
    std::optional<std::uint64_t> raw;  // raw_name_hash() of the name it was first listed under, where it had one
    listed_item before;                // as it was listed last: home, size, digests and time of change alone
};

// XXH3-64 of listed_item::raw_name; none where it is empty.
std::optional<std::uint64_t> raw_name_hash(const listed_item& item);

struct known_collection {
    std::int64_t row = 0;
    std::string folder;  // safe name, given once
};

struct failed_item {
    item_key file;
    exception_reason reason = exception_reason::not_downloaded;
    std::string detail;
    std::uint64_t downloaded = 0;  // bytes that crossed the network for it all the same
    bool listed = false;           // a list that was asked again in this run has it, whatever the walk came by
};

struct twin_file {
    item_key file;
    std::string path;
    stored_blob leader;        // where the bytes are; without its blocks
    std::int64_t time_ms = 0;  // of the blob's first member in canonical order: what all its names carry
    bool has_time = false;
    std::optional<std::int64_t> own_time_ms;  // of its own item
};

// An item that would share a stored blob's bytes since its source announces the same digest and size.
struct announced_twin {
    item_key file;
    listed_item listed;
    stored_blob leader;  // without its blocks
};

struct linked_file {
    item_key file;
    std::string path;
};

// What the drive's file tree should hold, in canonical order; for manifest and lists.
struct filed {
    std::string path;  // of the file that holds the bytes
    formats::sha256_digest sha256{};
    std::uint64_t size = 0;
    publication how = publication::none;
};

struct listed_member {  // a line of an album's list
    listed_item item;
    std::string path;         // where its bytes are; empty when not stored
    std::string volume = {};  // the name of the volume that holds them; empty: a file of its own
    bool sealed = true;       // that volume is: it lies in data/volumes
    std::optional<formats::sha256_digest> sha256;
};

class catalogue {
  public:
    // Opens or makes. Takes SQLite's exclusive lock for its life. `path` is a native path.
    static result<std::unique_ptr<catalogue>> open(const std::string& path, const open_options& options);
    virtual ~catalogue() = default;

    // Groups calls into one transaction. Not nested. After a call failed, all others of the group fail with its error
    // and so does commit(), until rollback(): a group is written whole or not at all.
    virtual result<void> begin() = 0;
    virtual result<void> commit() = 0;
    virtual void rollback() = 0;

    // --- facts of the export as a whole
    virtual result<std::optional<std::string>> fact(std::string_view name) = 0;
    virtual result<void> set_fact(std::string_view name, std::string_view value) = 0;
    // Something of an item is on the drive, or was.
    virtual result<bool> holds_items() = 0;
    // As if nothing had ever been listed. What was taken up from an export whose catalogue was lost stays. Not after an
    // item was stored, and not within a run.
    virtual result<void> forget_items() = 0;
    // A new run: its number (1, 2, ...). Failed blobs and items are planned again.
    virtual result<std::int64_t> begin_run(std::int64_t now_ms) = 0;
    // This run has seen all that the source lists: what is known, unstored and not in it is not at the source, and no
    // exception. Without it, it counts as not_downloaded.
    virtual result<void> record_walked() = 0;
    virtual result<void> finish_run(int exit_code, std::int64_t now_ms) = 0;

    // --- listing and planning (engine/listing, engine/plan)
    virtual result<std::optional<known_collection>> find_collection(const collection_id& id) = 0;
    virtual result<bool> collection_folder_taken(std::string_view folder) = 0;  // compared folded
    virtual result<std::int64_t> add_collection(const collection& c, std::string_view folder) = 0;
    virtual result<void> saw_collection(std::int64_t row, const collection& c) = 0;  // name, announced, this run
    virtual result<std::optional<known_item>> find_item(const item_id& id) = 0;
    // Folders that this run's walk has found. Those known already are passed over.
    virtual result<void> add_folders(const std::vector<std::string>& folders) = 0;
    struct found_folder {
        std::uint64_t number = 0;  // ascending from 1
        std::string folder;
    };
    virtual result<std::optional<found_folder>> folder_after(std::uint64_t number) = 0;
    // Inserts or updates the listed fields and the state (wanted or excluded); keeps the row. Gives the row. An item
    // that has failed in this run stays failed. When the fingerprint differs, or the item is excluded, a file that is
    // not on the drive yet is dropped with its name; when the fingerprint differs, a stored one is the present file no
    // longer: a wanted item then needs add_file().
    virtual result<std::int64_t> put_item(const listed_item& item, item_state state) = 0;
    // Counts the item in this run's tally of (collection row, 0 = everything; bucket), once a run; makes it a member.
    // False: counted before; when that was under another bucket, it is moved to this one.
    virtual result<bool> tally(std::int64_t collection_row, std::int64_t item_row, std::string_view bucket) = 0;
    virtual result<void> add_membership(std::int64_t collection_row, std::int64_t item_row) = 0;
    // An exception of this run that no item stands for. The second of an id and reason is passed over.
    virtual result<void> record_gap(const list_gap& gap) = 0;
    // The items known, of earlier runs too.
    virtual result<std::uint64_t> items_known() = 0;
    virtual result<bool> path_taken(std::string_view path) = 0;  // compared folded; may say yes wrongly, never no
    // A blob that an item with this announcement may share; none: there is none yet. Never an audit, nor one whose
    // bytes did not agree with the announcement.
    virtual result<std::optional<blob_key>> find_announced(const formats::sha1_digest& sha1, std::uint64_t size) = 0;
    // Names the item: the new file becomes its present one; the blob's leader if it has none. A path that is taken is
    // misuse.
    virtual result<item_key> add_file(std::int64_t item_row, std::string_view path, blob_key blob) = 0;
    // With a blob of its own, which it leads; `audit_of`: to be compared with that one. `item`: as it was put.
    struct own_file {
        item_key file;
        blob_key blob;
    };
    virtual result<own_file> add_own_file(std::int64_t item_row, std::string_view path, const listed_item& item,
                                          std::optional<blob_key> audit_of) = 0;

    // --- downloading (engine/download)
    // Planned blobs whose leader is after `after`, in canonical order. Audits included (planned_item::audit_of).
    virtual result<std::vector<planned_item>> next_planned(item_key after, std::size_t limit) = 0;
    // The last ones of all, beginning with the last.
    virtual result<std::vector<planned_item>> last_planned(std::size_t limit) = 0;
    virtual result<std::uint64_t> planned_left() = 0;
    virtual result<void> record_part(blob_key blob, const staged_part& part) = 0;
    virtual result<void> forget_part(blob_key blob) = 0;
    // An audit's digest: true when it agrees with (or waits for) its leader, false when it differs: then its blob is
    // planned to be fetched for itself.
    virtual result<bool> record_audit(blob_key blob, const formats::sha256_digest& sha256, source_check check,
                                      std::uint64_t downloaded) = 0;
    // Another blob of the same announced SHA-1 and size has another SHA-256: announcements are not to be trusted.
    virtual result<bool> announcement_contradicted(blob_key blob) = 0;
    // Every file that only trusts an announcement gets a blob of its own, planned, and is unpublished again. The number
    // of them.
    virtual result<std::uint64_t> distrust_twins() = 0;
    // The item failed for good in this run. When another member of its blob is left it becomes leader: true. Once that
    // one is stored, the failed members have its bytes and have not failed.
    virtual result<bool> record_failed(const failed_item& item) = 0;

    // --- storing (engine/store)
    struct checked_outcome {
        blob_key blob;
        bool duplicate = false;     // the bytes are stored or being stored under another blob: drop the staged file
        std::string path;           // where to publish (digest mismatches go to data/unproven/)
        bool contradicted = false;  // as announcement_contradicted(), or an audit that had waited differs
    };
    // Records digests before any rename; each item as next_planned() gave it. `merge`: equal SHA-256 becomes a twin
    // (the drive has hard links). Members that share a blob whose digest does not agree get one of their own. `packed`:
    // a staged part is kept until record_packed(), which flushes this too; as does an empty group, not packed.
    virtual result<std::vector<checked_outcome>> record_checked(const std::vector<checked_blob>& group, bool merge,
                                                                bool packed = false) = 0;
    virtual result<void> record_stored(const std::vector<blob_key>& group, std::int64_t group_number) = 0;
    // Blobs in state `checked` (a crash came between record and store): name, digests, staging path, its item's time.
    struct unsettled {
        stored_blob blob;
        std::string staging_path;
        std::optional<std::int64_t> time_ms;
    };
    virtual result<std::vector<unsettled>> next_unsettled(blob_key after, std::size_t limit) = 0;
    virtual result<void> plan_again(blob_key blob) = 0;                     // forget digests and state: fetch again
    virtual result<bool> knows_staging(std::string_view staging_path) = 0;  // else it is litter
    virtual result<std::vector<twin_file>> next_unpublished_twins(item_key after, std::size_t limit) = 0;
    virtual result<void> record_published(const std::vector<std::pair<item_key, publication>>& files) = 0;
    // Twins whose bytes are stored and of whose own nothing was ever compared.
    virtual result<std::vector<announced_twin>> next_unsampled(item_key after, std::size_t limit) = 0;
    virtual result<void> record_sampled(const std::vector<item_key>& files) = 0;
    // No twin any more: to be fetched for itself. Ignored where it shares no stored bytes.
    virtual result<void> fetch_for_itself(const std::vector<item_key>& files) = 0;

    // --- archive volumes (engine/store/volumes)
    // The one that is being filled, if there is one.
    virtual result<std::optional<volume_row>> open_volume() = 0;
    // Makes the next one: its name is "volume-NNNN." and `ending`. None may be open.
    virtual result<volume_row> begin_volume(std::string_view ending) = 0;
    // The open volume has grown. Blobs whose bodies are among the members are stored, twins among them published; their
    // staged parts are forgotten; of a group until_sealed not before record_sealed().
    virtual result<void> record_packed(const packed_group& group, std::int64_t group_number) = 0;
    virtual result<std::vector<volume_frame>> frames() = 0;  // of the open volume, in order
    // The open volume is whole and durable under its name, and the list beside it. `group_number`: of what waited for
    // it.
    virtual result<void> record_sealed(const volume_row& sealed, std::int64_t group_number) = 0;
    virtual result<std::vector<volume_row>> next_volumes(std::int64_t after,
                                                         std::size_t limit) = 0;  // given up ones left out
    virtual result<void> each_volume_member(std::int64_t number,
                                            const std::function<bool(const named_member&)>& visit) = 0;
    virtual result<std::optional<located_member>> find_body(blob_key blob) = 0;
    // The number of blobs that are proven by it.
    virtual result<std::uint64_t> record_volume_proven(std::int64_t number, read_back_method method,
                                                       std::int64_t when_ms) = 0;
    // Gives the volume up: what it held is planned again, or failed where that was the second time in a run. Orphans in
    // it are forgotten as long as no walk has come to its end, since an item may yet want the name; later they are
    // lost, and named. True: something is planned.
    virtual result<bool> record_volume_damaged(std::int64_t number, std::string_view detail) = 0;
    // A sealed volume of an export whose catalogue was lost; its members are not known. Ignored when its number is.
    virtual result<void> add_volume(const volume_row& volume) = 0;
    // The recovery data beside a volume, in place of what was known; none: it is to be made (again).
    virtual result<void> record_parity(std::int64_t number, const std::vector<parity_file>& files) = 0;
    virtual result<std::vector<parity_file>> parity_of(std::int64_t number) = 0;  // by name

    // --- proving (engine/verify)
    virtual result<std::vector<stored_blob>> next_unproven(blob_key after, std::size_t limit) = 0;
    virtual result<std::vector<stored_blob>> next_stored(blob_key after, std::size_t limit) = 0;  // proven too
    virtual result<std::vector<stored_blob>> of_group(std::int64_t group_number, blob_key after, std::size_t limit) = 0;
    virtual result<std::int64_t> last_group() = 0;  // 0: none yet
    virtual result<void> record_proven(const std::vector<proven_blob>& group) = 0;
    // Names given to items, under which nothing is published.
    virtual result<std::vector<linked_file>> next_unpublished(item_key after, std::size_t limit) = 0;
    // Names beside the leader's that share its bytes: hard links, to be removed with damaged bytes.
    virtual result<std::vector<linked_file>> next_linked(blob_key blob, item_key after, std::size_t limit) = 0;
    // Names that are hard links beside their stored blob's leader, of every blob, each with its leader (without
    // blocks).
    virtual result<std::vector<twin_file>> next_links(item_key after, std::size_t limit) = 0;
    // These links are not there any more, or are other files: each is to get its name again, as
    // next_unpublished_twins() has it.
    virtual result<void> record_unlinked(const std::vector<item_key>& files) = 0;
    // False the second time in a run: its items are failed with reason read_back_differs. True: planned again. Either
    // way none of its names is published any more.
    virtual result<bool> record_damaged(const damaged_blob& blob) = 0;

    // --- certifying (engine/certify)
    virtual result<std::vector<bucket_count>> tallied(std::int64_t collection_row) = 0;  // of this run, ascending
    // Of the items counted in this collection in this run, how many are counted in everything too.
    virtual result<std::uint64_t> tallied_twice(std::int64_t collection_row) = 0;
    virtual result<void> add_difference(const certificate_difference& d) = 0;  // of this run
    virtual result<certificate_counts> counts() = 0;                           // announced left out
    virtual result<certificate_bytes> bytes() = 0;
    virtual result<std::uint64_t> unproven_left() = 0;
    struct read_back_summary {
        bool any_medium = false, any_cache = false;
        std::optional<std::int64_t> oldest_ms;
    };
    virtual result<read_back_summary> read_back() = 0;
    // Visitors return false to stop. No change may be made from within; reading is allowed.
    // Collections of this run, or, with `gone_too`, all that were ever listed.
    virtual result<void> each_collection(
        const std::function<bool(const certificate_collection&, std::int64_t row, const std::string& folder)>& visit,
        bool gone_too = false) = 0;
    virtual result<void> each_difference(const std::function<bool(const certificate_difference&)>& visit) = 0;
    // Items stored of which neither length nor digest was announced.
    virtual result<void> each_unchecked(const std::function<bool(const certificate_exception&)>& visit) = 0;
    virtual result<void> each_exception(const std::function<bool(const certificate_exception&)>& visit) = 0;
    virtual result<void> each_file(const std::function<bool(const filed&)>& visit) = 0;  // own and linked files only
    // Members of a collection; 0: every item there ever was, excluded ones too.
    virtual result<void> each_member(std::int64_t collection_row,
                                     const std::function<bool(const listed_member&)>& visit) = 0;

    // --- adopting an export whose catalogue was lost
    // A file of the old manifest: durable, of known digest, bound to no item yet. Ignored when the path is known.
    virtual result<void> add_orphan(std::string_view path, const formats::sha256_digest& sha256,
                                    std::uint64_t size) = 0;
    // The same of what lies in a volume of add_volume(): `member.path` as planned, its place, size and SHA-256. A body
    // gets a blob of its own, whatever where.blob says; a link has the bytes of where.blob, which lies in this volume.
    virtual result<void> add_orphan_member(std::int64_t volume, const named_member& member) = 0;
    // As if none had been added to this volume. Before the first run only: no item has one yet.
    virtual result<void> forget_orphan_members(std::int64_t volume) = 0;
    // The orphan at this path (compared exactly), if there is one.
    virtual result<std::optional<stored_blob>> find_orphan(std::string_view path) = 0;
    // Binds it: the item's present file is the orphan's, stored. `check`: how its bytes agree with what the source
    // announces.
    virtual result<void> adopt_orphan(std::int64_t item_row, std::string_view path,
                                      source_check check = source_check::length) = 0;
};

}  // namespace decamp::catalogue

template <>
struct boost::system::is_error_code_enum<decamp::catalogue::catalogue_errc> : std::true_type {};

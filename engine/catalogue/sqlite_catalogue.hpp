#pragma once
// The catalogue on SQLite; its functions are in one .cpp a concern. Inner to this folder.

#include <concepts>
#include <map>
#include <memory>
#include <type_traits>
#include <utility>

#include "engine/catalogue/catalogue.hpp"
#include "engine/catalogue/connection.hpp"

namespace decamp::catalogue {

class sqlite_catalogue final : public catalogue {
  public:
    // Takes a connection as open_checked() gives it. Check ready() before use.
    explicit sqlite_catalogue(std::unique_ptr<connection> db);
    result<void> ready();

    result<void> begin() override;
    result<void> commit() override;
    void rollback() override;

    result<std::optional<std::string>> fact(std::string_view name) override;
    result<void> set_fact(std::string_view name, std::string_view value) override;
    result<bool> holds_items() override;
    result<void> forget_items() override;
    result<std::int64_t> begin_run(std::int64_t now_ms) override;
    result<void> record_walked() override;
    result<void> finish_run(int exit_code, std::int64_t now_ms) override;

    result<std::optional<known_collection>> find_collection(const collection_id& id) override;
    result<bool> collection_folder_taken(std::string_view folder) override;
    result<std::int64_t> add_collection(const collection& c, std::string_view folder) override;
    result<void> saw_collection(std::int64_t row, const collection& c) override;
    result<std::optional<known_item>> find_item(const item_id& id) override;
    result<std::int64_t> put_item(const listed_item& item, item_state state) override;
    result<void> record_gap(const list_gap& gap) override;
    result<std::uint64_t> items_known() override;
    result<bool> tally(std::int64_t collection_row, std::int64_t item_row, std::string_view bucket) override;
    result<void> add_membership(std::int64_t collection_row, std::int64_t item_row) override;
    result<void> add_folders(const std::vector<std::string>& folders) override;
    result<std::optional<found_folder>> folder_after(std::uint64_t number) override;
    result<bool> path_taken(std::string_view path) override;
    result<std::optional<blob_key>> find_announced(const formats::sha1_digest& sha1, std::uint64_t size) override;
    result<item_key> add_file(std::int64_t item_row, std::string_view path, blob_key blob) override;
    result<own_file> add_own_file(std::int64_t item_row, std::string_view path, const listed_item& item,
                                  std::optional<blob_key> audit_of) override;

    result<std::vector<planned_item>> next_planned(item_key after, std::size_t limit) override;
    result<std::vector<planned_item>> last_planned(std::size_t limit) override;
    result<std::uint64_t> planned_left() override;
    result<void> record_part(blob_key blob, const staged_part& part) override;
    result<void> forget_part(blob_key blob) override;
    result<bool> record_audit(blob_key blob, const formats::sha256_digest& sha256, source_check check,
                              std::uint64_t downloaded) override;
    result<bool> announcement_contradicted(blob_key blob) override;
    result<std::uint64_t> distrust_twins() override;
    result<bool> record_failed(const failed_item& item) override;

    result<std::vector<checked_outcome>> record_checked(const std::vector<checked_blob>& group, bool merge,
                                                        bool packed = false) override;
    result<void> record_stored(const std::vector<blob_key>& group, std::int64_t group_number) override;
    result<std::vector<unsettled>> next_unsettled(blob_key after, std::size_t limit) override;
    result<void> plan_again(blob_key blob) override;
    result<bool> knows_staging(std::string_view staging_path) override;
    result<std::vector<twin_file>> next_unpublished_twins(item_key after, std::size_t limit) override;
    result<void> record_published(const std::vector<std::pair<item_key, publication>>& files) override;
    result<std::vector<announced_twin>> next_unsampled(item_key after, std::size_t limit) override;
    result<void> record_sampled(const std::vector<item_key>& files) override;
    result<void> fetch_for_itself(const std::vector<item_key>& files) override;

    result<std::optional<volume_row>> open_volume() override;
    result<volume_row> begin_volume(std::string_view ending) override;
    result<void> record_packed(const packed_group& group, std::int64_t group_number) override;
    result<std::vector<volume_frame>> frames() override;
    result<void> record_sealed(const volume_row& sealed, std::int64_t group_number) override;
    result<std::vector<volume_row>> next_volumes(std::int64_t after, std::size_t limit) override;
    result<void> each_volume_member(std::int64_t number,
                                    const std::function<bool(const named_member&)>& visit) override;
    result<std::optional<located_member>> find_body(blob_key blob) override;
    result<std::uint64_t> record_volume_proven(std::int64_t number, read_back_method method,
                                               std::int64_t when_ms) override;
    result<bool> record_volume_damaged(std::int64_t number, std::string_view detail) override;
    result<void> add_volume(const volume_row& volume) override;
    result<void> record_parity(std::int64_t number, const std::vector<parity_file>& files) override;
    result<std::vector<parity_file>> parity_of(std::int64_t number) override;

    result<std::vector<stored_blob>> next_unproven(blob_key after, std::size_t limit) override;
    result<std::vector<stored_blob>> next_stored(blob_key after, std::size_t limit) override;
    result<std::vector<stored_blob>> of_group(std::int64_t group_number, blob_key after, std::size_t limit) override;
    result<std::int64_t> last_group() override;
    result<void> record_proven(const std::vector<proven_blob>& group) override;
    result<std::vector<linked_file>> next_unpublished(item_key after, std::size_t limit) override;
    result<std::vector<twin_file>> next_links(item_key after, std::size_t limit) override;
    result<void> record_unlinked(const std::vector<item_key>& files) override;
    result<std::vector<linked_file>> next_linked(blob_key blob, item_key after, std::size_t limit) override;
    result<bool> record_damaged(const damaged_blob& blob) override;

    result<std::vector<bucket_count>> tallied(std::int64_t collection_row) override;
    result<std::uint64_t> tallied_twice(std::int64_t collection_row) override;
    result<void> add_difference(const certificate_difference& d) override;
    result<certificate_counts> counts() override;
    result<certificate_bytes> bytes() override;
    result<std::uint64_t> unproven_left() override;
    result<read_back_summary> read_back() override;
    result<void> each_collection(
        const std::function<bool(const certificate_collection&, std::int64_t row, const std::string& folder)>& visit,
        bool gone_too) override;
    result<void> each_difference(const std::function<bool(const certificate_difference&)>& visit) override;
    result<void> each_unchecked(const std::function<bool(const certificate_exception&)>& visit) override;
    result<void> each_exception(const std::function<bool(const certificate_exception&)>& visit) override;
    result<void> each_file(const std::function<bool(const filed&)>& visit) override;
    result<void> each_member(std::int64_t collection_row,
                             const std::function<bool(const listed_member&)>& visit) override;

    result<void> add_orphan(std::string_view path, const formats::sha256_digest& sha256, std::uint64_t size) override;
    result<void> add_orphan_member(std::int64_t volume, const named_member& member) override;
    result<void> forget_orphan_members(std::int64_t volume) override;
    result<std::optional<stored_blob>> find_orphan(std::string_view path) override;
    result<void> adopt_orphan(std::int64_t item_row, std::string_view path, source_check check) override;

    connection& raw() { return *db_; }  // for tests

  private:
    // A row of table blob, without what may be long.
    struct blob_row {
        std::int64_t id = 0;
        blob_state state = blob_state::planned;
        std::optional<std::int64_t> leader, audit_of;
        std::int64_t damaged = 0;
        std::optional<std::int64_t> checked;  // a source_check
        std::optional<formats::sha256_digest> sha256, former_sha256;
        bool announced = false;

        bool on_drive() const { return state == blob_state::stored || state == blob_state::proven; }
        // Nothing of it is staged whole or on the drive.
        bool to_be_fetched() const {
            return state == blob_state::planned || state == blob_state::failed || audit_of.has_value();
        }
    };

    // blobs.cpp: what several concerns do to blobs and their members. All within a transaction.
    std::optional<blob_row> find_blob(std::int64_t id);
    void elect_leader(std::int64_t blob);
    void remove_blob(std::int64_t blob);
    void drop_file(std::int64_t file, const blob_row& row);
    void leave_present_file(std::int64_t item, std::int64_t file, bool kept);
    void give_own_blob(std::int64_t file, std::int64_t item);
    void plan_blob_again(const blob_row& row, std::int64_t damaged);
    void free_audits(std::int64_t leader);
    bool settle_audits(std::int64_t leader, bool on_drive, const formats::sha256_digest& sha256);
    void forgive(std::int64_t blob);  // its members have not failed after all
    void take_over(std::int64_t from, std::int64_t to, bool on_drive);
    bool path_is_taken(std::string_view path);
    item_key insert_present_file(std::int64_t item_row, std::string_view path, std::int64_t blob, bool ready);
    void put_fact(std::string_view name, std::string_view value);
    void add_downloaded(std::uint64_t bytes);
    void count_flush();          // changes something, so that there is something to flush
    std::uint64_t downloaded();  // by all runs
    std::uint64_t sum_in_fact(std::string_view name);

    checked_outcome check_one(const checked_blob& checked, bool merge, bool packed);
    void store_one(std::int64_t blob, std::int64_t group_number);
    void publish_one(std::int64_t file, publication how);
    void damage_one(const blob_row& row, std::string_view detail);
    void part_with_members(const blob_row& row, const checked_blob& checked);
    bool merge_one(const blob_row& row, const checked_blob& checked);
    bool same_contradiction(const blob_row& row, const checked_blob& checked);
    void move_to_unproven(std::int64_t file);
    bool contradicted(std::int64_t blob);
    void try_failed_again();
    std::vector<planned_item> planned_rows(statement rows);
    void each_gap(const std::function<bool(const certificate_exception&)>& visit);
    std::vector<stored_blob> stored_blobs(statement rows);
    std::vector<twin_file> twins_of(statement rows);
    struct counted_members {
        std::uint64_t listed = 0, stored = 0;
    };
    counted_members count_members(std::int64_t collection_row);
    void each_volume_file(const std::function<bool(const filed&)>& visit);

    // Runs `f` as one transaction, or within the open group. What it gives counts only if nothing failed.
    template <class F>
    auto change(F&& f) -> result<std::invoke_result_t<F>> {
        if (!grouped_) db_->begin();
        return finish(std::forward<F>(f), !grouped_);
    }
    // As change(), but the next change that is not put off is the flush of this one. It is whole or not at all, and
    // after all that was changed before, whenever the power goes.
    template <class F>
    auto change_unflushed(F&& f) -> result<std::invoke_result_t<F>> {
        if (grouped_) return change(std::forward<F>(f));
        db_->flush_commits(false);
        auto outcome = change(std::forward<F>(f));
        db_->flush_commits(true);
        if (outcome && !db_->ok()) return failed();
        return outcome;
    }
    // Runs `f`, which changes nothing.
    template <class F>
    auto look(F&& f) -> result<std::invoke_result_t<F>> {
        return finish(std::forward<F>(f), false);
    }
    template <class F>
    auto finish(F&& f, bool own_transaction) -> result<std::invoke_result_t<F>> {
        // An exception (out of memory, a visitor's) must not leave the transaction open.
        struct guard {
            connection& db;
            bool armed;
            ~guard() {
                if (armed) db.rollback();
            }
        } undo{*db_, own_transaction};
        if constexpr (std::is_void_v<std::invoke_result_t<F>>) {
            f();
            if (own_transaction) db_->commit();
            if (!db_->ok()) return failed();
            undo.armed = false;
            return {};
        } else {
            auto value = f();
            if (own_transaction) db_->commit();
            if (!db_->ok()) return failed();
            undo.armed = false;
            return value;
        }
    }
    // Within a group a failure stays until rollback(): the rest of the group must not be written without its beginning.
    failure failed() { return grouped_ ? db_->error() : db_->take_failure(); }

    std::unique_ptr<connection> db_;
    bool grouped_ = false;
    std::int64_t run_ = 0;
    // Keys are not used twice while the process lives: results of transfers under way come back by key.
    std::int64_t next_file_ = 1;
    std::int64_t next_blob_ = 1;
    std::map<std::int64_t, counted_members> counted_;  // by collection, as of counted_at_ changes to the database
    std::int64_t counted_at_ = -1;
    std::int64_t no_exception_at_ = -1;  // a scan found none, as of so many changes
};

// The columns of a listed item in a query, and their reader; `column` is where they start.
#define DECAMP_LISTED_COLUMNS                                                                             \
    "i.source_id, i.home, i.name, i.size, i.sha1, i.sha256, i.md5, i.taken_ms, i.modified_ms, i.bucket, " \
    "i.locator"
inline constexpr int listed_columns = 11;
listed_item read_listed(const statement& row, int column);

// XXH3-64 of the folded name, bit for bit.
std::int64_t name_key(std::string_view name);

// A block map of a file of `size` bytes; NULL: none is kept. One that does not fit is a failure (damaged).
std::vector<formats::xxh3_128_digest> read_blocks(connection& db, const statement& row, int column, std::uint64_t size);
// Pages end when their block maps have this many blocks (2 MiB), so that memory is bounded whatever lies on the drive.
inline constexpr std::size_t page_blocks = std::size_t{1} << 17;

}  // namespace decamp::catalogue

#pragma once
// Feeds planned items, in canonical order, to as many transfers as the connection limit allows, and hands what came
// whole to the store. The driver of machine.hpp. Coordinator's thread; transfers run on lanes.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/download/machine.hpp"
#include "engine/download/transfer.hpp"
#include "engine/download/wrong_bodies.hpp"
#include "engine/runtime/concurrency.hpp"
#include "engine/runtime/event.hpp"
#include "engine/runtime/pace.hpp"
#include "engine/runtime/slots.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/runtime/task_group.hpp"
#include "engine/source/source.hpp"

namespace decamp::download {

// Where a transfer's outcome goes. The pipeline ties these to the stages behind.
struct outlets {
    std::function<task<result<void>>(const planned_item&)> room_for;  // before anything is asked for
    std::function<void(const planned_item&)> room_not_needed;         // it failed, or was an audit
    std::function<task<bool>(checked_blob)> submit;                   // to the commit group; false: the store failed
    std::function<void(item_key)> expect;                   // in canonical order: submit or not_coming follows
    std::function<void(item_key, bool broken)> not_coming;  // failed, or (broken) left for the next run
    std::function<void()> hurry;                            // commit what is pending now
    std::function<void()> twins_differ;                     // an announcement was contradicted
    // Rows of a fresh list, to be planned, and what it holds that no item stands for.
    std::function<task<result<void>>(std::vector<listed_item>, std::vector<list_gap>)> relisted;
};

struct downloader_settings {
    unsigned connections = 0;  // 0: adapts
    unsigned most_connections = 32;
    unsigned first_connections = 4;  // where it adapts
    std::size_t most_ahead = 4096;   // items taken and not committed
    machine_settings machine;
    unsigned refused_in_a_row = 16;  // items refused though they are listed, until it is asked whether anything comes
};

class downloader {
  public:
    downloader(runtime::surroundings& around, source::source& from, catalogue::catalogue& where,
               std::vector<lane> lanes, const transfer_settings& transfers, runtime::pace_gate& pace, outlets out,
               downloader_settings settings);

    void wake();                    // something was planned
    void listing_ended();           // nothing more will be planned by the lists
    void committed(blob_key blob);  // by the store: the catalogue has moved on
    std::size_t under_way() const { return jobs_.size(); }

    // Until the lists have ended and nothing planned is left, or the run drains.
    task<result<void>> run();

  private:
    struct attempt {  // what one try holds before its bytes are asked for
        runtime::chunk first;
        source::download_link link;
    };
    task<result<bool>> feed_batch(runtime::task_group& group);
    task<result<std::vector<planned_item>>> next_batch();
    task<void> look_ahead(item_key after);
    void forget(blob_key blob);  // no job of it is left
    task<std::vector<runtime::chunk>> lease_held(const planned_item& item);
    task<void> job(planned_item item, std::vector<runtime::chunk> memory, runtime::slot place);
    void end_job(const planned_item& item, runtime::slot place, bool handed_over);
    task<bool> fetch(const planned_item& item, transfer& bytes);
    const lane& next_lane();
    const lane& lane_for(const source::download_link& link);
    task<action> link_step(const planned_item& item, const transfer& bytes, item_machine& machine, attempt& now);
    task<action> transfer_step(const planned_item& item, transfer& bytes, const lane& on, item_machine& machine,
                               attempt& now);
    void note_wrong_body(const planned_item& item, transfer_end& end);
    task<action> look_step(const planned_item& item, item_machine& machine);
    task<void> plan_anew(const planned_item& item, action a, std::uint64_t downloaded);
    task<void> notice_refusal(const action& failed);
    task<bool> is_answered(const planned_item& item);
    void account(const try_end& ended, world::steady_time began);
    task<bool> keep(const planned_item& item, transfer& bytes, const lane& on);
    task<void> keep_audit(const planned_item& item, const checked_blob& blob);
    // Files that several connections fetch: sharing.cpp.
    struct shared_file;
    task<try_end> fetch_shared(shared_file& file, try_end own);
    task<bool> fetch_pieces(shared_file& file, bool yields);
    task<void> help(shared_file& file, runtime::slot place);
    void lend_spare();
    task<void> fail(const planned_item& item, const action& a, std::uint64_t downloaded);
    void adapt();

    runtime::surroundings& around_;
    source::source& source_;
    catalogue::catalogue& catalogue_;
    std::vector<lane> lanes_;
    std::optional<lane> here_;  // the coordinator's own thread, for what comes over no connection
    const transfer_settings& transfers_;
    runtime::pace_gate& pace_;
    outlets out_;
    downloader_settings settings_;
    runtime::concurrency_controller concurrency_;
    runtime::slots slots_;
    std::set<blob_key> jobs_;  // taken from the catalogue, not committed yet
    std::size_t active_ = 0;   // coroutines of them still running
    std::size_t next_lane_ = 0;
    std::vector<shared_file*> shared_;  // others may join in
    wrong_bodies wrong_bodies_;
    item_key cursor_{};
    std::optional<runtime::task_group> looking_;  // for what is behind the batch that is fed
    std::optional<result<std::vector<planned_item>>> ahead_;
    std::set<blob_key> ended_;  // jobs, since that question was asked
    bool listing_ended_ = false;
    std::map<item_id, unsigned> relisted_;  // planned anew in this pass
    unsigned refused_in_a_row_ = 0;         // items, since one came
    unsigned refused_limit_;
    std::optional<planned_item> last_good_;  // one that came
    std::uint64_t news_ = 0;                 // counts what may have changed the answer to "is anything planned?"
    runtime::event changed_;
};

}  // namespace decamp::download

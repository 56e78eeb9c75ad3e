#pragma once
// The wiring: which stage feeds which. The outside world comes in through export_world, so that the same run stands on
// real files and sockets or on simulated ones. Coordinator's thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/catalogue/catalogue.hpp"
#include "engine/certify/bag.hpp"
#include "engine/download/downloader.hpp"
#include "engine/download/twin_sampler.hpp"
#include "engine/listing/found_folders.hpp"
#include "engine/listing/lister.hpp"
#include "engine/plan/planner.hpp"
#include "engine/runtime/budget.hpp"
#include "engine/runtime/pace.hpp"
#include "engine/runtime/surroundings.hpp"
#include "engine/source/place.hpp"
#include "engine/store/committer.hpp"
#include "engine/store/volumes/volume_set.hpp"
#include "engine/transport/paced.hpp"
#include "engine/verify/parity_keeper.hpp"
#include "engine/verify/prover.hpp"

namespace decamp::pipeline {

// All of it outlives the run.
struct export_world {
    world::clock& clock;
    world::random& random;
    world::workers& workers;
    world::file_store& files;
    catalogue::catalogue& catalogue;
    transport::sender& api;                   // of the coordinator's thread: lists, links, logins
    std::vector<download::lane> lanes;        // at least one
    std::function<void()> close_connections;  // of api and lanes; any thread
    std::function<std::unique_ptr<source::source>(source::source_needs)> make_source;
    std::function<bool(const transport::request&)> is_link;  // goes before listings
    std::function<bool(const transport::url&)> may_ask;      // hosts a download may be redirected to
    arrangement arranged = arrangement::albums;
    source::request_quota quota{};
    const encryption::lock* lock = nullptr;  // of an encrypted export; `files` then hides what lies in staging
};

// A run that fetches again what `decamp repair` found damaged, and nothing else: no list is walked, and the certificate
// of the run before is what it was.
struct repair_order {
    std::set<std::string> damaged;  // paths below data/, as the manifest has them
};

struct export_settings {
    plan::filter wanted;
    plan::twin_rule twins = plan::twin_rule::announced;
    bool prove_full = false;
    unsigned connections = 0;
    unsigned most_connections = 32;
    std::uint64_t payload_bytes = std::uint64_t{32} << 20;
    unsigned packers = 1;            // frames of archives compressed at once
    unsigned head_chunks = 0;        // of the payload, as memory_budget keeps them
    std::uint64_t hold_bytes = 0;    // as transfer_settings has it
    std::uint64_t parity_bytes = 0;  // what recovery data is made in
    std::uint64_t bandwidth = 0;
    volume_settings volumes;
    std::optional<repair_order> repair;
    std::string version;
    std::function<void(runtime::reporter&)> begun;  // what is to be told first, where the export is new; may be empty
};

struct run_result {
    std::optional<failure> why;  // what ended it early, but for the user's wish
    bool interrupted = false;
    std::optional<certify::statement> stated;  // none: no certificate was written
    std::optional<failure> closing;            // why not
    std::string nearest;          // where the filters left everything out: the name nearest to what they ask for
    bool certified = false;       // of a repair: the certificate is in place again
    std::uint64_t unfetched = 0;  // of a repair: what was damaged and could not be fetched
};

// What a run is about, in the order in which that comes.
enum class phase { signing_in, recovering, listing, downloading, settling, certifying, over };

class export_run {
  public:
    export_run(export_world in, export_settings settings, runtime::stop_state& stop, runtime::reporter& report);
    ~export_run();
    task<run_result> go();

    phase now() const;
    runtime::memory_budget& memory() { return budget_; }

  private:
    task<result<void>> sign_in();
    task<result<void>> begin();
    task<void> export_all();
    task<void> pass();
    task<run_result> close(std::optional<failure> why);
    task<result<void>> begin_repair();
    task<result<void>> take_away_damaged();
    task<result<void>> take_away_damaged_volumes();
    task<run_result> close_repair(run_result ended);

    task<result<void>> sample_twins();
    result<std::unique_ptr<download::stored_bytes>> find_stored(const stored_blob& blob);  // on the catalogue's queue
    task<result<std::uint64_t>> settle_twins();
    task<result<void>> close_volumes();
    std::unique_ptr<store::committer> make_committer();
    std::unique_ptr<verify::read_back_stage> make_prover();
    std::unique_ptr<verify::parity_keeper> make_parity();
    bool has_sha1(const stored_blob& orphan, const formats::sha1_digest& sha1);  // on the catalogue's queue
    bool archives() const { return settings_.volumes.kind != container::tree; }
    task<void> list();
    task<void> look_for_missing();
    task<void> store_all();
    task<void> prove_all();
    task<void> distrust();
    task<result<void>> plan_relisted(std::vector<listed_item> rows, std::vector<list_gap> gaps);
    task<result<void>> commit_part(blob_key blob, staged_part part);
    download::outlets outlets();
    void stored(const store::committed_blob& blob);
    void note(const result<void>& outcome);
    bool has_certificate();
    std::string nearest_to_filters();
    void tell_throttled(world::duration wait);
    void tell_quota(world::duration wait);
    void tell_renewed();
    void tell_finished(const run_result& ended);

    task<void> tick();
    task<void> keep_session();
    task<void> end_transfers_when_told();
    task<bool> nap(world::duration d);  // false: the run is over
    void wake_sleepers();

    export_world in_;
    export_settings settings_;
    runtime::stop_state& stop_;
    runtime::reporter& report_;
    runtime::surroundings around_;
    runtime::pace_gate gate_;
    transport::paced_sender paced_;
    listing::found_folders folders_;
    std::unique_ptr<source::source> source_;
    runtime::memory_budget budget_;
    std::optional<runtime::byte_rate> rate_;
    plan::planner planner_;
    store::space_watch space_;
    download::transfer_settings transfers_;
    std::unique_ptr<download::downloader> downloader_;
    std::unique_ptr<store::committer> committer_;
    std::optional<store::volume_set> volumes_;       // where the export is archives
    std::unique_ptr<verify::parity_keeper> parity_;  // where they are to have recovery data
    std::unique_ptr<verify::read_back_stage> prover_;
    std::unique_ptr<runtime::task_group> side_;
    std::optional<source::account_info> account_;
    listing::list_outcome listed_;
    std::int64_t started_ms_ = 0;
    world::steady_time started_{};
    phase phase_ = phase::signing_in;
    bool listing_started_ = false;
    bool over_ = false;
    runtime::event changed_;
    std::vector<world::alarm*> sleepers_;
};

}  // namespace decamp::pipeline

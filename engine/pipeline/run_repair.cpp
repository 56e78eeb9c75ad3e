// run_repair: what reading back finds is mended from what is on the drive, then fetched, and said in words.

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

#include "decamp/repair.hpp"
#include "engine/certify/bag.hpp"
#include "engine/messages/messages.hpp"
#include "engine/model/layout.hpp"
#include "engine/pipeline/closing_files.hpp"
#include "engine/pipeline/destination.hpp"
#include "engine/pipeline/encryption_choice.hpp"
#include "engine/pipeline/finding_text.hpp"
#include "engine/pipeline/memory_plan.hpp"
#include "engine/pipeline/mend_export.hpp"
#include "engine/pipeline/perform.hpp"
#include "engine/pipeline/places.hpp"
#include "engine/pipeline/repair_plan.hpp"
#include "engine/pipeline/repairing.hpp"
#include "engine/runtime/report.hpp"
#include "engine/store/volumes/mending.hpp"
#include "engine/world/clock.hpp"
#include "formats/size.hpp"
#include "formats/time.hpp"

namespace decamp {

namespace {

using messages::id;
using namespace pipeline;

constexpr std::size_t most_named = 100;
constexpr std::chrono::milliseconds tick(250);

class repair {
  public:
    repair(const export_options& options, observer& watching, std::stop_token stop)
        : options_(options), stop_(std::move(stop)), watching_(watching), report_(watching, options.words, [this] {
              return formats::format_rfc3339(formats::ns_from_ms(clock_->unix_ms()), clock_->utc_offset_minutes(), 3);
          }) {}

    outcome run() {
        if (options_.memory_bytes < least_memory)
            return {exit_code::usage, say(id::err_memory_too_small, options_.memory_bytes, "32 MiB"), {}};
        auto wishes = encryption_wishes_of(options_);
        if (auto* problem = std::get_if<outcome>(&wishes)) return std::move(*problem);
        wishes_ = std::move(std::get<encryption_wishes>(wishes));
        if (auto problem = enter()) return std::move(*problem);
        if (auto problem = look()) return std::move(*problem);
        if (auto problem = mend()) return std::move(*problem);
        if (stop_.stop_requested()) return interrupted();
        // What the end of a run writes; a manifest that was damaged had not told of everything.
        if (rewritten_manifest_) {
            rewritten_manifest_ = false;
            if (auto problem = look()) return std::move(*problem);
            if (auto problem = mend()) return std::move(*problem);
        }
        const bool to_fetch = plan_.to_fetch() > 0 || !plan_.parity.empty() || under_way_;
        if (to_fetch && catalogue_ && !options_.source.empty()) return fetch();
        return conclude();
    }

  private:
    template <class... Values>
    std::string say(id which, const Values&... values) const {
        return messages::say(options_.words, which, values...);
    }
    outcome explained(const failure& why) const { return explain(why, {options_.words, options_.destination, {}, {}}); }
    outcome interrupted() const { return {exit_code::interrupted, say(id::repair_interrupted), {}}; }

    std::optional<outcome> enter() {
        auto files = world::open_posix_store(options_.destination, false);
        if (!files) {
            if (files.error().code != world::file_errc::not_found) return explained(files.error());
            return outcome{exit_code::usage, say(id::err_dest_missing, options_.destination), {}};
        }
        files_ = std::move(files.value());
        const auto manifest = files_->info(layout::manifest);
        if (!manifest) return explained(manifest.error());
        if (!manifest.value()) return outcome{exit_code::usage, say(id::err_dest_no_export, options_.destination), {}};
        if (auto r = files_->lock_exclusively(); !r) return explained(r.error());
        return std::nullopt;
    }

    std::optional<outcome> look() {
        plan_ = {};
        started_ = last_ = clock_->now();
        const verify::bag_watcher watcher{
            [this](const verify::finding& f) { plan_.add(f); },
            [](std::string_view, bool) {},
            [this](const verify::bag_sums& sums) { return go_on(sums); },
        };
        const auto sums = verify::check_bag(*files_, watcher);
        if (!sums) return explained(sums.error());
        if (!sums.value().whole) return interrupted();
        sums_ = sums.value();
        found_ += plan_.left();
        return std::nullopt;
    }

    bool go_on(const verify::bag_sums& sums) {
        const auto now = clock_->now();
        if (now - last_ >= tick) {
            last_ = now;
            auto& c = report_.counters;
            c.items_listed = sums.listed;
            c.items_proven = sums.good;
            c.items_failed = plan_.left();
            c.bytes_received = sums.bytes;
            c.listing_done = true;
            c.seconds = std::chrono::duration<double>(now - started_).count();
            report_.show_progress();
        }
        return !stop_.stop_requested();
    }

    std::optional<outcome> mend() {
        const auto certified = files_->info(layout::tag_manifest);
        if (!certified) return explained(certified.error());
        if (plan_.left() == 0 && certified.value()) {
            if (auto r = store::sweep_mended(*files_); !r) return explained(r.error());
            return std::nullopt;
        }
        const pipeline::memory_plan memory = plan_memory(options_.memory_bytes);
        if (!catalogue_) {
            auto known = open_known_catalogue(*files_, memory.catalogue_cache, wishes_);
            if (!known) return explained(known.error());
            catalogue_ = std::move(known.value());
        }
        if (auto problem = know_lock()) return problem;
        if (catalogue_) {
            const auto state = repair_under_way(*catalogue_);
            if (!state) return explained(state.error());
            under_way_ = state.value().has_value();
        }
        // A manifest that is damaged itself says nothing of the rest.
        const bool first =
            std::ranges::any_of(plan_.closing, [](const damage& d) { return d.found.path == layout::manifest; });
        if (first && catalogue_ && !under_way_) {
            if (auto problem = write_closing_files()) return problem;
            if (rewritten_manifest_) return std::nullopt;
        }
        const mend_watcher watcher{[this](const std::string& path) {
                                       ++mended_;
                                       report_.say(id::repair_mended, path);
                                   },
                                   [this] { return !stop_.stop_requested(); }};
        export_mender mender(*files_, catalogue_.get(), memory.payload, watcher);
        if (auto r = mender.run(plan_); !r) return explained(r.error());
        if (!catalogue_ || stop_.stop_requested()) return std::nullopt;
        if (under_way_ || plan_.to_fetch() > 0 || plan_.closing.empty()) return std::nullopt;
        return write_closing_files();
    }

    // Without what encrypts them, closing files are left to the next export.
    std::optional<outcome> know_lock() {
        if (!catalogue_ || lock_) return std::nullopt;
        const auto name = encryption::key_wanted(*files_);
        encrypted_ = !name || name.value().has_value();
        if (!encrypted_) return std::nullopt;
        auto lock = agree_on_lock(*catalogue_, wishes_, *random_);
        if (lock)
            lock_ = std::move(lock.value());
        else if (lock.error().code != encryption::encryption_errc::no_passphrase)
            return explained(lock.error());
        return std::nullopt;
    }

    std::optional<outcome> write_closing_files() {
        if (encrypted_ && !lock_) return std::nullopt;
        const auto written =
            rewrite_closing_files(*files_, *catalogue_, plan_.closing, *clock_, version(), lock_.get());
        if (!written) return explained(written.error());
        rewritten_manifest_ = written.value().manifest;
        for (const std::string& path : written.value().mended) {
            ++mended_;
            report_.say(id::repair_mended, path);
        }
        return std::nullopt;
    }

    // Through the stages of an export, for what was damaged alone.
    outcome fetch() {
        if (within_each_other(options_.source, options_.destination))
            return {exit_code::usage, say(id::err_folder_holds_destination, options_.destination), {}};
        auto from = find_place(options_);
        if (auto* problem = std::get_if<outcome>(&from)) return std::move(*problem);
        export_options how;  // of what an export would be begun with, nothing: that is known
        how.destination = options_.destination;
        how.memory_bytes = options_.memory_bytes;
        how.connections = options_.connections;
        how.bandwidth_bytes_per_s = options_.bandwidth_bytes_per_s;
        how.words = options_.words;
        how.passphrase = options_.passphrase;
        how.identity = options_.identity;
        how.key_folder = options_.key_folder;
        auto checked = check_options(how, std::move(std::get<std::unique_ptr<source::place>>(from)));
        if (auto* problem = std::get_if<outcome>(&checked)) return std::move(*problem);
        checked_options good = std::move(std::get<checked_options>(checked));
        good.run.repair.emplace();
        for (const auto* some : {&plan_.volumes, &plan_.inner_lists, &plan_.parity, &plan_.files, &plan_.closing}) {
            for (const damage& d : *some) good.run.repair->damaged.insert(d.found.path);
        }
        const explain_context context = context_of(good, options_);
        catalogue_.reset();
        auto ended = perform(std::move(good), options_, context, watching_, stop_, std::move(files_));
        if (auto* problem = std::get_if<outcome>(&ended)) return std::move(*problem);
        return fetched(std::get<run_result>(ended), context);
    }

    outcome fetched(const run_result& ended, const explain_context& context) const {
        if (ended.why) return explain(*ended.why, context);
        if (ended.closing) return explain(*ended.closing, context);
        if (ended.interrupted) return interrupted();
        outcome o;
        if (ended.unfetched > 0 || plan_.beyond > 0) {
            o.code = exit_code::damaged;
            o.sentence = say(id::repair_unfetched, std::max(ended.unfetched, plan_.beyond));
            o.further.push_back(say(id::next_export_again, options_.destination));
            return o;
        }
        o.code = exit_code::complete;
        o.sentence = say(id::repair_done, found_);
        if (!ended.certified) o.further.push_back(say(id::next_certify_again, options_.destination));
        return o;
    }

    outcome conclude() const {
        outcome o;
        const std::uint64_t left = plan_.left();
        if (left == 0 && !under_way_) {
            o.code = exit_code::complete;
            o.sentence = found_ == 0 ? say(id::repair_nothing, sums_.listed, formats::human_size(sums_.bytes))
                                     : say(id::repair_done, found_);
            return o;
        }
        o.code = exit_code::damaged;
        o.sentence = left == 0 ? say(id::repair_unfinished) : say(id::repair_left, left, found_);
        for (const auto* some : {&plan_.volumes, &plan_.inner_lists, &plan_.parity, &plan_.files, &plan_.closing}) {
            for (const damage& d : *some) {
                if (o.further.size() >= most_named) break;
                o.further.push_back(text_of(d.found, options_.words) + " " + say(d.why));
            }
        }
        if (left > o.further.size()) o.further.push_back(say(id::verify_more_files, left - o.further.size()));
        if (catalogue_ && (plan_.to_fetch() > 0 || under_way_))
            o.further.push_back(say(id::next_repair_from, options_.destination));
        else
            o.further.push_back(say(id::next_export_again, options_.destination));
        return o;
    }

    const export_options& options_;
    std::stop_token stop_;
    observer& watching_;
    std::unique_ptr<world::clock> clock_ = world::make_system_clock();
    runtime::reporter report_;
    std::unique_ptr<world::file_store> files_;
    std::unique_ptr<catalogue::catalogue> catalogue_;
    encryption_wishes wishes_;
    std::unique_ptr<world::random> random_ = world::make_system_random();
    std::unique_ptr<encryption::lock> lock_;
    bool encrypted_ = false;
    repair_plan plan_;
    verify::bag_sums sums_;
    std::uint64_t found_ = 0, mended_ = 0;
    bool under_way_ = false, rewritten_manifest_ = false;
    world::steady_time started_{}, last_{};
};

}  // namespace

outcome run_repair(const export_options& options, observer& watching, std::stop_token stop) {
    return repair(options, watching, std::move(stop)).run();
}

}  // namespace decamp

#include "tests/sim/story.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "engine/model/layout.hpp"
#include "tools/samplecloud/truth.hpp"

namespace decamp::sim {

namespace {

// How often a calm run may be asked for before it must have come to its end: each may find damage to be mended.
constexpr int calm_runs = 4;

std::unique_ptr<samplecloud::cloud> cloud_of(const samplecloud::scenario& what) {
    auto made = std::make_unique<samplecloud::cloud>(what, 0, "");
    for (std::size_t i = 0; i < samplecloud::origin_count; ++i)
        made->set_url(static_cast<samplecloud::origin>(i), fmt::format("http://127.0.0.{}:8080", i + 1));
    return made;
}

// From here on the cloud stands still and its lists are right.
void calm_down(samplecloud::scenario& s) {
    s.moving.every = 0;
    s.list_faults.clear();
    s.bursts.clear();
    s.session.expire_after = 0;
}

class teller {
  public:
    teller(const story& s, hits& seen, sown bug)
        : story_(s),
          seen_(seen),
          bug_(bug),
          cloud_(cloud_of(s.cloud)),
          drive_(std::make_shared<disk>(s.drive, s.seed)) {
        drive_->flushes_lie = bug == sown::flush_does_nothing;
    }

    complaints tell() {
        for (std::size_t i = 0; i + 1 < story_.lives.size(); ++i) bad_life(story_.lives[i]);
        if (bug_ == sown::fetched_after_crash) forget_a_photo();
        calm_end();
        return std::move(out_);
    }

  private:
    void complain(const std::string& when, const complaints& found) {
        for (const std::string& one : found) out_.push_back(when + ": " + one);
    }

    // Where there are no links, the twin that is fetched has the file: another one, when the first could not be had.
    void note_failures(const life_end& end) {
        for (const std::string& line : end.words) {
            failed_ = failed_ || line.find("\"item_exception\"") != line.npos;
        }
        if (drive_->find(layout::damaged_folder)) ++seen_[{"wrong bytes kept aside", "over"}];
    }

    bool archives() const { return story_.lives.back().volumes.kind != container::tree; }
    bool is_secret(const life_plan& plan) const { return plan.encrypted || bug_ == sown::lies_open; }
    bool names_hold() const { return !story_.flips && !story_.fake; }

    // What lies whole in a sealed volume under its own name is known again by the digest that the cloud announces.
    void lose_catalogue() {
        if (!drive_->find(layout::catalogue)) return;
        for (const char* tail : {"", "-wal", "-journal"})
            (void)drive_->remove(std::string(layout::catalogue) + tail, false);
        drive_->sync_folder(drive_->find(layout::state_folder).value());
        ++seen_[{"catalogue lost", "between runs"}];
        gave_up_ = true;
        const samplecloud::library_switches& l = story_.cloud.library;
        if (!l.sparse_fields.empty() || !l.wrong_sha1.empty() || !l.shared_sha1.empty()) return;
        std::map<std::string, int> sharing;
        for (const stored_file& file : stock_.items) ++sharing[file.path];
        for (const stored_file& file : stock_.items) {
            const bool own_name = sharing[file.path] == 1 && file.path.find('~') == file.path.npos;
            const bool sealed =
                file.member && file.file.starts_with(layout::volumes_folder) && !encryption::is_encrypted(file.file);
            if (own_name && sealed && stored_.contains(file.id)) known_again_.insert(file.id);
        }
        if (!known_again_.empty())
            seen_[{"photos in volumes whose catalogue is lost", "between runs"}] += known_again_.size();
    }

    void bad_life(const life_plan& plan) {
        if (plan.lost_catalogue) lose_catalogue();
        if (plan.spoiled_catalogue && drive_->spoil(std::string(layout::catalogue)))
            ++seen_[{"catalogue unreadable", "opening"}];
        const life_end end = live(plan, drive_, *cloud_, seen_);
        note_failures(end);
        complaints found;
        check_life(end, *cloud_->now()->switches, found);
        check_cookies(*cloud_, found);
        drive_->restart((plan.dies_at || plan.killed) && plan.power_cut);
        remember_stored();
        if (archives() && !story_.drive.journaled && plan.power_cut) forget_lost_volumes();
        check_durable(drive_, stock_, names_hold(), found);
        if (is_secret(plan)) check_secrecy(*drive_, *cloud_, found);
        complain("after a life that ended badly", found);
        if (story_.flips) flip_something();
    }

    void flip_something() {
        if (!stock_.items.empty() && drive_->flip(stock_.items.front().file, 700 + 8 * flipped_++))
            ++seen_[{"cells go wrong", "between runs"}];
    }

    // What is stored now is not to be asked for again.
    void remember_stored() {
        stock_ = take_stock(drive_);
        const bool lost = drive_->find(std::string(layout::damaged_catalogue) + "1").has_value();
        gave_up_ = gave_up_ || stock_.gave_up_volumes || lost;
        ever_named_.insert(stock_.named.begin(), stock_.named.end());
        stored_.clear();
        for (const stored_file& file : stock_.items) {
            // Bytes that contradict their announcement are fetched again in each run, whoever else's they are.
            const bool contradicts = file.path.starts_with("data/unproven/") || ever_named_.contains(file.id);
            if (!contradicts) stored_.insert(file.id);
        }
        stored_.insert(known_again_.begin(), known_again_.end());
        cloud_->reset_stats();
    }

    // Where nothing is journaled, a power cut between a rename and its flush can take a file's old name and not give it
    // the new one. A volume that is sealed at that moment is lost, and its items are fetched again (docs/on-disk.md).
    void forget_lost_volumes() {
        std::erase_if(stock_.items, [this](const stored_file& file) {
            const bool lost = !file.or_file.empty() && !drive_->find(file.file) && !drive_->find(file.or_file);
            if (lost) stored_.erase(file.id);
            return lost;
        });
    }

    std::vector<std::string> asked_for() const {
        std::vector<std::string> ids;
        const auto now = cloud_->now();
        for (std::uint64_t index = 0; index < now->items->first_inserted() + now->lists.inserted; ++index) {
            if (cloud_->attempts(index) != 0) ids.push_back(std::to_string(now->items->id_of(index)));
        }
        return ids;
    }

    life_end calm_life() {
        complaints found;
        if (story_.lives.back().lost_catalogue && !std::exchange(lost_, true)) {
            lose_catalogue();
            stored_ = known_again_;
        }
        const life_end end = live(story_.lives.back(), drive_, *cloud_, seen_);
        note_failures(end);
        check_life(end, *cloud_->now()->switches, found);
        check_cookies(*cloud_, found);
        last_downloads_ = cloud_->stats().downloads;
        drive_->restart(false);
        const std::set<std::string> before = stored_;
        const auto asked = asked_for();
        remember_stored();
        if (names_hold() && !stock_.twins_distrusted) {
            for (const std::string& id : asked) {
                if (before.contains(id)) found.push_back("committed, and fetched again: " + id);
            }
        }
        check_durable(drive_, stock_, names_hold(), found);
        if (is_secret(story_.lives.back())) check_secrecy(*drive_, *cloud_, found);
        complain("after a calm life", found);
        return end;
    }

    static bool is_settled(exit_code code) {
        return code == exit_code::complete || code == exit_code::complete_with_exceptions ||
               code == exit_code::incomplete;
    }

    void calm_end() {
        cloud_->mutate(calm_down);
        life_end end;
        for (int i = 0; i < calm_runs; ++i) {
            end = calm_life();
            if (end.said.code == exit_code::complete || end.said.code == exit_code::complete_with_exceptions) break;
        }
        sow();
        complaints found;
        if (story_.fake)
            check_medium(end, found);
        else if (!is_settled(end.said.code))
            found.push_back(fmt::format("ends with code {}: {}", static_cast<int>(end.said.code), end.said.sentence));
        else
            check_truth(drive_, stock_, *cloud_, end, story_.rules, found);
        complain("at the end", found);
        if (!out_.empty() || story_.fake) return;
        if (end.said.code == exit_code::complete) once_more();
        // What was given up, or came in a later run, lies in a later volume.
        const bool in_its_place = archives() ? !failed_ && !gave_up_ : story_.drive.links || !failed_;
        const bool encrypted = story_.lives.back().encrypted;  // each time under another key
        if (story_.still && in_its_place && !encrypted && end.said.code == exit_code::complete) undisturbed();
    }

    // Whatever such a stick makes of it, it is not called complete.
    void check_medium(const life_end& end, complaints& found) {
        ++seen_[{"drive smaller than it says", "over"}];
        if (end.said.code == exit_code::complete) found.push_back("a drive that lost half of it is called complete");
    }

    // A run with nothing to do asks for no photo.
    void once_more() {
        if (bug_ == sown::fetched_again) (void)drive_->remove(stock_.items.front().file, false);
        const life_end again = calm_life();
        complaints found;
        if (again.said.code != exit_code::complete)
            found.push_back(
                fmt::format("the second time code {}: {}", static_cast<int>(again.said.code), again.said.sentence));
        if (last_downloads_ != 0) found.push_back("the second run downloads something");
        complain("after a run with nothing to do", found);
    }

    void undisturbed() {
        auto calm = story_.cloud;
        calm_down(calm);
        const auto cloud = cloud_of(calm);
        const auto drive = std::make_shared<disk>(story_.drive, story_.seed);
        life_plan plan = story_.lives.back();
        plan.weather = wire_weather();
        plan.leak_a_chunk = plan.leave_a_task = false;
        hits unseen;
        const life_end end = live(plan, drive, *cloud, unseen);
        complaints found;
        if (end.said.code != exit_code::complete) found.push_back("the undisturbed run ends otherwise");
        if (bug_ == sown::other_ending) (*drive->find(layout::manifest))->bytes += "line\n";
        check_equal(*drive_, *drive, found);
        complain("beside an undisturbed run", found);
    }

    void forget_a_photo() {
        bad_life(story_.lives.back());
        if (!stock_.items.empty()) (void)drive_->remove(stock_.items.front().file, false);
    }

    void sow() {
        if (stock_.items.empty()) return;
        const std::string& path = stock_.items.front().file;
        if (bug_ == sown::bytes_change && !(*drive_->find(path))->bytes.empty()) (*drive_->find(path))->bytes[0] ^= 1;
        if (bug_ == sown::file_vanishes) (void)drive_->remove(path, false);
        if (bug_ == sown::item_forgotten) cloud_->insert_items(1);
        if (bug_ == sown::extra_file) (void)drive_->make("data/albums/extra.jpg", false);
    }

    const story& story_;
    hits& seen_;
    sown bug_;
    std::unique_ptr<samplecloud::cloud> cloud_;
    std::shared_ptr<disk> drive_;
    stock_taken stock_;
    std::set<std::string> stored_;
    std::set<std::string> ever_named_;   // by a certificate of any life
    std::set<std::string> known_again_;  // of these, although their catalogue was lost
    bool lost_ = false;
    std::uint64_t last_downloads_ = 0;
    std::uint64_t flipped_ = 0;
    bool failed_ = false;
    bool gave_up_ = false;  // volumes, or the catalogue that knew what lay in them
    complaints out_;
};

}  // namespace

complaints tell(const story& s, hits& seen, sown bug) {
    story with = s;
    for (life_plan& life : with.lives) {
        life.leak_a_chunk = bug == sown::memory_leaks;
        life.leave_a_task = bug == sown::task_stays;
    }
    return teller(with, seen, bug).tell();
}

}  // namespace decamp::sim

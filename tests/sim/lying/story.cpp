#include "tests/sim/lying/story.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "engine/model/layout.hpp"
#include "engine/source/links/links.hpp"
#include "engine/source/micloud/place.hpp"
#include "engine/source/s3/s3.hpp"
#include "engine/source/webdav/webdav.hpp"
#include "tests/sim/lying/dav_server.hpp"
#include "tests/sim/lying/gallery_server.hpp"
#include "tests/sim/lying/law.hpp"
#include "tests/sim/lying/link_server.hpp"
#include "tests/sim/lying/s3_server.hpp"

namespace decamp::sim::lying {

namespace {

using enum kind_of_source;

// A run may find damage that the next one mends, and so need one more.
constexpr int calm_runs = 2;

// The list of links is a real file: it is read as a user's.
class list_file {
  public:
    explicit list_file(const std::string& text)
        : path_(std::filesystem::temp_directory_path() / fmt::format("decamp-sim-{}.jsonl", ::getpid())) {
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~list_file() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    list_file(const list_file&) = delete;
    list_file& operator=(const list_file&) = delete;
    std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

class story_run {
  public:
    story_run(const lying_story& s, hits& seen, planted wrong)
        : story_(s),
          wrong_(wrong),
          bends_(s.bent, s.kind),
          truth_(s.kind, dice(s.seed).apart(1)),
          drive_(std::make_shared<disk>(s.drive, s.seed)) {
        bends_.on_hit = [&seen, kind = s.kind](const bend& b) { ++seen[{"lie: " + name_of(b), name_of(kind)}]; };
        const dice luck = dice(s.seed ^ 0x736572);
        switch (s.kind) {
            case s3:
                server_ = std::make_unique<s3_server>(truth_, bends_, luck);
                break;
            case webdav:
                server_ = std::make_unique<dav_server>(truth_, bends_, luck);
                break;
            case gallery: {
                auto made = std::make_unique<gallery_server>(truth_, bends_, luck);
                credentials_ = made->credentials();
                server_ = std::move(made);
                break;
            }
            case links: {
                auto made = std::make_unique<link_server>(truth_, bends_, luck);
                list_.emplace(made->list());
                server_ = std::move(made);
                break;
            }
        }
    }

    complaints go() {
        for (std::size_t i = 0; i + 1 < story_.lives.size(); ++i) life(story_.lives[i], fmt::format("life {}", i + 1));
        bends_.calm();
        for (int i = 0; i < calm_runs; ++i) {
            const exit_code code = life(story_.lives.back(), "the calm life");
            if (code == exit_code::complete || code == exit_code::complete_with_exceptions) break;
            const bool is_last = i + 1 == calm_runs;
            if (is_last && bends_.none() && !server_->announces_wrongly_for_good()) check_settled(last_, out_);
        }
        return std::move(out_);
    }

  private:
    std::unique_ptr<source::place> place() const {
        const std::string base = fmt::format("http://{}:8080", main_host);
        switch (story_.kind) {
            case s3:
                return source::s3::parse_s3("s3://bucket/", base, "").value();
            case webdav:
                return source::webdav::parse_webdav(fmt::format("webdav://{}:8080/dav/", main_host), "", "").value();
            case gallery:
                return source::micloud::parse_micloud("micloud:" + base, credentials_).value();
            case links:
                return source::links::parse_links("links:" + list_->path()).value();
        }
        return nullptr;
    }

    exit_code life(const lying_life& plan, const std::string& when) {
        truth_.begin_life(story_.kind == links);
        const auto from = place();
        lying_end end = live(plan, drive_, *server_, *from);
        drive_->restart(false);
        complaints found;
        last_ = read_verdict(end.life.said, drive_);
        if (&plan == &story_.lives.back()) plant(end);
        check(end, found);
        if (!end.died) check_law(last_, {story_.kind, truth_, bends_, *server_}, found);
        for (const std::string& one : found) out_.push_back(when + ": " + one);
        return end.died ? exit_code::interrupted : last_.code;
    }

    void check(const lying_end& end, complaints& out) {
        if (!end.life.memory_back) out.push_back("memory was not given back");
        if (end.life.asleep != 0) out.push_back(fmt::format("{} left waiting", end.life.asleep));
        const exit_code code = end.life.said.code;
        if (!end.died && (code == exit_code::bug || code == exit_code::usage || code == exit_code::damaged ||
                          code == exit_code::destination_failed))
            out.push_back(fmt::format("code {}: {}", static_cast<int>(code), end.life.said.sentence));
        if (!end.bounded)
            out.push_back(
                fmt::format("no end in sight: {} requests in {} h", end.requests, end.took / std::chrono::hours(1)));
        if (story_.kind == webdav && end.hosts_asked.contains(foreign_host) && !bends_.has(bend_kind::redirected_away))
            out.push_back("a host that only an href names was asked");
        for (const std::string& one : server_->wrongs) out.push_back(one);
        server_->wrongs.clear();
        for (const std::string& secret : server_->secrets()) {
            for (const std::string& line : end.life.words)
                if (line.find(secret) != line.npos) out.push_back("a secret stands in: " + line);
            each_file(*drive_, [&](const std::string& path, const inode& file) {
                if (file.bytes.find(secret) != file.bytes.npos) out.push_back("a secret stands in " + path);
            });
        }
    }

    void plant(lying_end& end) {
        if (wrong_ == planted::nothing) return;
        const auto loses = [this](bool changes) {
            std::string bytes = *std::ranges::max_element(last_.on_drive, {}, &std::string::size);
            last_.on_drive.erase(bytes);
            bytes[0] ^= 1;
            if (changes) last_.on_drive.insert(bytes);
        };
        switch (wrong_) {
            case planted::nothing:
                break;
            case planted::lost_and_complete:
            case planted::unproven_and_complete:
                plant_on_drive();
                break;
            case planted::changed_and_complete:
                loses(true);
                break;
            case planted::present_and_deleted:
                loses(false);
                last_.code = exit_code::complete_with_exceptions;
                break;
            case planted::whole_and_excepted:
                last_.code = exit_code::complete_with_exceptions;
                break;
            case planted::never_settles:
                last_.code = exit_code::incomplete;
                break;
            case planted::secret_on_drive:
                (*drive_->make("data/secret.txt", false))->bytes = server_->secrets().at(1);
                break;
            case planted::cookie_abroad:
                server_->wrongs.push_back("a cookie went abroad");
                break;
            case planted::asks_a_foreign_host:
                end.hosts_asked.insert(foreign_host);
                break;
            case planted::without_bound:
                end.bounded = false;
                break;
            case planted::memory_kept:
                end.life.memory_back = false;
                break;
        }
    }

    // Behind the engine's back: a file is gone, or where nothing counts as proven.
    void plant_on_drive() {
        std::string victim;
        each_file(*drive_, [&](const std::string& path, const inode& file) {
            if (path.starts_with("data/") && file.bytes.size() > 1) victim = path;
        });
        if (wrong_ == planted::unproven_and_complete) {
            if (!drive_->find("data/unproven")) (void)drive_->make("data/unproven", true);
            (void)drive_->rename(victim, "data/unproven/x", false);
        } else {
            (void)drive_->remove(victim, false);
        }
        last_ = read_verdict({last_.code, last_.sentence, {}}, drive_);
    }

    const lying_story& story_;
    planted wrong_;
    bends bends_;
    truth truth_;
    std::shared_ptr<disk> drive_;
    std::unique_ptr<server> server_;
    std::string credentials_;
    std::optional<list_file> list_;
    verdict last_;
    complaints out_;
};

volume_settings volumes_of(dice d) {
    volume_settings v;
    if (d.chance(800)) return v;
    constexpr container kinds[] = {container::tar, container::tar_zst, container::zip};
    v.kind = kinds[d.below(3)];
    v.volume_bytes = d.between(8'000, 120'000);
    v.level = 1;
    return v;
}

}  // namespace

lying_story lying_story_of(std::uint64_t seed) {
    dice d(seed);
    lying_story s;
    s.seed = seed;
    s.kind = static_cast<kind_of_source>(seed % source_kinds);
    s.bent = draw_bends(s.kind, d.apart(2));
    s.drive.journaled = d.chance(500);
    s.drive.links = s.drive.journaled || d.chance(300);
    s.drive.uncached_reads = s.drive.journaled;
    lying_life plan;
    plan.lanes = d.chance(400) ? 2 : 1;
    plan.fetch_twins = d.chance(200);
    plan.volumes = volumes_of(d.apart(3));
    for (auto n = d.between(1, 3); n > 0; --n) {
        plan.seed = d.next();
        plan.killed_at.reset();
        if (d.chance(250)) plan.killed_at = d.between(1, 40);
        s.lives.push_back(plan);
    }
    plan.seed = d.next();
    plan.killed_at.reset();
    s.lives.push_back(plan);
    return s;
}

std::string describe(const lying_story& s) {
    std::string text = fmt::format("a lying source: {}\n", name_of(s.kind));
    for (const bend& b : s.bent) text += describe(b);
    for (const lying_life& life : s.lives) {
        text += fmt::format("life: lanes {} fetch {}", life.lanes, life.fetch_twins);
        if (life.volumes.kind != container::tree)
            text += fmt::format(", into {} of {} bytes", word_of(life.volumes.kind), life.volumes.volume_bytes);
        if (life.killed_at) text += fmt::format(", killed at request {}", *life.killed_at);
        text += "\n";
    }
    return text;
}

complaints run_story(const lying_story& s, hits& seen, planted wrong) {
    return story_run(s, seen, wrong).go();
}

}  // namespace decamp::sim::lying

// From a seed to a story. What is rare in the world is common here; what is drawn together is left to chance.

#include <algorithm>

#include "tests/sim/story.hpp"

namespace decamp::sim {

namespace {

using samplecloud::item_fault_kind;
using samplecloud::list_fault_kind;
using samplecloud::request_group;

constexpr std::uint64_t first_with_archives = 1'000'001;
constexpr std::uint64_t first_encrypted = 2'000'001;

constexpr item_fault_kind item_faults[] = {item_fault_kind::deleted,
                                           item_fault_kind::refused,
                                           item_fault_kind::link_status,
                                           item_fault_kind::ssrf_page,
                                           item_fault_kind::page_html,
                                           item_fault_kind::page_broken,
                                           item_fault_kind::page_status,
                                           item_fault_kind::page_redirect,
                                           item_fault_kind::ssrf_file,
                                           item_fault_kind::status,
                                           item_fault_kind::expired_link,
                                           item_fault_kind::redirect,
                                           item_fault_kind::short_body,
                                           item_fault_kind::corrupt,
                                           item_fault_kind::reset,
                                           item_fault_kind::stall,
                                           item_fault_kind::length_too_long,
                                           item_fault_kind::length_too_short,
                                           item_fault_kind::html,
                                           item_fault_kind::json,
                                           item_fault_kind::ignore_range,
                                           item_fault_kind::wrong_range,
                                           item_fault_kind::chunked,
                                           item_fault_kind::no_length,
                                           item_fault_kind::encoded,
                                           item_fault_kind::changed_etag};
constexpr list_fault_kind list_faults[] = {
    list_fault_kind::cut,      list_fault_kind::stall,  list_fault_kind::reset,    list_fault_kind::html,
    list_fault_kind::bad_utf8, list_fault_kind::error,  list_fault_kind::redirect, list_fault_kind::unauthorized,
    list_fault_kind::twice,    list_fault_kind::omitted};
constexpr request_group groups[] = {request_group::any,       request_group::api,    request_group::lists,
                                    request_group::galleries, request_group::albums, request_group::timeline,
                                    request_group::link,      request_group::page,   request_group::download,
                                    request_group::account};

template <class T, std::size_t N>
T one_of(const T (&all)[N], dice& d) {
    return all[d.below(N)];
}

void fill_library(samplecloud::library_switches& l, dice& d) {
    l.seed = d.next();
    l.items = d.between(1, d.chance(150) ? 60 : 14);
    l.private_items = d.below(4);
    l.albums = d.between(1, 4);
    l.hostile_album_names = d.chance(200);
    l.private_in_album_list = d.chance(800);
    l.items_per_day = d.below(4);
    l.size_min = 1300;
    l.size_max = d.chance(20) ? 3'000'000 : d.chance(200) ? 150'000 : 5'000;
    l.second_album_percent = static_cast<unsigned>(d.below(40));
    l.twins_percent = static_cast<unsigned>(d.chance(600) ? d.below(60) : 0);
    l.videos_percent = 0;
    if (d.chance(300)) l.zero_bytes.per_mille = 100;
    if (d.chance(300)) l.duplicate_names.per_mille = 300;
    if (d.chance(200)) l.hostile_names.per_mille = 300;
    if (d.chance(150)) l.sparse_fields.per_mille = 200;
    if (d.chance(100)) l.wrong_sha1.per_mille = 150;
    if (d.chance(80)) l.wrong_size.per_mille = 150;
    if (d.chance(80)) l.shared_sha1.per_mille = 200;
    l.id_type = static_cast<samplecloud::id_form>(d.below(3));
    l.group_id_type = static_cast<samplecloud::id_form>(d.below(3));
}

void fill_session(samplecloud::session_switches& s, dice& d) {
    if (d.chance(250)) s.expire_after = d.between(10, 80);
    if (d.chance(250)) s.rotate_every = d.between(2, 20);
    s.rotation_grace = d.chance(300) ? d.between(5, 40) : 1000;
    if (d.chance(150)) s.shard_every = d.between(5, 40);
    s.login_lands_on_shard = d.chance(80);
    s.unauthorized = static_cast<samplecloud::unauthorized_form>(d.below(3));
}

void fill_faults(story& s, dice& d) {
    samplecloud::scenario& c = s.cloud;
    c.api.page_size_max = d.chance(400) ? d.between(1, 8) : 500;
    c.api.null_for_empty = d.chance(500);
    c.api.last_page = static_cast<samplecloud::last_page_form>(d.below(3));
    if (d.chance(150)) c.api.close_after_requests = d.between(1, 6);
    if (d.chance(60)) c.api.max_connections = d.between(8, 12);  // fewer than the three pools keep
    c.storage.second_host_percent = static_cast<unsigned>(d.below(100));
    c.storage.etag = d.chance(700);
    if (d.chance(100)) c.storage.link_uses = 1;
    for (auto n = d.chance(600) ? d.between(1, 3) : 0; n > 0; --n) {
        samplecloud::item_fault f;
        f.kind = one_of(item_faults, d);
        f.which.per_mille = static_cast<unsigned>(d.between(50, 500));
        f.times = d.chance(120) ? 0 : d.between(1, 3);
        constexpr int statuses[] = {403, 404, 410, 429, 500, 503};
        f.status = one_of(statuses, d);
        if (d.chance(300)) f.retry_after = static_cast<int>(d.below(20));
        if (d.chance(500)) f.bytes = d.between(1, 2000);
        c.faults.push_back(f);
    }
    if (d.chance(200)) {
        samplecloud::burst b;
        b.on = one_of(groups, d);
        b.every = d.between(b.on == request_group::account ? 1 : 3, 20);
        b.length = d.between(1, 2);
        b.times = d.between(1, 3);
        b.status = d.chance(700) ? 503 : 429;
        if (d.chance(300)) b.retry_after = static_cast<int>(d.below(10));
        c.bursts.push_back(b);
    }
    if (d.chance(200)) {
        samplecloud::list_fault f;
        constexpr request_group lists[] = {request_group::galleries, request_group::albums, request_group::timeline,
                                           request_group::lists};
        f.on = one_of(lists, d);
        f.kind = one_of(list_faults, d);
        f.first = d.between(1, 6);
        f.times = d.between(1, 2);
        f.bytes = d.below(300);
        c.list_faults.push_back(f);
    }
    if (d.chance(100)) {
        samplecloud::count_fault f;
        f.day = d.chance(500) ? "first" : "last";
        f.delta = d.chance(700) ? 1 : -1;
        f.times = d.chance(500) ? 0 : 1;
        c.counts.push_back(f);
    }
    if (d.chance(120)) {
        c.moving.every = d.between(1, 3);
        c.moving.insert = d.below(3);
        c.moving.remove = d.below(2);
        c.moving.limit = d.between(1, 5);
    }
}

wire_weather weather_of(dice& d, unsigned worst = 120) {
    wire_weather w;
    w.latency = std::chrono::milliseconds(d.between(1, 300));
    w.bytes_per_second = d.chance(200) ? d.between(20'000, 200'000) : 50'000'000;
    w.most_at_once = d.chance(60) ? d.between(1, 50) : d.between(1'000, 60'000);
    if (d.chance(500)) return w;
    unsigned* const all[] = {&w.refused, &w.unresolved, &w.never_connects, &w.reset,
                             &w.stalls,  &w.ends_early, &w.surplus,        &w.stale};
    for (auto n = d.between(1, 3); n > 0; --n) *one_of(all, d) = static_cast<unsigned>(d.between(5, worst));
    return w;
}

moment moment_of(dice& d) {
    moment m;
    m.after = std::chrono::milliseconds(d.between(0, d.chance(500) ? 3'000 : 40'000));
    if (d.chance(600)) {
        m.in = static_cast<pipeline::phase>(d.below(static_cast<std::uint64_t>(pipeline::phase::over)));
        m.turns = d.below(d.chance(700) ? 12 : 400);
    }
    return m;
}

drive_fault drive_fault_of(dice& d) {
    constexpr world::file_errc errors[] = {world::file_errc::io, world::file_errc::no_space,
                                           world::file_errc::device_gone};
    drive_fault f;
    f.on = static_cast<drive_op>(d.below(12));
    f.first = d.between(1, d.chance(500) ? 20 : 200);
    f.times = d.chance(300) ? 1'000'000 : d.between(1, 3);
    f.with = one_of(errors, d);
    if (d.chance(850)) {
        // The later phases are short, and half of the stories never come to them.
        constexpr int phases[] = {0, 0, 2, 2, 3, 4, 5, 5, 5, 6};
        f.phase = one_of(phases, d);
        f.first = d.chance(700) ? 1 : d.between(1, 20);
    }
    return f;
}

life_plan bad_life(dice& d) {
    life_plan life;
    life.weather = weather_of(d);
    const auto end = d.below(16);
    if (end < 5) {
        if (d.chance(300))
            life.killed = moment_of(d);
        else
            life.dies_at = d.between(1, d.chance(300) ? 60 : 600);
        life.power_cut = d.chance(600);
    } else if (end < 11) {
        for (auto n = d.between(1, 3); n > 0; --n) life.drive_faults.push_back(drive_fault_of(d));
    } else if (end == 11) {
        life.interrupted = moment_of(d);
    } else if (end == 12) {
        life.cable_out = moment_of(d);
    } else if (end == 13) {
        life.room = d.between(0, d.chance(500) ? 60'000 : 2'000'000);
    }
    if (d.chance(150)) {
        life.clock_set = moment_of(d);
        life.clock_by_ms = (d.chance(500) ? 1 : -1) *
                           static_cast<std::int64_t>(d.below(d.chance(500) ? 600'000 : 40ULL * 365 * 86'400'000));
    }
    return life;
}

// What few stories come to by chance: an operation a phase seldom does, which fails there, after a life that left it
// work.
void aim(story& s, dice& d) {
    struct target {
        pipeline::phase in;
        drive_op on;
    };
    using pipeline::phase;
    constexpr target targets[] = {{phase::recovering, drive_op::read},      {phase::recovering, drive_op::remove},
                                  {phase::recovering, drive_op::set_time},  {phase::recovering, drive_op::sync_all},
                                  {phase::recovering, drive_op::sync_all},  {phase::recovering, drive_op::rename},
                                  {phase::settling, drive_op::sync_folder}, {phase::settling, drive_op::make_folder},
                                  {phase::settling, drive_op::make_folder}, {phase::settling, drive_op::remove},
                                  {phase::settling, drive_op::remove},      {phase::settling, drive_op::rename},
                                  {phase::settling, drive_op::set_time},    {phase::settling, drive_op::sync_all},
                                  {phase::certifying, drive_op::read},      {phase::certifying, drive_op::remove},
                                  {phase::listing, drive_op::sync_all},     {phase::listing, drive_op::remove},
                                  {phase::listing, drive_op::read},         {phase::listing, drive_op::sync_folder}};
    const target at = one_of(targets, d);
    constexpr world::file_errc errors[] = {world::file_errc::io, world::file_errc::no_space,
                                           world::file_errc::device_gone};
    life_plan life;
    life.drive_faults.push_back({.on = at.on,
                                 .first = 1,
                                 .times = d.chance(300) ? 1'000'000 : d.between(1, 3),
                                 .with = one_of(errors, d),
                                 .phase = 1 + static_cast<int>(at.in)});
    s.lives.push_back(life);
}

// A catalogue that cannot be read is put aside, which fails; what was read back wrong is removed, which fails; and
// servers that say more than they were asked.
void aim_rarely(story& s, dice& d) {
    if (d.chance(30)) {
        life_plan life;
        constexpr world::file_errc errors[] = {world::file_errc::io, world::file_errc::device_gone};
        life.drive_faults.push_back(
            {.on = drive_op::read, .first = d.between(1, 40), .with = one_of(errors, d), .phase = 0});
        life.drive_faults.push_back({.on = drive_op::rename, .phase = 0});
        s.lives.push_back(life);
    }
    if (s.flips && d.chance(500)) {
        life_plan life;
        life.drive_faults.push_back({.on = drive_op::remove, .phase = 1 + static_cast<int>(pipeline::phase::settling)});
        s.lives.push_back(life);
    }
    if (s.flips && d.chance(100)) {
        life_plan life;
        life.spoiled_catalogue = true;
        life.drive_faults.push_back({.on = drive_op::rename, .phase = 0});
        s.lives.push_back(life);
    }
    if (s.flips && d.chance(150)) {  // what lies on the drive is taken up, and cannot be flushed
        life_plan loses, life;
        loses.spoiled_catalogue = true;
        s.lives.push_back(loses);
        constexpr world::file_errc errors[] = {world::file_errc::io, world::file_errc::no_space,
                                               world::file_errc::device_gone};
        life.drive_faults.push_back({.on = drive_op::sync_all, .with = one_of(errors, d), .phase = 0});
        s.lives.push_back(life);
    }
    if (d.chance(60)) {
        life_plan life;
        life.weather.surplus = 1000;
        s.lives.insert(s.lives.begin(), life);
    }
}

// A stick that says it holds everything, holds half of it, and begins again from the front.
void make_fake(story& s, dice& d) {
    samplecloud::library_switches& l = s.cloud.library;
    l.items = d.between(20, 50);
    l.size_min = 20'000;
    l.size_max = 60'000;
    l.twins_percent = 0;
    s.drive.true_capacity = l.items * 20'000 / 2 / disk::block * disk::block;
    s.drive.uncached_reads = true;
    s.fake = true;
    for (life_plan& life : s.lives) life.prove_full = true;
}

// Into volumes that hold a few photos each. Of seeds beyond those of the table.
volume_settings volumes_of(std::uint64_t seed, dice d) {
    volume_settings v;
    if (seed < first_with_archives || d.chance(350)) return v;
    constexpr container kinds[] = {container::tar, container::tar_zst, container::zip};
    constexpr archived_twins twins[] = {archived_twins::list, archived_twins::list, archived_twins::copy,
                                        archived_twins::link};
    v.kind = one_of(kinds, d);
    v.volume_bytes = d.chance(200) ? std::uint64_t{4} << 30 : d.between(8'000, 120'000);
    v.level = d.chance(800) ? 3 : 1;
    v.twins = one_of(twins, d);
    if (d.chance(400)) v.recovery_percent = static_cast<unsigned>(d.chance(300) ? 100 : d.between(1, 60));
    return v;
}

}  // namespace

story story_of(std::uint64_t seed) {
    dice d(seed);
    dice library = d.apart(1), session = d.apart(2), faults = d.apart(3), drive = d.apart(4), lives = d.apart(5);
    story s;
    s.seed = seed;
    fill_library(s.cloud.library, library);
    fill_session(s.cloud.session, session);
    fill_faults(s, faults);
    s.drive.journaled = drive.chance(500);
    s.drive.links = s.drive.journaled || drive.chance(300);
    s.drive.uncached_reads = s.drive.journaled && drive.chance(800);
    const bool fetch = lives.chance(500), full = lives.chance(200);
    // What was proven is read again by a later run only when that is asked for.
    s.flips = s.drive.uncached_reads && full && drive.chance(400);
    const unsigned lanes = lives.chance(400) ? 2 : 1;
    const unsigned connections = lives.chance(400) ? static_cast<unsigned>(lives.between(1, 8)) : 0;
    const bool token_only = s.cloud.session.expire_after == 0 && lives.chance(50);
    for (auto n = lives.below(4); n > 0; --n) s.lives.push_back(bad_life(lives));
    if (lives.chance(200)) {
        s.lives.resize(1);
        s.lives[0].dies_at = lives.between(50, 400);
        s.lives[0].power_cut = lives.chance(700);
        aim(s, lives);
    }
    dice rare = d.apart(6);
    aim_rarely(s, rare);
    volume_settings volumes = volumes_of(seed, d.apart(7));
    const bool encrypted = seed >= first_encrypted && volumes.kind != container::tree;
    if (encrypted) volumes.twins = archived_twins::list;
    life_plan calm;
    if (lives.chance(300)) calm.weather = weather_of(lives, 20);
    s.lives.push_back(calm);
    for (life_plan& life : s.lives) {
        life.seed = lives.next();
        life.fetch_twins = fetch;
        life.prove_full = full;
        life.lanes = lanes;
        life.connections = connections;
        life.with_pass_token = !token_only;
        life.volumes = volumes;
        life.encrypted = encrypted;
    }
    s.lives.back().with_pass_token = true;  // new credentials
    if (drive.chance(15)) make_fake(s, drive);
    s.rules.announcements_lie = !s.cloud.library.shared_sha1.empty() && !fetch;
    const bool lying_counts = !s.cloud.counts.empty() && s.cloud.counts.front().times == 0;
    bool lasting = lying_counts;
    for (const auto& f : s.cloud.faults) lasting = lasting || f.times == 0;
    s.rules.may_be_incomplete = lasting;
    if (s.cloud.library.size_max > 200'000) {  // else a story takes minutes
        for (life_plan& life : s.lives)
            life.weather.most_at_once = std::max<std::uint64_t>(life.weather.most_at_once, 5'000);
    }
    s.still = s.cloud.moving.every == 0 && s.cloud.list_faults.empty() && s.cloud.counts.empty() &&
              s.cloud.faults.empty() && s.cloud.library.shared_sha1.empty();
    // What a lost catalogue knew of the volume that was open is fetched again, into another.
    for (const life_plan& life : s.lives)
        s.still = s.still && !(life.spoiled_catalogue && volumes.kind != container::tree);
    dice lost = d.apart(8);
    if (volumes.kind != container::tree && lost.chance(120)) s.lives.back().lost_catalogue = true;
    return s;
}

}  // namespace decamp::sim

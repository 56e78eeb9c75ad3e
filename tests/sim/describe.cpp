#include <fmt/format.h>

#include "tests/sim/story.hpp"

namespace decamp::sim {

namespace {

std::string text_of(const samplecloud::selector& which) {
    return fmt::format("{} per mille", which.per_mille);
}

std::int64_t ms(world::duration d) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

std::string text_of(const moment& m) {
    return m.in ? fmt::format("in phase {} after {} turns\n", static_cast<int>(*m.in), m.turns)
                : fmt::format("after {} ms\n", ms(m.after));
}

std::string text_of(const life_plan& life) {
    const wire_weather& w = life.weather;
    std::string text = fmt::format(
        "life: lanes {} connections {} fetch {} full {} pass token {}\n  weather: latency {} ms, {} B/s, {} at once, "
        "refused {} "
        "unresolved {} never {} reset {} stalls {} early {} surplus {} stale {}\n",
        life.lanes, life.connections, life.fetch_twins, life.prove_full, life.with_pass_token, ms(w.latency),
        w.bytes_per_second, w.most_at_once, w.refused, w.unresolved, w.never_connects, w.reset, w.stalls, w.ends_early,
        w.surplus, w.stale);
    if (life.volumes.kind != container::tree)
        text +=
            fmt::format("  into {} of {} bytes, twins {}, recovery {}%\n", word_of(life.volumes.kind),
                        life.volumes.volume_bytes, static_cast<int>(life.volumes.twins), life.volumes.recovery_percent);
    if (life.encrypted) text += "  encrypted\n";
    if (life.dies_at)
        text += fmt::format("  dies at change {}{}\n", *life.dies_at, life.power_cut ? ", power cut" : "");
    for (const auto& f : life.drive_faults)
        text += fmt::format("  drive fault: op {} first {} times {} error {} phase {}\n", static_cast<int>(f.on),
                            f.first, f.times, static_cast<int>(f.with), f.phase);
    if (life.spoiled_catalogue) text += "  catalogue spoiled before it\n";
    if (life.lost_catalogue) text += "  catalogue lost before it\n";
    if (life.room) text += fmt::format("  room for {} bytes more\n", *life.room);
    if (life.killed) text += "  killed " + text_of(*life.killed);
    if (life.interrupted) text += "  interrupted " + text_of(*life.interrupted);
    if (life.cable_out) text += "  cable out " + text_of(*life.cable_out);
    if (life.clock_set) text += fmt::format("  clock set by {} ms ", life.clock_by_ms) + text_of(*life.clock_set);
    return text;
}

}  // namespace

std::string describe(const story& s) {
    const auto& l = s.cloud.library;
    std::string text = fmt::format(
        "library: {} items, {} private, {} albums, sizes to {}, twins {} %, zero {}, wrong sha1 {}, wrong size {}, "
        "shared {}\n",
        l.items, l.private_items, l.albums, l.size_max, l.twins_percent, text_of(l.zero_bytes), text_of(l.wrong_sha1),
        text_of(l.wrong_size), text_of(l.shared_sha1));
    const auto& e = s.cloud.session;
    text += fmt::format("session: expires {} rotates {} grace {} shard {} lands {} form {}\n", e.expire_after,
                        e.rotate_every, e.rotation_grace, e.shard_every, e.login_lands_on_shard,
                        static_cast<int>(e.unauthorized));
    const auto& a = s.cloud.api;
    text +=
        fmt::format("api: page {} last page {} close after {} most connections {}; link uses {}, second host {} %\n",
                    a.page_size_max, static_cast<int>(a.last_page), a.close_after_requests, a.max_connections,
                    s.cloud.storage.link_uses, s.cloud.storage.second_host_percent);
    for (const auto& f : s.cloud.faults)
        text += fmt::format("item fault {}: {}, times {} status {} retry-after {} bytes {}\n", static_cast<int>(f.kind),
                            text_of(f.which), f.times, f.status, f.retry_after, f.bytes);
    for (const auto& b : s.cloud.bursts)
        text += fmt::format("burst on {}: every {} length {} times {} status {} retry-after {}\n",
                            static_cast<int>(b.on), b.every, b.length, b.times, b.status, b.retry_after);
    for (const auto& f : s.cloud.list_faults)
        text += fmt::format("list fault {} on {}: first {} times {}\n", static_cast<int>(f.kind),
                            static_cast<int>(f.on), f.first, f.times);
    for (const auto& c : s.cloud.counts)
        text += fmt::format("count of day {} lies by {}, times {}\n", c.day, c.delta, c.times);
    if (s.cloud.moving.every != 0)
        text += fmt::format("moves: every {} insert {} remove {} limit {}\n", s.cloud.moving.every,
                            s.cloud.moving.insert, s.cloud.moving.remove, s.cloud.moving.limit);
    text += fmt::format("drive: journaled {} links {} uncached {} flips {}\n", s.drive.journaled, s.drive.links,
                        s.drive.uncached_reads, s.flips);
    for (const life_plan& life : s.lives) text += text_of(life);
    return text;
}

}  // namespace decamp::sim

#include "engine/pipeline/memory_plan.hpp"

#include <algorithm>
#include <limits>

#include "decamp/export.hpp"
#include "formats/par2_encoder.hpp"

namespace decamp::pipeline {

namespace {
constexpr std::size_t mib = std::size_t{1} << 20;
}

memory_plan plan_memory(std::size_t total) {
    memory_plan plan;
    const bool tight = total < 64 * mib;
    plan.catalogue_cache = tight ? 2 * mib : 4 * mib;
    plan.tls_read_buffer = tight ? 64 << 10 : 256 << 10;
    plan.most_connections = tight ? 16 : 32;
    const std::size_t connections = plan.most_connections * std::size_t{192} << 10;  // TLS state, headers, coroutines
    plan.reserves = {
        {"program and threads", 6 * mib}, {"catalogue", plan.catalogue_cache + 2 * mib},
        {"list pages", 4 * mib},          {"connections", connections},
        {"read-back", 2 * mib},
    };
    std::size_t reserved = 0;
    for (const memory_part& part : plan.reserves) reserved += part.bytes;
    // The heap's own gaps grow with what is under way.
    const std::size_t slack = total / 8;
    plan.reserves.push_back({"heap slack", slack});
    reserved += slack;
    plan.payload = total > reserved + 4 * mib ? (total - reserved) / mib * mib : 4 * mib;
    const std::size_t most_payload = std::size_t{1} << 30;
    plan.unused = plan.payload > most_payload ? plan.payload - most_payload : 0;
    plan.payload -= plan.unused;
    return plan;
}

// Recovery data of a volume: all of it in one reading where half of what there is holds that.
static void plan_parity(memory_plan& plan, const volume_settings& volumes) {
    const formats::par2_layout layout = formats::plan_par2(volumes.volume_bytes, volumes.recovery_percent * 10);
    const auto needed = formats::par2_encoder::memory_for(layout, std::numeric_limits<std::uint64_t>::max());
    const std::size_t share = std::max(plan.unused, plan.payload / 2);
    const auto got = formats::par2_encoder::memory_for(layout, std::min<std::uint64_t>(share, needed.bytes));
    plan.parity_bytes = static_cast<std::size_t>(got.bytes);
    plan.parity_readings = got.passes;
    plan.reserves.push_back({"recovery data", plan.parity_bytes});
    const std::size_t beyond = plan.parity_bytes > plan.unused ? plan.parity_bytes - plan.unused : 0;
    const std::size_t taken = (beyond + mib - 1) / mib * mib;
    plan.payload = plan.payload > taken + 4 * mib ? plan.payload - taken : 4 * mib;
}

void plan_archives(memory_plan& plan, const volume_settings& volumes, unsigned threads, bool encrypted) {
    if (volumes.kind == container::tree) return;
    const bool zstd = volumes.kind == container::tar_zst;
    const std::size_t compressor = volumes.level <= 6 ? 4 * mib : volumes.level <= 12 ? 10 * mib : 28 * mib;
    const std::size_t frame = 2 * mib;  // as it came, and compressed
    // As many at once as half of what there is allows.
    const std::size_t most = std::max<std::size_t>(1, plan.payload / 2 / (compressor + frame));
    plan.packers = zstd ? static_cast<unsigned>(std::min<std::size_t>(threads, most)) : 1;
    // Encrypted: what a volume appends once more, pieces of staged files, and those who wait for their volume to be
    // sealed.
    const std::size_t hidden = encrypted ? 3 * mib : 0;
    const std::size_t taken = (zstd ? frame + plan.packers * (compressor + frame) : 3 * mib) + hidden;
    plan.reserves.push_back({"archive", taken});
    plan.payload = plan.payload > taken + 4 * mib ? plan.payload - taken : 4 * mib;
    if (volumes.recovery_percent > 0) plan_parity(plan, volumes);
    plan.head_chunks = plan.payload >= 16 * mib ? 4 : 2;
    plan.hold_bytes = std::clamp(plan.payload / 4 / mib * mib, 1 * mib, 8 * mib);
}

}  // namespace decamp::pipeline

namespace decamp {

std::string version() {
    return DECAMP_VERSION;
}

std::string memory_plan(std::size_t memory_bytes) {
    const auto plan = pipeline::plan_memory(std::max(memory_bytes, pipeline::least_memory));
    std::string text;
    for (const auto& part : plan.reserves) text += part.name + " " + std::to_string(part.bytes) + "\n";
    text += "payload " + std::to_string(plan.payload) + "\n";
    return text;
}

}  // namespace decamp

#include "engine/store/publish.hpp"

#include "engine/model/layout.hpp"
#include "formats/digest.hpp"
#include "formats/safe_name.hpp"
#include "formats/time.hpp"

namespace decamp::store {

namespace {

template <class Hasher>
std::optional<typename Hasher::digest> digest_of(world::file_store& files, const std::string& path,
                                                 std::uint64_t size) {
    auto file = files.open(path, world::open_mode::read);
    if (!file) return std::nullopt;
    Hasher hasher;
    std::vector<std::byte> buffer(std::size_t{256} << 10);
    std::uint64_t at = 0;
    for (;;) {
        const auto got = file.value()->read_at(at, buffer);
        if (!got) return std::nullopt;
        if (got.value() == 0) break;
        hasher.update(std::span(buffer).first(got.value()));
        at += got.value();
        if (at > size) return std::nullopt;
    }
    if (at != size) return std::nullopt;
    return hasher.finish();
}

}  // namespace

bool has_bytes(world::file_store& files, const std::string& path, std::uint64_t size,
               const formats::sha256_digest& sha256) {
    const auto digest = digest_of<formats::sha256_hasher>(files, path, size);
    return digest && *digest == sha256;
}

bool has_sha1(world::file_store& files, const std::string& path, std::uint64_t size, const formats::sha1_digest& sha1) {
    const auto digest = digest_of<formats::sha1_hasher>(files, path, size);
    return digest && *digest == sha1;
}

result<void> publisher::set_time(const std::string& path, std::optional<std::int64_t> time_ms) {
    if (!time_ms) return {};
    const auto& facts = files_.facts();
    const std::int64_t ns =
        formats::clamp_time(formats::ns_from_ms(*time_ms), facts.oldest_time_ns, facts.newest_time_ns);
    return files_.set_modified(path, ns);
}

result<void> publisher::flush_file(const std::string& path) {
    if (files_.facts().flush != world::flush_rule::each_file) return {};
    auto file = files_.open(path, world::open_mode::read_write);
    if (!file) return file.error();
    return file.value()->sync();
}

result<void> publisher::set_durable_time(const std::string& path, std::optional<std::int64_t> time_ms) {
    if (auto r = set_time(path, time_ms); !r) return r;
    return flush_file(path);
}

result<void> publisher::publish(const std::string& staging_path, const std::string& path,
                                std::optional<std::int64_t> time_ms) {
    if (auto r = set_time(staging_path, time_ms); !r) return r;
    if (auto r = flush_file(staging_path); !r) return r;
    if (auto r = folders_.need(std::string(layout::parent_of(path))); !r) return r;
    auto renamed = files_.rename(staging_path, path);
    if (!renamed && renamed.error().code == world::file_errc::exists) {
        if (auto r = set_aside(files_, path); !r) return r;
        renamed = files_.rename(staging_path, path);
    }
    return renamed;
}

// What an earlier run had published was settled at the start, so whatever stands in the way now is no file of ours.
result<void> set_aside(world::file_store& files, const std::string& path) {
    const auto there = files.info(path);
    if (!there) return there.error();
    // A link, most likely ours of before twins were distrusted; its bytes have another name.
    if (there.value() && !there.value()->folder && there.value()->links > 1) return files.remove(path);
    const std::string parent(layout::parent_of(path));
    for (unsigned attempt = 1;; ++attempt) {
        const std::string mark = attempt == 1 ? "found" : "found-" + std::to_string(attempt);
        const std::string other = layout::below(parent, formats::with_suffix(layout::name_of(path), mark));
        auto moved = files.rename(path, other);
        if (moved || moved.error().code != world::file_errc::exists || attempt == 1000) return moved;
    }
}

result<void> publisher::link(const std::string& leader, const std::string& path, std::optional<std::int64_t> time_ms) {
    if (auto r = folders_.need(std::string(layout::parent_of(path))); !r) return r;
    auto linked = files_.link(leader, path);
    if (!linked && linked.error().code == world::file_errc::exists) {
        const auto ours = files_.info(leader);
        const auto there = files_.info(path);
        if (!ours) return ours.error();
        if (!there) return there.error();
        const bool same = ours.value() && there.value() && ours.value()->inode == there.value()->inode;
        if (same) return set_durable_time(path, time_ms);  // made by a run that was killed before it could say so
        if (auto r = set_aside(files_, path); !r) return r;
        linked = files_.link(leader, path);
    }
    if (!linked) return linked;
    return set_durable_time(path, time_ms);
}

result<void> publisher::adopt(const std::string& path, std::optional<std::int64_t> time_ms) {
    if (auto r = folders_.need(std::string(layout::parent_of(path))); !r) return r;
    return set_durable_time(path, time_ms);
}

}  // namespace decamp::store

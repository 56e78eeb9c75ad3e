#include "engine/retrieval/item_bytes.hpp"

#include <algorithm>
#include <vector>

#include "engine/model/layout.hpp"
#include "engine/retrieval/volume_bytes.hpp"
#include "engine/retrieval/volume_scan.hpp"
#include "engine/store/volumes/member_reader.hpp"

namespace decamp::retrieval {

namespace {

constexpr std::size_t piece_bytes = std::size_t{256} << 10;

end_of_read damage(std::string detail) {
    return {read_end::damaged, std::move(detail), 0};
}

std::uint64_t times(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

result<end_of_read> read_file(export_folder& from, const wanted_item& item, const piece_sink& into,
                              const std::stop_token& stop) {
    auto file = from.files().open(item.file, world::open_mode::read);
    if (!file) return damage(file.error().code.message());
    std::uint64_t at = 0;
    const byte_reader read = [&](std::span<std::byte> room) {
        auto got = file.value()->read_at(at, room);
        if (got) at += got.value();
        return got;
    };
    return read_checked(read, std::nullopt, UINT64_MAX, item.sha256, into, stop);
}

// Where the catalogue says it lies. None: it does not say.
result<std::optional<end_of_read>> read_located(export_folder& from, const wanted_item& item, const piece_sink& into,
                                                const std::stop_token& stop) {
    catalogue::reading* where = from.catalogue();
    if (where == nullptr) return std::optional<end_of_read>();
    const auto held = where->find(item.file);
    if (!held || !held.value() || !held.value()->body || from.catalogue() == nullptr)
        return std::optional<end_of_read>();
    const located_member& body = *held.value()->body;
    const store::member_place place = store::place_of(body.volume, body.member);
    if (!is_volume_path(place.path)) return std::optional<end_of_read>();
    auto bytes = store::read_member(from.files(), place);
    if (!bytes) return std::optional(damage(bytes.error().detail));
    std::uint64_t at = 0;
    const byte_reader read = [&](std::span<std::byte> room) {
        auto got = bytes.value()->read(at, room);
        if (got) at += got.value();
        return got;
    };
    auto done = read_checked(read, place.size, place.size, item.sha256, into, stop);
    if (!done) return done.error();
    return std::optional(std::move(done.value()));
}

// From the volume's start. A link leads to another name, which may stand before it: then once more from the start.
result<end_of_read> read_scanning(export_folder& from, const wanted_item& item, const piece_sink& into,
                                  const std::stop_token& stop) {
    std::string name(archived_name(item.file));
    const auto size = from.files().info(item.volume);
    const std::uint64_t packed = size && size.value() ? size.value()->size : 0;
    for (int round = 0; round < 2; ++round) {
        std::optional<result<end_of_read>> done;
        std::string link_to;
        const auto scanned =
            scan_volume(from.files(), item.volume, kind_of(item.volume),
                        [&](const formats::archived_entry& entry, const body_reader& body) {
                            if (stop.stop_requested()) {
                                done = end_of_read{read_end::stopped, {}, 0};
                                return false;
                            }
                            if (entry.name != name) return true;
                            if (entry.what == formats::archived_entry::kind::link) link_to = entry.link_to;
                            if (entry.what != formats::archived_entry::kind::file) return true;
                            const byte_reader read = [&](std::span<std::byte> room) -> result<std::size_t> {
                                if (const auto got = body(room)) return *got;
                                return failure(world::file_errc::io, item.volume + ": a member is damaged");
                            };
                            const std::uint64_t most = most_bytes(item.size, entry.size, packed);
                            done = read_checked(read, std::nullopt, most, item.sha256, into, stop);
                            return false;
                        });
        if (!scanned) return damage(scanned.error().detail);
        if (done) return std::move(*done);
        if (link_to.empty()) break;
        name = link_to;
    }
    return damage(item.volume + ": it is not in there");
}

// --- names

result<wanted_item> by_catalogue(export_folder& from, std::string_view name) {
    catalogue::reading* where = from.catalogue();
    if (where == nullptr) return failure(retrieval_errc::not_found);
    const std::string path = layout::below(layout::payload_folder, name);
    auto held = where->find(path);
    if (!held || !held.value() || held.value()->path != path || from.catalogue() == nullptr)
        return failure(retrieval_errc::not_found);
    const catalogue::held_file& f = *held.value();
    wanted_item item;
    item.file = f.body ? f.path : f.bytes;
    if (f.body) item.volume = store::present_path(f.body->volume);
    item.size = f.size;
    item.sha256 = f.sha256;
    if (!is_payload_path(item.file)) return failure(retrieval_errc::not_found);
    return item;
}

}  // namespace

container kind_of(std::string_view volume) {
    return container_of_volume(layout::name_of(volume)).value_or(container::tar);
}

std::uint64_t most_bytes(std::optional<std::uint64_t> listed, std::optional<std::uint64_t> declared,
                         std::uint64_t packed) {
    constexpr std::uint64_t grows_by = 64, and_bytes = std::uint64_t{64} << 20, bytes_a_byte = 1100;
    std::uint64_t most = times(packed, bytes_a_byte);
    if (listed) {
        const bool differ = declared && *declared != *listed;
        most = differ ? std::max(times(*listed, grows_by), and_bytes) : *listed;
    }
    return std::min(most, declared.value_or(most));
}

std::optional<std::uint64_t> listed_size(const list_line& line) {
    const bool contradicted = line.file.starts_with(layout::unproven_folder);
    return contradicted ? std::nullopt : line.size;
}

wanted_item wanted_of(const list_line& line) {
    return {line.file, line.volume, listed_size(line), line.sha256};
}

result<wanted_item> find_item(export_folder& from, std::string_view typed, const std::stop_token& stop) {
    const std::string_view name = plain_name(typed);
    const bool is_path = name.find('/') != std::string_view::npos;
    if (is_path) {
        auto found = by_catalogue(from, name);
        if (found) return found;
    }
    auto lists = from.lists();
    if (!lists) return lists.error();
    std::optional<wanted_item> exact, by_name;
    bool several = false;
    std::string first, second;
    item_visitor see;
    see.item = [&](shown_item&& item) {
        if (stop.stop_requested()) return false;
        if (item.target == name) {
            exact = wanted_of(item.line);
            return false;
        }
        if (is_path || (layout::name_of(item.target) != name && item.line.name != name)) return true;
        wanted_item one = wanted_of(item.line);
        // What several albums show is one item all the same.
        if (by_name && (one.file != by_name->file || one.volume != by_name->volume)) {
            if (!several) second = item.target;
            several = true;
        } else if (!by_name) {
            by_name = std::move(one);
            first = item.target;
        }
        return true;
    };
    if (auto r = each_item(from, lists.value(), see); !r) return r.error();
    if (exact) return std::move(*exact);
    if (several) return failure(retrieval_errc::ambiguous, first + ", " + second);
    if (by_name) return std::move(*by_name);
    return failure(retrieval_errc::not_found, std::string(typed));
}

result<end_of_read> read_checked(const byte_reader& from, std::optional<std::uint64_t> size, std::uint64_t most,
                                 const std::optional<formats::sha256_digest>& sha256, const piece_sink& into,
                                 const std::stop_token& stop) {
    std::vector<std::byte> piece(piece_bytes);
    formats::sha256_hasher hasher;
    end_of_read end;
    for (;;) {
        if (stop.stop_requested()) {
            end.how = read_end::stopped;
            return end;
        }
        const auto got = from(piece);
        if (!got) {
            end.detail = got.error().detail.empty() ? got.error().code.message() : got.error().detail;
            return end;
        }
        if (got.value() == 0) break;
        if (got.value() > most - end.bytes) {
            end.detail = "it is longer than it should be";
            return end;
        }
        const auto bytes = std::span<const std::byte>(piece).first(got.value());
        hasher.update(bytes);
        if (auto r = into(bytes); !r) return r.error();
        end.bytes += bytes.size();
    }
    if (size && end.bytes != *size)
        end.detail = std::to_string(end.bytes) + " bytes instead of " + std::to_string(*size);
    else if (!sha256)
        end.detail = "no digest of it is known";
    else if (hasher.finish() != *sha256)
        end.detail = "its bytes are others";
    else
        end.how = read_end::whole;
    return end;
}

result<end_of_read> read_item(export_folder& from, const wanted_item& item, const piece_sink& into,
                              const std::stop_token& stop) {
    if (item.volume.empty()) return read_file(from, item, into, stop);
    auto located = read_located(from, item, into, stop);
    if (!located) return located.error();
    // Something was given already, or it is in order: no second try.
    if (located.value() && (located.value()->how != read_end::damaged || located.value()->bytes > 0))
        return std::move(*located.value());
    auto scanned = read_scanning(from, item, into, stop);
    if (scanned && scanned.value().how == read_end::damaged && located.value()) return std::move(*located.value());
    return scanned;
}

}  // namespace decamp::retrieval

#include "engine/retrieval/member_scan.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "engine/retrieval/volume_bytes.hpp"
#include "engine/retrieval/volume_scan.hpp"
#include "formats/bytes.hpp"
#include "formats/tar.hpp"
#include "formats/zip.hpp"

namespace decamp::retrieval {

namespace {

constexpr std::size_t usual_header = 1024;  // of a zip's member, mostly

// Headers of equal entries are equal, so how long one is need not be read: the next member begins where this says it
// does, or the volume is not one of ours.
result<bool> scan_tar(world::file_store& files, const std::string& path, container kind, std::uint64_t bytes,
                      const member_visitor& see) {
    std::uint64_t next = 0;
    bool ours = true;
    const auto take = [&](const formats::archived_entry& entry, const body_reader&) {
        const bool link = entry.what == formats::archived_entry::kind::link;
        ours = entry.at == next && entry.what != formats::archived_entry::kind::other && (link || entry.size);
        if (!ours) return false;
        found_member found{entry.name, entry.link_to, link ? 0 : *entry.size, {}};
        found.where.kind = link ? member_kind::link : member_kind::body;
        found.where.at = entry.at;
        found.where.body =
            entry.at + formats::tar_header({found.name, found.size, entry.modified_ns, found.link_to}).size();
        found.where.stored = found.size;
        ours = found.where.body <= bytes && found.size <= bytes - found.where.body;
        if (!ours) return false;
        next = found.where.body + found.size + formats::tar_padding(found.size);
        ours = see(found);
        return ours;
    };
    const auto scanned = scan_volume(files, path, kind, take);
    if (!scanned) return scanned.error();
    return ours && !scanned.value().damaged && next + formats::tar_end_bytes == bytes;
}

std::optional<formats::zip_local> local_header(volume_bytes& in, std::uint64_t at, std::vector<std::byte>& room) {
    for (const std::size_t most : {usual_header, formats::zip_local_header_limit}) {
        room.resize(most);
        const auto got = in.read(at, room);
        if (!got) return std::nullopt;
        auto header = formats::parse_zip_local_header(std::span(room).first(got.value()));
        if (header) return header;
        if (got.value() < most) break;
    }
    return std::nullopt;
}

// Behind the last member stands the directory, or, where there is none, the end.
bool is_directory(volume_bytes& in, std::uint64_t at) {
    std::vector<std::byte> magic(4);
    const auto got = in.read(at, magic);
    if (!got || got.value() < magic.size()) return false;
    const std::string_view text = formats::as_text(magic);
    return text == "PK\1\2" || text == "PK\5\6";
}

bool scan_zip(volume_bytes& in, const member_visitor& see) {
    std::vector<std::byte> room;
    for (std::uint64_t at = 0; at < in.size();) {
        auto header = local_header(in, at, room);
        if (!header) return is_directory(in, at);
        found_member found{std::move(header->name), {}, header->size, {}};
        found.where.at = at;
        found.where.body = at + header->header_bytes;
        found.where.stored = header->packed_size;
        found.where.crc32 = header->crc32;
        found.where.deflated = header->method == formats::zip_method::deflated;
        if (found.where.body > in.size() || header->packed_size > in.size() - found.where.body) return false;
        at = found.where.body + header->packed_size;
        if (!see(found)) return false;
    }
    return false;  // it ends without a directory
}

}  // namespace

result<bool> scan_members(world::file_store& files, const std::string& path, container kind,
                          const member_visitor& see) {
    const auto opened = open_volume(files, path, kind);
    if (!opened) return opened.error();
    if (kind == container::zip) return scan_zip(*opened.value(), see);
    return scan_tar(files, path, kind, opened.value()->size(), see);
}

}  // namespace decamp::retrieval

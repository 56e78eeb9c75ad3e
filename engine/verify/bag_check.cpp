#include "engine/verify/bag_check.hpp"

#include <algorithm>

#include "engine/model/layout.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/safe_name.hpp"

namespace decamp::verify {

result<void> each_manifest_line(world::file_store& files, std::string_view manifest,
                                const std::function<bool(formats::manifest_record&&)>& see) {
    auto file = files.open(manifest, world::open_mode::read);
    if (!file) return file.error();
    std::vector<std::byte> buffer(std::size_t{256} << 10);
    formats::manifest_reader lines;
    bool more = true;
    const auto sink = [&](formats::manifest_record&& record) {
        if (more) more = see(std::move(record));
    };
    std::uint64_t at = 0;
    while (more) {
        const auto got = file.value()->read_at(at, buffer);
        if (!got) return got.error();
        if (got.value() == 0) break;
        lines.feed(formats::as_text(std::span(buffer).first(got.value())), sink);
        at += got.value();
    }
    if (more) lines.finish(sink);
    return {};
}

namespace {

class checker {
  public:
    checker(world::file_store& files, const bag_watcher& watcher) : files_(files), watcher_(watcher), reader_(files) {}

    result<bag_sums> run() {
        if (auto r = count(layout::manifest); !r) return r.error();
        const auto tags = files_.info(layout::tag_manifest);
        if (!tags) return tags.error();
        bool more = true;
        for (const std::string_view manifest : {layout::manifest, layout::tag_manifest}) {
            if (manifest == layout::tag_manifest && !tags.value()) continue;
            const auto see = [&](formats::manifest_record&& record) { return more = check_line(manifest, record); };
            if (auto r = each_manifest_line(files_, manifest, see); !r) return r.error();
        }
        if (more) {
            if (auto r = look_for_unlisted(); !r) return r.error();
        }
        sums_.whole = more;
        return sums_;
    }

  private:
    static std::uint64_t mark(std::string_view path) { return formats::xxh3_64_of(formats::as_bytes(path)); }

    result<void> count(std::string_view manifest) {
        auto counted = each_manifest_line(files_, manifest, [&](formats::manifest_record&& record) {
            if (const auto* entry = record.entry()) listed_.push_back(mark(entry->path));
            return true;
        });
        std::sort(listed_.begin(), listed_.end());
        sums_.listed = listed_.size();
        return counted;
    }

    void report(fault what, std::string path, std::string detail, const formats::sha256_digest& wanted = {}) {
        switch (what) {
            case fault::missing: ++sums_.missing; break;
            case fault::changed: ++sums_.changed; break;
            case fault::unreadable: ++sums_.unreadable; break;
            case fault::bad_line: ++sums_.bad_lines; break;
        }
        watcher_.found({what, std::move(path), std::move(detail), wanted});
    }

    bool check_line(std::string_view manifest, const formats::manifest_record& record) {
        const auto* entry = record.entry();
        if (entry == nullptr || !formats::is_safe_bag_path(entry->path) || !record.terminated) {
            report(fault::bad_line, std::string(manifest), std::to_string(record.line));
            return watcher_.go_on(sums_);
        }
        const auto found = reader_.read(entry->path);
        if (!found) {
            const bool gone = found.error().code == world::file_errc::not_found;
            report(gone ? fault::missing : fault::unreadable, entry->path, found.error().code.message(), entry->digest);
        } else {
            sums_.bytes += found.value().size;
            sums_.any_cache = sums_.any_cache || found.value().method == read_back_method::cache;
            if (found.value().sha256 == entry->digest)
                ++sums_.good;
            else
                report(fault::changed, entry->path, std::to_string(found.value().size), entry->digest);
        }
        return watcher_.go_on(sums_);
    }

    result<void> look_for_unlisted() {
        const auto there = files_.info(layout::payload_folder);
        if (!there) return there.error();
        if (!there.value()) return {};
        return files_.walk(layout::payload_folder, [&](std::string_view path, const world::file_info& info) {
            if (info.folder || std::binary_search(listed_.begin(), listed_.end(), mark(path))) return true;
            ++sums_.unlisted;
            watcher_.unlisted(path, formats::is_foreign_file(path));
            return true;
        });
    }

    world::file_store& files_;
    const bag_watcher& watcher_;
    reader reader_;
    bag_sums sums_;
    std::vector<std::uint64_t> listed_;
};

}  // namespace

result<bag_sums> check_bag(world::file_store& files, const bag_watcher& watcher) { return checker(files, watcher).run(); }

}  // namespace decamp::verify

#include "engine/verify/bag_check.hpp"

#include <algorithm>
#include <unordered_set>

#include "engine/model/layout.hpp"
#include "engine/verify/bag_claims.hpp"
#include "engine/verify/listed_names.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/safe_name.hpp"
#include "formats/unicode.hpp"

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
    checker(world::file_store& files, const bag_watcher& watcher)
        : files_(files),
          watcher_(watcher),
          reader_(files),
          claims_(files, [this](finding&& f) { report(std::move(f)); }) {}

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
            if (auto r = look_beyond_the_lines(); !r) return r.error();
        }
        sums_.whole = more;
        return sums_;
    }

  private:
    static std::uint64_t mark(std::string_view path) { return formats::xxh3_64_of(formats::as_bytes(path)); }
    bool is_listed(std::string_view path) const {
        return std::binary_search(listed_.begin(), listed_.end(), mark(path));
    }

    result<void> count(std::string_view manifest) {
        auto counted = each_manifest_line(files_, manifest, [&](formats::manifest_record&& record) {
            if (const auto* entry = record.entry()) listed_.push_back(mark(entry->path));
            return true;
        });
        std::sort(listed_.begin(), listed_.end());
        sums_.listed = sums_.expected = listed_.size();
        return counted;
    }

    void report(finding&& found) {
        switch (found.what) {
            case fault::missing:
                ++sums_.missing;
                break;
            case fault::changed:
                ++sums_.changed;
                break;
            case fault::unreadable:
                ++sums_.unreadable;
                break;
            case fault::bad_line:
                ++sums_.bad_lines;
                break;
            default:
                ++sums_.contradictions;
                break;
        }
        watcher_.found(found);
    }

    // As the manifest has the name, else in the forms in which file systems give names back: HFS+ decomposes them, and
    // others keep what was copied from there.
    result<read_bytes> read(const std::string& path) {
        auto found = reader_.read(path);
        if (found || found.error().code != world::file_errc::not_found) return found;
        std::vector<std::string> tried{path};
        for (std::string& form : std::vector{formats::nfc(path), formats::hfs_form(path), formats::nfd(path)}) {
            if (std::ranges::find(tried, form) != tried.end()) continue;
            auto other = reader_.read(form);
            if (other) {
                known_too_.push_back(mark(form));
                return other;
            }
            tried.push_back(std::move(form));
        }
        return found;
    }

    bool check_line(std::string_view manifest, const formats::manifest_record& record) {
        const auto* entry = record.entry();
        const bool of_payload = manifest == layout::manifest;
        if (entry == nullptr || !formats::is_safe_bag_path(entry->path) || !record.terminated) {
            if (of_payload) facts_.lines_good = false;
            report({fault::bad_line, std::string(manifest), std::to_string(record.line)});
            return watcher_.go_on(sums_);
        }
        const std::uint64_t faults = sums_.missing + sums_.unreadable + sums_.changed;
        const std::uint64_t size = check_file(*entry);
        const bool good = faults == sums_.missing + sums_.unreadable + sums_.changed;
        if (of_payload) {
            ++facts_.payload.streams;
            facts_.payload.octets += size;
            facts_.bytes_known = facts_.bytes_known && good;
            facts_.volumes = facts_.volumes || layout::parent_of(entry->path) == layout::volumes_folder;
        } else {
            claims_.vouched(entry->path);
            if (!good) claims_.named(entry->path);
        }
        return watcher_.go_on(sums_);
    }

    std::uint64_t check_file(const formats::manifest_entry& entry) {
        const auto found = read(entry.path);
        if (!found) {
            const bool gone = found.error().code == world::file_errc::not_found;
            report({gone ? fault::missing : fault::unreadable, entry.path, found.error().code.message(), entry.digest});
            return 0;
        }
        sums_.bytes += found.value().size;
        sums_.any_cache = sums_.any_cache || found.value().method == read_back_method::cache;
        if (found.value().sha256 == entry.digest)
            ++sums_.good;
        else
            report({fault::changed, entry.path, std::to_string(found.value().size), entry.digest});
        return found.value().size;
    }

    result<void> look_beyond_the_lines() {
        if (auto r = claims_.compare(facts_, sums_); !r) return r;
        if (claims_.more_than_listed()) {
            if (auto r = name_what_the_lists_name(); !r) return r;
        }
        listed_.insert(listed_.end(), known_too_.begin(), known_too_.end());
        std::sort(listed_.begin(), listed_.end());
        return look_for_unlisted();
    }

    // Where the manifest does not list everything, the lists may still say what it was.
    result<void> name_what_the_lists_name() {
        std::unordered_set<std::uint64_t> named;
        auto seen = each_named_in_lists(files_, [&](std::string_view path, const formats::sha256_digest& sha256) {
            if (is_listed(path) || !named.insert(mark(path)).second) return;
            const auto there = files_.info(path);
            const bool is_there = there && there.value();
            report({is_there ? fault::unlisted : fault::missing, std::string(path), {}, sha256});
        });
        known_too_.insert(known_too_.end(), named.begin(), named.end());
        return seen;
    }

    result<void> look_for_unlisted() {
        const auto there = files_.info(layout::payload_folder);
        if (!there) return there.error();
        if (!there.value()) return {};
        return files_.walk(layout::payload_folder, [&](std::string_view path, const world::file_info& info) {
            if (info.folder || is_listed(path)) return true;
            ++sums_.unlisted;
            watcher_.unlisted(path, formats::is_foreign_file(path));
            return true;
        });
    }

    world::file_store& files_;
    const bag_watcher& watcher_;
    reader reader_;
    bag_claims claims_;
    manifest_facts facts_;
    bag_sums sums_;
    std::vector<std::uint64_t> listed_;
    std::vector<std::uint64_t> known_too_;  // other names of what is listed, or named by the lists
};

}  // namespace

result<bag_sums> check_bag(world::file_store& files, const bag_watcher& watcher) {
    return checker(files, watcher).run();
}

}  // namespace decamp::verify

#include "engine/plan/planner.hpp"

#include <optional>
#include <utility>

#include "engine/model/layout.hpp"
#include "engine/plan/naming.hpp"
#include "formats/digest.hpp"

namespace decamp::plan {

namespace {

constexpr std::string_view distrust_fact = "twins_distrusted";
// A name is sought by ever longer suffixes; more tries than this mean that the catalogue does not answer sensibly.
constexpr unsigned most_candidates = 10'000;

}  // namespace

// What a row leaves out was announced by one before, and holds as long as this row speaks of the same version.
listed_item completed(listed_item row, const listed_item& before) {
    if (row.home.value.empty()) row.home = before.home;
    const bool same_version = (!row.size || !before.size || *row.size == *before.size) &&
                              (!row.modified_ms || !before.modified_ms || *row.modified_ms == *before.modified_ms);
    if (!same_version) return row;
    if (!row.size) row.size = before.size;
    if (!row.sha1) row.sha1 = before.sha1;
    if (!row.sha256) row.sha256 = before.sha256;
    if (!row.md5) row.md5 = before.md5;
    if (!row.modified_ms) row.modified_ms = before.modified_ms;
    return row;
}

bool is_audit_group(const formats::sha1_digest& announced, std::uint64_t seed) {
    return ((formats::xxh3_64_of(announced) ^ seed) * 0x9e3779b97f4a7c15ULL) >> 58 == 0;
}

planner::planner(catalogue::catalogue& where, planner_options options)
    : catalogue_(where), options_(std::move(options)) {
    const auto fact = catalogue_.fact(distrust_fact);
    twins_distrusted_ = fact && fact.value().has_value();
}

result<std::vector<std::int64_t>> planner::plan_collections(const std::vector<collection>& page) {
    std::vector<std::int64_t> rows;
    if (auto r = catalogue_.begin(); !r) return r.error();
    for (const collection& c : page) {
        auto known = catalogue_.find_collection(c.id);
        if (!known) return catalogue_.rollback(), known.error();
        if (known.value()) {
            if (auto r = catalogue_.saw_collection(known.value()->row, c); !r) return catalogue_.rollback(), r.error();
            rows.push_back(known.value()->row);
            continue;
        }
        const auto added = add_collection(c);
        if (!added) return catalogue_.rollback(), added.error();
        if (auto r = catalogue_.saw_collection(added.value().row, c); !r) return catalogue_.rollback(), r.error();
        rows.push_back(added.value().row);
    }
    if (auto r = catalogue_.commit(); !r) return r.error();
    return rows;
}

result<planned_page> planner::plan_page(std::int64_t collection_row, const std::vector<listed_item>& items,
                                        const std::vector<list_gap>& gaps, const collection_id& listed_in) {
    planned_page page;
    page.items = items.size();
    last_home_.reset();  // of a page that was rolled back, perhaps
    if (auto r = catalogue_.begin(); !r) return r.error();
    for (const listed_item& item : items) {
        if (auto r = plan_item(collection_row, item, listed_in, page); !r) return catalogue_.rollback(), r.error();
    }
    for (const list_gap& gap : gaps) {
        if (auto r = catalogue_.record_gap(gap); !r) return catalogue_.rollback(), r.error();
    }
    if (auto r = catalogue_.commit(); !r) return r.error();
    return page;
}

// Most items of a page have the home of the one before them.
result<catalogue::known_collection> planner::home_of(const listed_item& item) {
    if (last_home_ && last_home_->first == item.home) return last_home_->second;
    auto home = find_home(item);
    if (home) last_home_.emplace(item.home, home.value());
    return home;
}

result<catalogue::known_collection> planner::find_home(const listed_item& item) {
    auto known = catalogue_.find_collection(item.home);
    if (!known) return known.error();
    if (known.value()) return *known.value();
    if (options_.arranged == arrangement::tree) return folder_of_tree(item.home);
    return add_collection(collection{item.home, {}, {}, false});  // an album that the album list did not name
}

// A folder of a tree, and those above it, outermost first: each has a row, so that no file takes a folder's place.
result<catalogue::known_collection> planner::folder_of_tree(const collection_id& folder) {
    std::vector<collection_id> missing;
    catalogue::known_collection parent;
    for (collection_id at = folder;; at = parent_folder(at)) {
        const auto known = catalogue_.find_collection(at);
        if (!known) return known.error();
        if (known.value()) {
            parent = *known.value();
            break;
        }
        missing.push_back(at);
        if (at.value.size() <= 1) break;
    }
    for (; !missing.empty(); missing.pop_back()) {
        const collection_id& id = missing.back();
        std::string path = tree_candidate(parent.folder, id);
        for (unsigned attempt = 1; attempt < most_candidates; ++attempt) {
            const auto taken = folder_taken(path);
            if (!taken) return taken.error();
            if (!taken.value()) break;
            path = tree_candidate_with_id(parent.folder, id, attempt);
        }
        const auto row = catalogue_.add_collection(collection{id, id.value, {}, false}, path);
        if (!row) return row.error();
        parent = {row.value(), std::move(path)};
    }
    return parent;
}

result<bool> planner::folder_taken(const std::string& folder) {
    auto taken = catalogue_.collection_folder_taken(folder);
    if (!taken || taken.value() || options_.arranged == arrangement::albums || folder.empty()) return taken;
    return catalogue_.path_taken(layout::below(root_of(options_.arranged), folder));
}

// In a tree a file and a folder can want one name.
result<bool> planner::path_taken(const std::string& path) {
    auto taken = catalogue_.path_taken(path);
    if (!taken || taken.value() || options_.arranged == arrangement::albums) return taken;
    return catalogue_.collection_folder_taken(path.substr(root_of(options_.arranged).size() + 1));
}

result<catalogue::known_collection> planner::add_collection(const collection& c) {
    std::string folder = folder_candidate(c);
    for (unsigned attempt = 1; attempt < most_candidates; ++attempt) {
        const auto taken = catalogue_.collection_folder_taken(folder);
        if (!taken) return taken.error();
        if (!taken.value()) break;
        folder = folder_candidate_with_id(c, attempt);
    }
    const auto row = catalogue_.add_collection(c, folder);
    if (!row) return row.error();
    return catalogue::known_collection{row.value(), folder};
}

// The item as the catalogue knows it. An id belongs to the raw name it was first listed under: another one has the
// other id, or, without one, is named as an exception and is none (empty id).
result<std::optional<catalogue::known_item>> planner::identify(listed_item& item, planned_page& page) {
    auto known = catalogue_.find_item(item.id);
    if (!known || !known.value()) return known;
    const auto raw = catalogue::raw_name_hash(item);
    const bool another = raw && known.value()->raw && *raw != *known.value()->raw;
    if (!another) return known;
    if (!item.other_id.empty()) {
        item.id.value = std::exchange(item.other_id, {});
        return catalogue_.find_item(item.id);
    }
    // Spelled otherwise than in an earlier run, by all that is known so far: the same item.
    if (!known.value()->seen) return known;
    const list_gap gap{item.raw_name, item.name, item.home, exception_reason::names_collide, {}};
    if (auto r = catalogue_.record_gap(gap); !r) return r.error();
    ++page.collisions;
    item.id.value.clear();
    return std::optional<catalogue::known_item>();
}

result<void> planner::plan_item(std::int64_t collection_row, listed_item item, const collection_id& listed_in,
                                planned_page& page) {
    const auto known = identify(item, page);
    if (!known) return known.error();
    if (item.id.value.empty()) return {};
    if (known.value()) item = completed(std::move(item), known.value()->before);
    if (item.home.value.empty()) item.home = listed_in;
    const auto home = home_of(item);
    if (!home) return home.error();
    const bool is_wanted = wanted(options_.wanted, home.value().folder, item);
    const auto row =
        catalogue_.put_item(item, is_wanted ? catalogue::item_state::wanted : catalogue::item_state::excluded);
    if (!row) return row.error();
    const auto first = catalogue_.tally(collection_row, row.value(), item.bucket);
    if (!first) return first.error();
    if (first.value()) ++page.first_seen;
    const bool fresh = !known.value() || !known.value()->seen;
    if (fresh) ++page.fresh;
    if (auto r = catalogue_.add_membership(home.value().row, row.value()); !r) return r;
    if (collection_row != 0 && collection_row != home.value().row) {
        if (auto r = catalogue_.add_membership(collection_row, row.value()); !r) return r;
    }
    if (!is_wanted) return {};
    const bool has_file = known.value() && known.value()->file.has_value();
    const bool changed = has_file && known.value()->fingerprint != listed_fingerprint(item);
    // Bytes that contradict their announcement stay where they are, and are fetched again in each run.
    const bool again = has_file && known.value()->contradicts;
    if (has_file && !changed && !again) {
        if (fresh && known.value()->stored) {
            ++page.standing;
            page.standing_bytes += item.size.value_or(0);
        }
        return {};
    }
    return name_item(row.value(), item, home.value(), changed && known.value()->stored, page);
}

// By an announced digest alone: a size can be announced wrongly, and says nothing where it is right.
bool planner::is_file_of(const stored_blob& orphan, const listed_item& item) const {
    if (item.sha256) return orphan.sha256 == *item.sha256;
    return item.sha1 && options_.has_sha1 && options_.has_sha1(orphan, *item.sha1);
}

result<void> planner::name_item(std::int64_t row, const listed_item& item, const catalogue::known_collection& home,
                                bool changed, planned_page& page) {
    auto path = free_path(home.folder, item, changed);
    if (!path) return path.error();
    if (path.value().adopted) return catalogue_.adopt_orphan(row, path.value().path, source_check::digest);
    if (auto r = bind(row, path.value().path, item, page); !r) return r;
    ++page.planned;
    page.names.push_back({item.id.value, std::move(path.value().path), item.size});
    return {};
}

// Under each name that is taken, the item's own file may stand, from an export whose catalogue was lost.
result<planner::chosen_path> planner::free_path(std::string_view folder, const listed_item& item, bool changed) {
    const arrangement how = options_.arranged;
    std::string path = changed ? path_candidate_changed(how, folder, item, 1) : path_candidate(how, folder, item);
    for (unsigned attempt = 1; attempt < most_candidates; ++attempt) {
        const auto taken = path_taken(path);
        if (!taken) return taken.error();
        if (!taken.value()) return chosen_path{std::move(path), false};
        if (!changed) {
            const auto orphan = catalogue_.find_orphan(path);
            if (!orphan) return orphan.error();
            if (orphan.value() && is_file_of(*orphan.value(), item)) return chosen_path{std::move(path), true};
        }
        path = changed ? path_candidate_changed(how, folder, item, attempt + 1)
                       : path_candidate_with_id(how, folder, item, attempt);
    }
    return failure(catalogue::catalogue_errc::misuse, "no free name for an item");
}

// To a blob of its own, or to one that items with its announcement share.
result<void> planner::bind(std::int64_t row, std::string_view path, const listed_item& item, planned_page& page) {
    const std::uint64_t size = item.size.value_or(0);
    std::optional<blob_key> leader;
    if (item.sha1 && size > 0 && !twins_distrusted_) {
        const auto found = catalogue_.find_announced(*item.sha1, size);
        if (!found) return found.error();
        leader = found.value();
    }
    const bool fetched =
        !leader || options_.twins == twin_rule::fetch || is_audit_group(*item.sha1, options_.audit_seed);
    if (fetched) {
        page.bytes += size;
        const auto own = catalogue_.add_own_file(row, path, item, leader);
        return own ? result<void>() : own.error();
    }
    page.twin_bytes += size;
    const auto key = catalogue_.add_file(row, path, *leader);
    return key ? result<void>() : key.error();
}

result<std::uint64_t> planner::distrust_twins() {
    if (twins_distrusted_) return std::uint64_t{0};
    const auto note = [&]() -> result<std::uint64_t> {
        if (auto r = catalogue_.set_fact(distrust_fact, "1"); !r) return r.error();
        if (auto r = catalogue_.set_fact(catalogue::stale_links_fact, "1"); !r) return r.error();
        return catalogue_.distrust_twins();
    };
    if (auto r = catalogue_.begin(); !r) return r.error();
    auto again = note();
    const auto written = again ? catalogue_.commit() : result<void>(again.error());
    if (!written) {
        catalogue_.rollback();
        return written.error();
    }
    twins_distrusted_ = true;
    return again;
}

}  // namespace decamp::plan

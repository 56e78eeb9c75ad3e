#include <string>
#include <string_view>

#include "engine/certify/certificate.hpp"
#include "engine/model/layout.hpp"
#include "formats/jsonl.hpp"
#include "formats/time.hpp"

namespace decamp::certify {

namespace {

using formats::json_line;

std::string quoted(std::string_view text) {
    std::string out;
    formats::append_json_string(out, text);
    return out;
}

std::string time_of(std::int64_t ms, int offset) {
    return formats::format_rfc3339(formats::ns_from_ms(ms), offset, 3);
}

std::string list_of(const std::vector<std::string>& texts) {
    std::string out = "[";
    for (const std::string& t : texts) out += (out.size() > 1 ? ", " : "") + quoted(t);
    return out + "]";
}

std::string number_or_null(const std::optional<std::uint64_t>& n) {
    return n ? std::to_string(*n) : "null";
}

std::string method_of(const catalogue::catalogue::read_back_summary& r) {
    if (r.any_medium && r.any_cache) return "\"mixed\"";
    if (r.any_medium) return "\"medium\"";
    return r.any_cache ? "\"cache\"" : "null";
}

void write_head(draft& to, const statement& s, const std::optional<std::uint64_t>& differences) {
    const run_facts& f = s.facts;
    to.add("{\"format\": \"decamp-certificate/1\",\n");
    to.add(" \"decamp\": " + quoted(f.version) + ",\n");
    to.add(" \"verdict\": " + quoted(word_of(s.says)) + ",\n");
    to.add(" \"exit_code\": " + std::to_string(static_cast<int>(s.code)) + ",\n");
    to.add(" \"scope\": {\"since\": " + (f.since.empty() ? std::string("null") : quoted(f.since)) +
           ", \"include\": " + list_of(f.include) + ", \"exclude\": " + list_of(f.exclude) + ", \"only\": []},\n");
    json_line source;
    source.add("kind", f.kind).add("endpoint", f.endpoint).add("account", f.account);
    to.add(" \"source\": " + source.str() + ",\n");
    to.add(" \"started\": " + quoted(time_of(f.started_ms, f.utc_offset_minutes)) + ",\n");
    to.add(" \"finished\": " + quoted(time_of(f.finished_ms, f.utc_offset_minutes)) + ",\n");
    const certificate_counts& c = s.counts;
    json_line counts;
    if (c.announced)
        counts.add("announced", *c.announced);
    else
        counts.add("announced", nullptr);
    counts.add("listed", c.listed).add("excluded", c.excluded).add("stored", c.stored);
    counts.add("checked_by_source_digest", c.checked_by_source_digest);
    counts.add("twins_on_announcement", c.twins_on_announcement);
    counts.add("twins_sampled", c.twins_sampled).add("unchecked", c.unchecked);
    counts.add("read_back", c.read_back).add("exceptions", c.exceptions);
    if (differences) counts.add("differences", *differences);
    to.add(" \"counts\": " + counts.str() + ",\n");
    if (f.announced_by) {
        json_line second;
        second.add("by", f.announced_by->by).add("items", f.announced_by->items).add("bytes", f.announced_by->bytes);
        to.add(" \"announced_by\": " + second.str() + ",\n");
    }
    to.add(" \"read_back_method\": " + method_of(s.read_back) + ",\n");
    const auto& oldest = s.read_back.oldest_ms;
    to.add(" \"read_back_oldest\": " + (oldest ? quoted(time_of(*oldest, f.utc_offset_minutes)) : std::string("null")) +
           ",\n");
    json_line bytes;
    bytes.add("listed", s.bytes.listed).add("stored_unique", s.bytes.stored_unique);
    bytes.add("downloaded", s.bytes.downloaded).add("saved_by_dedup", s.bytes.saved_by_dedup);
    to.add(" \"bytes\": " + bytes.str() + ",\n");
}

// Members of an array, one a line.
class array_writer {
  public:
    array_writer(draft& to, std::string_view name) : to_(to) { to_.add(" \"" + std::string(name) + "\": ["); }
    void add(const std::string& object) {
        to_.add(first_ ? "\n  " : ",\n  ");
        to_.add(object);
        first_ = false;
    }
    void end(std::string_view after) { to_.add("]" + std::string(after) + "\n"); }

  private:
    draft& to_;
    bool first_ = true;
};

}  // namespace

statement in_totals(const statement& s) {
    statement t = s;
    t.facts.endpoint.clear();
    t.facts.account = "redacted";
    t.facts.include.clear();
    t.facts.exclude.clear();
    t.facts.since.clear();
    t.facts.announced_by.reset();
    constexpr std::uint64_t mib = std::uint64_t{1} << 20;
    for (std::uint64_t* bytes : {&t.bytes.listed, &t.bytes.stored_unique, &t.bytes.downloaded, &t.bytes.saved_by_dedup})
        *bytes = (*bytes + mib - 1) / mib * mib;
    return t;
}

result<std::uint64_t> count_differences(catalogue::catalogue& where) {
    std::uint64_t count = 0;
    const auto visited = where.each_difference([&](const certificate_difference&) {
        ++count;
        return true;
    });
    if (!visited) return visited.error();
    return count;
}

result<void> write_json(draft& to, const statement& s, catalogue::catalogue& where, disclosure says) {
    if (says == disclosure::totals) {
        const auto differences = count_differences(where);
        if (!differences) return differences.error();
        write_head(to, in_totals(s), differences.value());
        to.add(" \"encrypted\": true,\n \"full_certificate\": " + quoted(layout::full_certificate_json) + ",\n");
        to.add(" \"collections\": [],\n \"differences\": [],\n \"exceptions\": []}\n");
        return {};
    }
    write_head(to, s, {});
    array_writer collections(to, "collections");
    auto visited = where.each_collection([&](const certificate_collection& c, std::int64_t, const std::string&) {
        collections.add("{\"id\": " + quoted(c.id) + ", \"name\": " + quoted(c.name) + ", \"announced\": " +
                        number_or_null(c.announced) + ", \"listed\": " + std::to_string(c.listed) +
                        ", \"stored\": " + std::to_string(c.stored) + "}");
        return true;
    });
    if (!visited) return visited;
    collections.end(",");
    array_writer differences(to, "differences");
    visited = where.each_difference([&](const certificate_difference& d) {
        json_line line;
        line.add("collection", d.collection).add("day", d.day).add("announced", d.announced).add("listed", d.listed);
        differences.add(line.str());
        return true;
    });
    if (!visited) return visited;
    differences.end(",");
    if (s.counts.unchecked > 0) {
        array_writer unchecked(to, "unchecked");
        visited = where.each_unchecked([&](const certificate_exception& e) {
            json_line line;
            line.add("id", e.id).add("name", e.name).add("collection", e.collection);
            unchecked.add(line.str());
            return true;
        });
        if (!visited) return visited;
        unchecked.end(",");
    }
    array_writer exceptions(to, "exceptions");
    visited = where.each_exception([&](const certificate_exception& e) {
        json_line line;
        line.add("id", e.id).add("name", e.name).add("collection", e.collection);
        line.add("reason", e.reason).add("detail", e.detail);
        exceptions.add(line.str());
        return true;
    });
    if (!visited) return visited;
    exceptions.end("}");
    return {};
}

}  // namespace decamp::certify

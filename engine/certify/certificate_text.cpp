#include <string>
#include <string_view>

#include "engine/certify/certificate.hpp"
#include "engine/messages/messages.hpp"
#include "engine/model/layout.hpp"
#include "formats/size.hpp"
#include "formats/time.hpp"

namespace decamp::certify {

namespace {

using messages::id;

// A page that can be read and printed; certificate.json names everything.
constexpr std::uint64_t most_lines = 1000;

class page {
  public:
    page(draft& to, language words) : to_(to), words_(words) {}
    template <class... Values>
    void line(id which, const Values&... values) {
        to_.add(messages::say(words_, which, values...) + "\n");
    }
    template <class... Values>
    void entry(id which, const Values&... values) {
        to_.add("  " + messages::say(words_, which, values...) + "\n");
    }
    template <class... Values>
    std::string text(id which, const Values&... values) const {
        return messages::say(words_, which, values...);
    }
    void gap() { to_.add("\n"); }

  private:
    draft& to_;
    language words_;
};

std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& t : texts) out += (out.empty() ? "" : ", ") + t;
    return out;
}

void write_verdict(page& p, const statement& s) {
    const bool filtered = s.facts.filtered();
    switch (s.says) {
        case verdict::complete:
            if (s.counts.listed == 0) return p.line(id::verdict_empty);
            if (filtered && s.counts.excluded == s.counts.listed) return p.line(id::verdict_nothing_matched);
            return p.line(filtered ? id::verdict_complete_filtered : id::verdict_complete);
        case verdict::complete_with_exceptions:
            return p.line(filtered ? id::verdict_exceptions_filtered : id::verdict_exceptions, s.counts.exceptions);
        case verdict::incomplete:
            return p.line(s.facts.end == run_end::whole ? id::verdict_incomplete : id::verdict_incomplete_interrupted);
    }
}

void write_scope(page& p, const run_facts& f) {
    if (!f.filtered()) p.line(id::cert_scope_all);
    if (!f.since.empty()) p.line(id::cert_scope_since, f.since);
    if (!f.include.empty()) p.line(id::cert_scope_include, joined(f.include));
    if (!f.exclude.empty()) p.line(id::cert_scope_exclude, joined(f.exclude));
}

void write_counts(page& p, const statement& s) {
    const certificate_counts& c = s.counts;
    p.line(id::cert_heading_counts);
    if (c.announced)
        p.entry(id::cert_announced, *c.announced);
    else
        p.entry(id::cert_announced_none);
    if (const auto& second = s.facts.announced_by)
        p.entry(id::cert_announced_by, second->by, second->items, formats::human_size(second->bytes));
    p.entry(id::cert_listed, c.listed);
    if (c.excluded > 0) p.entry(id::cert_excluded, c.excluded);
    p.entry(id::cert_stored, c.stored);
    p.entry(id::cert_checked, c.checked_by_source_digest);
    p.entry(id::cert_twins, c.twins_on_announcement);
    if (c.twins_on_announcement > 0) p.entry(id::cert_twins_sampled, c.twins_sampled);
    if (c.unchecked > 0) p.entry(id::cert_unchecked, c.unchecked);
    p.entry(id::cert_read_back, c.read_back);
    p.entry(id::cert_exceptions, c.exceptions);
    p.entry(id::cert_bytes_listed, formats::human_size(s.bytes.listed));
    p.entry(id::cert_bytes_stored, formats::human_size(s.bytes.stored_unique));
    p.entry(id::cert_bytes_downloaded, formats::human_size(s.bytes.downloaded));
    p.entry(id::cert_bytes_saved, formats::human_size(s.bytes.saved_by_dedup));
}

void write_method(page& p, const statement& s) {
    const auto& r = s.read_back;
    if (!r.oldest_ms) return p.line(id::cert_method_none);
    const std::string oldest = formats::format_rfc3339(formats::ns_from_ms(*r.oldest_ms), s.facts.utc_offset_minutes);
    if (r.any_medium && r.any_cache) return p.line(id::cert_method_mixed, oldest);
    p.line(r.any_medium ? id::cert_method_medium : id::cert_method_cache, oldest);
}

std::string album_name(const page& p, const std::string& name) {
    return name.empty() ? p.text(id::label_unnamed_album) : name;
}

result<void> write_collections(page& p, catalogue::catalogue& where) {
    p.line(id::cert_heading_collections);
    std::uint64_t lines = 0;
    auto visited = where.each_collection([&](const certificate_collection& c, std::int64_t, const std::string&) {
        if (++lines > most_lines) return true;
        const std::string name = album_name(p, c.name);
        if (c.announced)
            p.entry(id::cert_collection, name, c.stored, c.listed, *c.announced);
        else
            p.entry(id::cert_collection_uncounted, name, c.stored, c.listed);
        return true;
    });
    if (lines > most_lines) p.entry(id::cert_more, lines - most_lines);
    return visited;
}

result<void> write_differences(page& p, catalogue::catalogue& where) {
    std::uint64_t lines = 0;
    auto visited = where.each_difference([&](const certificate_difference& d) {
        if (++lines == 1) {
            p.gap();
            p.line(id::cert_heading_differences);
        }
        if (lines > most_lines) return true;
        const std::string album = d.collection.empty() ? p.text(id::label_everything) : d.collection;
        if (d.day.empty())
            p.entry(id::cert_difference_album, album, d.announced, d.listed);
        else
            p.entry(id::cert_difference, album, d.day, d.announced, d.listed);
        return true;
    });
    if (lines > most_lines) p.entry(id::cert_more, lines - most_lines);
    return visited;
}

result<void> write_unchecked(page& p, catalogue::catalogue& where) {
    std::uint64_t lines = 0;
    auto visited = where.each_unchecked([&](const certificate_exception& e) {
        if (++lines == 1) {
            p.gap();
            p.line(id::cert_heading_unchecked);
        }
        if (lines <= most_lines) p.entry(id::cert_unchecked_item, e.name, e.collection, e.id);
        return true;
    });
    if (lines > most_lines) p.entry(id::cert_more, lines - most_lines);
    return visited;
}

result<void> write_exceptions(page& p, catalogue::catalogue& where, language words) {
    std::uint64_t lines = 0;
    auto visited = where.each_exception([&](const certificate_exception& e) {
        if (++lines == 1) {
            p.gap();
            p.line(id::cert_heading_exceptions);
        }
        if (lines <= most_lines)
            p.entry(id::cert_exception, e.name, e.collection, e.id, messages::say_reason(words, e.reason));
        return true;
    });
    if (lines > most_lines) p.entry(id::cert_more, lines - most_lines);
    return visited;
}

}  // namespace

result<void> write_text(draft& to, const statement& whole, catalogue::catalogue& where, disclosure says) {
    const bool full = says == disclosure::full;
    const statement s = full ? whole : in_totals(whole);
    const run_facts& f = s.facts;
    page p(to, f.words);
    p.line(id::cert_title);
    p.gap();
    write_verdict(p, whole);  // whether something was left out on purpose is said all the same
    p.gap();
    if (full)
        p.line(id::cert_source, f.kind, f.account, f.endpoint);
    else
        p.line(id::cert_encrypted, layout::full_certificate_text);
    p.line(id::cert_times, formats::format_rfc3339(formats::ns_from_ms(f.started_ms), f.utc_offset_minutes),
           formats::format_rfc3339(formats::ns_from_ms(f.finished_ms), f.utc_offset_minutes));
    if (full) write_scope(p, f);
    p.gap();
    write_counts(p, s);
    p.gap();
    write_method(p, s);
    p.gap();
    if (full) {
        if (auto r = write_collections(p, where); !r) return r;
        if (auto r = write_differences(p, where); !r) return r;
        if (s.counts.unchecked > 0) {
            if (auto r = write_unchecked(p, where); !r) return r;
        }
        if (auto r = write_exceptions(p, where, f.words); !r) return r;
    } else {
        const auto differences = count_differences(where);
        if (!differences) return differences.error();
        if (differences.value() > 0) {
            p.line(id::cert_differences_inside, differences.value());
            p.gap();
        }
    }
    if (full) p.gap();
    p.line(id::cert_how_to_check);
    p.line(id::cert_when);
    p.line(id::cert_version, f.version);
    return {};
}

}  // namespace decamp::certify

#include "engine/retrieval/delivery.hpp"

#include "formats/time.hpp"

namespace decamp::retrieval {

void delivery::done(wanted_line& w, std::uint64_t& counted) {
    w.done = true;
    ++counted;
    watching_.progress(sums);
}

void delivery::in_the_way(wanted_line& w, std::string_view target) {
    watching_.found(trouble::in_the_way, target, {});
    done(w, sums.in_the_way);
}

result<delivery::sifted> delivery::sift(const wanted_group& items, const found_bytes& found) {
    sifted s;
    bool first = true;
    for (wanted_line* w : items) {
        auto line = line_of(*w);
        if (!line) return line.error();
        auto target = target_again(from_, lists_.files()[w->place.list], line.value(), w->how);
        if (!target) return target.error();
        if (first) s.line = line.value();
        first = false;
        // Lists that contradict each other: of the same bytes, only those that agree are served.
        if (!line.value().sha256 || line.value().sha256 != s.line.sha256) continue;
        const auto stands = writing(to_.look(target.value(), *line.value().sha256));
        if (!stands) return stands.error();
        if (stands.value() == target_folder::standing::same) {
            s.existing = target.value();
            if (w->done) continue;
            ++sums.there;
            done(*w, sums.done);
        } else if (w->done) {
            continue;
        } else if (stands.value() == target_folder::standing::other) {
            in_the_way(*w, target.value());
        } else {
            std::optional<std::int64_t> when = found.modified_ns;
            if (const auto ms = line.value().time_ms()) when = formats::ns_from_ms(*ms);
            s.left.push_back({w, std::move(target.value()), when});
        }
    }
    return s;
}

result<bool> delivery::bring(const sifted& s, const found_bytes& found, target_folder::incoming& into,
                             std::string& why) {
    const auto write = [&](std::span<const std::byte> bytes) { return writing(into.write(bytes)); };
    const std::uint64_t most =
        found.declared || found.packed > 0 ? most_bytes(listed_size(s.line), found.declared, found.packed) : UINT64_MAX;
    const auto read = read_checked(found.read, found.size, most, s.line.sha256, write, watching_.stop);
    if (!read) return read.error();
    why = read.value().detail;
    sums.bytes += read.value().how == read_end::whole ? read.value().bytes : 0;
    return read.value().how == read_end::whole;
}

result<bool> delivery::deliver(const wanted_group& items, const found_bytes& found, std::string& why) {
    auto sifting = sift(items, found);
    if (!sifting) return sifting.error();
    sifted& s = sifting.value();
    std::size_t next = 0;
    if (!s.existing && !s.left.empty()) {
        auto into = writing(to_.begin());
        if (!into) return into.error();
        auto good = bring(s, found, into.value(), why);
        if (!good || !good.value()) {
            if (auto r = writing(to_.drop(std::move(into.value()))); !r) return r.error();
            return good;
        }
        part& p = s.left.front();
        const auto named = writing(to_.finish(std::move(into.value()), p.target, p.modified_ns));
        if (!named) return named.error();
        if (!named.value()) {  // somebody was quicker
            in_the_way(*p.item, p.target);
            why = p.target;
            return s.left.size() == 1 && settled(items);
        }
        s.existing = p.target;
        done(*p.item, sums.done);
        next = 1;
    }
    for (; next < s.left.size(); ++next) {
        part& p = s.left[next];
        const auto named = writing(to_.repeat(*s.existing, p.target, *s.line.sha256, p.modified_ns));
        if (!named) return named.error();
        if (named.value())
            done(*p.item, sums.done);
        else
            in_the_way(*p.item, p.target);
    }
    if (settled(items)) return true;
    why = "the lists contradict each other";
    return false;
}

result<void> delivery::give_up(const wanted_group& items, const std::string& why) {
    for (wanted_line* w : items) {
        if (w->done) continue;
        const auto line = line_of(*w);
        if (!line) return line.error();
        const auto target = target_again(from_, lists_.files()[w->place.list], line.value(), w->how);
        if (!target) return target.error();
        watching_.found(trouble::damaged, target.value(), why);
        done(*w, sums.damaged);
    }
    return {};
}

}  // namespace decamp::retrieval

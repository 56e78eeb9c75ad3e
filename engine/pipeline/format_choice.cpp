#include "engine/pipeline/format_choice.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "decamp/export.hpp"
#include "engine/pipeline/destination.hpp"
#include "formats/par2.hpp"

namespace decamp::pipeline {

namespace {

// Facts of the catalogue.
constexpr std::string_view format_fact = "format";
constexpr std::string_view volume_fact = "volume_bytes";
constexpr std::string_view level_fact = "level";
constexpr std::string_view twins_fact = "twins_in_archive";
using catalogue::recovery_fact;

// What a run that is cut short has to fetch again.
constexpr std::uint64_t encrypted_volume_bytes = std::uint64_t{256} << 20;

std::string_view word_of_twins(archived_twins twins) {
    switch (twins) {
        case archived_twins::list:
            return "list";
        case archived_twins::link:
            return "link";
        case archived_twins::copy:
            return "copy";
    }
    return "list";
}

// As --volume-size takes it.
std::string word_of_size(std::uint64_t bytes) {
    std::string unit;
    for (const char* larger : {"KiB", "MiB", "GiB"}) {
        if (bytes % 1024 != 0) break;
        bytes /= 1024;
        unit = larger;
    }
    return std::to_string(bytes) + unit;
}

failure other(std::string_view option, std::string_view value) {
    return failure(make_error_code(destination_errc::other_format), std::string(option) + " " + std::string(value));
}

template <class Number>
std::optional<Number> number_in(const std::optional<std::string>& text) {
    Number value{};
    if (!text) return std::nullopt;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return value;
}

struct noted {
    std::optional<std::string> format, volume_bytes, level, twins, recovery;
};

result<noted> read(catalogue::catalogue& where) {
    noted all;
    for (const auto& [name, into] : {std::pair(format_fact, &all.format), std::pair(volume_fact, &all.volume_bytes),
                                     std::pair(level_fact, &all.level), std::pair(twins_fact, &all.twins),
                                     std::pair(recovery_fact, &all.recovery)}) {
        auto fact = where.fact(name);
        if (!fact) return fact.error();
        *into = std::move(fact.value());
    }
    return all;
}

// An export that was begun before there were archives says nothing, and is a tree.
volume_settings begun_with(const noted& all) {
    volume_settings s;
    if (all.format) s.kind = container_of(*all.format).value_or(container::tree);
    s.volume_bytes = number_in<std::uint64_t>(all.volume_bytes).value_or(s.volume_bytes);
    s.level = number_in<int>(all.level).value_or(s.level);
    for (const archived_twins t : {archived_twins::list, archived_twins::link, archived_twins::copy}) {
        if (all.twins == word_of_twins(t)) s.twins = t;
    }
    s.recovery_percent = std::min(number_in<unsigned>(all.recovery).value_or(0), most_recovery_percent);
    return s;
}

result<void> same(const volume_settings& s, const format_wishes& w) {
    if (w.kind && !w.automatic && *w.kind != s.kind) return other("--format", word_of(s.kind));
    if (s.kind == container::tree)
        return w.recovery_percent ? result<void>(failure(destination_errc::recovery_of_a_tree)) : result<void>();
    if (w.recovery_percent && *w.recovery_percent != s.recovery_percent) {
        if (s.recovery_percent == 0) return failure(destination_errc::begun_without_recovery);
        return other("--recovery", std::to_string(s.recovery_percent) + "%");
    }
    if (w.volume_bytes && *w.volume_bytes != s.volume_bytes)
        return other("--volume-size", word_of_size(s.volume_bytes));
    if (w.level && *w.level != s.level) return other("--level", std::to_string(s.level));
    if (w.twins && *w.twins != s.twins) return other("--twins-in-archive", word_of_twins(s.twins));
    return {};
}

result<void> note(catalogue::catalogue& where, const volume_settings& s) {
    if (auto r = where.begin(); !r) return r;
    result<void> written;
    const std::string volume = std::to_string(s.volume_bytes), level = std::to_string(s.level),
                      recovery = std::to_string(s.recovery_percent);
    for (const auto& [name, value] :
         {std::pair(volume_fact, std::string_view(volume)), std::pair(level_fact, std::string_view(level)),
          std::pair(twins_fact, word_of_twins(s.twins)), std::pair(recovery_fact, std::string_view(recovery)),
          std::pair(format_fact, word_of(s.kind))}) {
        if (written) written = where.set_fact(name, value);
    }
    if (written) return where.commit();
    where.rollback();
    return written;
}

// The percentage by which the recovery data beside this volume was made; 0: there is none.
result<unsigned> recovery_found(catalogue::catalogue& where, const volume_row& volume) {
    const auto there = where.parity_of(volume.number);
    if (!there) return there.error();
    for (unsigned percent = 1; percent <= most_recovery_percent && !there.value().empty(); ++percent) {
        const auto layout = formats::plan_par2(volume.bytes, percent * 10);
        const std::string name = formats::par2_volume_name(volume.name, layout);
        if (std::ranges::any_of(there.value(), [&](const parity_file& f) { return f.name == name; })) return percent;
    }
    return 0U;
}

}  // namespace

result<volume_settings> agree_on_format(catalogue::catalogue& where, const std::function<container()>& suited,
                                        const format_wishes& wishes) {
    const auto known = read(where);
    if (!known) return known.error();
    // Planned by an earlier run that noted nothing: a tree.
    const auto runs = where.last_group();
    if (!runs) return runs.error();
    if (known.value().format || runs.value() > 0) {
        const volume_settings begun = begun_with(known.value());
        if (auto r = same(begun, wishes); !r) return r.error();
        return begun;
    }
    // An export of archives whose catalogue was lost: what is there says what it was.
    const auto volumes = where.next_volumes(0, 1);
    if (!volumes) return volumes.error();
    volume_settings s;
    if (!volumes.value().empty()) {
        const std::string& name = volumes.value().front().name;
        const auto kind = container_of_volume(name);
        if (kind && wishes.kind && !wishes.automatic && *wishes.kind != *kind) return other("--format", word_of(*kind));
        s.kind = kind.value_or(container::tree);
        const auto recovery = recovery_found(where, volumes.value().front());
        if (!recovery) return recovery.error();
        s.recovery_percent = recovery.value();
    } else {
        const container best = suited();
        s.kind = wishes.automatic ? best : wishes.kind.value_or(container::tree);
    }
    if (wishes.encrypted) {
        if (s.kind == container::tree) s.kind = container::tar_zst;
        s.volume_bytes = encrypted_volume_bytes;
    }
    s.volume_bytes = wishes.volume_bytes.value_or(s.volume_bytes);
    s.level = wishes.level.value_or(s.level);
    s.twins = wishes.twins.value_or(s.twins);
    s.recovery_percent = wishes.recovery_percent.value_or(s.recovery_percent);
    if (s.kind == container::tree && s.recovery_percent > 0) return failure(destination_errc::recovery_of_a_tree);
    if (auto r = note(where, s); !r) return r.error();
    return s;
}

}  // namespace decamp::pipeline

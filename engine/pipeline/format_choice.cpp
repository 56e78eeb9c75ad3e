#include "engine/pipeline/format_choice.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "engine/pipeline/destination.hpp"

namespace decamp::pipeline {

namespace {

// Facts of the catalogue.
constexpr std::string_view format_fact = "format";
constexpr std::string_view volume_fact = "volume_bytes";
constexpr std::string_view level_fact = "level";
constexpr std::string_view twins_fact = "twins_in_archive";

std::string_view word_of_twins(archived_twins twins) {
    switch (twins) {
        case archived_twins::list: return "list";
        case archived_twins::link: return "link";
        case archived_twins::copy: return "copy";
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
    std::optional<std::string> format, volume_bytes, level, twins;
};

result<noted> read(catalogue::catalogue& where) {
    noted all;
    for (const auto& [name, into] : {std::pair(format_fact, &all.format), std::pair(volume_fact, &all.volume_bytes),
                                     std::pair(level_fact, &all.level), std::pair(twins_fact, &all.twins)}) {
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
    return s;
}

result<void> same(const volume_settings& s, const format_wishes& w) {
    if (w.kind && !w.automatic && *w.kind != s.kind) return other("--format", word_of(s.kind));
    if (s.kind == container::tree) return {};
    if (w.volume_bytes && *w.volume_bytes != s.volume_bytes)
        return other("--volume-size", word_of_size(s.volume_bytes));
    if (w.level && *w.level != s.level) return other("--level", std::to_string(s.level));
    if (w.twins && *w.twins != s.twins) return other("--twins-in-archive", word_of_twins(s.twins));
    return {};
}

result<void> note(catalogue::catalogue& where, const volume_settings& s) {
    if (auto r = where.begin(); !r) return r;
    result<void> written;
    const std::string volume = std::to_string(s.volume_bytes), level = std::to_string(s.level);
    for (const auto& [name, value] :
         {std::pair(volume_fact, std::string_view(volume)), std::pair(level_fact, std::string_view(level)),
          std::pair(twins_fact, word_of_twins(s.twins)), std::pair(format_fact, word_of(s.kind))}) {
        if (written) written = where.set_fact(name, value);
    }
    if (written) return where.commit();
    where.rollback();
    return written;
}

}  // namespace

container suited(const world::drive_facts& drive) {
    const bool costly = drive.flush == world::flush_rule::each_file && drive.cluster > 4096;
    return costly ? container::zip : container::tree;
}

result<volume_settings> agree_on_format(catalogue::catalogue& where, const world::drive_facts& drive,
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
        const auto kind = container_of(std::string_view(name).substr(std::min(name.find('.') + 1, name.size())));
        if (kind && wishes.kind && !wishes.automatic && *wishes.kind != *kind) return other("--format", word_of(*kind));
        s.kind = kind.value_or(container::tree);
    } else {
        s.kind = wishes.automatic ? suited(drive) : wishes.kind.value_or(container::tree);
    }
    s.volume_bytes = wishes.volume_bytes.value_or(s.volume_bytes);
    s.level = wishes.level.value_or(s.level);
    s.twins = wishes.twins.value_or(s.twins);
    if (auto r = note(where, s); !r) return r.error();
    return s;
}

}  // namespace decamp::pipeline

// What a program around formats/par2_*.hpp does, for tests/integration/test_par2.py:
//     par2_tool create FILE PERCENT    writes FILE.par2 and FILE.vol000+NN.par2; says passes and bytes held
//     par2_tool verify FILE PAR2...    says what is damaged
//     par2_tool repair FILE PAR2...
// `-- BYTES` behind any of them limits memory.
// Answers 0: whole (after repair), 1: damaged and repairable, 2: cannot be repaired, 3: misuse or an unreadable set.

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "formats/par2_encoder.hpp"
#include "formats/par2_reader.hpp"
#include "formats/par2_repair.hpp"

namespace {

using namespace decamp::formats;

constexpr int whole = 0, repairable = 1, lost = 2, misuse = 3;
constexpr std::uint64_t usual_memory = std::uint64_t{256} << 20;

std::span<const std::byte> read_at(std::istream& in, std::uint64_t offset, std::span<std::byte> into) {
    in.clear();
    in.seekg(static_cast<std::streamoff>(offset));
    in.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
    return into.first(static_cast<std::size_t>(in.gcount()));
}

void write(std::ostream& out, std::span<const std::byte> bytes) {
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

template <class Sink>
void read_all(const std::string& path, Sink&& sink) {
    std::ifstream in(path, std::ios::binary);
    std::vector<std::byte> buffer(std::size_t{1} << 20);
    for (std::uint64_t at = 0;;) {
        const auto got = read_at(in, at, buffer);
        if (got.empty()) return;
        sink(got);
        at += got.size();
    }
}

int create(const std::string& path, std::uint64_t percent, std::uint64_t memory) {
    const par2_layout layout = plan_par2(std::filesystem::file_size(path), static_cast<unsigned>(percent * 10));
    const std::string name = std::filesystem::path(path).filename().string();
    const std::string beside = path.substr(0, path.size() - name.size());
    par2_encoder encoder(layout, name, memory);
    std::ofstream index(beside + par2_index_name(name), std::ios::binary), volume;
    if (layout.recovery_count != 0) volume.open(beside + par2_volume_name(name, layout), std::ios::binary);
    for (std::uint32_t pass = 0; pass < encoder.passes(); ++pass) {
        read_all(path, [&](std::span<const std::byte> bytes) { encoder.update(bytes); });
        if (encoder.end_pass() != par2_pass::done) return lost;
        if (pass == 0) write(index, encoder.index());
        while (const auto piece = encoder.next_piece()) write(volume, *piece);
    }
    std::printf("%u passes, %llu bytes held, %u + %u slices of %llu bytes\n", encoder.passes(),
                static_cast<unsigned long long>(encoder.memory()), layout.source_count, layout.recovery_count,
                static_cast<unsigned long long>(layout.slice_bytes));
    return index.good() && volume.good() ? whole : lost;
}

std::optional<par2_set> read_set(const std::vector<std::string>& paths) {
    par2_reader reader;
    std::vector<std::byte> buffer;
    for (std::uint32_t i = 0; i < paths.size(); ++i) {
        std::ifstream in(paths[i], std::ios::binary);
        reader.begin_file(i, std::filesystem::file_size(paths[i]));
        while (const auto want = reader.wanted()) {
            buffer.resize(want->length);
            reader.feed(read_at(in, want->offset, buffer));
        }
    }
    const auto read = reader.finish();
    std::printf("%llu damaged packets\n", static_cast<unsigned long long>(reader.damaged_packets()));
    if (const auto* fault = std::get_if<par2_fault>(&read)) {
        std::printf("no set: fault %d\n", static_cast<int>(*fault));
        return std::nullopt;
    }
    return std::get<par2_set>(read);
}

par2_checker::verdict check(const par2_set& set, const std::string& path) {
    par2_checker checker(set);
    read_all(path, [&](std::span<const std::byte> bytes) { checker.update(bytes); });
    auto verdict = checker.finish();
    std::printf("%zu of %zu slices damaged, %zu recovery slices, length %s\n", verdict.damaged.size(),
                set.slices.size(), set.recovery.size(), verdict.length_differs ? "differs" : "agrees");
    return verdict;
}

void mend(const par2_set& set, const std::vector<std::uint32_t>& damaged, par2_repairer& repairer,
          const std::string& path, const std::vector<std::string>& recovery_paths) {
    std::filesystem::resize_file(path, set.file_bytes);
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    std::vector<std::ifstream> recovery;
    for (const auto& one : recovery_paths) recovery.emplace_back(one, std::ios::binary);
    std::vector<std::byte> buffer(repairer.range_bytes());
    std::size_t width = 0;
    for (std::uint64_t offset = 0; offset < set.slice_bytes; offset += width) {
        width = static_cast<std::size_t>(std::min<std::uint64_t>(repairer.range_bytes(), set.slice_bytes - offset));
        const auto range = std::span(buffer).first(width);
        repairer.begin_range(width);
        for (const std::uint32_t slice : repairer.sources())
            repairer.add_source(slice, read_at(file, slice * set.slice_bytes + offset, range));
        for (std::size_t k = 0; k < repairer.recovery().size(); ++k) {
            const par2_recovery_place& place = repairer.recovery()[k];
            repairer.add_recovery(k, read_at(recovery[place.file], place.offset + offset, range));
        }
        repairer.solve();
        file.clear();
        for (std::size_t j = 0; j < damaged.size(); ++j) {
            const std::uint64_t at = damaged[j] * set.slice_bytes + offset;
            if (at >= set.file_bytes) continue;
            file.seekp(static_cast<std::streamoff>(at));
            const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(width, set.file_bytes - at));
            write(file, repairer.repaired(j).first(bytes));
        }
    }
}

int examine(const std::string& path, const std::vector<std::string>& recovery_paths, bool to_repair,
            std::uint64_t memory) {
    const auto set = read_set(recovery_paths);
    if (!set) return misuse;
    const auto verdict = check(*set, path);
    if (verdict.is_whole()) return whole;
    auto made = par2_repairer::make(*set, verdict.damaged, memory);
    if (const auto* fault = std::get_if<par2_repair_fault>(&made)) {
        std::printf("cannot be repaired: fault %d\n", static_cast<int>(*fault));
        return lost;
    }
    if (!to_repair) return repairable;
    auto& repairer = std::get<par2_repairer>(made);
    std::printf("repairing %zu bytes of a slice at a time\n", repairer.range_bytes());
    mend(*set, verdict.damaged, repairer, path, recovery_paths);
    return check(*set, path).is_whole() ? whole : lost;
}

std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> words(argv + 1, argv + argc);
    std::uint64_t memory = usual_memory;
    if (words.size() > 3 && words[words.size() - 2] == "--") {
        memory = number(words.back()).value_or(memory);
        words.resize(words.size() - 2);
    }
    if (words.size() < 3) return misuse;
    if (words[0] == "create") return create(words[1], number(words[2]).value_or(0), memory);
    if (words[0] == "verify" || words[0] == "repair")
        return examine(words[1], {words.begin() + 2, words.end()}, words[0] == "repair", memory);
    return misuse;
}

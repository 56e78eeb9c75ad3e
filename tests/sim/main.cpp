// sim: tells the stories of so many seeds. What goes wrong is printed with its seed, at once.

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/life.hpp"
#include "tests/sim/seed.hpp"

namespace {

using namespace decamp::sim;

constexpr std::uint64_t seeds_between_hits = 500;

struct options {
    std::uint64_t seeds = 1000, start = 1;
    std::string hits_file;
    bool describe = false;  // only that
};

bool number(const char* text, std::uint64_t& out) {
    const char* end = text + std::strlen(text);
    const auto read = std::from_chars(text, end, out);
    return read.ec == std::errc() && read.ptr == end;
}

// What was hit since the last call, added to the file: a campaign that ends early keeps what it saw.
void add_to_file(hits& seen, const std::string& hits_file) {
    if (hits_file.empty()) return;
    std::FILE* out = std::fopen(hits_file.c_str(), "a");
    if (out == nullptr) {
        std::fputs(fmt::format("sim: cannot write {}\n", hits_file).c_str(), stderr);
        std::_Exit(2);
    }
    for (const auto& [cell, count] : seen)
        std::fputs(fmt::format("{}\t{}\t{}\n", cell.first, cell.second, count).c_str(), out);
    std::fclose(out);
    seen.clear();
}

// Tells seeds from `first` on in this process; each seed's number goes down the pipe before its story begins.
void tell_all(std::uint64_t first, std::uint64_t end, int progress, const options& o) {
    hits seen = nothing_hit(first);
    std::uint64_t bad = 0;
    for (std::uint64_t seed = first; seed < end; ++seed) {
        (void)!::write(progress, &seed, sizeof seed);
        if (std::getenv("DECAMP_SIM_ALOUD") != nullptr) std::fputs(describe_seed(seed).c_str(), stderr);
        const complaints found = run_seed(seed, seen);
        if (seed % seeds_between_hits == 0) add_to_file(seen, o.hits_file);
        if (found.empty()) continue;
        ++bad;
        std::string text = fmt::format("seed {}:\n", seed);
        for (const auto& one : found) text += "  " + one + "\n";
        std::fputs(text.c_str(), stdout);
        std::fflush(stdout);
    }
    add_to_file(seen, o.hits_file);
    std::fflush(stdout);
    std::_Exit(bad == 0 ? 0 : 1);
}

}  // namespace

int main(int count, char** words) {
    options o;
    for (int i = 1; i < count; ++i) {
        const std::string word = words[i];
        const bool more = i + 1 < count;
        if (word == "--seeds" && more && number(words[i + 1], o.seeds)) {
            ++i;
        } else if (word == "--start" && more && number(words[i + 1], o.start)) {
            ++i;
        } else if (word == "--hits" && more) {
            o.hits_file = words[++i];
        } else if (word == "--describe") {
            o.describe = true;
        } else {
            std::fputs("usage: sim [--seeds N] [--start S] [--hits FILE] [--describe]\n", stderr);
            return 2;
        }
    }
    // Everything here is one thread.
    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    const std::uint64_t end = o.start + o.seeds;
    for (std::uint64_t seed = o.start; o.describe && seed < end; ++seed)
        std::fputs(fmt::format("seed {}:\n{}", seed, describe_seed(seed)).c_str(), stdout);
    if (o.describe) return 0;
    std::uint64_t next = o.start;
    std::uint64_t bad = 0;
    while (next < end) {
        int ends[2];
        if (::pipe(ends) != 0) return 1;
        const pid_t child = ::fork();
        if (child == 0) {
            ::close(ends[0]);
            tell_all(next, end, ends[1], o);
        }
        ::close(ends[1]);
        std::uint64_t last = next;
        std::uint64_t seed = 0;
        while (::read(ends[0], &seed, sizeof seed) == static_cast<ssize_t>(sizeof seed)) last = seed;
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) <= 1) {
            bad += static_cast<std::uint64_t>(WEXITSTATUS(status));
            break;
        }
        next = last + 1;
        ++bad;
        const bool hung = WIFEXITED(status) && WEXITSTATUS(status) == exit_of_hang;
        std::fputs(fmt::format("seed {}:\n  {}\n", last, hung ? "hangs" : "the process ended").c_str(), stdout);
        std::fflush(stdout);
    }
    std::fputs(
        fmt::format("{} seeds from {}: {}\n", o.seeds, o.start, bad == 0 ? "nothing to complain of" : "see above")
            .c_str(),
        stdout);
    return bad == 0 ? 0 : 1;
}

#include "engine/pipeline/binding.hpp"

#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "engine/pipeline/destination.hpp"
#include "formats/hex.hpp"
#include "formats/slow_hash.hpp"

namespace decamp::pipeline {

namespace {

constexpr std::string_view kind_fact = "source_kind", host_fact = "source_host", account_fact = "source_account";
constexpr unsigned rounds = 200'000;
constexpr unsigned most_rounds = 10'000'000;  // whoever has the drive may have written the mark
constexpr std::size_t salt_size = 16;
using kept_bits = std::array<std::byte, 2>;

std::string mark_of(std::string_view account, std::span<const std::byte> salt, unsigned times) {
    kept_bits kept{};
    formats::pbkdf2_sha256(account, salt, times, kept);
    return formats::to_hex(salt) + ":" + std::to_string(times) + ":" + formats::to_hex(kept);
}

struct known_source {
    std::optional<std::string> kind, host, account;
};

result<known_source> look(catalogue::catalogue& where) {
    known_source known;
    for (auto [name, into] : {std::pair(kind_fact, &known.kind), std::pair(host_fact, &known.host),
                              std::pair(account_fact, &known.account)}) {
        auto fact = where.fact(name);
        if (!fact) return fact.error();
        *into = std::move(fact.value());
    }
    return known;
}

// The host last: a catalogue without one is new, or was left by a run that was stopped while it took up what there was.
result<void> write(catalogue::catalogue& where, const export_origin& from, world::random& random) {
    if (auto r = where.set_fact(kind_fact, from.kind); !r) return r;
    const std::string mark = from.account.empty() ? std::string() : account_mark(from.account, random);
    if (auto r = where.set_fact(account_fact, mark); !r) return r;
    return where.set_fact(host_fact, from.host);
}

result<void> rewrite(catalogue::catalogue& where, const export_origin& from, world::random& random, bool forget) {
    if (auto r = where.begin(); !r) return r;
    result<void> done = forget ? where.forget_items() : result<void>();
    if (done) done = write(where, from, random);
    if (done) return where.commit();
    where.rollback();
    return done;
}

}  // namespace

std::string account_mark(std::string_view account, world::random& random) {
    std::array<std::byte, salt_size> salt{};
    for (std::size_t i = 0; i < salt.size(); i += sizeof(std::uint64_t)) {
        std::uint64_t some = random.next();
        for (std::size_t k = 0; k < sizeof(some); ++k, some >>= 8) salt[i + k] = static_cast<std::byte>(some & 0xff);
    }
    return mark_of(account, salt, rounds);
}

bool fits_account_mark(std::string_view account, std::string_view mark) {
    const auto salt_end = mark.find(':');
    const auto rounds_end = salt_end == mark.npos ? mark.npos : mark.find(':', salt_end + 1);
    if (rounds_end == mark.npos) return true;
    const auto salt = formats::array_from_hex<salt_size>(mark.substr(0, salt_end));
    unsigned times = 0;
    const std::string_view number = mark.substr(salt_end + 1, rounds_end - salt_end - 1);
    const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), times);
    if (!salt || error != std::errc() || end != number.data() + number.size() || times == 0 || times > most_rounds)
        return true;
    return mark_of(account, *salt, times) == mark;
}

result<void> bind_to_source(catalogue::catalogue& where, const export_origin& from, world::random& random) {
    const auto known = look(where);
    if (!known) return known.error();
    const known_source& k = known.value();
    if (!k.host) return write(where, from, random);
    const bool same_account =
        from.account.empty() || k.account.value_or("").empty() || fits_account_mark(from.account, *k.account);
    if (k.kind == from.kind && k.host == from.host && same_account) return {};
    if (from.moved && k.kind == from.kind) return rewrite(where, from, random, false);
    const auto bound = where.holds_items();
    if (!bound) return bound.error();
    if (bound.value()) return failure(destination_errc::other_source, *k.host);
    return rewrite(where, from, random, true);
}

result<void> note_account(catalogue::catalogue& where, const export_origin& from, world::random& random) {
    if (from.account.empty()) return {};
    const auto known = where.fact(account_fact);
    if (!known) return known.error();
    if (!known.value().value_or("").empty()) return {};
    return where.set_fact(account_fact, account_mark(from.account, random));
}

}  // namespace decamp::pipeline

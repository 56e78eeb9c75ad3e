#include "engine/download/received.hpp"

#include <algorithm>
#include <utility>

namespace decamp::download {

namespace {

// Counts what announced digests say of computed ones.
struct votes {
    unsigned agree = 0, differ = 0;
    template <class T>
    void count(const std::optional<T>& announced, const std::optional<T>& got, bool certain = true) {
        if (!announced || !got) return;
        if (*announced == *got)
            ++agree;
        else if (certain)
            ++differ;
    }
};

template <class T>
void keep_earlier(std::optional<T>& now, const std::optional<T>& before) {
    if (!now) now = before;
}

// Whether `there` is wanted and new to both sets: then it begins in `fresh`.
template <class Hasher, class... Args>
void adjust_one(bool wanted, std::optional<Hasher>& there, std::optional<Hasher>& fresh, Args... args) {
    if (!wanted) there.reset();
    fresh.reset();
    if (wanted && !there) fresh.emplace(args...);
}

template <class Hasher>
void feed_one(std::optional<Hasher>& hasher, std::span<const std::byte> bytes) {
    if (hasher) hasher->update(bytes);
}

template <class Hasher>
void join_one(std::optional<Hasher>& into, std::optional<Hasher>& late) {
    if (late) into.swap(late);
    late.reset();
}

template <class Hasher>
auto finish_one(std::optional<Hasher>& hasher) {
    using digest = decltype(hasher->finish());
    return hasher ? std::optional<digest>(hasher->finish()) : std::nullopt;
}

}  // namespace

source_check compare(const listed_item& listed, const source::expectation& expected, const computed& got) {
    votes v;
    const std::optional sha256(got.sha256);
    v.count(listed.sha256, sha256);
    v.count(expected.sha256, sha256);
    v.count(listed.sha1, got.sha1);
    v.count(expected.sha1, got.sha1);
    if (!expected.not_the_listed_md5) v.count(listed.md5, got.md5);
    v.count(expected.md5, got.md5);
    v.count(expected.crc32, got.crc32);
    v.count(expected.crc32c, got.crc32c);
    v.count(expected.crc64nvme, got.crc64nvme);
    if (expected.parts) v.count(std::optional(expected.parts->md5), got.parts, expected.parts->certain);
    if (v.differ > 0) return source_check::mismatch;
    if (v.agree > 0) return source_check::digest;
    if (!listed.size) return source_check::none;
    return *listed.size == got.size ? source_check::length : source_check::mismatch;
}

bool digest_announced(const listed_item& listed, const source::expectation& expected) {
    const bool md5 = expected.md5 || (listed.md5 && !expected.not_the_listed_md5);
    const bool parts = expected.parts && expected.parts->certain;
    return md5 || parts || listed.sha256 || expected.sha256 || listed.sha1 || expected.sha1;
}

bool ends_short(const listed_item& listed, std::uint64_t size) {
    return listed.size && size < *listed.size;
}

source::expectation carried_on(source::expectation now, const source::expectation& before) {
    keep_earlier(now.sha256, before.sha256);
    keep_earlier(now.sha1, before.sha1);
    keep_earlier(now.md5, before.md5);
    keep_earlier(now.crc32, before.crc32);
    keep_earlier(now.crc32c, before.crc32c);
    keep_earlier(now.crc64nvme, before.crc64nvme);
    keep_earlier(now.parts, before.parts);
    if (before.parts && before.parts->certain && !now.parts->certain) now.parts = before.parts;
    now.not_the_listed_md5 = now.not_the_listed_md5 || before.not_the_listed_md5;
    return now;
}

void parts_hasher::update(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), part_bytes_ - filled_));
        part_.update(bytes.first(part));
        filled_ += part;
        bytes = bytes.subspan(part);
        if (filled_ == part_bytes_) end_part();
    }
}

void parts_hasher::end_part() {
    all_.update(part_.finish());
    filled_ = 0;
}

formats::md5_digest parts_hasher::finish() {
    if (filled_ > 0) end_part();
    return all_.finish();
}

void received::hashers::update(std::span<const std::byte> bytes) {
    feed_one(sha1, bytes);
    feed_one(md5, bytes);
    feed_one(crc32, bytes);
    feed_one(crc32c, bytes);
    feed_one(crc64nvme, bytes);
    feed_one(parts, bytes);
}

void received::hashers::join(hashers& late) {
    join_one(sha1, late.sha1);
    join_one(md5, late.md5);
    join_one(crc32, late.crc32);
    join_one(crc32c, late.crc32c);
    join_one(crc64nvme, late.crc64nvme);
    join_one(parts, late.parts);
}

received::received(const listed_item& listed) : listed_(listed) {
    reset();
}

void received::reset() {
    sha256_.reset();
    blocks_ = formats::block_map_hasher();
    current_ = {};
    expected_ = {};
    adjust();
}

void received::expect(const source::expectation& what) {
    expected_ = what;
    if (expected_.parts && expected_.parts->bytes == 0) expected_.parts.reset();
    adjust();
}

void received::adjust() {
    const bool md5 = expected_.md5 || (listed_.md5 && !expected_.not_the_listed_md5);
    const std::uint64_t part_bytes = expected_.parts ? expected_.parts->bytes : 0;
    if (current_.parts && current_.parts->part_bytes() != part_bytes) current_.parts.reset();
    adjust_one(listed_.sha1 || expected_.sha1, current_.sha1, late_.sha1);
    adjust_one(md5, current_.md5, late_.md5);
    adjust_one(expected_.crc32.has_value(), current_.crc32, late_.crc32);
    adjust_one(expected_.crc32c.has_value(), current_.crc32c, late_.crc32c);
    adjust_one(expected_.crc64nvme.has_value(), current_.crc64nvme, late_.crc64nvme);
    adjust_one(part_bytes > 0, current_.parts, late_.parts, part_bytes);
    caught_up_ = 0;
    if (position() == 0) current_.join(late_);
}

void received::feed(std::span<const std::byte> bytes) {
    sha256_.update(bytes);
    blocks_.update(bytes);
    current_.update(bytes);
}

void received::catch_up(std::span<const std::byte> bytes) {
    const std::uint64_t missing = position() - caught_up_;
    bytes = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), missing)));
    late_.update(bytes);
    caught_up_ += bytes.size();
    if (caught_up_ == position()) current_.join(late_);
}

void received::leave_behind() {
    late_ = {};
}

received::outcome received::finish() {
    computed got;
    got.size = position();
    got.sha256 = sha256_.finish();
    got.sha1 = finish_one(current_.sha1);
    got.md5 = finish_one(current_.md5);
    got.crc32 = finish_one(current_.crc32);
    got.crc32c = finish_one(current_.crc32c);
    got.crc64nvme = finish_one(current_.crc64nvme);
    got.parts = finish_one(current_.parts);
    outcome out;
    out.check = compare(listed_, expected_, got);
    out.digests.size = got.size;
    out.digests.sha256 = got.sha256;
    out.digests.sha1 = got.sha1;
    out.digests.blocks = blocks_.finish();
    if (got.size <= formats::block_size) out.digests.blocks.clear();
    reset();
    return out;
}

}  // namespace decamp::download

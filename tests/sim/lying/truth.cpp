#include "tests/sim/lying/truth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "formats/bytes.hpp"
#include "formats/digest.hpp"
#include "formats/hex.hpp"

namespace decamp::sim::lying {

namespace {

constexpr std::int64_t first_day_ms = 1'600'000'000'000;
constexpr std::int64_t day_ms = 86'400'000;

}  // namespace

const char* name_of(kind_of_source kind) {
    constexpr const char* names[] = {"s3", "webdav", "links", "gallery"};
    return names[static_cast<std::size_t>(kind)];
}

std::string true_item::md5() const {
    return formats::to_hex(formats::md5_of(formats::as_bytes(bytes)));
}

std::string true_item::sha1() const {
    return formats::to_hex(formats::sha1_of(formats::as_bytes(bytes)));
}

truth::truth(kind_of_source kind, dice d) : kind_(kind), dice_(d) {
    const auto count = dice_.chance(40) ? 0 : dice_.between(1, dice_.chance(150) ? 30 : 9);
    // Some as long as the first: what is alike in length alone is not the same.
    for (std::uint64_t i = 0; i < count; ++i)
        add(dice_.chance(80) ? 0 : i > 0 && dice_.chance(250) ? items[0].bytes.size() : dice_.between(1, 5'000));
    if (dice_.chance(120)) add(dice_.between(1'000'000, 2'500'000));
}

std::string truth::make_bytes(std::uint64_t size) {
    std::string out(size, '\0');
    for (std::size_t i = 0; i < out.size(); i += 8) {
        const std::uint64_t word = dice_.next();
        for (std::size_t k = 0; k < 8 && i + k < out.size(); ++k) out[i + k] = static_cast<char>(word >> (8 * k));
    }
    return out;
}

std::string truth::fresh_id() {
    const auto number = ++made_;
    if (kind_ == kind_of_source::gallery) return std::to_string(10'000 + 7 * number);
    constexpr const char* above[] = {"", "", "a/", "a/b/", "sub dir/", "50% off/", "\xe7\x85\xa7\xe7\x89\x87/"};
    std::string folder = above[dice_.below(7)];
    // A list of links has its paths as text; hosts and paths are told apart by the number.
    if (kind_ == kind_of_source::links) return fmt::format("{}f{}.bin", folder, number);
    if (dice_.chance(90)) return fmt::format("{}x y{}.bin", folder, number / 2);
    if (dice_.chance(90)) return fmt::format("{}x%20y{}.bin", folder, number / 2);
    if (dice_.chance(60)) return fmt::format("{}x+y{}.bin", folder, number / 2);
    return fmt::format("{}f{}.bin", folder, number);
}

void truth::add(std::uint64_t size) {
    true_item item;
    do item.id = fresh_id();
    while (find(item.id) != nullptr);
    item.name =
        kind_ == kind_of_source::gallery ? fmt::format("IMG_{}.jpg", made_) : item.id.substr(item.id.rfind('/') + 1);
    item.bytes = make_bytes(size);
    item.taken_ms = first_day_ms + static_cast<std::int64_t>(dice_.below(12)) * day_ms +
                    static_cast<std::int64_t>(dice_.below(day_ms));
    item.album = dice_.chance(120) ? private_album : dice_.between(1, 4);
    if (item.album != private_album && dice_.chance(200)) item.second_album = dice_.between(1, 4);
    if (item.second_album == item.album) item.second_album = 0;
    // Every folder above it, as a tree has them.
    for (std::size_t slash = item.id.find('/'); slash != item.id.npos; slash = item.id.find('/', slash + 1)) {
        const std::string folder = item.id.substr(0, slash + 1);
        const auto at = std::ranges::lower_bound(folders, folder);
        if (at == folders.end() || *at != folder) folders.insert(at, folder);
    }
    items.push_back(std::move(item));
}

true_item* truth::present(std::uint64_t n) {
    std::vector<true_item*> there;
    for (true_item& item : items)
        if (item.present) there.push_back(&item);
    return there.empty() ? nullptr : there[n % there.size()];
}

bool truth::change(std::uint64_t n) {
    true_item* item = present(n);
    if (item == nullptr) return false;
    item->earlier.push_back(item->bytes);
    const std::uint64_t size = dice_.chance(600) ? item->bytes.size() : dice_.between(1, 5'000);
    item->bytes = make_bytes(std::max<std::uint64_t>(size, 1));
    ++item->version;
    item->digest_listed = item->size_listed = false;
    return true;
}

bool truth::remove(std::uint64_t n) {
    true_item* item = present(n);
    if (item == nullptr) return false;
    item->present = false;
    return true;
}

bool truth::move(std::uint64_t n) {
    true_item* item = present(n);
    if (item == nullptr || kind_ == kind_of_source::links) return false;
    if (kind_ == kind_of_source::gallery) {
        if (item->album != private_album) item->album = item->album % 4 + 1;
        return true;
    }
    true_item moved = *item;
    item->present = false;
    do moved.id = fresh_id();
    while (find(moved.id) != nullptr);
    moved.name = moved.id.substr(moved.id.rfind('/') + 1);
    moved.is_new = true;
    moved.place_named = moved.was_due = false;
    moved.named = moved.digest_listed = moved.size_listed = false;
    moved.earlier.clear();
    const auto slash = moved.id.find('/');
    if (slash != moved.id.npos) moved.id = folders.empty() ? moved.name : folders.front() + moved.name;
    if (find(moved.id) != nullptr) return true;  // and so it is only gone
    items.push_back(std::move(moved));
    return true;
}

bool truth::insert() {
    if (kind_ == kind_of_source::links) return false;
    add(dice_.between(1, 5'000));
    items.back().is_new = true;
    return true;
}

true_item* truth::find(const std::string& id) {
    const auto at = std::ranges::find(items, id, &true_item::id);
    return at == items.end() ? nullptr : &*at;
}

void truth::begin_life(bool named) {
    for (true_item& item : items) {
        if (!named) item.digest_listed = item.size_listed = false;
        item.refused_twice = false;
        item.gone_words = 0;
        item.is_new = item.place_named = item.was_due = item.missing_in_last_list = item.refused_last = item.cold =
            false;
        item.named = named;
        item.oldest.insert(item.oldest.end(), item.earlier.begin(), item.earlier.end());
        item.earlier.clear();
    }
}

}  // namespace decamp::sim::lying

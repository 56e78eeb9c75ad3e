#include "engine/pipeline/take_up_members.hpp"

#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/encryption/lock.hpp"
#include "engine/model/layout.hpp"
#include "engine/retrieval/member_scan.hpp"
#include "engine/store/volumes/member_reader.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::pipeline {

namespace {

constexpr std::size_t page_size = 64;  // volumes
constexpr std::size_t piece_bytes = std::size_t{64} << 10;
constexpr std::uint64_t members_a_transaction = 1000;

// The list beside a volume, line by line; of it a piece is in memory at a time.
class list_lines {
  public:
    result<void> open(world::file_store& files, const std::string& path) {
        auto opened = files.open(path, world::open_mode::read);
        if (!opened) return opened.error();
        file_ = std::move(opened.value());
        return {};
    }

    // None: it is over, or cannot be read.
    std::optional<formats::manifest_entry> next() {
        while (lines_.empty() && !over_) read_on();
        if (lines_.empty()) return std::nullopt;
        formats::manifest_entry line = std::move(lines_.front());
        lines_.pop_front();
        return line;
    }

    // Every line was taken, and the whole was this.
    bool ended_as(std::uint64_t bytes, const formats::sha256_digest& sha256) {
        return !next() && right_ && at_ == bytes && hasher_.finish() == sha256;
    }

  private:
    void read_on() {
        const auto sink = [this](formats::manifest_record&& record) {
            if (record.entry() == nullptr)
                right_ = false;
            else
                lines_.push_back(*record.entry());
        };
        const auto got = file_->read_at(at_, piece_);
        right_ = right_ && got.has_value();
        over_ = !got || got.value() == 0;
        if (over_) return reader_.finish(sink);
        const auto piece = std::span<const std::byte>(piece_).first(got.value());
        hasher_.update(piece);
        at_ += piece.size();
        reader_.feed(formats::as_text(piece), sink);
    }

    std::unique_ptr<world::file> file_;
    std::vector<std::byte> piece_ = std::vector<std::byte>(piece_bytes);
    formats::manifest_reader reader_;
    formats::sha256_hasher hasher_;
    std::deque<formats::manifest_entry> lines_;
    std::uint64_t at_ = 0;
    bool over_ = false, right_ = true;
};

// What contradicts its announcement is asked for again, under data/unproven as before.
bool is_of_an_item(std::string_view path) {
    const auto within = [path](std::string_view folder) {
        return path.size() > folder.size() + 1 && path.starts_with(folder) && path[folder.size()] == '/';
    };
    return within(layout::albums_folder) || within(layout::files_folder);
}

class taker {
  public:
    taker(world::file_store& files, catalogue::catalogue& where) : files_(files), catalogue_(where) {}

    result<void> take(const volume_row& volume, bool vouched) {
        list_lines list;
        const std::string path = store::sealed_path(volume);
        const auto opened = list.open(files_, layout::list_beside(path));
        if (!opened) return passed_over(opened.error());
        if (auto r = catalogue_.begin(); !r) return r;
        result<void> outcome;
        const auto see = [&](const retrieval::found_member& found) {
            const auto line = list.next();
            if (!line || line->path != found.name) return false;
            named_member member{
                found.where, layout::below(layout::payload_folder, line->path), found.size, line->digest, {}};
            const bool body = member.where.kind == member_kind::body;
            if (!vouched && body && !store::has_bytes(files_, store::place_of(volume, member), member.sha256))
                return false;
            if (is_of_an_item(member.path))
                outcome = body ? add(volume, member) : add_link(volume, member, found.link_to);
            return outcome.has_value();
        };
        const auto scanned = retrieval::scan_members(files_, path, *container_of_volume(volume.name), see);
        const bool whole = scanned && scanned.value() && list.ended_as(volume.list_bytes, volume.list_sha256);
        if (outcome && !whole) outcome = catalogue_.forget_orphan_members(volume.number);
        if (outcome) outcome = catalogue_.commit();
        if (!outcome) catalogue_.rollback();
        return outcome && !scanned ? passed_over(scanned.error()) : outcome;
    }

  private:
    // What is wrong with one volume alone is for reading it back to tell.
    static result<void> passed_over(const failure& why) {
        if (why.code == world::file_errc::device_gone) return why;
        return {};
    }

    result<void> add(const volume_row& volume, const named_member& member) {
        if (auto r = catalogue_.add_orphan_member(volume.number, member); !r) return r;
        if (++count_ % members_a_transaction != 0) return {};
        if (auto r = catalogue_.commit(); !r) return r;
        return catalogue_.begin();
    }

    // Left out where its body is not known here: then it is a twin without an entry, as most are.
    result<void> add_link(const volume_row& volume, named_member member, const std::string& to) {
        const auto body = catalogue_.find_orphan(layout::below(layout::payload_folder, to));
        if (!body) return body.error();
        if (!body.value() || body.value()->sha256 != member.sha256) return {};
        const auto lies = catalogue_.find_body(body.value()->blob);
        if (!lies) return lies.error();
        if (!lies.value() || lies.value()->volume.number != volume.number) return {};
        member.where.blob = body.value()->blob;
        return add(volume, member);
    }

    world::file_store& files_;
    catalogue::catalogue& catalogue_;
    std::uint64_t count_ = 0;
};

}  // namespace

result<void> take_up_members(world::file_store& files, catalogue::catalogue& where,
                             const std::set<std::int64_t>& vouched) {
    taker taking(files, where);
    for (std::int64_t after = 0;;) {
        const auto page = where.next_volumes(after, page_size);
        if (!page) return page.error();
        if (page.value().empty()) return {};
        for (const volume_row& volume : page.value()) {
            after = volume.number;
            if (volume.list_bytes == 0 || encryption::is_encrypted(volume.name)) continue;
            if (auto r = taking.take(volume, vouched.contains(volume.number)); !r) return r;
        }
    }
}

}  // namespace decamp::pipeline

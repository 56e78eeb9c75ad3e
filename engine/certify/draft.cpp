#include "engine/certify/draft.hpp"

#include <fmt/core.h>
#include <utility>

#include "engine/model/layout.hpp"
#include "formats/bagit.hpp"
#include "formats/bytes.hpp"

namespace decamp::certify {

namespace {
constexpr std::size_t buffer_size = std::size_t{64} << 10;
}

draft::draft(std::unique_ptr<world::file> file, std::string path, std::string draft_path)
    : file_(std::move(file)), path_(std::move(path)), draft_path_(std::move(draft_path)) {}

result<draft> draft::begin(world::file_store& files, std::string path, const encryption::lock* lock) {
    // Named by a hash of where it goes: short, and the same again after a kill.
    std::string beside =
        layout::below(layout::draft_folder, fmt::format("{:016x}", formats::xxh3_64_of(formats::as_bytes(path))));
    if (auto r = files.make_folders(layout::draft_folder); !r) return r.error();
    const auto left = files.info(beside);
    if (!left) return left.error();
    if (left.value()) {
        if (auto r = files.remove(beside); !r) return r.error();
    }
    auto file = files.open(beside, world::open_mode::create_new);
    if (!file) return file.error();
    draft made(std::move(file.value()), std::move(path), std::move(beside));
    if (lock != nullptr) {
        made.encryptor_.emplace(lock->begin());
        made.store(made.encryptor_->header());
    }
    return made;
}

void draft::add(std::string_view text) {
    buffer_ += text;
    if (buffer_.size() >= buffer_size) write_out();
}

void draft::write_out() {
    if (encryptor_) {
        encryptor_->append(sealed_, formats::as_bytes(buffer_));
        store(sealed_);
        sealed_.clear();
    } else {
        store(formats::as_bytes(buffer_));
    }
    buffer_.clear();
}

void draft::store(std::span<const std::byte> bytes) {
    if (!outcome_ || bytes.empty()) return;  // what is encrypted may be held back
    hasher_.update(bytes);
    outcome_ = file_->write_at(written_, bytes);
    written_ += bytes.size();
}

result<formats::sha256_digest> draft::finish() {
    write_out();
    if (encryptor_) {
        encryptor_->finish(sealed_);
        store(sealed_);
    }
    if (outcome_) outcome_ = file_->sync();
    file_.reset();
    if (!outcome_) return outcome_.error();
    return hasher_.finish();
}

result<void> draft_set::add(draft&& d) {
    const auto sha256 = d.finish();
    if (!sha256) return sha256.error();
    finished_.push_back({d.path(), d.draft_path(), sha256.value()});
    return {};
}

std::string draft_set::manifest_lines() const {
    std::string lines;
    for (const finished& f : finished_) formats::append_manifest_line(lines, f.sha256, f.path);
    return lines;
}

result<void> draft_set::publish() {
    world::folder_flush folders(files_);
    for (const finished& f : finished_) {
        if (auto r = folders.need(std::string(layout::parent_of(f.path))); !r) return r;
        if (auto r = files_.replace(f.draft_path, f.path); !r) return r;
    }
    return folders.flush_each();
}

}  // namespace decamp::certify

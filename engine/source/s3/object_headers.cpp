#include "engine/source/s3/object_headers.hpp"

#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::source::s3 {

namespace {

std::uint64_t note_of(std::string_view id) {
    return formats::xxh3_64_of(formats::as_bytes(id));
}

}  // namespace

bool object_headers::ask_for_checksum(std::string_view id) {
    const std::lock_guard lock(mutex_);
    if (checksum_ == state::untried) {
        checksum_ = state::asked;
        tried_id_ = note_of(id);
    }
    return checksum_ == state::asked || checksum_ == state::taken;
}

bool object_headers::is_being_tried(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    return checksum_ == state::asked && tried_id_ != note_of(id);
}

void object_headers::came(std::string_view id, bool asked) {
    const std::lock_guard lock(mutex_);
    if (asked && checksum_ != state::refused) checksum_ = state::taken;
    if (!asked && checksum_ == state::doubted && doubtful_id_ == note_of(id)) checksum_ = state::refused;
}

bool object_headers::refused_for_checksum(std::string_view id, bool asked, bool named) {
    const std::lock_guard lock(mutex_);
    if (asked && named) {
        checksum_ = state::refused;
        return true;
    }
    if (!asked) {
        // It is refused without the header as well.
        if (checksum_ == state::doubted && doubtful_id_ == note_of(id)) checksum_ = state::untried;
        return false;
    }
    const bool without_too = doubtful_id_ == note_of(id) && checksum_ != state::doubted && checksum_ != state::refused;
    if (checksum_ == state::taken || without_too) return false;
    if (checksum_ == state::untried || checksum_ == state::asked) {
        checksum_ = state::doubted;
        doubtful_id_ = note_of(id);
    }
    return true;
}

void object_headers::answered_otherwise(std::string_view id) {
    const std::lock_guard lock(mutex_);
    const bool tried = checksum_ == state::asked && tried_id_ == note_of(id);
    const bool doubted = checksum_ == state::doubted && doubtful_id_ == note_of(id);
    if (tried || doubted) checksum_ = state::untried;
}

bool object_headers::ask_for_match(std::string_view id) const {
    const std::lock_guard lock(mutex_);
    return without_match_.size() < most_unmatched && !without_match_.contains(note_of(id));
}

void object_headers::did_not_match(std::string_view id) {
    const std::lock_guard lock(mutex_);
    if (unmatched_.size() < notes_limit) unmatched_.insert(note_of(id));
}

void object_headers::still_listed(std::string_view id) {
    const std::lock_guard lock(mutex_);
    if (unmatched_.erase(note_of(id)) > 0 && without_match_.size() < most_unmatched) without_match_.insert(note_of(id));
}

}  // namespace decamp::source::s3

#include "formats/par2_reader.hpp"

#include <algorithm>

#include "formats/bytes.hpp"
#include "formats/little_endian.hpp"
#include "formats/par2_packets.hpp"

namespace decamp::formats {
namespace {

using namespace par2_wire;

constexpr std::size_t chunk = std::size_t{128} << 10;
// The longest packet that is kept whole: sums of as many slices as there may be.
constexpr std::uint64_t kept_limit = header_bytes + 16 + std::uint64_t{20} * par2_source_limit;
// A slice of hashed zeros that a few bytes of a file are said to be in.
constexpr std::uint64_t padding_limit = std::uint64_t{256} << 20;
constexpr std::size_t files_limit =
    8;  // descriptions and sums kept, each, until the packet Main tells which one matters

bool is_kept(std::string_view type) noexcept {
    return type == main_type || type == file_type || type == sums_type;
}

template <std::size_t N>
std::array<std::byte, N> array_at(std::span<const std::byte> bytes, std::size_t at) noexcept {
    std::array<std::byte, N> out{};
    std::ranges::copy(bytes.subspan(at, N), out.begin());
    return out;
}

}  // namespace

void par2_reader::begin_file(std::uint32_t number, std::uint64_t file_bytes) {
    file_ = number;
    file_bytes_ = file_bytes;
    at_ = 0;
    in_packet_ = false;
    // Honest damage costs each byte twice at most; a file made to be expensive is given up.
    const std::uint64_t bytes = std::min<std::uint64_t>(file_bytes, std::uint64_t{1} << 60);
    budget_ = 8 * bytes + 8 * chunk;
}

std::optional<par2_reader::piece> par2_reader::wanted() const noexcept {
    if (at_ >= file_bytes_) return std::nullopt;
    const std::uint64_t left = in_packet_ ? body_left_ : file_bytes_ - at_;
    return piece{at_, static_cast<std::size_t>(std::min<std::uint64_t>(left, chunk))};
}

void par2_reader::feed(std::span<const std::byte> bytes) {
    const auto want = wanted();
    if (!want) return;
    bytes = bytes.first(std::min(bytes.size(), want->length));
    if (bytes.size() < want->length) file_bytes_ = at_ + bytes.size();
    if (!in_packet_) return scan(bytes);
    feed_body(bytes);
    if (in_packet_ && at_ >= file_bytes_) rescan();  // the file is shorter than was said
}

// Looks for packets in bytes that begin at at_, and takes those that lie in them whole.
void par2_reader::scan(std::span<const std::byte> bytes) {
    const std::uint64_t base = at_;
    const bool is_last = base + bytes.size() >= file_bytes_;
    const std::string_view text = as_text(bytes);
    std::size_t i = 0;
    while ((i = text.find(magic, i)) != std::string_view::npos) {
        const std::span<const std::byte> rest = bytes.subspan(i);
        if (rest.size() < header_bytes) {
            if (is_last) break;
            at_ = base + i;
            return;
        }
        if (!begin_packet(rest, base + i)) {
            ++damaged_;
            i += magic.size();
            continue;
        }
        const std::uint64_t here = std::min<std::uint64_t>(body_left_, rest.size() - header_bytes);
        feed_body(rest.subspan(header_bytes, static_cast<std::size_t>(here)));
        if (in_packet_ || at_ >= file_bytes_) return;
        i = static_cast<std::size_t>(at_ - base);  // behind it, or behind its magic
    }
    // The end may be the beginning of a magic.
    at_ = is_last ? file_bytes_ : base + bytes.size() - std::min(bytes.size() - 1, magic.size() - 1);
}

bool par2_reader::begin_packet(std::span<const std::byte> bytes, std::uint64_t at) {
    header_.length = little_at<std::uint64_t>(bytes, 8);
    header_.md5 = array_at<16>(bytes, 16);
    header_.set = array_at<16>(bytes, 32);
    header_.type = as_text(bytes.subspan(48, 16));
    if (header_.length < header_bytes || header_.length % 4 != 0 || header_.length > file_bytes_ - at) return false;
    if (is_kept(header_.type) && header_.length > kept_limit) return false;
    if (header_.type == recovery_type) {
        if (header_.length <= recovery_head_bytes) return false;
        const bool is_ours = set_ == header_.set && main_;
        if (is_ours && header_.length != recovery_head_bytes + main_->slice_bytes) return false;
    }
    packet_at_ = at;
    body_left_ = header_.length - header_bytes;
    body_.clear();
    hasher_.reset();
    hasher_.update(bytes.subspan(hashed_from, header_bytes - hashed_from));
    at_ = at + header_bytes;
    in_packet_ = true;
    if (body_left_ == 0) feed_body({});
    return true;
}

void par2_reader::feed_body(std::span<const std::byte> bytes) {
    if (!in_packet_) return;
    hasher_.update(bytes);
    at_ += bytes.size();
    body_left_ -= bytes.size();
    std::span<const std::byte> keep = bytes;
    if (!is_kept(header_.type)) keep = bytes.first(std::min(bytes.size(), 4 - std::min<std::size_t>(body_.size(), 4)));
    body_.insert(body_.end(), keep.begin(), keep.end());
    if (body_left_ == 0) end_packet();
}

void par2_reader::end_packet() {
    if (hasher_.finish() != header_.md5) return rescan();
    in_packet_ = false;
    accept();
}

void par2_reader::rescan() {
    ++damaged_;
    in_packet_ = false;
    const std::uint64_t spent = std::max<std::uint64_t>(at_ - packet_at_, chunk);
    const bool is_too_much = spent > budget_;
    budget_ -= std::min(spent, budget_);
    at_ = is_too_much ? file_bytes_ : packet_at_ + magic.size();
}

void par2_reader::accept() {
    if (!set_) set_ = header_.set;
    if (*set_ != header_.set) return;
    if (header_.type == main_type) return accept_main();
    if (header_.type == file_type) return accept_description();
    if (header_.type == sums_type) return accept_sums();
    if (header_.type == recovery_type) return accept_recovery();
}

void par2_reader::accept_main() {
    if (main_ || body_.size() < 12 || md5_of(body_) != *set_) return;
    const std::span<const std::byte> body(body_);
    main_packet main{.slice_bytes = little_at<std::uint64_t>(body, 0), .file_count = little_at<std::uint32_t>(body, 8)};
    if ((body.size() - 12) / 16 < main.file_count) return;
    if (main.file_count == 1) main.file = array_at<16>(body, 12);
    main_ = main;
    std::erase_if(descriptions_, [&main](const auto& entry) { return entry.first != main.file; });
    std::erase_if(sums_, [&main](const auto& entry) { return entry.first != main.file; });
    std::erase_if(recovery_, [&main](const auto& entry) { return entry.second.length != main.slice_bytes; });
}

bool par2_reader::wants_file(const md5_digest& id, std::size_t kept) const noexcept {
    return main_ ? id == main_->file : kept < files_limit;
}

void par2_reader::accept_description() {
    const std::span<const std::byte> body(body_);
    if (body.size() < 56 || body.size() > 56 + 65536) return;
    const md5_digest id = array_at<16>(body, 0);
    description said{.md5 = array_at<16>(body, 16),
                     .md5_16k = array_at<16>(body, 32),
                     .bytes = little_at<std::uint64_t>(body, 48),
                     .name = std::string(as_text(body.subspan(56)))};
    said.name.erase(said.name.find_last_not_of('\0') + 1);
    if (!wants_file(id, descriptions_.size()) || file_id(said.md5_16k, said.bytes, said.name) != id) return;
    descriptions_.try_emplace(id, std::move(said));
}

void par2_reader::accept_sums() {
    std::span<const std::byte> body(body_);
    if (body.size() < 16 || (body.size() - 16) % 20 != 0) return;
    const md5_digest id = array_at<16>(body, 0);
    if (!wants_file(id, sums_.size()) || sums_.contains(id)) return;
    std::vector<par2_slice_sums> sums;
    sums.reserve((body.size() - 16) / 20);
    for (body = body.subspan(16); !body.empty(); body = body.subspan(20))
        sums.push_back({array_at<16>(body, 0), little_at<std::uint32_t>(body, 16)});
    sums_.emplace(id, std::move(sums));
}

void par2_reader::accept_recovery() {
    const auto exponent = little_at<std::uint32_t>(body_, 0);
    const std::uint64_t length = header_.length - recovery_head_bytes;
    if (exponent >= par2_recovery_limit || (main_ && length != main_->slice_bytes)) return;
    recovery_.try_emplace(exponent, place{{exponent, file_, packet_at_ + recovery_head_bytes}, length});
}

std::variant<par2_set, par2_fault> par2_reader::finish() const {
    if (!set_) return par2_fault::no_packets;
    if (!main_) return par2_fault::no_main;
    if (main_->file_count != 1) return par2_fault::several_files;
    const auto described = descriptions_.find(main_->file);
    if (described == descriptions_.end()) return par2_fault::no_description;
    const description& file = described->second;
    const auto layout = par2_layout_of(file.bytes, main_->slice_bytes, 0);
    if (!layout || layout->slice_bytes > file.bytes + padding_limit) return par2_fault::impossible;

    par2_set out{.id = *set_,
                 .name = file.name,
                 .file_bytes = file.bytes,
                 .slice_bytes = main_->slice_bytes,
                 .md5 = file.md5,
                 .md5_16k = file.md5_16k,
                 .slices = {},
                 .recovery = {}};
    const auto sums = sums_.find(main_->file);
    if (sums == sums_.end() && layout->source_count != 0) return par2_fault::no_sums;
    if (sums != sums_.end()) out.slices = sums->second;
    if (out.slices.size() != layout->source_count) return par2_fault::impossible;
    for (const auto& [exponent, where] : recovery_) out.recovery.push_back(where.where);
    return out;
}

}  // namespace decamp::formats

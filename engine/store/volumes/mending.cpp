#include "engine/store/volumes/mending.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <variant>

#include "engine/model/layout.hpp"
#include "engine/store/space.hpp"
#include "engine/store/volumes/parity_set.hpp"
#include "engine/verify/departure.hpp"
#include "engine/verify/read_back.hpp"
#include "engine/world/folder_flush.hpp"

namespace decamp::store {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

std::string new_path(const lost_volume& what) {
    return layout::below(layout::mended_folder, layout::name_of(what.path));
}

// The equations of so many slices, two bytes a coefficient, in whole groups.
std::uint64_t matrix_bytes(std::uint64_t damaged) {
    return damaged * formats::gf16_groups(static_cast<std::size_t>(2 * damaged)) * formats::gf16_group_bytes;
}

class mender {
  public:
    mender(world::file_store& files, const lost_volume& what, std::uint64_t memory, const std::function<bool()>& go_on)
        : files_(files), what_(what), memory_(memory), go_on_(go_on), buffer_(buffer_bytes) {}

    result<mend_end> run() {
        const auto finished = is_right(new_path(what_));
        if (!finished) return finished.error();
        if (finished.value()) return put_in_place();
        auto parity = find_parity(files_, std::string(layout::name_of(what_.path)));
        if (!parity) return parity.error();
        if (!parity.value()) return mend_end::no_parity;
        parity_ = std::move(*parity.value());
        if (what_.bytes && *what_.bytes != parity_.says.file_bytes) return mend_end::no_parity;
        auto sources = find_slices(files_, what_.path, parity_.says, go_on_);
        if (!sources) return sources.error();
        if (!go_on_()) return mend_end::stopped;
        sources_ = std::move(sources.value());
        auto end = rebuild();
        if (end && end.value() == mend_end::mended) return put_in_place();
        file_.reset();
        (void)files_.remove(new_path(what_));
        return end;
    }

  private:
    result<mend_end> rebuild() {
        const std::vector<std::uint32_t> damaged = sources_.damaged();
        if (damaged.size() > parity_.says.recovery.size()) return mend_end::not_enough;
        if (2 * matrix_bytes(damaged.size()) > memory_) return mend_end::memory;
        std::optional<formats::par2_repairer> repairer;
        if (!damaged.empty()) {
            auto made = formats::par2_repairer::make(parity_.says, damaged, memory_);
            if (std::holds_alternative<formats::par2_repair_fault>(made)) return mend_end::not_enough;
            repairer.emplace(std::move(std::get<formats::par2_repairer>(made)));
        }
        if (auto r = begin_file(); !r) return r.error();
        if (auto r = copy_whole(); !r) return r.error();
        if (repairer) {
            if (auto r = solve(*repairer, damaged); !r) return r.error();
        }
        if (!go_on_()) return mend_end::stopped;
        if (auto r = end_file(); !r) return r.error();
        const auto right = is_right(new_path(what_));
        if (!right) return right.error();
        return right.value() ? mend_end::mended : mend_end::other_bytes;
    }

    std::uint64_t slice_at(std::uint64_t slice) const { return slice * parity_.says.slice_bytes; }
    std::uint64_t slice_length(std::uint64_t slice) const {
        return std::min(parity_.says.slice_bytes, parity_.says.file_bytes - slice_at(slice));
    }

    result<void> begin_file() {
        const auto space = files_.space();
        if (!space) return space.error();
        if (space.value().free_bytes < parity_.says.file_bytes + closing_room(0))
            return failure(world::file_errc::no_space);
        world::folder_flush folders(files_);
        if (auto r = folders.need(std::string(layout::mended_folder)); !r) return r;
        auto gone = files_.remove(new_path(what_));
        if (!gone && gone.error().code != world::file_errc::not_found) return gone;
        auto made = files_.open(new_path(what_), world::open_mode::create_new);
        if (!made) return made.error();
        file_ = std::move(made.value());
        return folders.flush_each();
    }

    // What is not damaged, as it is.
    result<void> copy_whole() {
        for (std::uint64_t slice = 0; slice < sources_.of_slice.size() && go_on_(); ++slice) {
            const std::uint8_t from = sources_.of_slice[slice];
            if (from == slice_sources::nowhere) continue;
            for (std::uint64_t done = 0; done < slice_length(slice);) {
                const auto part = std::span(buffer_).first(
                    static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), slice_length(slice) - done)));
                if (auto r = sources_.files[from].read(slice_at(slice) + done, part); !r) return r;
                if (auto r = file_->write_at(slice_at(slice) + done, part); !r) return r;
                done += part.size();
            }
        }
        return {};
    }

    result<void> solve(formats::par2_repairer& repairer, const std::vector<std::uint32_t>& damaged) {
        std::vector<std::byte> piece(repairer.range_bytes());
        for (std::uint64_t offset = 0; offset < parity_.says.slice_bytes; offset += piece.size()) {
            const auto width =
                static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), parity_.says.slice_bytes - offset));
            repairer.begin_range(width);
            for (const std::uint32_t slice : repairer.sources()) {
                if (!go_on_()) return {};
                const std::uint64_t there = slice_length(slice) > offset ? slice_length(slice) - offset : 0;
                const auto part =
                    std::span(piece).first(static_cast<std::size_t>(std::min<std::uint64_t>(width, there)));
                const auto got = file_->read_at(slice_at(slice) + offset, part);
                if (!got) return got.error();
                repairer.add_source(slice, part.first(got.value()));
            }
            for (std::size_t k = 0; k < repairer.recovery().size(); ++k) {
                const formats::par2_recovery_place& at = repairer.recovery()[k];
                const auto part = std::span(piece).first(width);
                if (auto r = parity_.files[at.file].read(at.offset + offset, part); !r) return r;
                repairer.add_recovery(k, part);
            }
            repairer.solve();
            for (std::size_t j = 0; j < damaged.size(); ++j) {
                const std::uint64_t there = slice_length(damaged[j]) > offset ? slice_length(damaged[j]) - offset : 0;
                const auto part =
                    repairer.repaired(j).first(static_cast<std::size_t>(std::min<std::uint64_t>(width, there)));
                if (auto r = file_->write_at(slice_at(damaged[j]) + offset, part); !r) return r;
            }
        }
        return {};
    }

    // Its time is that of the list and the recovery data beside it: whoever changed the volume may have changed its
    // own.
    result<void> end_file() {
        for (const std::string& like :
             {layout::list_beside(what_.path), formats::par2_index_name(what_.path), what_.path}) {
            const auto there = files_.info(like);
            if (!there) return there.error();
            if (!there.value() || there.value()->folder) continue;
            if (auto r = file_->set_modified(there.value()->modified_ns); !r) return r;
            break;
        }
        if (auto r = file_->sync(); !r) return r;
        file_.reset();
        return {};
    }

    result<bool> is_right(const std::string& path) {
        const auto there = files_.info(path);
        if (!there) return there.error();
        if (!there.value() || there.value()->folder) return false;
        verify::reader reader(files_);
        const auto found = reader.read(path);
        if (found) return found.value().sha256 == what_.sha256;
        if (classify(found.error()) == error_class::run && found.error().code != world::file_errc::io)
            return found.error();
        return false;
    }

    // The new bytes and their name in .decamp/mended are durable. On a file system without a journal a power cut here
    // can take both of their names: then the damaged file is still there, put aside, and is mended again.
    result<mend_end> put_in_place() {
        world::folder_flush folders(files_);
        for (const std::string_view folder : {layout::mended_folder, layout::volumes_folder}) {
            if (auto r = folders.need(std::string(folder)); !r) return r.error();
        }
        if (auto r = folders.flush_each(); !r) return r.error();
        if (auto r = folders.need(std::string(layout::volumes_folder)); !r) return r.error();
        if (auto r = verify::keep_aside(files_, what_.path, what_.number, folders); !r) return r.error();
        if (auto r = folders.flush_each(); !r) return r.error();
        if (auto r = files_.rename(new_path(what_), what_.path); !r) return r.error();
        if (auto r = files_.sync_folder(layout::volumes_folder); !r) return r.error();
        if (auto r = files_.sync_folder(layout::mended_folder); !r) return r.error();
        return mend_end::mended;
    }

    world::file_store& files_;
    const lost_volume& what_;
    std::uint64_t memory_;
    const std::function<bool()>& go_on_;
    std::vector<std::byte> buffer_;
    parity_set parity_;
    slice_sources sources_;
    std::unique_ptr<world::file> file_;
};

}  // namespace

result<mend_end> mend_volume(world::file_store& files, const lost_volume& what, std::uint64_t memory,
                             const std::function<bool()>& go_on) {
    return mender(files, what, memory, go_on).run();
}

result<void> sweep_mended(world::file_store& files) {
    const auto there = files.info(layout::mended_folder);
    if (!there) return there.error();
    if (!there.value() || !there.value()->folder) return {};
    std::vector<std::string> left;
    auto walked = files.walk(layout::mended_folder, [&](std::string_view path, const world::file_info& info) {
        if (!info.folder) left.emplace_back(path);
        return true;
    });
    if (!walked) return walked;
    for (const std::string& path : left) {
        if (auto r = files.remove(path); !r) return r;
    }
    return files.remove_folder(layout::mended_folder);
}

}  // namespace decamp::store

#include "engine/store/volumes/parity_writer.hpp"

#include <utility>

#include "engine/model/layout.hpp"
#include "engine/store/publish.hpp"
#include "engine/verify/read_back.hpp"
#include "engine/world/folder_flush.hpp"

namespace decamp::store {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

std::string draft_of(const std::string& name) {
    return layout::below(layout::open_volumes_folder, name);
}
std::string final_of(const std::string& name) {
    return layout::below(layout::volumes_folder, name);
}

}  // namespace

parity_writer::parity_writer(world::file_store& files, std::uint64_t memory, std::function<bool()> go_on)
    : files_(files), memory_(memory), go_on_(std::move(go_on)) {}

void parity_writer::begin(const std::string& volume_name, const formats::par2_layout& layout) {
    name_ = volume_name;
    index_name_ = formats::par2_index_name(name_);
    volume_name_ = formats::par2_volume_name(name_, layout);
    encoder_.reset();  // before the new one is made: both together might not fit
    encoder_.emplace(layout, name_, memory_);
}

result<verify::parity_keeper::made> parity_writer::finish(std::uint64_t keep_free) {
    verify::parity_keeper::made made;
    const auto written = [&]() -> result<void> {
        if (auto r = room(keep_free); !r) return r;
        world::folder_flush folders(files_);
        for (const std::string_view folder : {layout::volumes_folder, layout::open_volumes_folder}) {
            if (auto r = folders.need(std::string(folder)); !r) return r;
        }
        if (auto r = folders.flush_each(); !r) return r;
        drafts to;
        const auto all = write(to);
        if (!all) return all.error();
        if (!all.value()) return {};
        const auto volume = files_.info(final_of(name_));
        if (!volume) return volume.error();
        const std::int64_t modified = volume.value() ? volume.value()->modified_ns : 0;
        std::vector<parity_file> both;
        for (auto* file : {&to.index, &to.volume}) {
            auto closed = close(*file, modified);
            if (!closed) return closed.error();
            both.push_back(std::move(closed.value()));
        }
        if (wanted_ && !wanted_(both)) return {};
        for (const parity_file& file : both) {
            if (auto r = place(file); !r) return r;
        }
        if (auto r = files_.sync_folder(layout::volumes_folder); !r) return r;
        if (auto r = files_.sync_folder(layout::open_volumes_folder); !r) return r;
        auto wrong = wrong_one(both);
        if (!wrong) return wrong.error();
        made.wrong = std::move(wrong.value());
        if (made.wrong.empty()) made.files = std::move(both);
        return {};
    }();
    encoder_.reset();
    if (!written || made.files.empty()) sweep();
    if (!written) return written.error();
    return made;
}

// A volume that is not to be protected after all leaves nothing behind; errors are told by what comes next.
void parity_writer::sweep() {
    for (const std::string& name : {index_name_, volume_name_}) (void)files_.remove(draft_of(name));
}

result<void> parity_writer::room(std::uint64_t keep_free) {
    const auto& layout = encoder_->layout();
    const std::uint64_t needed = formats::par2_encoder::index_bytes(layout, name_) +
                                 formats::par2_encoder::volume_bytes(layout, name_) + 2 * files_.facts().cluster;
    const auto space = files_.space();
    if (!space) return space.error();
    if (space.value().free_bytes < needed + keep_free) return failure(world::file_errc::no_space);
    if (needed > files_.facts().largest_file) return failure(world::file_errc::too_large, final_of(volume_name_));
    return {};
}

// False: told to end.
result<bool> parity_writer::write(drafts& to) {
    for (auto [file, name] : {std::pair(&to.index, &index_name_), std::pair(&to.volume, &volume_name_)}) {
        auto made = volume_file::create(files_, draft_of(*name));
        if (!made) return made.error();
        *file = std::move(made.value());
    }
    for (std::uint32_t pass = 0; pass < encoder_->passes(); ++pass) {
        if (pass > 0) {
            auto whole = read_again();
            if (!whole || !whole.value()) return whole;
        }
        if (encoder_->end_pass() != formats::par2_pass::done)
            return failure(world::file_errc::io, final_of(name_) + " changes from one reading to the next");
        if (pass == 0) {
            if (auto r = to.index->append(encoder_->index()); !r) return r.error();
        }
        while (const auto piece = encoder_->next_piece()) {
            if (auto r = to.volume->append(*piece); !r) return r.error();
        }
        if (!go_on_()) return false;
    }
    return true;
}

result<bool> parity_writer::read_again() {
    auto file = files_.open(final_of(name_), world::open_mode::read);
    if (!file) return file.error();
    std::vector<std::byte> buffer(buffer_bytes);
    for (std::uint64_t at = 0;;) {
        const auto got = file.value()->read_at(at, buffer);
        if (!got) return got.error();
        if (got.value() == 0) return true;
        encoder_->update(std::span(buffer).first(got.value()));
        at += got.value();
        if (!go_on_()) return false;
    }
}

// With the volume's own time, so that the same export has the same times.
result<parity_file> parity_writer::close(std::unique_ptr<volume_file>& file, std::int64_t modified_ns) {
    parity_file closed{std::string(layout::name_of(file->path())), file->bytes(), {}};
    const auto digest = file->finish();
    if (!digest) return digest.error();
    closed.sha256 = digest.value();
    file.reset();
    auto again = files_.open(draft_of(closed.name), world::open_mode::read_write);
    if (!again) return again.error();
    if (auto r = again.value()->set_modified(modified_ns); !r) return r.error();
    if (auto r = again.value()->sync(); !r) return r.error();
    return closed;
}

result<void> parity_writer::place(const parity_file& file) {
    const std::string from = draft_of(file.name), to = final_of(file.name);
    if (wanted_) return files_.replace(from, to);
    auto moved = files_.rename(from, to);
    if (moved || moved.error().code != world::file_errc::exists) return moved;
    // Of a run that was killed before the catalogue knew; else somebody else's.
    if (has_bytes(files_, to, file.bytes, file.sha256)) return files_.remove(from);
    if (auto r = set_aside(files_, to); !r) return r;
    return files_.rename(from, to);
}

// The path of the one that is read back otherwise. Neither stays then.
result<std::string> parity_writer::wrong_one(const std::vector<parity_file>& written) {
    verify::reader reader(files_);
    std::string wrong;
    for (const parity_file& file : written) {
        const auto found = reader.read(final_of(file.name));
        if (!found && classify(found.error()) == error_class::run && found.error().code != world::file_errc::io)
            return found.error();
        if (!found || found.value().sha256 != file.sha256) wrong = final_of(file.name);
    }
    if (wrong.empty()) return wrong;
    for (const parity_file& file : written) {
        if (auto r = files_.remove(final_of(file.name)); !r) return r.error();
    }
    if (auto r = files_.sync_folder(layout::volumes_folder); !r) return r.error();
    return wrong;
}

}  // namespace decamp::store

#include "engine/retrieval/export_folder.hpp"

#include <utility>

#include "engine/model/layout.hpp"

namespace decamp::retrieval {

namespace {

class retrieval_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "retrieval"; }
    std::string message(int value) const override {
        switch (static_cast<retrieval_errc>(value)) {
            case retrieval_errc::no_export:
                return "the folder holds no export";
            case retrieval_errc::no_lists:
                return "the export has no lists yet";
            case retrieval_errc::not_found:
                return "no such item";
            case retrieval_errc::ambiguous:
                return "several items have this name";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

result<std::optional<std::string>> planned_path(export_folder& from, const list_line& line) {
    catalogue::reading* where = from.catalogue();
    if (where == nullptr || line.id.empty()) return std::optional<std::string>();
    auto path = where->own_path(line.id);
    if (!path) return std::optional<std::string>();  // damaged: do without
    return path;
}

}  // namespace

boost::system::error_code make_error_code(retrieval_errc e) {
    static const retrieval_category category;
    return {static_cast<int>(e), category};
}

result<export_folder> export_folder::open(const std::string& path, encryption::unlocking keys) {
    auto files = world::open_posix_store(path, false);
    if (!files) return files.error();
    for (const std::string_view sign :
         {layout::catalogue, layout::manifest, layout::lists_folder, layout::volumes_folder}) {
        const auto there = files.value()->info(sign);
        if (!there) return there.error();
        if (!there.value()) continue;
        export_folder opened(std::move(files.value()));
        if (auto r = opened.unlock(std::move(keys)); !r) return r.error();
        return opened;
    }
    return failure(retrieval_errc::no_export, path);
}

// What cannot be opened is said here, once, and not of every file.
result<void> export_folder::unlock(encryption::unlocking keys) {
    const auto name = encryption::key_wanted(*files_);
    const auto lists = files_->info(layout::all_lists);
    if (!lists) return lists.error();
    if (name && !name.value() && !lists.value()) return {};  // it lies open
    if (keys.empty()) return failure(make_error_code(encryption::encryption_errc::no_key));
    inside_ = std::make_unique<unlocked>(*files_, std::move(keys));
    if (name && name.value()) {
        auto key = encryption::open_key(*files_, *name.value(), inside_->keys);
        const bool lost = !key && (key.error().code == encryption::encryption_errc::key_lost ||
                                   key.error().code == world::file_errc::not_found);
        if (!key && !lost) return key.error();
        if (key) inside_->key = std::move(key.value());
    }
    if (inside_->key || !lists.value()) return {};
    const auto tried = inside_->files.open(layout::all_lists, world::open_mode::read);
    return tried ? result<void>() : result<void>(tried.error());
}

bool export_folder::at_rest() const {
    for (const std::string_view tail : {"-wal", "-journal"}) {
        const auto there = files_->info(std::string(layout::catalogue) + std::string(tail));
        if (!there || there.value()) return false;
    }
    return true;
}

catalogue::reading* export_folder::catalogue() {
    if (!at_rest()) return nullptr;
    if (std::exchange(tried_, true)) return catalogue_.get();
    // Opening refuses whatever is no file of this very folder: a link, a pipe.
    if (!files_->open(layout::catalogue, world::open_mode::read)) return nullptr;
    if (inside_ && !inside_->key) return nullptr;
    const encryption::export_key* key = inside_ ? &*inside_->key : nullptr;
    auto opened = catalogue::reading::open(files_->native_path(layout::catalogue), std::size_t{1} << 20, key);
    if (opened) catalogue_ = std::move(opened.value());
    return catalogue_.get();
}

result<list_set> export_folder::lists() const {
    auto lists = list_set::find(files());
    if (!lists) return lists;
    if (lists.value().files().empty()) return failure(retrieval_errc::no_lists);
    return lists;
}

result<void> each_item(export_folder& from, list_set& lists, const item_visitor& see) {
    name_book names;
    auto read = lists.each([&](seen_line&& seen) {
        const auto* line = std::get_if<list_line>(&seen.content);
        if (line != nullptr && line->stored()) names.note(seen.list.context, *line);
        return true;
    });
    if (!read) return read;
    names.done();
    return lists.each([&](seen_line&& seen) {
        auto* line = std::get_if<list_line>(&seen.content);
        if (line == nullptr) {
            if (see.bad_line) see.bad_line(seen.list, seen.number);
            return true;
        }
        if (!line->stored()) return true;
        const auto planned = planned_path(from, *line);
        const naming how = names.choose(seen.list.context, *line, planned.value());
        std::string target = target_of(seen.list.context, *line, how, planned.value());
        return see.item({seen.list, seen.place, std::move(*line), how, std::move(target)});
    });
}

result<std::string> target_again(export_folder& from, const list_file& list, const list_line& line, naming how) {
    std::optional<std::string> planned;
    if (how == naming::planned) planned = planned_path(from, line).value();
    if (how == naming::planned && !planned)
        return failure(world::file_errc::io, list.path + ": an export has begun meanwhile");
    return target_of(list.context, line, how, planned);
}

}  // namespace decamp::retrieval

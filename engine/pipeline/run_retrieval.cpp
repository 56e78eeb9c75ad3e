// run_list, run_cat, run_extract: what engine/retrieval finds, said in words.

#include <fmt/format.h>

#include "decamp/retrieve.hpp"
#include "engine/messages/messages.hpp"
#include "engine/model/layout.hpp"
#include "engine/pipeline/encryption_choice.hpp"
#include "engine/pipeline/explain.hpp"
#include "engine/pipeline/look_through.hpp"
#include "engine/plan/nearest.hpp"
#include "engine/retrieval/extract.hpp"
#include "engine/retrieval/item_bytes.hpp"
#include "engine/retrieval/selection.hpp"
#include "formats/hex.hpp"
#include "formats/jsonl.hpp"
#include "formats/size.hpp"
#include "formats/time.hpp"

namespace decamp {

namespace {

using messages::id;
using retrieval::retrieval_errc;

outcome usage(language words, id sentence, const std::string& about) {
    return {exit_code::usage, messages::say(words, sentence, about), {}};
}

// Why the export could not be looked into.
outcome explained(const failure& why, const std::string& destination, language words) {
    if (why.code == retrieval_errc::no_export) return usage(words, id::err_dest_no_export, destination);
    if (why.code == retrieval_errc::no_lists) return usage(words, id::err_no_lists, destination);
    return pipeline::explain(why, {words, destination, {}, {}});
}

// `options`: of one of the three.
template <class Options>
result<retrieval::export_folder> opened(const Options& options, outcome& problem) {
    const std::string& destination = options.destination;
    const language words = options.words;
    auto keys = pipeline::unlocking_of(options.keys, words);
    if (auto* wrong = std::get_if<outcome>(&keys)) {
        problem = std::move(*wrong);
        return failure(make_error_code(encryption::encryption_errc::no_key));
    }
    auto from = retrieval::export_folder::open(destination, std::move(std::get<encryption::unlocking>(keys)));
    if (from) return from;
    problem = from.error().code == world::file_errc::not_found ? usage(words, id::err_dest_missing, destination)
                                                               : explained(from.error(), destination, words);
    return from;
}

std::string plain_line(const retrieval::shown_item& item) {
    std::string day = retrieval::day_of(item.line);
    if (day.empty()) day = "-";
    const std::string size = item.line.size ? formats::human_size(*item.line.size) : "-";
    return fmt::format("{:>10}  {:>9}  {}", day, size, messages::printable(item.target));
}

std::string json_line(const retrieval::shown_item& item) {
    const retrieval::list_line& l = item.line;
    formats::json_line line;
    line.add("path", item.target);
    line.add("file", l.volume.empty() ? std::string_view(l.file) : archived_name(l.file));
    if (!l.volume.empty()) line.add("volume", l.volume);
    line.add("name", l.name).add("id", l.id);
    const auto time = [&](const char* key, std::optional<std::int64_t> ms) {
        if (ms) line.add(key, formats::format_rfc3339(formats::ns_from_ms(*ms), 0, 3));
    };
    time("taken", l.taken_ms);
    time("modified", l.modified_ms);
    if (l.size) line.add("size", *l.size);
    if (l.sha256) line.add("sha256", formats::to_hex(*l.sha256));
    return line.str();
}

// Nothing was what was asked for: the sentence names what comes nearest.
outcome nothing_selected(retrieval::export_folder& from, const item_selection& only, const std::string& destination,
                         language words) {
    std::vector<std::string> asked = only.patterns;
    asked.insert(asked.end(), only.albums.begin(), only.albums.end());
    plan::nearest_name nearest(asked);
    retrieval::item_visitor see;
    see.item = [&](retrieval::shown_item&& item) {
        nearest.album(retrieval::album_of(item.target));
        nearest.file(layout::name_of(item.target));
        return true;
    };
    see.bad_line = [](const retrieval::list_file&, std::uint64_t) {};
    if (auto lists = from.lists()) (void)retrieval::each_item(from, lists.value(), see);
    const std::string best = nearest.best();
    return {exit_code::nothing_matched,
            best.empty() ? messages::say(words, id::err_nothing_selected, destination)
                         : messages::say(words, id::err_nothing_selected_near, destination, best),
            {}};
}

}  // namespace

outcome run_list(const list_options& options, const line_sink& out, observer& watching, std::stop_token stop) {
    const language words = options.words;
    if (const auto wrong = retrieval::problem(options.only, words)) return {exit_code::usage, *wrong, {}};
    outcome o;
    auto from = opened(options, o);
    if (!from) return o;
    auto lists = from.value().lists();
    if (!lists) return explained(lists.error(), options.destination, words);
    std::uint64_t listed = 0, bad = 0;
    bool taken = true;
    retrieval::item_visitor see;
    see.item = [&](retrieval::shown_item&& item) {
        if (!retrieval::wanted(options.only, item.target, item.line)) return !stop.stop_requested();
        ++listed;
        taken = out(options.json ? json_line(item) : plain_line(item));
        return taken && !stop.stop_requested();
    };
    see.bad_line = [&](const retrieval::list_file& list, std::uint64_t line) {
        if (bad++ < pipeline::most_named)
            watching.on_message(messages::say(words, id::warn_list_line, list.path, line));
    };
    if (auto r = retrieval::each_item(from.value(), lists.value(), see); !r)
        return explained(r.error(), options.destination, words);
    if (stop.stop_requested()) return {exit_code::interrupted, messages::say(words, id::verify_interrupted), {}};
    if (bad > 0) return {exit_code::damaged, messages::say(words, id::list_damaged, bad), {}};
    if (listed == 0 && !retrieval::everything(options.only))
        return nothing_selected(from.value(), options.only, options.destination, words);
    return {exit_code::complete, {}, {}};
}

outcome run_cat(const cat_options& options, const byte_sink& out, observer&, std::stop_token stop) {
    const language words = options.words;
    outcome o;
    auto from = opened(options, o);
    if (!from) return o;
    auto item = retrieval::find_item(from.value(), options.name, stop);
    if (stop.stop_requested()) return {exit_code::interrupted, messages::say(words, id::verify_interrupted), {}};
    if (!item) {
        if (item.error().code == retrieval_errc::not_found)
            return {
                exit_code::usage, messages::say(words, id::err_item_not_found, options.destination, options.name), {}};
        if (item.error().code == retrieval_errc::ambiguous)
            return {
                exit_code::usage, messages::say(words, id::err_item_ambiguous, options.name, item.error().detail), {}};
        return explained(item.error(), options.destination, words);
    }
    bool taken = true;
    const retrieval::piece_sink into = [&](std::span<const std::byte> bytes) -> result<void> {
        taken = out(bytes);
        if (taken) return {};
        return failure(world::file_errc::io, "standard output");
    };
    const auto done = retrieval::read_item(from.value(), item.value(), into, stop);
    if (!done) {
        if (!taken) return usage(words, id::err_output_lost, options.name);
        return explained(done.error(), options.destination, words);
    }
    switch (done.value().how) {
        case retrieval::read_end::whole:
            return {exit_code::complete, {}, {}};
        case retrieval::read_end::stopped:
            return {exit_code::interrupted, messages::say(words, id::verify_interrupted), {}};
        case retrieval::read_end::damaged:
            break;
    }
    return {exit_code::damaged, messages::say(words, id::cat_damaged, options.name, done.value().detail), {}};
}

namespace {

class taking_out {
  public:
    taking_out(const extract_options& options, observer& watching, std::stop_token stop)
        : options_(options), stop_(std::move(stop)), told_(watching, options.words) {}

    outcome run() {
        if (const auto wrong = retrieval::problem(options_.only, options_.words)) return {exit_code::usage, *wrong, {}};
        outcome problem;
        auto from = opened(options_, problem);
        if (!from) return problem;
        if (auto lists = from.value().lists(); !lists)
            return explained(lists.error(), options_.destination, options_.words);
        auto to = retrieval::target_folder::open(options_.to);
        if (!to) return explained(to.error(), options_.to, options_.words);
        const auto mixed = to.value().is_export();
        if (!mixed) return explained(mixed.error(), options_.to, options_.words);
        if (mixed.value() || lies_within(to.value().files().native_path(""), from.value().files().native_path("")))
            return usage(options_.words, id::err_target_is_export, options_.to);
        told_.begin();
        const retrieval::extract_watcher watcher{[this](retrieval::trouble what, std::string_view path,
                                                        std::string_view detail) { name(what, path, detail); },
                                                 [this](const retrieval::extract_sums& sums) { show(sums); }, stop_};
        const auto end = retrieval::extract(from.value(), to.value(), options_.only, watcher);
        if (!end.how)
            return explained(end.how.error(), end.of_target ? options_.to : options_.destination, options_.words);
        return conclude(end.sums, from.value());
    }

  private:
    static bool lies_within(const std::string& inner, const std::string& outer) {
        return inner == outer || inner.starts_with(outer == "/" ? outer : outer + "/");
    }

    void name(retrieval::trouble what, std::string_view path, std::string_view detail) {
        switch (what) {
            case retrieval::trouble::in_the_way:
                return told_.name(id::extract_in_the_way, path);
            case retrieval::trouble::damaged:
                return told_.name(id::extract_damaged_item, path, detail);
            case retrieval::trouble::bad_line:
                return told_.name(id::warn_list_line, path, detail);
        }
    }

    void show(const retrieval::extract_sums& sums) {
        told_.progress([&](progress& c) {
            c.items_listed = sums.wanted;
            c.items_proven = sums.done;
            c.items_failed = sums.damaged + sums.in_the_way;
            c.bytes_received = sums.bytes;
        });
    }

    outcome conclude(const retrieval::extract_sums& sums, retrieval::export_folder& from) {
        const auto say = [&](id which, const auto&... values) {
            return messages::say(options_.words, which, values...);
        };
        outcome o;
        o.further = told_.take_lines();
        if (sums.damaged > 0) {
            o.code = exit_code::damaged;
            o.sentence = say(id::extract_damaged, sums.done, options_.to, sums.damaged);
        } else if (!sums.whole) {
            o.code = exit_code::interrupted;
            o.sentence = say(id::extract_interrupted, sums.done, options_.to);
        } else if (sums.in_the_way > 0) {
            o.code = exit_code::incomplete;
            o.sentence = say(id::extract_incomplete, sums.done, options_.to, sums.in_the_way);
        } else if (sums.wanted == 0 && !retrieval::everything(options_.only)) {
            return nothing_selected(from, options_.only, options_.destination, options_.words);
        } else {
            o.code = exit_code::complete;
            o.sentence = say(id::extract_done, sums.done, options_.to, sums.there);
        }
        return o;
    }

    const extract_options& options_;
    std::stop_token stop_;
    pipeline::look_through told_;
};

}  // namespace

outcome run_extract(const extract_options& options, observer& watching, std::stop_token stop) {
    return taking_out(options, watching, std::move(stop)).run();
}

}  // namespace decamp

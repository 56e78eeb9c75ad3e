// run_verify: every byte read back and compared with the manifest, and said in words.

#include <algorithm>

#include "decamp/export.hpp"
#include "engine/messages/messages.hpp"
#include "engine/pipeline/explain.hpp"
#include "engine/pipeline/finding_text.hpp"
#include "engine/pipeline/look_through.hpp"
#include "engine/verify/bag_check.hpp"
#include "engine/world/file_store.hpp"
#include "formats/size.hpp"

namespace decamp {

namespace {

using messages::id;

class verification {
  public:
    verification(const verify_options& options, observer& watching, std::stop_token stop)
        : options_(options), stop_(std::move(stop)), told_(watching, options.words) {}

    outcome run() {
        auto files = world::open_posix_store(options_.destination, false);
        if (!files) {
            if (files.error().code == world::file_errc::not_found) return usage(id::err_dest_missing);
            return explained(files.error());
        }
        told_.begin();
        const verify::bag_watcher watcher{
            [this](const verify::finding& f) { name(f); },
            [this](std::string_view path, bool by_computer) {
                told_.report().say(by_computer ? id::warn_computer_file : id::warn_foreign_file, path);
            },
            [this](const verify::bag_sums& sums) { return go_on(sums); },
        };
        const auto sums = verify::check_bag(*files.value(), watcher);
        if (!sums) {
            if (sums.error().code == world::file_errc::not_found) return usage(id::err_dest_no_export);
            return explained(sums.error());
        }
        return conclude(sums.value(), !sums.value().any_cache);
    }

  private:
    outcome usage(id sentence) {
        return {exit_code::usage, messages::say(options_.words, sentence, options_.destination), {}};
    }
    outcome explained(const failure& why) {
        return pipeline::explain(why, {options_.words, options_.destination, {}, {}});
    }

    void name(const verify::finding& f) { told_.name_it(pipeline::text_of(f, options_.words)); }

    bool go_on(const verify::bag_sums& sums) {
        told_.progress([&](progress& c) {
            c.items_listed = sums.listed;
            c.items_proven = sums.good;
            c.items_failed = told_.named();
            c.bytes_received = sums.bytes;
        });
        return !stop_.stop_requested();
    }

    outcome conclude(const verify::bag_sums& sums, bool medium) {
        const auto say = [&](id which, const auto&... values) {
            return messages::say(options_.words, which, values...);
        };
        told_.report().event("read_back", [&](formats::json_line& line) {
            line.add("blobs", sums.good).add("bytes", sums.bytes).add("method", medium ? "medium" : "cache");
        });
        outcome o;
        o.further = told_.take_lines();
        if (!sums.sound()) {
            o.code = exit_code::damaged;
            const std::uint64_t expected = std::max(sums.listed, sums.expected);
            const std::uint64_t gone = std::max(sums.missing, expected - sums.listed);
            o.sentence =
                sums.contradictions == 0
                    ? say(id::verify_damaged, sums.changed + sums.unreadable, sums.missing, sums.listed)
                    : say(id::verify_contradicted, sums.contradictions, expected, sums.changed + sums.unreadable, gone);
            o.further.push_back(say(id::next_mend, options_.destination));
        } else if (!sums.whole) {
            o.code = exit_code::interrupted;
            o.sentence = say(id::verify_interrupted);
        } else {
            o.code = exit_code::complete;
            const std::string size = formats::human_size(sums.bytes);
            o.sentence = medium ? say(id::verify_ok, sums.listed, size)
                                : say(id::verify_ok_cache, sums.listed, size, options_.destination);
            if (!sums.certified) o.further.push_back(say(id::verify_uncertified));
        }
        return o;
    }

    const verify_options& options_;
    std::stop_token stop_;
    pipeline::look_through told_;
};

}  // namespace

outcome run_verify(const verify_options& options, observer& watching, std::stop_token stop) {
    return verification(options, watching, std::move(stop)).run();
}

}  // namespace decamp

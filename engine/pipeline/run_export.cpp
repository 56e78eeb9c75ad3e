// run_export: checks the options, opens the destination, gives the run its real world, and says how it ended.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <filesystem>
#include <thread>

#include "decamp/export.hpp"
#include "decamp/source.hpp"
#include "engine/pipeline/conclude.hpp"
#include "engine/pipeline/destination.hpp"
#include "engine/pipeline/drive_advice.hpp"
#include "engine/pipeline/lanes.hpp"
#include "engine/pipeline/perform.hpp"
#include "engine/pipeline/places.hpp"
#include "engine/pipeline/settings.hpp"
#include "engine/source/blocking/place.hpp"
#include "engine/source/folder/folder.hpp"
#include "engine/transport/client.hpp"
#include "formats/size.hpp"
#include "formats/time.hpp"

namespace decamp {

namespace {

using messages::id;
using namespace pipeline;

// One more lane than this does not pay on small machines; the coordinator has a thread of its own.
unsigned lane_count() {
    return std::thread::hardware_concurrency() >= 4 ? 2 : 1;
}

transport::client_options client_options_of(const checked_options& checked) {
    transport::client_options options;
    options.tls_read_buffer = checked.memory.tls_read_buffer;
    options.user_agent = "decamp/" + version();
    return options;
}

class real_run {
  public:
    real_run(checked_options checked, destination& dest, const transport::tls_context& tls,
             const export_options& options, observer& watching)
        : checked_(std::move(checked)),
          api_(*net_, *clock_, tls, checked_.from->addresses(), client_options_of(checked_)),
          lanes_(lane_count(), *net_, *clock_, tls, checked_.from->addresses(), client_options_of(checked_)),
          report_(watching, options.words,
                  [this] {
                      return formats::format_rfc3339(formats::ns_from_ms(clock_->unix_ms()),
                                                     clock_->utc_offset_minutes(), 3);
                  }),
          run_(world_of(dest), checked_.run, stop_, report_) {}

    run_result go(std::stop_token token) {
        const std::stop_callback drain(token, [this] { stop_.request_drain(); });
        run_result ended;
        boost::asio::co_spawn(context_, run_.go(), [&](std::exception_ptr e, run_result r) {
            runtime::end_if_escaped(e);
            ended = std::move(r);
        });
        context_.run();
        return ended;
    }

  private:
    export_world world_of(destination& dest) {
        return {*clock_,
                *random_,
                *workers_,
                dest.store(),
                *dest.catalogue,
                api_,
                lanes_.list(),
                [this] {
                    checked_.from->stop();
                    boost::asio::post(context_, [this] { api_.close(); });
                    lanes_.close_connections();
                },
                [this](source::source_needs needs) { return checked_.from->open(std::move(needs)); },
                [this](const transport::request& r) { return checked_.from->is_link(r); },
                [this](const transport::url& to) { return checked_.from->may_ask(to); },
                checked_.from->arranged(),
                checked_.from->quota(),
                dest.lock.get()};
    }

    checked_options checked_;
    std::unique_ptr<world::clock> clock_ = world::make_system_clock();
    std::unique_ptr<world::random> random_ = world::make_system_random();
    std::unique_ptr<world::network> net_ = world::make_tcp_network();
    boost::asio::io_context context_{1};
    runtime::stop_state stop_;
    transport::client api_;
    lanes lanes_;
    // Ends before the contexts it posts results to: a thread may still be waking the one that has run on already.
    std::unique_ptr<world::workers> workers_ = world::make_thread_workers(2);
    runtime::reporter report_;
    export_run run_;
};

outcome run(checked_options good, const export_options& options, observer& watching, std::stop_token stop) {
    const explain_context context = context_of(good, options);
    auto ended = perform(std::move(good), options, context, watching, stop);
    if (auto* problem = std::get_if<outcome>(&ended)) return std::move(*problem);
    return conclude(std::get<run_result>(ended), context);
}

}  // namespace

namespace pipeline {

explain_context context_of(const checked_options& good, const export_options& options) {
    return {options.words, options.destination, good.from->name(), options.ca_file, good.from->kind() == "micloud"};
}

bool within_each_other(const std::string& source, const std::string& destination) {
    const std::string from = source::folder::path_of(source);
    if (from.empty()) return false;
    std::error_code error;
    const std::string to = std::filesystem::weakly_canonical(destination, error).string();
    const auto inside = [](const std::string& inner, const std::string& outer) {
        return inner == outer || outer == "/" || inner.starts_with(outer + "/");
    };
    return !error && (inside(to, from) || inside(from, to));
}

std::variant<run_result, outcome> perform(checked_options good, const export_options& options,
                                          const explain_context& context, observer& watching, std::stop_token stop,
                                          std::unique_ptr<world::file_store> opened) {
    std::unique_ptr<transport::tls_context> tls;
    try {
        tls = std::make_unique<transport::tls_context>(options.ca_file);
    } catch (const std::runtime_error& e) {
        return outcome{exit_code::usage, messages::say(options.words, id::err_ca_file, options.ca_file, e.what()), {}};
    }
    const auto random = world::make_system_random();
    const export_origin origin{good.from->kind(), good.from->origin(), good.from->account(), options.moved};
    catalogue::open_options cache;
    cache.cache_bytes = good.memory.catalogue_cache;
    auto dest = opened ? enter_destination(std::move(opened), origin, cache, good.encryption, *random)
                       : open_destination(options.destination, origin, cache.cache_bytes, good.encryption, *random);
    if (!dest) return explain(dest.error(), context);
    good.format.encrypted = dest.value().lock != nullptr;
    const auto suited = [&] {
        if (good.format.encrypted) return container::tar_zst;  // there is nothing to choose
        const auto found =
            look_at_drive(*dest.value().files, *world::make_system_clock(), options.source, good.format.volume_bytes);
        good.run.begun = [found](runtime::reporter& report) { tell(found, report); };
        return found.advice.suits;
    };
    const auto form = agree_on_format(*dest.value().catalogue, suited, good.format);
    if (!form) return explain(form.error(), context);
    settle_format(good, form.value());
    const auto say = [&](id which, const auto&... values) {
        watching.on_message(messages::say(options.words, which, values...));
    };
    if (good.memory.parity_readings > 1)
        say(id::msg_parity_readings, formats::human_size(form.value().volume_bytes), good.memory.parity_readings);
    if (dest.value().on_fat) say(id::warn_small_files_only, options.destination);
    if (dest.value().taken_up > 0) say(id::msg_adopting, dest.value().taken_up);
    if (options.source.starts_with("webdav://") && !options.credentials.empty()) say(id::warn_login_in_the_clear);
    run_result ended;
    {
        real_run run(std::move(good), dest.value(), *tls, options, watching);
        ended = run.go(stop);
    }
    if (!ended.why && ended.stated && ended.stated->counts.stored > 0) {
        if (auto noted = note_account(*dest.value().catalogue, origin, *random); !noted) ended.closing = noted.error();
    }
    return ended;
}

}  // namespace pipeline

outcome run_export(const export_options& options, observer& watching, std::stop_token stop) {
    if (within_each_other(options.source, options.destination))
        return {
            exit_code::usage, messages::say(options.words, id::err_folder_holds_destination, options.destination), {}};
    auto from = find_place(options);
    if (auto* problem = std::get_if<outcome>(&from)) return std::move(*problem);
    auto checked = check_options(options, std::move(std::get<std::unique_ptr<source::place>>(from)));
    if (auto* problem = std::get_if<outcome>(&checked)) return std::move(*problem);
    return run(std::move(std::get<checked_options>(checked)), options, watching, stop);
}

outcome run_export(const export_options& options, blocking_source& from, observer& watching, std::stop_token stop) {
    auto checked = check_options(options, source::blocking::place_of(from));
    if (auto* problem = std::get_if<outcome>(&checked)) return std::move(*problem);
    return run(std::move(std::get<checked_options>(checked)), options, watching, stop);
}

}  // namespace decamp

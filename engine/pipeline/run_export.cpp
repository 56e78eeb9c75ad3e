// run_export: checks the options, opens the destination, gives the run its real world, and says how it ended.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <thread>

#include "decamp/export.hpp"
#include "engine/pipeline/conclude.hpp"
#include "engine/pipeline/destination.hpp"
#include "engine/pipeline/lanes.hpp"
#include "engine/pipeline/settings.hpp"
#include "engine/source/micloud/micloud.hpp"
#include "engine/transport/client.hpp"
#include "formats/time.hpp"

namespace decamp {

namespace {

using messages::id;
using namespace pipeline;

// One more lane than this does not pay on small machines; the coordinator has a thread of its own.
unsigned lane_count() { return std::thread::hardware_concurrency() >= 4 ? 2 : 1; }

transport::client_options client_options_of(const checked_options& checked) {
    transport::client_options options;
    options.tls_read_buffer = checked.memory.tls_read_buffer;
    options.user_agent = "decamp/" + version();
    return options;
}

class real_run {
  public:
    real_run(checked_options checked, destination& dest, const transport::tls_context& tls, const export_options& options,
             observer& watching)
        : checked_(std::move(checked)),
          hosts_(checked_.endpoint),
          addresses_(source::micloud::local_hosts(checked_.endpoint)),
          api_(*net_, *clock_, tls, addresses_, client_options_of(checked_)),
          lanes_(lane_count(), *net_, *clock_, tls, addresses_, client_options_of(checked_)),
          report_(watching, options.words,
                  [this] {
                      return formats::format_rfc3339(formats::ns_from_ms(clock_->unix_ms()), clock_->utc_offset_minutes(), 3);
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
                *dest.files,
                *dest.catalogue,
                api_,
                lanes_.list(),
                [this] {
                    boost::asio::post(context_, [this] { api_.close(); });
                    lanes_.close_connections();
                },
                [this](transport::sender& api, source::source_observer observer) {
                    return source::micloud::make_micloud({checked_.endpoint, checked_.credentials}, api, *clock_, *random_,
                                                         std::move(observer));
                },
                [](const transport::request& r) { return !r.target.path.starts_with("/gallery/user/"); },
                [this](const transport::url& to) { return hosts_.storage(to); }};
    }

    checked_options checked_;
    source::micloud::host_policy hosts_;
    transport::public_addresses_only addresses_;
    std::unique_ptr<world::clock> clock_ = world::make_system_clock();
    std::unique_ptr<world::random> random_ = world::make_system_random();
    std::unique_ptr<world::network> net_ = world::make_tcp_network();
    std::unique_ptr<world::workers> workers_ = world::make_thread_workers(2);
    boost::asio::io_context context_{1};
    runtime::stop_state stop_;
    transport::client api_;
    lanes lanes_;
    runtime::reporter report_;
    export_run run_;
};

}  // namespace

outcome run_export(const export_options& options, observer& watching, std::stop_token stop) {
    auto checked = check_options(options);
    if (auto* problem = std::get_if<outcome>(&checked)) return std::move(*problem);
    checked_options& good = std::get<checked_options>(checked);
    const explain_context context{options.words, options.destination, good.endpoint.api.host, options.ca_file};
    std::unique_ptr<transport::tls_context> tls;
    try {
        tls = std::make_unique<transport::tls_context>(options.ca_file);
    } catch (const std::runtime_error& e) {
        return {exit_code::usage, messages::say(options.words, id::err_ca_file, options.ca_file, e.what()), {}};
    }
    auto dest = open_destination(options.destination, {"micloud", good.endpoint.api.host}, good.memory.catalogue_cache);
    if (!dest) return explain(dest.error(), context);
    if (dest.value().on_fat) watching.on_message(messages::say(options.words, id::warn_small_files_only, options.destination));
    if (dest.value().taken_up > 0)
        watching.on_message(messages::say(options.words, id::msg_adopting, dest.value().taken_up));
    run_result ended;
    {
        real_run run(std::move(good), dest.value(), *tls, options, watching);
        ended = run.go(stop);
    }
    return conclude(ended, context);
}

}  // namespace decamp

#include "tests/sim/life.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>

#include "engine/pipeline/conclude.hpp"
#include "engine/pipeline/destination.hpp"
#include "engine/source/micloud/micloud.hpp"
#include "engine/transport/client.hpp"
#include "tests/sim/recorder.hpp"
#include "tests/sim/secret.hpp"
#include "tools/samplecloud/server.hpp"

namespace decamp::sim {

namespace {

constexpr std::uint64_t payload = std::uint64_t{4} << 20;

const transport::tls_context& trust() {
    static const transport::tls_context system_certificates{""};
    return system_certificates;
}

std::string name_of(pipeline::phase at) {
    using pipeline::phase;
    switch (at) {
        case phase::signing_in:
            return "signing in";
        case phase::recovering:
            return "recovering";
        case phase::listing:
            return "listing";
        case phase::downloading:
            return "downloading";
        case phase::settling:
            return "settling";
        case phase::certifying:
            return "certifying";
        case phase::over:
            return "over";
    }
    return "?";
}

std::string name_of(drive_op op) {  // one name for both that change a file's bytes
    constexpr const char* names[] = {"write",       "write",    "flush",        "rename",    "link", "remove",
                                     "make folder", "set time", "flush folder", "flush all", "read", "open"};
    return names[static_cast<std::size_t>(op)];
}

void note_operations(const disk& drive, hits& seen) {
    for (const auto& [which, count] : drive.counts()) {
        if (which.second < 0) continue;
        const std::string phase =
            which.second == 0 ? "opening" : name_of(static_cast<pipeline::phase>(which.second - 1));
        seen[{"operation: " + name_of(which.first), phase}] += count;
    }
}

// A fault of the drive stands in two rows: what it was, and what it befell.
void note(const drive_fault& fault, const std::string& phase, hits& seen) {
    if (std::getenv("DECAMP_SIM_ALOUD") != nullptr)
        std::fprintf(stderr, "the drive fails at %s, %s\n", name_of(fault.on).c_str(), phase.c_str());
    const char* with = fault.with == world::file_errc::no_space      ? "drive: full"
                       : fault.with == world::file_errc::device_gone ? "drive: gone"
                                                                     : "drive: I/O error";
    ++seen[{with, phase}];
    ++seen[{"drive fails at " + name_of(fault.on), phase}];
}

class run_under_test {
  public:
    run_under_test(const life_plan& plan, samplecloud::cloud& cloud, pipeline::destination& to, machine& on, wire& net,
                   hits& seen, disk& drive)
        : plan_(plan),
          machine_(on),
          endpoint_(source::micloud::parse_endpoint("micloud:" + cloud.url(samplecloud::origin::api)).value()),
          hosts_(endpoint_),
          addresses_(source::micloud::local_hosts(endpoint_)),
          random_(plan.seed ^ 0x7261),
          api_(net, on.clock(), trust(), addresses_, {}),
          report_(heard_, language::en, [] { return std::string("-"); }),
          run_(world_of(to, cloud, net), settings_of(plan), stop_, report_),
          wire_(net),
          seen_(seen),
          drive_(drive) {}

    life_end go() {
        begun_ = machine_.clock().now();
        if (plan_.killed) at(*plan_.killed, "", [this] { drive_.die(); });
        if (plan_.interrupted) at(*plan_.interrupted, "interrupted by the user", [this] { stop_.request_drain(); });
        if (plan_.cable_out) at(*plan_.cable_out, "cable pulled", [this] { wire_.cut = true; });
        if (plan_.clock_set)
            at(*plan_.clock_set, "clock set", [this] { machine_.clock().shift_wall(plan_.clock_by_ms); });
        machine_.meanwhile = [this] { befall(); };
        life_end end;
        const end_of_run how = machine_.run(body(end));
        if (how != end_of_run::done) {
            // What hangs cannot be taken apart; whoever watches this process knows the seed.
            std::fprintf(stderr, "the run %s, %s\n", how == end_of_run::hangs ? "hangs" : "runs for ever",
                         where().c_str());
            std::_Exit(exit_of_hang);
        }
        end.words = heard_.words;
        end.asleep = machine_.clock().sleeping();
        end.memory_back = run_.memory().available() == run_.memory().total();
        return end;
    }

    std::string where() const { return name_of(run_.now()); }

    int phase() const { return 1 + static_cast<int>(run_.now()); }

  private:
    struct blow {
        moment when;
        const char* name;  // as a row of the table; empty: the drive tells it
        std::function<void()> strike;
        bool struck = false;
    };
    void at(moment when, const char* name, std::function<void()> strike) {
        blows_.push_back({when, name, std::move(strike)});
    }

    void befall() {
        for (blow& b : blows_) {
            if (b.struck) continue;
            if (b.when.in ? *b.when.in != run_.now() : machine_.clock().now() - begun_ < b.when.after) continue;
            if (b.when.in && b.when.turns-- > 0) continue;
            b.struck = true;
            if (*b.name != '\0') ++seen_[{b.name, where()}];
            b.strike();
        }
    }

    task<void> body(life_end& end) {
        if (plan_.leak_a_chunk) leaked_ = run_.memory().try_acquire(runtime::chunk_size::small);
        if (plan_.leave_a_task) boost::asio::co_spawn(machine_.coordinator(), sleep_for_ever(), boost::asio::detached);
        auto ended = co_await run_.go();
        end.ended = std::move(ended);
    }

    task<void> sleep_for_ever() {
        const auto alarm = machine_.clock().make_alarm(machine_.coordinator());
        co_await alarm->wait_until(world::steady_time::max());
    }

    static pipeline::export_settings settings_of(const life_plan& plan) {
        pipeline::export_settings s;
        s.twins = plan.fetch_twins ? plan::twin_rule::fetch : plan::twin_rule::announced;
        s.prove_full = plan.prove_full;
        s.connections = plan.connections;
        s.most_connections = 8;
        s.payload_bytes = payload;
        s.volumes = plan.volumes;
        if (plan.volumes.kind != container::tree) {
            s.head_chunks = 1;
            s.hold_bytes = std::uint64_t{1} << 20;
            s.parity_bytes = 50'000;  // so that some volumes are read more than once
        }
        s.version = "sim";
        return s;
    }

    pipeline::export_world world_of(pipeline::destination& to, samplecloud::cloud& cloud, wire& net) {
        std::vector<download::lane> lanes;
        for (unsigned i = 0; i < plan_.lanes; ++i) {
            clients_.push_back(std::make_unique<transport::client>(net, machine_.clock(), trust(), addresses_,
                                                                   transport::client_options{}));
            lanes.push_back({machine_.lane(i), *clients_.back()});
        }
        const auto form = plan_.with_pass_token ? samplecloud::credential_form::both
                                                : samplecloud::credential_form::service_token_only;
        auto who =
            source::micloud::parse_credentials(samplecloud::credentials_json(*cloud.now()->switches, form)).value();
        return {machine_.clock(),
                random_,
                machine_.workers(),
                to.store(),
                *to.catalogue,
                api_,
                std::move(lanes),
                [this] {
                    boost::asio::post(machine_.coordinator(), [this] { api_.close(); });
                    for (unsigned i = 0; i < plan_.lanes; ++i)
                        boost::asio::post(machine_.lane(i), [client = clients_[i].get()] { client->close(); });
                },
                [this, who](source::source_needs needs) {
                    return source::micloud::make_micloud({endpoint_, who}, needs.api, machine_.clock(), random_,
                                                         std::move(needs.observer));
                },
                [](const transport::request& r) { return !r.target.path.starts_with("/gallery/user/"); },
                [this](const transport::url& url) { return hosts_.storage(url); },
                arrangement::albums,
                {},
                to.lock.get()};
    }

    const life_plan& plan_;
    machine& machine_;
    source::micloud::endpoint endpoint_;
    source::micloud::host_policy hosts_;
    transport::public_addresses_only addresses_;
    dice random_;
    runtime::stop_state stop_;
    transport::client api_;
    std::vector<std::unique_ptr<transport::client>> clients_;
    recorder heard_;
    runtime::reporter report_;
    pipeline::export_run run_;
    wire& wire_;
    hits& seen_;
    std::optional<runtime::chunk> leaked_;
    disk& drive_;
    std::vector<blow> blows_;
    world::steady_time begun_{};
};

}  // namespace

life_end live(const life_plan& plan, const std::shared_ptr<disk>& drive, samplecloud::cloud& cloud, hits& seen) {
    machine on(plan.seed, plan.lanes);
    wire net(cloud, on.clock(), plan.seed ^ 0x6e6574);
    net.weather = plan.weather;
    drive->faults = plan.drive_faults;
    drive->dies_at = plan.dies_at;
    drive->room = plan.room;
    const pipeline::explain_context words{language::en, "/drive", "127.0.0.1", ""};
    std::function<std::string()> where = [] { return std::string("opening"); };
    drive->on_fault = [&](const drive_fault& fault) { note(fault, where(), seen); };
    drive->on_death = [&] { ++seen[{plan.power_cut ? "power cut" : "killed", where()}]; };
    net.on_fault = [&](const char* what) { ++seen[{what, where()}]; };

    catalogue::open_options options;
    options.vfs = disk_vfs();
    options.cache_bytes = 256 << 10;
    dice keys(plan.seed ^ 0x6b657973);
    auto opened = pipeline::enter_destination(make_disk_store(drive), {"micloud", "127.0.0.1"}, options,
                                              wishes_of_owner(plan.encrypted), keys);
    life_end end;
    if (!opened) {
        end.said = pipeline::explain(opened.error(), words);
    } else {
        // As agreeing on the form of an export notes it.
        (void)opened->catalogue->set_fact(catalogue::recovery_fact, std::to_string(plan.volumes.recovery_percent));
        run_under_test run(plan, cloud, *opened, on, net, seen, *drive);
        drive->phase = [&] { return run.phase(); };
        where = [&] { return run.where(); };
        end = run.go();
        where = [] { return std::string("over"); };
        end.said = pipeline::conclude(*end.ended, words);
    }
    if (std::getenv("DECAMP_SIM_ALOUD") != nullptr)
        std::fprintf(stderr, "life ends with code %d: %s\n", static_cast<int>(end.said.code),
                     end.said.sentence.c_str());
    note_operations(*drive, seen);
    drive->on_fault = [](const drive_fault&) {};
    drive->on_death = [] {};
    drive->phase = [] { return 0; };
    return end;
}

}  // namespace decamp::sim

#include "tests/sim/lying/run.hpp"

#include <boost/asio/post.hpp>
#include <cstdio>
#include <cstdlib>

#include "engine/pipeline/conclude.hpp"
#include "engine/pipeline/destination.hpp"
#include "engine/transport/client.hpp"
#include "tests/sim/lying/line.hpp"
#include "tests/sim/recorder.hpp"
#include "tests/sim/secret.hpp"

namespace decamp::sim::lying {

namespace {

constexpr std::uint64_t payload = std::uint64_t{4} << 20;

const transport::tls_context& trust() {
    static const transport::tls_context system_certificates{""};
    return system_certificates;
}

pipeline::export_settings settings_of(const lying_life& plan) {
    pipeline::export_settings s;
    s.twins = plan.fetch_twins ? plan::twin_rule::fetch : plan::twin_rule::announced;
    s.most_connections = 8;
    s.payload_bytes = payload;
    s.volumes = plan.volumes;
    if (plan.volumes.kind != container::tree) {
        s.head_chunks = 1;
        s.hold_bytes = std::uint64_t{1} << 20;
        s.parity_bytes = 50'000;
    }
    s.version = "sim";
    return s;
}

class run_under_test {
  public:
    run_under_test(const lying_life& plan, pipeline::destination& to, machine& on, line& net, const source::place& from)
        : plan_(plan),
          machine_(on),
          from_(from),
          net_(net),
          random_(plan.seed ^ 0x7261),
          api_(net, on.clock(), trust(), from.addresses(), {}),
          report_(recorded_, language::en, [] { return std::string("-"); }),
          run_(world_of(to), settings_of(plan), stop_, report_) {}

    lying_end go() {
        lying_end end;
        const auto begun = machine_.clock().now();
        machine_.meanwhile = [&] {
            if (end.requests <= most_requests && machine_.clock().now() - begun <= longest_life) return;
            end.bounded = false;
            net_.cut = true;
            stop_.request_drain();
        };
        net_.on_request = [&, before = net_.on_request] {
            ++end.requests;
            before();
        };
        const end_of_run how = machine_.run(body(end.life));
        if (how != end_of_run::done) {
            std::fprintf(stderr, "the run %s\n", how == end_of_run::hangs ? "hangs" : "runs for ever");
            std::_Exit(exit_of_hang);
        }
        end.took = machine_.clock().now() - begun;
        end.life.words = recorded_.words;
        end.life.asleep = machine_.clock().sleeping();
        end.life.memory_back = run_.memory().available() == run_.memory().total();
        return end;
    }

  private:
    task<void> body(life_end& end) {
        auto ended = co_await run_.go();
        end.ended = std::move(ended);
    }

    pipeline::export_world world_of(pipeline::destination& to) {
        std::vector<download::lane> lanes;
        for (unsigned i = 0; i < plan_.lanes; ++i) {
            clients_.push_back(std::make_unique<transport::client>(net_, machine_.clock(), trust(), from_.addresses(),
                                                                   transport::client_options{}));
            lanes.push_back({machine_.lane(i), *clients_.back()});
        }
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
                [this](source::source_needs needs) { return from_.open(std::move(needs)); },
                [this](const transport::request& r) { return from_.is_link(r); },
                [this](const transport::url& url) { return from_.may_ask(url); },
                from_.arranged(),
                from_.quota(),
                to.lock.get()};
    }

    const lying_life& plan_;
    machine& machine_;
    const source::place& from_;
    line& net_;
    dice random_;
    runtime::stop_state stop_;
    transport::client api_;
    std::vector<std::unique_ptr<transport::client>> clients_;
    recorder recorded_;
    runtime::reporter report_;
    pipeline::export_run run_;
};

}  // namespace

lying_end live(const lying_life& plan, const std::shared_ptr<disk>& drive, server& to, const source::place& from) {
    machine on(plan.seed, plan.lanes);
    line net(to, on.clock(), plan.seed ^ 0x6e6574);
    std::uint64_t asked = 0;
    bool died = false;
    net.on_request = [&] {
        if (!plan.killed_at || ++asked != *plan.killed_at) return;
        died = true;
        drive->die();
    };
    const pipeline::explain_context words{language::en, "/drive", main_host, ""};
    catalogue::open_options options;
    options.vfs = disk_vfs();
    options.cache_bytes = 256 << 10;
    dice keys(plan.seed ^ 0x6b657973);
    auto opened = pipeline::enter_destination(make_disk_store(drive), {from.kind(), from.origin()}, options,
                                              wishes_of_owner(false), keys);
    lying_end end;
    if (!opened) {
        end.life.said = pipeline::explain(opened.error(), words);
    } else {
        run_under_test run(plan, *opened, on, net, from);
        end = run.go();
        end.life.said = pipeline::conclude(*end.life.ended, words);
    }
    end.died = died;
    end.hosts_asked = net.hosts_asked;
    if (std::getenv("DECAMP_SIM_ALOUD") != nullptr)
        std::fprintf(stderr, "life ends with code %d after %llu requests: %s\n", static_cast<int>(end.life.said.code),
                     static_cast<unsigned long long>(end.requests), end.life.said.sentence.c_str());
    return end;
}

}  // namespace decamp::sim::lying

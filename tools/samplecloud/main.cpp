#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <string>

#include "tools/samplecloud/server.hpp"

namespace {

namespace cloud = decamp::samplecloud;

constexpr const char* usage =
    "samplecloud [--scenario FILE|demo] [--listen ADDRESS:PORT] [--threads N] [--log FILE] [--log-limit N]\n"
    "samplecloud [--scenario FILE|demo] --credentials\n"
    "\n"
    "A local stand-in for the cloud's gallery API; README.md beside the source describes scenarios.\n"
    "  --scenario FILE     JSON; \"demo\" is the library `decamp demo` exports; default: all switches at rest\n"
    "  --listen HOST:PORT  of the API origin (default 127.0.0.1:0); the others take 127.0.0.2 to .6\n"
    "  --threads N         threads that serve (default 1)\n"
    "  --log FILE          every request as a line of JSON\n"
    "  --log-limit N       requests kept in memory for /_control/log (default 10000)\n"
    "  --credentials       print the account's credential file and end\n";

struct arguments {
    std::string scenario_file;
    cloud::server_options server;
    bool credentials = false;
    bool help = false;
};

template <class Integer>
bool number(const std::string& text, Integer& out) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

bool listen_on(const std::string& text, cloud::server_options& out) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) return false;
    out.listen_address = text.substr(0, colon);
    return number(text.substr(colon + 1), out.port);
}

std::optional<arguments> read_arguments(std::span<char*> words) {
    arguments out;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string word = words[i];
        if (word == "--credentials") {
            out.credentials = true;
            continue;
        }
        if (word == "--help" || word == "-h") {
            out.help = true;
            continue;
        }
        if (i + 1 == words.size()) return std::nullopt;
        const std::string value = words[++i];
        bool good = true;
        if (word == "--scenario") {
            out.scenario_file = value;
        } else if (word == "--listen") {
            good = listen_on(value, out.server);
        } else if (word == "--threads") {
            good = number(value, out.server.threads) && out.server.threads >= 1 && out.server.threads <= 64;
        } else if (word == "--log") {
            out.server.log_file = value;
        } else if (word == "--log-limit") {
            good = number(value, out.server.log_limit);
        } else {
            good = false;
        }
        if (!good) return std::nullopt;
    }
    return out;
}

cloud::scenario load(const std::string& file) {
    if (file.empty()) return {};
    if (file == "demo") return cloud::demo_scenario();
    std::ifstream in(file, std::ios::binary);
    if (!in) throw cloud::scenario_error("scenario: cannot read " + file);
    const std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
    return cloud::parse_scenario(text);
}

}  // namespace

int main(int count, char** words) {
    const auto wanted = read_arguments(std::span(words, static_cast<std::size_t>(count)));
    if (!wanted) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    if (wanted->help) {
        fmt::print("{}", usage);
        return 0;
    }
    // Blocked before any thread starts, so that only sigwait() sees them.
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    try {
        cloud::scenario scenario = load(wanted->scenario_file);
        if (wanted->credentials) {
            fmt::print("{}\n", cloud::credentials_json(scenario));
            return 0;
        }
        const cloud::server server(std::move(scenario), wanted->server);
        fmt::print("listening {}\naccount {}\nstorage {}\n", server.api_url(), server.account_url(),
                   server.storage_url());
        std::fflush(stdout);
        int signal = 0;
        sigwait(&ends, &signal);
    } catch (const std::exception& error) {
        fmt::print(stderr, "samplecloud: {}\n", error.what());
        return 2;
    }
    return 0;
}

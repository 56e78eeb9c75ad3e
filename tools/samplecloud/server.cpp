#include "tools/samplecloud/server.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <charconv>
#include <stdexcept>
#include <thread>

#include "tools/samplecloud/cloud.hpp"
#include "tools/samplecloud/connection.hpp"
#include "tools/samplecloud/hash.hpp"
#include "tools/samplecloud/json_text.hpp"
#include "tools/samplecloud/truth.hpp"

namespace decamp::samplecloud {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using error_code = boost::system::error_code;

constexpr std::array<const char*, origin_count> addresses{"127.0.0.1", "127.0.0.2", "127.0.0.3",
                                                          "127.0.0.4", "127.0.0.5", "127.0.0.6"};

/// A thread with a context of its own: sockets never change threads.
struct worker {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard{context.get_executor()};
    std::thread thread;
};

error_code try_listen(tcp::acceptor& acceptor, const std::string& address, std::uint16_t port) {
    error_code ec;
    const tcp::endpoint where(asio::ip::make_address(address, ec), port);
    if (!ec) acceptor.open(where.protocol(), ec);
    if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor.bind(where, ec);
    if (!ec) acceptor.listen(1024, ec);
    error_code ignored;
    if (ec) acceptor.close(ignored);
    return ec;
}

std::uint64_t number_of(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

struct server::state {
    state(scenario what, const server_options& options) : inner(std::move(what), options.log_limit, options.log_file) {
        const unsigned threads = std::max(1U, options.threads);
        for (unsigned i = 0; i < threads; ++i) workers.push_back(std::make_unique<worker>());
        acceptors.reserve(origin_count);
        std::uint16_t port = options.port;
        for (std::size_t i = 0; i < origin_count; ++i) {
            tcp::acceptor& acceptor = acceptors.emplace_back(workers.front()->context);
            const std::string address = i == 0 ? options.listen_address : addresses[i];
            error_code ec = try_listen(acceptor, address, port);
            if (ec && i != 0) ec = try_listen(acceptor, address, 0);
            if (ec) throw std::runtime_error("samplecloud: cannot listen on " + address + ": " + ec.message());
            const tcp::endpoint bound = acceptor.local_endpoint();
            if (i == 0) port = bound.port();
            const std::string host = bound.address().is_v6() ? "[" + address + "]" : address;
            inner.set_url(static_cast<origin>(i), fmt::format("http://{}:{}", host, bound.port()));
        }
        for (std::size_t i = 0; i < origin_count; ++i) accept(i);
        for (auto& one : workers) {
            one->thread = std::thread([&context = one->context] { context.run(); });
        }
    }

    ~state() {
        for (auto& one : workers) one->context.stop();
        for (auto& one : workers) one->thread.join();
        // Connections hold themselves in the contexts' pending operations and report to `inner` when they go.
        acceptors.clear();
        workers.clear();
    }

    void accept(std::size_t which) {
        worker& target = *workers[next_worker++ % workers.size()];
        acceptors[which].async_accept(target.context, [this, which, &target](const error_code& ec, tcp::socket socket) {
            if (ec == asio::error::operation_aborted) return;
            if (!ec) {
                auto begin = [this, which, moved = std::move(socket)]() mutable {
                    std::make_shared<connection>(std::move(moved), inner, static_cast<origin>(which))->start();
                };
                if (workers.size() == 1) {
                    begin();
                } else {
                    asio::post(target.context, std::move(begin));
                }
            }
            accept(which);
        });
    }

    cloud inner;
    std::vector<std::unique_ptr<worker>> workers;
    std::vector<tcp::acceptor> acceptors;
    std::size_t next_worker = 0;
};

server::server(scenario what, server_options options) : state_(std::make_unique<state>(std::move(what), options)) {}
server::~server() = default;

std::string server::api_url() const {
    return state_->inner.url(origin::api);
}
std::string server::account_url() const {
    return state_->inner.url(origin::account);
}
std::string server::storage_url() const {
    return state_->inner.url(origin::storage);
}
std::string server::shard_url() const {
    return state_->inner.url(origin::shard);
}
std::string server::second_storage_url() const {
    return state_->inner.url(origin::second_storage);
}
std::string server::foreign_url() const {
    return state_->inner.url(origin::foreign);
}

std::string server::credentials_json(credential_form form) const {
    return samplecloud::credentials_json(*state_->inner.now()->switches, form);
}

std::vector<request_record> server::log() const {
    return state_->inner.log();
}
server_stats server::stats() const {
    return state_->inner.stats();
}
void server::reset_stats() {
    state_->inner.reset_stats();
}
void server::reset_attempts() {
    state_->inner.reset_attempts();
}
std::uint64_t server::requests(endpoint kind) const {
    return state_->inner.requests(kind);
}

std::uint64_t server::list_requests() const {
    return requests(endpoint::albums) + requests(endpoint::timeline) + requests(endpoint::galleries);
}

unsigned server::downloads_of(std::string_view id) const {
    const auto now = state_->inner.now();
    const auto index = now->items->index_of(number_of(id), now->lists.inserted);
    return index ? state_->inner.attempts(*index) : 0;
}

unsigned server::downloads_of_index(std::uint64_t index) const {
    return state_->inner.attempts(index);
}
unsigned server::completed_downloads_of_index(std::uint64_t index) const {
    return state_->inner.completed(index);
}
void server::wait_idle() const {
    state_->inner.wait_idle();
}
void server::mutate(const std::function<void(scenario&)>& change) {
    state_->inner.mutate(change);
}
void server::insert_items(std::uint64_t count) {
    state_->inner.insert_items(count);
}
void server::remove_item(std::uint64_t index) {
    state_->inner.remove_item(index);
}
void server::kill_service_token() {
    state_->inner.kill_service_token();
}
void server::kill_pass_token() {
    state_->inner.kill_pass_token();
}

std::uint64_t server::item_count() const {
    const auto now = state_->inner.now();
    return now->items->first_inserted() + now->lists.inserted;
}

true_item server::item(std::uint64_t index) const {
    return true_item_at(state_->inner, *state_->inner.now(), index);
}

std::string server::bytes_of(std::uint64_t index) const {
    return true_bytes_at(*state_->inner.now(), index);
}

std::string true_bytes_at(const world& now, std::uint64_t index) {
    const content bytes(now.items->facts(index).recipe);
    std::string out(static_cast<std::size_t>(bytes.size()), '\0');
    bytes.fill(0, out.data(), out.size());
    return out;
}

true_item true_item_at(cloud& of, const world& now, std::uint64_t index) {
    const item_facts facts = now.items->facts(index);
    true_item out;
    out.index = index;
    out.id = std::to_string(facts.id);
    out.name = facts.name;
    out.size = facts.recipe.size;
    out.sha1 = of.true_sha1(facts);
    out.announced_sha1 = of.announced_sha1(now, facts);
    out.announced_size = now.items->announced_size(facts);
    out.album_ids.push_back(std::to_string(facts.album_id));
    if (facts.also_album_id != 0) out.album_ids.push_back(std::to_string(facts.also_album_id));
    out.taken_ms = facts.taken_ms;
    return out;
}

std::string credentials_json(const scenario& of, credential_form form) {
    std::string out = "{\"userId\":" + json_string(of.session.user_id);
    if (form != credential_form::pass_token_only) {
        out += ",\"serviceToken\":" + json_string(session::service_token(of, 1));
    }
    if (form != credential_form::service_token_only) {
        out += ",\"passToken\":" + json_string(session::pass_token(of)) +
               ",\"deviceId\":" + json_string(of.session.device_id);
    }
    return out + "}";
}

}  // namespace decamp::samplecloud

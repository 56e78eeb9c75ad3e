#pragma once
// A TLS server between a client's stream and a scripted one, in the same thread: what the client writes is decrypted
// and handed to the script, what the script sends is encrypted and cut as asked.

#include <openssl/ssl.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/transport/scripted_network.hpp"
#include "tests/unit/transport/test_certificates.hpp"

namespace decamp::testing {

struct tls_server_options {
    std::size_t piece = SIZE_MAX;     // most ciphertext that one read of the client gets
    unsigned long fragment = 16384;   // plaintext of a record
    bool unclean = false;             // ends without close_notify
    int version = 0;                  // the only TLS version, 0 for any
    std::string alpn = "http/1.1";    // chosen whatever was offered; empty: no choice
    std::optional<std::size_t> flip;  // the byte of the ciphertext that is damaged
    std::optional<std::size_t> cut;   // the stream ends after that many bytes of ciphertext
};

// What was seen, all connections together.
struct tls_server_log {
    std::vector<std::string> names;  // SNI, "" for none
    std::vector<bool> resumed;
    std::vector<std::string> offered;  // ALPN
    std::size_t reads = 0;             // by the client, of ciphertext
    std::size_t largest = 0;           // memory that it offered
    std::size_t sent = 0;
};

class tls_server {
  public:
    tls_server_options options;
    tls_server_log log;

    explicit tls_server(const certificate& own) : context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
        SSL_CTX_set_security_level(context_.get(), 0);
        SSL_CTX_use_certificate(context_.get(), own.x509.get());
        SSL_CTX_use_PrivateKey(context_.get(), own.key.get());
        static const unsigned char id[] = "test";
        SSL_CTX_set_session_id_context(context_.get(), id, 4);
        SSL_CTX_set_alpn_select_cb(context_.get(), choose, this);
    }
    void add_chain(const certificate& c) { SSL_CTX_add1_chain_cert(context_.get(), c.x509.get()); }
    SSL_CTX* context() const { return context_.get(); }

  private:
    static int choose(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in, unsigned in_size,
                      void* self) {
        auto& server = *static_cast<tls_server*>(self);
        server.log.offered.emplace_back(reinterpret_cast<const char*>(in), in_size);
        if (server.options.alpn.empty()) return SSL_TLSEXT_ERR_NOACK;
        *out = reinterpret_cast<const unsigned char*>(server.options.alpn.data());
        *size = static_cast<unsigned char>(server.options.alpn.size());
        return SSL_TLSEXT_ERR_OK;
    }

    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
};

class tls_server_stream final : public world::byte_stream {
  public:
    tls_server_stream(tls_server& server, std::unique_ptr<world::byte_stream> inner)
        : server_(server), how_(server.options), inner_(std::move(inner)), ssl_(SSL_new(server.context()), SSL_free) {
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_accept_state(ssl_.get());
        SSL_set_max_send_fragment(ssl_.get(), static_cast<long>(how_.fragment));
        if (how_.version) {
            SSL_set_min_proto_version(ssl_.get(), how_.version);
            SSL_set_max_proto_version(ssl_.get(), how_.version);
        }
    }
    ~tls_server_stream() override {
        if (SSL_is_init_finished(ssl_.get())) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }

    task<result<std::size_t>> read_some(std::span<std::byte> into) override {
        ++server_.log.reads;
        server_.log.largest = std::max(server_.log.largest, into.size());
        for (;;) {
            if (how_.cut && given_ >= *how_.cut) co_return std::size_t{0};
            if (const std::size_t waiting = BIO_ctrl_pending(SSL_get_wbio(ssl_.get()))) co_return give(into, waiting);
            if (ended_ || failed_) co_return std::size_t{0};
            if (plain_.empty()) plain_.resize(1 << 20);
            const auto got = co_await inner_->read_some(plain_);
            if (!got) co_return got.error();
            if (*got == 0) {
                ended_ = true;
                if (!how_.unclean) SSL_shutdown(ssl_.get());
                continue;
            }
            SSL_write(ssl_.get(), plain_.data(), static_cast<int>(*got));
        }
    }

    task<result<void>> write(std::span<const std::byte> from) override {
        BIO_write(SSL_get_rbio(ssl_.get()), from.data(), static_cast<int>(from.size()));
        shake_hands();
        std::vector<std::byte> plain(16384);
        for (;;) {
            const int got = failed_ || !SSL_is_init_finished(ssl_.get())
                                ? 0
                                : SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
            if (got <= 0) break;
            const auto done = co_await inner_->write(std::span(plain).first(static_cast<std::size_t>(got)));
            if (!done) co_return done.error();
        }
        co_return result<void>();
    }

    void set_deadline(world::steady_time when) override { inner_->set_deadline(when); }
    void close() override { inner_->close(); }
    bool quiet() override { return BIO_ctrl_pending(SSL_get_wbio(ssl_.get())) == 0 && inner_->quiet(); }

  private:
    void shake_hands() {
        if (failed_ || SSL_is_init_finished(ssl_.get())) return;
        const int done = SSL_do_handshake(ssl_.get());
        if (done == 1) {
            const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name);
            server_.log.names.emplace_back(name ? name : "");
            server_.log.resumed.push_back(SSL_session_reused(ssl_.get()) == 1);
        } else if (SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ) {
            failed_ = true;
        }
    }

    std::size_t give(std::span<std::byte> into, std::size_t waiting) {
        std::size_t size = std::min({into.size(), waiting, how_.piece});
        if (how_.cut) size = std::min(size, *how_.cut - given_);
        BIO_read(SSL_get_wbio(ssl_.get()), into.data(), static_cast<int>(size));
        if (how_.flip && *how_.flip >= given_ && *how_.flip < given_ + size) into[*how_.flip - given_] ^= std::byte{1};
        given_ += size;
        server_.log.sent += size;
        return size;
    }

    tls_server& server_;
    tls_server_options how_;
    std::unique_ptr<world::byte_stream> inner_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    std::vector<std::byte> plain_;
    std::size_t given_ = 0;
    bool ended_ = false, failed_ = false;
};

}  // namespace decamp::testing

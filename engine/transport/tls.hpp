#pragma once
// TLS 1.2 and 1.3 over a byte stream, by OpenSSL's state machine over our own BIO. Ciphertext is received into the
// caller's memory and decrypted there, so that no buffer stands beside the payload's. One thread a stream.

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/transport/buffer_pool.hpp"
#include "engine/transport/client.hpp"
#include "engine/world/network.hpp"

namespace decamp::transport {

template <auto Free>
struct openssl_free {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};

using ssl_ptr = std::unique_ptr<SSL, openssl_free<&SSL_free>>;
using ssl_ctx_ptr = std::unique_ptr<SSL_CTX, openssl_free<&SSL_CTX_free>>;
using ssl_session_ptr = std::unique_ptr<SSL_SESSION, openssl_free<&SSL_SESSION_free>>;
using bio_method_ptr = std::unique_ptr<BIO_METHOD, openssl_free<&BIO_meth_free>>;

struct tls_context::impl {
    bio_method_ptr method;
    ssl_ctx_ptr context;
};

// Sessions to resume, by origin. One thread.
class session_store {
  public:
    void put(const std::string& origin, ssl_session_ptr session);
    ssl_session_ptr take(const std::string& origin);  // or null; a TLS 1.3 ticket is used once

  private:
    static constexpr std::size_t per_origin = 4, origins = 64;
    std::unordered_map<std::string, std::vector<ssl_session_ptr>> sessions_;
};

// The memory OpenSSL reads ciphertext from and writes it to.
struct tls_side {
    std::span<const std::byte> in;  // received, not yet taken
    std::vector<std::byte> out;     // to be sent
};

class tls_stream final : public world::byte_stream {
  public:
    struct setup {
        std::string host;    // the name or address the certificate must be for
        std::string origin;  // under which sessions are kept
        std::size_t receive_limit;
    };
    // Throws std::runtime_error when OpenSSL has no memory. References outlive the stream.
    tls_stream(const tls_context::impl& tls, std::unique_ptr<world::byte_stream> below, setup how, buffer_pool& buffers,
               session_store& sessions);
    ~tls_stream() override;

    // Errors: http_errc::tls_not_verified, tls_failed, not_http (the peer does not speak TLS), and those of the stream
    // below.
    task<result<void>> handshake();
    // The end without close_notify is http_errc::body_truncated.
    task<result<std::size_t>> read_some(std::span<std::byte> into) override;
    task<result<void>> write(std::span<const std::byte> from) override;
    void set_deadline(world::steady_time when) override { below_->set_deadline(when); }
    void close() override { below_->close(); }
    bool quiet() override;
    bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }

  private:
    friend int keep_session(SSL*, SSL_SESSION*);
    task<result<void>> flush();
    task<result<std::size_t>> receive_lent();
    result<std::size_t> decrypt(std::span<std::byte> into, bool in_place);
    result<std::size_t> end_of_stream();
    failure fault(int ssl_error);
    failure handshake_fault(int ssl_error);
    result<void> after_handshake();

    buffer_pool& buffers_;
    session_store& sessions_;
    setup how_;
    std::unique_ptr<world::byte_stream> below_;
    std::unique_ptr<tls_side> side_;  // at a fixed address: the BIO points to it
    buffer_pool::lease lent_;         // holds side_->in where the caller's memory cannot
    ssl_ptr ssl_;
    std::optional<failure> broken_;
    bool ended_ = false;      // close_notify came
    bool heard_ = false;      // something was received
    bool speaks_tls_ = true;  // by its first byte
};

}  // namespace decamp::transport

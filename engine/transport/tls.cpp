#include "engine/transport/tls.hpp"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <stdexcept>

namespace decamp::transport {

namespace {

// Room left before the ciphertext when decrypting in place. OpenSSL holds back at most one record (16 KiB and its
// frame) from an earlier receive; with this much ahead, plaintext never catches up with the ciphertext not yet taken.
constexpr std::size_t head_start = 17408;
constexpr std::size_t smallest_receive = 16384;
constexpr std::size_t write_piece = 65536;

std::string reason_of(unsigned long error) {
    const char* reason = ERR_reason_error_string(error);
    return reason ? reason : "unknown error";
}

bool is_alert_or_handshake(std::byte first) {
    return first == std::byte{0x15} || first == std::byte{0x16};
}

}  // namespace

tls_stream::tls_stream(const tls_context::impl& tls, std::unique_ptr<world::byte_stream> below, setup how,
                       buffer_pool& buffers, session_store& sessions)
    : buffers_(buffers),
      sessions_(sessions),
      how_(std::move(how)),
      below_(std::move(below)),
      side_(std::make_unique<tls_side>()),
      ssl_(SSL_new(tls.context.get())) {
    BIO* const bio = ssl_ ? BIO_new(tls.method.get()) : nullptr;
    if (!bio) throw std::runtime_error("OpenSSL: no memory");
    BIO_set_data(bio, side_.get());
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_connect_state(ssl_.get());
    X509_VERIFY_PARAM* const verify = SSL_get0_param(ssl_.get());
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    bool named = false;
    if (is_address_literal(how_.host)) {
        named = X509_VERIFY_PARAM_set1_ip_asc(verify, how_.host.c_str()) == 1;  // no SNI: RFC 6066, section 3
    } else {
        named = X509_VERIFY_PARAM_set1_host(verify, how_.host.c_str(), how_.host.size()) == 1 &&
                SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, how_.host.data()) == 1;
    }
    // Without a name to compare every valid certificate of anybody would do.
    if (!named) throw std::runtime_error("OpenSSL: host name not usable");
    if (const auto session = sessions_.take(how_.origin)) SSL_set_session(ssl_.get(), session.get());
}

tls_stream::~tls_stream() {
    // Else OpenSSL takes the missing close_notify for a reason to spoil the session.
    if (SSL_is_init_finished(ssl_.get())) SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

task<result<void>> tls_stream::flush() {
    if (side_->out.empty()) co_return result<void>();
    const auto sending = std::move(side_->out);
    side_->out.clear();
    const auto sent = co_await below_->write(sending);
    co_return sent;
}

// Receives into lent memory. 0 at the end of the stream below.
task<result<std::size_t>> tls_stream::receive_lent() {
    if (!lent_) lent_ = buffers_.take();
    const auto room = lent_.bytes();
    const auto got = co_await below_->read_some(room);
    if (!got || *got == 0) {
        lent_.reset();
        co_return got;
    }
    side_->in = room.first(*got);
    if (!heard_) speaks_tls_ = is_alert_or_handshake(room.front());
    heard_ = true;
    co_return got;
}

failure tls_stream::fault(int ssl_error) {
    const unsigned long error = ssl_error == SSL_ERROR_SSL ? ERR_peek_last_error() : 0;
    ERR_clear_error();
    return failure(http_errc::tls_failed,
                   how_.host + ": " + (error ? reason_of(error) : "error " + std::to_string(ssl_error)));
}

failure tls_stream::handshake_fault(int ssl_error) {
    if (!speaks_tls_) {
        ERR_clear_error();
        return failure(http_errc::not_http, how_.host + " does not speak TLS");
    }
    if (const long verified = SSL_get_verify_result(ssl_.get()); verified != X509_V_OK) {
        ERR_clear_error();
        return failure(http_errc::tls_not_verified, how_.host + ": " + X509_verify_cert_error_string(verified));
    }
    return fault(ssl_error);
}

result<void> tls_stream::after_handshake() {
    if (const long verified = SSL_get_verify_result(ssl_.get()); verified != X509_V_OK)
        return failure(http_errc::tls_not_verified, how_.host + ": " + X509_verify_cert_error_string(verified));
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &chosen, &size);
    if (size > 0 && std::string_view(reinterpret_cast<const char*>(chosen), size) != "http/1.1")
        return failure(http_errc::tls_failed, how_.host + ": chose a protocol that was not offered");
    // TLS 1.2 sessions may be used again and bring no new ticket.
    if (resumed() && SSL_version(ssl_.get()) < TLS1_3_VERSION)
        sessions_.put(how_.origin, ssl_session_ptr(SSL_get1_session(ssl_.get())));
    return {};
}

task<result<void>> tls_stream::handshake() {
    for (;;) {
        ERR_clear_error();
        const int done = SSL_do_handshake(ssl_.get());
        const int error = done == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), done);
        if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
            const auto why = handshake_fault(error);
            co_await flush();  // the alert, so that the other side's log says why; its success does not matter
            co_return why;
        }
        const auto sent = co_await flush();
        if (!sent) co_return sent.error();
        if (error == SSL_ERROR_NONE) break;
        const auto got = co_await receive_lent();
        if (!got) co_return got.error();
        if (*got == 0)
            co_return failure(http_errc::tls_failed, how_.host + ": the connection ended during the handshake");
    }
    if (side_->in.empty()) lent_.reset();
    co_return after_handshake();
}

// Plaintext of what has been received. `in_place`: the ciphertext lies in `into`, further back.
result<std::size_t> tls_stream::decrypt(std::span<std::byte> into, bool in_place) {
    std::size_t out = 0;
    while (!ended_ && !broken_) {
        std::size_t window = into.size() - out;
        if (in_place && !side_->in.empty()) window = static_cast<std::size_t>(side_->in.data() - into.data()) - out;
        if (window == 0) {
            if (in_place && !side_->in.empty())
                broken_ = failure(http_errc::tls_failed, "plaintext longer than ciphertext");
            break;
        }
        ERR_clear_error();
        std::size_t got = 0;
        const int done = SSL_read_ex(ssl_.get(), into.data() + out, window, &got);
        if (done == 1) {
            out += got;
            continue;
        }
        const int error = SSL_get_error(ssl_.get(), done);
        if (error == SSL_ERROR_WANT_READ) {
            if (!side_->in.empty()) continue;
            break;
        }
        if (error == SSL_ERROR_ZERO_RETURN)
            ended_ = true;
        else
            broken_ = fault(error);
    }
    // Nothing counts after close_notify or a fault; and what lies in the caller's memory has been taken, or is lost.
    if (ended_ || broken_ || in_place) side_->in = {};
    if (side_->in.empty()) lent_.reset();
    if (broken_ && out == 0) return *broken_;
    return out;
}

result<std::size_t> tls_stream::end_of_stream() {
    if (ended_) return std::size_t{0};
    return failure(http_errc::body_truncated, "TLS ended without its closing message");
}

task<result<std::size_t>> tls_stream::read_some(std::span<std::byte> into) {
    const auto kept = decrypt(into, false);
    if (!kept || *kept > 0 || ended_) co_return kept;
    for (;;) {
        const auto sent = co_await flush();
        if (!sent) co_return sent.error();
        const bool in_place = into.size() >= head_start + smallest_receive;
        std::size_t got = 0;
        if (in_place) {
            const auto room = into.subspan(head_start, std::min(how_.receive_limit, into.size() - head_start));
            const auto received = co_await below_->read_some(room);
            if (!received) co_return received.error();
            got = *received;
            side_->in = room.first(got);
        } else {
            const auto received = co_await receive_lent();
            if (!received) co_return received.error();
            got = *received;
        }
        if (got == 0) co_return end_of_stream();
        const auto plain = decrypt(into, in_place);
        if (!plain || *plain > 0 || ended_) co_return plain;
    }
}

task<result<void>> tls_stream::write(std::span<const std::byte> from) {
    while (!from.empty()) {
        const auto piece = from.first(std::min(from.size(), write_piece));
        ERR_clear_error();
        std::size_t put = 0;
        const int done = SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &put);
        if (done != 1) co_return fault(SSL_get_error(ssl_.get(), done));
        const auto sent = co_await flush();
        if (!sent) co_return sent.error();
        from = from.subspan(put);
    }
    co_return result<void>();
}

bool tls_stream::quiet() {
    return !ended_ && side_->in.empty() && SSL_pending(ssl_.get()) == 0 && below_->quiet();
}

}  // namespace decamp::transport

#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "engine/transport/tls.hpp"

namespace decamp::transport {

namespace {

tls_side* side_of(BIO* bio) {
    return static_cast<tls_side*>(BIO_get_data(bio));
}

int read_side(BIO* bio, char* into, std::size_t size, std::size_t* got) {
    auto& in = side_of(bio)->in;
    BIO_clear_retry_flags(bio);
    *got = std::min(size, in.size());
    if (*got == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    std::memcpy(into, in.data(), *got);
    in = in.subspan(*got);
    return 1;
}

int write_side(BIO* bio, const char* from, std::size_t size, std::size_t* put) {
    BIO_clear_retry_flags(bio);
    auto& out = side_of(bio)->out;
    const auto bytes = std::as_bytes(std::span(from, size));
    try {
        out.insert(out.end(), bytes.begin(), bytes.end());
    } catch (const std::bad_alloc&) {  // not through C
        return 0;
    }
    *put = size;
    return 1;
}

long control_side(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

bio_method_ptr make_method() {
    bio_method_ptr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "decamp"));
    if (!method) throw std::runtime_error("OpenSSL: no BIO method");
    BIO_meth_set_read_ex(method.get(), read_side);
    BIO_meth_set_write_ex(method.get(), write_side);
    BIO_meth_set_ctrl(method.get(), control_side);
    return method;
}

void trust(SSL_CTX* context, const std::string& ca_file) {
    ERR_clear_error();
    if (ca_file.empty()) {
        if (SSL_CTX_set_default_verify_paths(context) != 1)
            throw std::runtime_error("the system's certificates cannot be read");
        return;
    }
    if (SSL_CTX_load_verify_file(context, ca_file.c_str()) != 1) {
        const char* reason = ERR_reason_error_string(ERR_peek_last_error());
        ERR_clear_error();
        throw std::runtime_error("certificates of " + ca_file + " cannot be read" +
                                 (reason ? ": " + std::string(reason) : ""));
    }
}

}  // namespace

int keep_session(SSL* ssl, SSL_SESSION* session) {
    auto* stream = static_cast<tls_stream*>(SSL_get_app_data(ssl));
    stream->sessions_.put(stream->how_.origin, ssl_session_ptr(session));
    return 1;
}

tls_context::tls_context(const std::string& ca_file) : impl_(std::make_unique<impl>()) {
    impl_->method = make_method();
    impl_->context.reset(SSL_CTX_new(TLS_client_method()));
    SSL_CTX* const context = impl_->context.get();
    if (!context) throw std::runtime_error("OpenSSL: no context");
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    static constexpr unsigned char protocols[] = "\x08http/1.1";
    SSL_CTX_set_alpn_protos(context, protocols, sizeof(protocols) - 1);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
    trust(context, ca_file);
}

tls_context::~tls_context() = default;

void session_store::put(const std::string& origin, ssl_session_ptr session) {
    if (!session || SSL_SESSION_is_resumable(session.get()) != 1) return;
    if (sessions_.size() >= origins && !sessions_.contains(origin)) sessions_.erase(sessions_.begin());
    auto& kept = sessions_[origin];
    if (kept.size() >= per_origin) kept.erase(kept.begin());
    kept.push_back(std::move(session));
}

ssl_session_ptr session_store::take(const std::string& origin) {
    const auto found = sessions_.find(origin);
    if (found == sessions_.end() || found->second.empty()) return nullptr;
    auto out = std::move(found->second.back());
    found->second.pop_back();
    return out;
}

}  // namespace decamp::transport

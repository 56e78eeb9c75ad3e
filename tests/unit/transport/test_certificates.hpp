#pragma once
// Certificates made for a test: keys on P-256, valid around now unless asked otherwise.

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace decamp::testing {

struct certificate_options {
    std::string common_name = "decamp test";
    std::string alternative_names;               // "DNS:a.example,IP:127.0.0.1"; empty for none
    long valid_from = -86400, valid_to = 86400;  // seconds from now
    bool authority = false;
    std::string usage;         // extended key usage, "clientAuth"; empty for none
    std::size_t rsa_bits = 0;  // a key of RSA instead
};

struct certificate {
    std::shared_ptr<EVP_PKEY> key;
    std::shared_ptr<X509> x509;

    std::string pem() const {
        std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
        PEM_write_bio_X509(bio.get(), x509.get());
        char* data = nullptr;
        const long size = BIO_get_mem_data(bio.get(), &data);
        return std::string(data, static_cast<std::size_t>(size));
    }
};

inline void require(bool ok) {
    if (!ok) throw std::runtime_error("OpenSSL in a test");
}

inline void add_extension(X509* to, X509* issuer, int nid, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* made = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    require(made != nullptr);
    X509_add_ext(to, made, -1);
    X509_EXTENSION_free(made);
}

// Signed by `issuer`, or by itself.
inline certificate make_certificate(const certificate_options& how, const certificate* issuer = nullptr) {
    static long serial = 1000;
    certificate out;
    out.key.reset(how.rsa_bits ? EVP_RSA_gen(how.rsa_bits) : EVP_EC_gen("P-256"), EVP_PKEY_free);
    out.x509.reset(X509_new(), X509_free);
    require(out.key && out.x509);
    X509* const c = out.x509.get();
    X509_set_version(c, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(c), how.valid_from);
    X509_gmtime_adj(X509_getm_notAfter(c), how.valid_to);
    X509_set_pubkey(c, out.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(how.common_name.c_str()), -1, -1, 0);
    X509* const by = issuer ? issuer->x509.get() : c;
    X509_set_issuer_name(c, X509_get_subject_name(by));
    add_extension(c, by, NID_basic_constraints, how.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!how.alternative_names.empty()) add_extension(c, by, NID_subject_alt_name, how.alternative_names);
    if (!how.usage.empty()) add_extension(c, by, NID_ext_key_usage, how.usage);
    require(X509_sign(c, issuer ? issuer->key.get() : out.key.get(), EVP_sha256()) > 0);
    return out;
}

}  // namespace decamp::testing

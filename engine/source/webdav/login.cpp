#include "engine/source/webdav/login.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"
#include "formats/digest.hpp"
#include "formats/hex.hpp"

namespace decamp::source::webdav {

namespace {

// A server that calls every nonce stale would be asked for ever.
constexpr unsigned renewals_in_a_row = 8;
constexpr std::size_t scheme_shown = 24;

std::string base64(std::string_view text) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 3) {
        std::uint32_t group = 0;
        const std::size_t count = std::min<std::size_t>(3, text.size() - at);
        for (std::size_t i = 0; i < 3; ++i)
            group = group << 8 | (i < count ? static_cast<unsigned char>(text[at + i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) out += i <= count ? digits[group >> (18 - 6 * i) & 63] : '=';
    }
    return out;
}

bool is_sha256(scheme how) {
    return how == scheme::sha256 || how == scheme::sha256_sess;
}
bool is_session(scheme how) {
    return how == scheme::md5_sess || how == scheme::sha256_sess;
}

std::string_view algorithm_name(scheme how) {
    switch (how) {
        case scheme::md5_sess:
            return "MD5-sess";
        case scheme::sha256:
            return "SHA-256";
        case scheme::sha256_sess:
            return "SHA-256-sess";
        default:
            return "MD5";
    }
}

std::string hashed(scheme how, std::string_view text) {
    const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
    return is_sha256(how) ? formats::to_hex(formats::sha256_of(bytes)) : formats::to_hex(formats::md5_of(bytes));
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string eight_digits(std::uint32_t count) {
    std::string out(8, '0');
    for (std::size_t i = 8; i > 0; --i, count >>= 4) out[i - 1] = "0123456789abcdef"[count & 15];
    return out;
}

bool clean(std::string_view text) {
    return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// "auth,auth-int" has "auth".
bool offers_auth(std::string_view list) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        auto one = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        while (one.ends_with(' ')) one.remove_suffix(1);
        if (transport::equal_names(one, "auth")) return true;
    }
    return false;
}

std::optional<digest_terms> usable_digest(const challenge& said) {
    digest_terms out;
    const auto* algorithm = said.find("algorithm");
    if (algorithm != nullptr) {
        bool known = false;
        for (const scheme how : {scheme::md5, scheme::md5_sess, scheme::sha256, scheme::sha256_sess}) {
            if (!transport::equal_names(*algorithm, algorithm_name(how))) continue;
            out.how = how;
            known = true;
        }
        if (!known) return std::nullopt;
    }
    const auto *realm = said.find("realm"), *nonce = said.find("nonce"), *opaque = said.find("opaque");
    if (realm == nullptr || nonce == nullptr || !clean(*realm) || !clean(*nonce)) return std::nullopt;
    if (opaque != nullptr) {
        if (!clean(*opaque)) return std::nullopt;
        out.opaque = *opaque;
    }
    const auto* qop = said.find("qop");
    out.qop = qop != nullptr;
    // Integrity of the body alone would need the body's digest: refused.
    if (qop != nullptr && !offers_auth(*qop)) return std::nullopt;
    out.realm = *realm;
    out.nonce = *nonce;
    return out;
}

struct choice {
    scheme how = scheme::none;
    digest_terms terms;
    bool stale = false;
    std::string others;  // schemes nobody here knows, for people
};

choice best_of(const std::vector<std::string_view>& fields) {
    choice out;
    std::size_t seen = 0;
    for (const auto field : fields) {
        for (const challenge& said : parse_challenges(field)) {
            if (++seen > challenge_limit) return out;
            std::optional<digest_terms> digest;
            if (transport::equal_names(said.scheme, "Digest")) digest = usable_digest(said);
            const bool basic = transport::equal_names(said.scheme, "Basic");
            if (digest && digest->how > out.how) {
                const auto* stale = said.find("stale");
                out.how = digest->how;
                out.stale = stale != nullptr && transport::equal_names(*stale, "true");
                out.terms = std::move(*digest);
            } else if (basic && out.how == scheme::none) {
                out.how = scheme::basic;
            } else if (!basic && !digest) {
                if (!out.others.empty()) out.others += ", ";
                out.others += said.scheme.substr(0, scheme_shown);
            }
        }
    }
    return out;
}

}  // namespace

std::string basic_header(const credentials& who) {
    return "Basic " + base64(who.user + ":" + who.password);
}

std::string digest_header(const digest_terms& terms, const credentials& who, std::string_view method,
                          std::string_view target, std::uint32_t count) {
    const scheme how = terms.how;
    std::string secret = hashed(how, who.user + ":" + terms.realm + ":" + who.password);
    if (is_session(how)) secret = hashed(how, secret + ":" + terms.nonce + ":" + terms.cnonce);
    const std::string asked = hashed(how, std::string(method) + ":" + std::string(target));
    const std::string nc = eight_digits(count);
    const std::string middle = terms.qop ? ":" + nc + ":" + terms.cnonce + ":auth:" : ":";
    const std::string response = hashed(how, secret + ":" + terms.nonce + middle + asked);

    std::string out = "Digest username=" + quoted(who.user) + ", realm=" + quoted(terms.realm) +
                      ", uri=" + quoted(target) + ", algorithm=" + std::string(algorithm_name(how)) +
                      ", nonce=" + quoted(terms.nonce);
    if (terms.qop) out += ", nc=" + nc;
    if (terms.qop || is_session(how)) out += ", cnonce=" + quoted(terms.cnonce);
    if (terms.qop) out += ", qop=auth";
    out += ", response=" + quoted(response);
    if (terms.opaque) out += ", opaque=" + quoted(*terms.opaque);
    return out;
}

login::login(credentials who) : who_(std::move(who)) {
    if (who_.bearer.empty()) return;
    how_ = scheme::bearer;
    version_ = 1;
}

std::optional<std::string> login::header_for(std::string_view method, std::string_view target) {
    if (how_ == scheme::none) return std::nullopt;
    if (how_ == scheme::bearer) return "Bearer " + who_.bearer;
    if (how_ == scheme::basic) return basic_header(who_);
    return digest_header(*terms_, who_, method, target, ++count_);
}

void login::take_up(digest_terms terms) {
    how_ = terms.how;
    terms_ = std::move(terms);
    count_ = 0;
    ++version_;
}

result<void> login::on_challenge(const std::vector<std::string_view>& fields, std::uint64_t sent_version,
                                 std::string cnonce) {
    // Another call was told the same in the meantime.
    if (sent_version != version_) return {};
    if (who_.anonymous()) return failure(source_errc::login_refused, "credentials are wanted");
    if (how_ == scheme::bearer) return failure(source_errc::login_refused, "the token is not accepted");
    choice said = best_of(fields);
    if (said.how == scheme::none) {
        const std::string offered = said.others.empty() ? "nothing that is known" : said.others;
        return failure(source_errc::login_refused, "the server wants a login by " + offered);
    }
    if (++in_a_row_ > renewals_in_a_row) return failure(source_errc::login_refused, "asked to log in again and again");
    said.terms.cnonce = std::move(cnonce);
    const bool is_digest = said.how != scheme::basic;
    // A nonce runs out; a password does not. Where it was right before, a new nonce is tried, whether or not the server
    // says that the old one was stale.
    const bool renewed = is_digest && terms_ && (said.stale || (proven_ && said.terms.nonce != terms_->nonce));
    // The next better way, where the one before was of another kind, has not been tried yet.
    const bool another_kind = said.how != how_;
    if (!renewed && !another_kind) return failure(source_errc::login_refused, "user name or password are not accepted");
    if (is_digest) {
        take_up(std::move(said.terms));
        return {};
    }
    how_ = scheme::basic;
    terms_.reset();
    ++version_;
    return {};
}

void login::on_accepted(std::uint64_t sent_version, std::string_view info, std::string cnonce) {
    if (sent_version == 0 || sent_version != version_) return;
    proven_ = true;
    in_a_row_ = 0;
    if (!terms_ || info.empty()) return;
    for (auto& [name, value] : parse_parameters(info)) {
        if (name != "nextnonce" || value.empty() || !clean(value) || value == terms_->nonce) continue;
        digest_terms next = *terms_;
        next.nonce = std::move(value);
        next.cnonce = std::move(cnonce);
        take_up(std::move(next));
        return;
    }
}

}  // namespace decamp::source::webdav

#include "tools/samplecloud/session.hpp"

#include <fmt/format.h>

#include <charconv>

#include "tools/samplecloud/hash.hpp"

namespace decamp::samplecloud {

std::string session::service_token(const scenario& of, std::uint64_t generation) {
    // '/', '+' and '=' on purpose: the form body must carry the token percent-encoded, the cookie as it is.
    const std::uint64_t a = draw(of.library.seed, purpose::token, generation * 2);
    const std::uint64_t b = draw(of.library.seed, purpose::token, generation * 2 + 1);
    return fmt::format("{}/{:016x}+{:016x}==", generation, a, b);
}

std::string session::pass_token(const scenario& of) {
    return fmt::format("V1:{:016x}/{:016x}+{:016x}", draw(of.library.seed, purpose::token, ~0ULL),
                       draw(of.library.seed, purpose::token, ~1ULL), draw(of.library.seed, purpose::token, ~2ULL));
}

bool session::admit(const scenario& of, std::string_view user, std::string_view token, bool on_shard) {
    std::uint64_t generation = 0;
    const auto parsed = std::from_chars(token.data(), token.data() + token.size(), generation);
    if (parsed.ec != std::errc{} || user != of.session.user_id) return false;
    if (generation == 0 || generation > current_ || generation <= dead_) return false;
    if (token != service_token(of, generation)) return false;
    if (on_shard && shard_from_ != 0 && generation < shard_from_) return false;
    if (of.session.expire_after != 0 && life_ >= of.session.expire_after) {
        dead_ = current_;
        return false;
    }
    if (generation < current_) {
        if (old_answers_ == 0) return false;
        --old_answers_;
    } else {
        ++uses_;
    }
    ++life_;
    return true;
}

std::string session::rotate(const scenario& of) {
    ++current_;
    uses_ = 0;
    old_answers_ = of.session.rotation_grace;
    return service_token(of, current_);
}

std::string session::keep_alive(const scenario& of) {
    life_ = 0;
    return of.session.keepalive_rotates ? rotate(of) : std::string{};
}

std::string session::grant_shard(const scenario& of) {
    std::string token = rotate(of);
    if (shard_from_ == 0) shard_from_ = current_;
    return token;
}

bool session::rotation_due(const scenario& of) const {
    return of.session.rotate_every != 0 && uses_ >= of.session.rotate_every;
}

bool session::knows(const scenario& of, std::string_view user, std::string_view token) const {
    if (pass_dead_ || of.session.pass_token_dead || user != of.session.user_id || token != pass_token(of)) return false;
    return of.session.renewals_allowed == 0 || renewals_ < of.session.renewals_allowed;
}

std::string session::renew(const scenario& of) {
    dead_ = current_;
    ++current_;
    ++renewals_;
    uses_ = 0;
    life_ = 0;
    old_answers_ = 0;
    return service_token(of, current_);
}

}  // namespace decamp::samplecloud

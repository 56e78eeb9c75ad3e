#include "engine/source/webdav/login.hpp"

#include <gtest/gtest.h>

#include "engine/source/source.hpp"
#include "engine/source/webdav/challenge.hpp"

namespace decamp::source::webdav {
namespace {

using fields = std::vector<std::string_view>;

std::string shown(const std::vector<challenge>& all) {
    std::string out;
    for (const auto& one : all) {
        out += "[" + one.scheme;
        for (const auto& [name, value] : one.parameters) out += " " + name + "=" + value;
        out += "]";
    }
    return out;
}

TEST(Challenges, AreToldApartWithinOneField) {
    const struct {
        const char *field, *want;
    } table[] = {
        {R"(Basic realm="a")", "[Basic realm=a]"},
        {R"(Basic realm="a, b=\"c\"", charset="UTF-8")", R"([Basic realm=a, b="c" charset=UTF-8])"},
        {R"(Digest realm="x", nonce=abc , qop="auth,auth-int", Basic realm="y")",
         "[Digest realm=x nonce=abc qop=auth,auth-int][Basic realm=y]"},
        {R"(Negotiate, NTLM, Basic realm = "z")", "[Negotiate][NTLM][Basic realm=z]"},
        {R"(Negotiate YIIG==, Basic realm="z")", "[Negotiate][Basic realm=z]"},
        {R"(Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple")",
         R"([Newauth realm=apps type=1 title=Login to "apps"][Basic realm=simple])"},
        {R"(, ,Basic realm="a",, )", "[Basic realm=a]"},
        {R"(Basic realm="never closed)", ""},
        {R"(Bearer, Basic realm="open)", "[Bearer]"},
        {"Basic", "[Basic]"},
        {"", ""},
        {"=,;", ""},
        {R"("x")", ""},
    };
    for (const auto& row : table) EXPECT_EQ(shown(parse_challenges(row.field)), row.want) << row.field;
}

TEST(Challenges, HaveLimits) {
    std::string many;
    for (int i = 0; i < 100; ++i) many += "Scheme" + std::to_string(i) + ", ";
    EXPECT_EQ(parse_challenges(many).size(), challenge_limit);
    std::string long_one = "Basic a=1";
    for (int i = 0; i < 100; ++i) long_one += ", p" + std::to_string(i) + "=1";
    EXPECT_EQ(parse_challenges(long_one).at(0).parameters.size(), parameter_limit);
    const std::string overlong = "Digest nonce=\"" + std::string(parameter_bytes + 1, 'n') + "\", Basic realm=a";
    EXPECT_EQ(shown(parse_challenges(overlong)), "[Basic realm=a]");
}

const credentials mufasa{"Mufasa", "Circle of Life", {}};
constexpr std::string_view rfc_cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
constexpr std::string_view rfc_nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";

std::string rfc_challenge(std::string_view algorithm) {
    return R"(Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=)" + std::string(algorithm) +
           R"(, nonce=")" + std::string(rfc_nonce) + R"(", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")";
}

std::string answer_to(const std::string& field, const credentials& who = mufasa) {
    login state(who);
    const auto again = state.on_challenge({field}, state.version(), std::string(rfc_cnonce));
    if (!again) return to_string(again.error());
    return state.header_for("GET", "/dir/index.html").value_or("");
}

TEST(Digest, GivesTheResponsesOfRfc7616) {
    const struct {
        const char *algorithm, *response;
    } table[] = {
        {"MD5", "8ca523f5e9506fed4657c9700eebdbec"},
        {"SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
        // Not in the RFC: computed by another program.
        {"md5-SESS", "e783283f46242139c486a698fec7211d"},
        {"SHA-256-sess", "2fd51b3a77ad75bad6afad6003e818d767133c46d9e2749e7f5232ae1ea3efd7"},
    };
    for (const auto& row : table) {
        const std::string got = answer_to(rfc_challenge(row.algorithm));
        EXPECT_NE(got.find(std::string(R"(response=")") + row.response + '"'), std::string::npos) << got;
        EXPECT_NE(got.find(R"(username="Mufasa")"), std::string::npos);
        EXPECT_NE(got.find(R"(uri="/dir/index.html")"), std::string::npos);
        EXPECT_NE(got.find("nc=00000001, "), std::string::npos);
        EXPECT_NE(got.find("qop=auth, "), std::string::npos);
        EXPECT_NE(got.find(R"(opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS")"), std::string::npos);
    }
}

TEST(Digest, KnowsServersWithoutQop) {
    const credentials who{"Mufasa", "Circle Of Life", {}};
    const std::string got =
        answer_to(R"(Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")", who);
    EXPECT_NE(got.find(R"(response="670fd8c2df070c60b045671b8b24ff02")"), std::string::npos) << got;
    EXPECT_EQ(got.find("qop"), std::string::npos);
    EXPECT_EQ(got.find("nc="), std::string::npos);
}

TEST(Digest, CountsRequestsAndQuotesWhatNeedsIt) {
    login state({R"(a"b\c)", "p", {}});
    ASSERT_TRUE(state.on_challenge({R"(Digest realm="r\"q", nonce="n", qop=auth)"}, 0, "c"));
    const auto first = state.header_for("GET", "/a"), second = state.header_for("GET", "/a");
    EXPECT_NE(first->find(R"(username="a\"b\\c")"), std::string::npos) << *first;
    EXPECT_NE(first->find(R"(realm="r\"q")"), std::string::npos) << *first;
    EXPECT_NE(second->find("nc=00000002"), std::string::npos);
    EXPECT_NE(*state.header_for("PROPFIND", "/a"), *state.header_for("PROPFIND", "/b"));
}

TEST(Login, TakesTheBestThatIsOffered) {
    const std::string basic = R"(Basic realm="x")";
    const auto digest = [](const char* algorithm, const char* qop = "auth") {
        return R"(Digest realm="x", nonce="n", algorithm=)" + std::string(algorithm) + R"(, qop=")" + qop + '"';
    };
    const struct {
        std::vector<std::string> offered;
        const char* taken;  // what Authorization holds, or the detail
    } table[] = {
        {{basic}, "Basic TXVmYXNhOkNpcmNsZSBvZiBMaWZl"},
        {{basic, digest("MD5")}, "algorithm=MD5,"},
        {{digest("MD5") + ", " + digest("SHA-256") + ", " + basic}, "algorithm=SHA-256,"},
        {{digest("SHA-256"), digest("MD5")}, "algorithm=SHA-256,"},
        {{digest("SHA-512-256"), basic}, "Basic "},
        {{digest("MD5", "auth-int"), basic}, "Basic "},
        {{digest("MD5", "auth-int")}, "login by Digest"},
        {{"Negotiate", "NTLM"}, "login by Negotiate, NTLM"},
        {{R"(Digest realm="x")", "Negotiate"}, "login by Digest, Negotiate"},
        {{}, "nothing that is known"},
        {{"\x01garbage"}, "nothing that is known"},
    };
    for (const auto& row : table) {
        login state(mufasa);
        EXPECT_FALSE(state.header_for("GET", "/")) << "a secret before anybody asked";
        const auto again = state.on_challenge(fields(row.offered.begin(), row.offered.end()), 0, "c");
        const std::string got = again ? *state.header_for("GET", "/") : to_string(again.error());
        EXPECT_NE(got.find(row.taken), std::string::npos) << got;
        if (!again) EXPECT_EQ(again.error().code, make_error_code(source_errc::login_refused));
    }
}

TEST(Login, BasicIsUtf8) {
    login state({"t\xc3\xa4st", "1\xc2\xa3", {}});
    ASSERT_TRUE(state.on_challenge({"Basic realm=x"}, 0, "c"));
    EXPECT_EQ(*state.header_for("GET", "/"), "Basic dMOkc3Q6McKj");
}

TEST(Login, EndsWherePasswordIsWrong) {
    for (const std::string field : {R"(Basic realm="x")", R"(Digest realm="x", nonce="n", qop="auth")"}) {
        login state(mufasa);
        ASSERT_TRUE(state.on_challenge({field}, 0, "c"));
        const auto refused = state.on_challenge({field}, state.version(), "c");
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, make_error_code(source_errc::login_refused));
        EXPECT_EQ(to_string(refused.error()).find("Circle"), std::string::npos);
    }
    // A new nonce each time is no reason to try for ever.
    login state(mufasa);
    ASSERT_TRUE(state.on_challenge({R"(Digest realm="x", nonce="1", qop="auth")"}, 0, "c"));
    EXPECT_FALSE(state.on_challenge({R"(Digest realm="x", nonce="2", qop="auth")"}, state.version(), "c"));
}

TEST(Login, RenewsAStaleNonce) {
    login state(mufasa);
    ASSERT_TRUE(state.on_challenge({R"(Digest realm="x", nonce="one", qop="auth")"}, 0, "c"));
    const auto old = state.version();
    (void)state.header_for("GET", "/");
    ASSERT_TRUE(state.on_challenge({R"(Digest realm="x", nonce="two", qop="auth", stale=TRUE)"}, old, "c"));
    const auto header = *state.header_for("GET", "/");
    EXPECT_NE(header.find(R"(nonce="two")"), std::string::npos);
    EXPECT_NE(header.find("nc=00000001"), std::string::npos);
    // Who was sent before is told the same, and asks again with what is known by now.
    const auto now = state.version();
    ASSERT_TRUE(state.on_challenge({R"(Digest realm="x", nonce="three", qop="auth", stale=true)"}, old, "c"));
    EXPECT_EQ(state.version(), now);
    // A password that was right once is believed, should the server forget the word "stale".
    state.on_accepted(now, {}, "c");
    EXPECT_TRUE(state.on_challenge({R"(Digest realm="x", nonce="four", qop="auth")"}, now, "c"));
    EXPECT_FALSE(state.on_challenge({R"(Digest realm="x", nonce="four", qop="auth")"}, state.version(), "c"));
}

TEST(Login, IsNotRenewedForEver) {
    login state(mufasa);
    int renewed = 0;
    while (renewed < 100) {
        const std::string field = R"(Digest realm="x", qop="auth", stale=true, nonce=)" + std::to_string(renewed);
        if (!state.on_challenge({field}, state.version(), "c")) break;
        ++renewed;
    }
    EXPECT_LT(renewed, 20);
}

TEST(Login, TakesTheNextNonceItIsGiven) {
    login state(mufasa);
    ASSERT_TRUE(state.on_challenge({R"(Digest realm="x", nonce="one", qop="auth")"}, 0, "c"));
    state.on_accepted(state.version(), R"(rspauth="x", nextnonce="two", nc=00000001)", "d");
    EXPECT_NE(state.header_for("GET", "/")->find(R"(nonce="two", nc=00000001, cnonce="d")"), std::string::npos);
}

TEST(Login, BearerGoesFromTheStart) {
    login state({{}, {}, "abc.def"});
    EXPECT_EQ(*state.header_for("GET", "/"), "Bearer abc.def");
    const auto refused = state.on_challenge({"Bearer error=invalid_token"}, state.version(), "c");
    ASSERT_FALSE(refused);
    EXPECT_EQ(to_string(refused.error()).find("abc.def"), std::string::npos);
}

TEST(Login, WithoutCredentialsAskedForThemIsRefused) {
    login state({});
    EXPECT_FALSE(state.header_for("GET", "/"));
    EXPECT_FALSE(state.on_challenge({"Basic realm=x"}, 0, "c"));
}

}  // namespace
}  // namespace decamp::source::webdav

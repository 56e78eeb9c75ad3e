#pragma once
// What can go wrong, as values. One enum per module, each with its own category below decamp_category; one
// classification that every retry, every stop and every exit code is decided from.

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace decamp {

// What a failure asks of the caller.
enum class error_class {
    transient,  // try again after a while: reset, time-out, 5xx, throttling
    refresh,    // the link or the session has expired: renew once, then try again
    item,       // this item only: gone, refused, wrong digest; name it and go on
    run,        // the whole run: login refused, drive full, drive gone; stop cleanly, resumable
    bug,        // cannot happen: abort loudly
};

// Base of every module's error category. A module's category says the class of each of its values.
class decamp_category : public boost::system::error_category {
  public:
    using boost::system::error_category::error_category;
    virtual error_class classify(int value) const noexcept = 0;

  protected:
    ~decamp_category() = default;  // categories are static objects, never owned through this type
};

// A code and what it happened to. `detail` is for people and never holds a secret (cookie, token, user id, signed
// query); it may hold a path on the drive, a host name, a number.
struct failure {
    boost::system::error_code code;
    std::string detail;

    failure() = default;
    failure(boost::system::error_code c, std::string d = {}) : code(c), detail(std::move(d)) {}
    template <class Enum>
        requires boost::system::is_error_code_enum<Enum>::value
    failure(Enum e, std::string d = {}) : code(make_error_code(e)), detail(std::move(d)) {}

    bool operator==(const failure& other) const { return code == other.code; }
};

// The class of a failure. Codes of foreign categories (system, SQLite's never leaves its module) are classified by
// errno: ENOSPC, EIO, EROFS, ENODEV ... are run, connection errors are transient, the rest are run.
error_class classify(const boost::system::error_code& code) noexcept;
inline error_class classify(const failure& f) noexcept {
    return classify(f.code);
}

// "module: sentence (detail)", in English, for logs; sentences for people come from engine/messages.
std::string to_string(const failure& f);

// Found by boost::system::result::value(); throwing means that a caller did not look first, which is a bug.
[[noreturn]] void throw_exception_from_error(const failure& f, const boost::source_location& where);

template <class T>
using result = boost::system::result<T, failure>;

}  // namespace decamp

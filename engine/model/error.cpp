#include "engine/model/error.hpp"

#include <cerrno>
#include <stdexcept>

namespace decamp {

namespace {

error_class classify_errno(int value) noexcept {
    switch (value) {
        case ECONNRESET:
        case ECONNREFUSED:
        case ECONNABORTED:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTUNREACH:
        case EHOSTDOWN:
        case ETIMEDOUT:
        case EPIPE:
        case ENOTCONN:
        case EADDRNOTAVAIL:
        case EAGAIN:
        case EINTR:
            return error_class::transient;
        default:
            return error_class::run;
    }
}

}  // namespace

error_class classify(const boost::system::error_code& code) noexcept {
    if (const auto* own = dynamic_cast<const decamp_category*>(&code.category())) return own->classify(code.value());
    if (code.category() == boost::system::system_category() || code.category() == boost::system::generic_category())
        return classify_errno(code.value());
    return error_class::run;
}

std::string to_string(const failure& f) {
    std::string text = std::string(f.code.category().name()) + ": " + f.code.message();
    if (!f.detail.empty()) text += " (" + f.detail + ")";
    return text;
}

void throw_exception_from_error(const failure& f, const boost::source_location& where) {
    throw std::logic_error(to_string(f) + " at " + where.to_string());
}

}  // namespace decamp

#include <string>

#include "engine/world/file_store.hpp"
#include "engine/world/network.hpp"

namespace decamp::world {

namespace {

class file_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "file"; }

    std::string message(int value) const override {
        switch (static_cast<file_errc>(value)) {
            case file_errc::no_space:
                return "no space left on the drive";
            case file_errc::not_found:
                return "not found";
            case file_errc::exists:
                return "exists already";
            case file_errc::not_a_folder:
                return "not a folder";
            case file_errc::is_a_folder:
                return "is a folder";
            case file_errc::read_only:
                return "writing is not permitted";
            case file_errc::device_gone:
                return "the drive is gone";
            case file_errc::io:
                return "input/output error";
            case file_errc::outside:
                return "the path would leave the destination";
            case file_errc::too_large:
                return "too large for one file here";
            case file_errc::name_refused:
                return "the file system refuses the name";
            case file_errc::no_links:
                return "hard links are not to be had here";
            case file_errc::in_use:
                return "in use by another process";
            case file_errc::cached_only:
                return "this file can be read through the cache only";
        }
        return "unknown file error";
    }

    error_class classify(int value) const noexcept override {
        switch (static_cast<file_errc>(value)) {
            case file_errc::not_found:
            case file_errc::exists:
            case file_errc::name_refused:
            case file_errc::too_large:
            case file_errc::cached_only:
                return error_class::item;
            default:
                return error_class::run;
        }
    }
};

class network_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "network"; }

    std::string message(int value) const override {
        switch (static_cast<network_errc>(value)) {
            case network_errc::closed:
                return "closed on this side";
            case network_errc::timed_out:
                return "timed out";
            case network_errc::unresolved:
                return "the name has no address";
            case network_errc::refused:
                return "nobody answers at this address";
            case network_errc::reset:
                return "the connection broke";
            case network_errc::address_refused:
                return "the address is not allowed";
        }
        return "unknown network error";
    }

    error_class classify(int value) const noexcept override {
        switch (static_cast<network_errc>(value)) {
            case network_errc::closed:
                return error_class::run;
            case network_errc::address_refused:
                return error_class::item;
            default:
                return error_class::transient;
        }
    }
};

}  // namespace

boost::system::error_code make_error_code(file_errc e) {
    static const file_category category;
    return {static_cast<int>(e), category};
}

boost::system::error_code make_error_code(network_errc e) {
    static const network_category category;
    return {static_cast<int>(e), category};
}

}  // namespace decamp::world

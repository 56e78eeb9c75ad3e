#include "engine/catalogue/catalogue.hpp"

namespace decamp::catalogue {

namespace {

class catalogue_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "catalogue"; }

    std::string message(int value) const override {
        switch (static_cast<catalogue_errc>(value)) {
            case catalogue_errc::damaged:
                return "the catalogue is damaged";
            case catalogue_errc::newer_version:
                return "the catalogue was written by a newer version";
            case catalogue_errc::not_ours:
                return "the file is not a catalogue";
            case catalogue_errc::full:
                return "no space left for the catalogue";
            case catalogue_errc::io:
                return "the catalogue cannot be read or written";
            case catalogue_errc::locked:
                return "the catalogue is in use by another process";
            case catalogue_errc::misuse:
                return "the catalogue was used wrongly";
        }
        return "unknown error";
    }

    error_class classify(int value) const noexcept override {
        return static_cast<catalogue_errc>(value) == catalogue_errc::misuse ? error_class::bug : error_class::run;
    }
};

}  // namespace

boost::system::error_code make_error_code(catalogue_errc e) {
    static const catalogue_category category;
    return {static_cast<int>(e), category};
}

}  // namespace decamp::catalogue

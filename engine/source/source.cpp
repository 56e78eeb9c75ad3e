#include "engine/source/source.hpp"

namespace decamp::source {

namespace {

class source_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "source"; }

    std::string message(int value) const override {
        switch (static_cast<source_errc>(value)) {
            case source_errc::login_refused:
                return "the credentials are not accepted";
            case source_errc::session_died:
                return "the session has ended and cannot be renewed";
            case source_errc::end_to_end_encrypted:
                return "the account is end-to-end encrypted";
            case source_errc::region_ended:
                return "the service has ended in this region";
            case source_errc::unusable_answer:
                return "the answer cannot be used";
            case source_errc::throttled:
                return "asked to slow down";
            case source_errc::server_error:
                return "the cloud reports an error";
            case source_errc::gone:
                return "deleted in the cloud";
            case source_errc::refused:
                return "the cloud refuses this item";
            case source_errc::not_found:
                return "not found";
            case source_errc::link_expired:
                return "the download link has expired";
            case source_errc::cut_by_redirect:
                return "redirected to where it may not go";
            case source_errc::changed:
                return "changed since it was listed";
            case source_errc::not_listed:
                return "the folder could not be listed";
            case source_errc::clock_skewed:
                return "the clock of this computer is wrong";
            case source_errc::cold_storage:
                return "it is in cold storage";
            case source_errc::not_spelled:
                return "its name came misspelled";
            case source_errc::outage:
                return "everything is refused";
        }
        return "unknown";
    }

    error_class classify(int value) const noexcept override {
        switch (static_cast<source_errc>(value)) {
            case source_errc::unusable_answer:
            case source_errc::throttled:
            case source_errc::server_error:
                return error_class::transient;
            case source_errc::link_expired:
                return error_class::refresh;
            case source_errc::gone:
            case source_errc::refused:
            case source_errc::changed:
            case source_errc::not_listed:
            case source_errc::cold_storage:
            case source_errc::not_spelled:
                return error_class::item;
            case source_errc::login_refused:
            case source_errc::session_died:
            case source_errc::end_to_end_encrypted:
            case source_errc::region_ended:
            case source_errc::not_found:
            case source_errc::cut_by_redirect:
            case source_errc::clock_skewed:
            case source_errc::outage:
                return error_class::run;
        }
        return error_class::bug;
    }
};

}  // namespace

boost::system::error_code make_error_code(source_errc e) {
    static const source_category category;
    return {static_cast<int>(e), category};
}

}  // namespace decamp::source

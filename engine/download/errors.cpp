#include "engine/download/errors.hpp"

namespace decamp::download {

namespace {

class download_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "download"; }

    std::string message(int value) const override {
        switch (static_cast<download_errc>(value)) {
            case download_errc::link_expired:
                return "the link has expired";
            case download_errc::throttled:
                return "the storage asks for patience";
            case download_errc::server_error:
                return "the storage answers with an error";
            case download_errc::wrong_range:
                return "the storage sent another range than asked";
            case download_errc::error_body:
                return "an error page came instead of the file";
            case download_errc::ranges_disagree:
                return "the ranges of the file do not fit together";
            case download_errc::encoded:
                return "the file came in an encoding nobody asked for";
            case download_errc::too_long:
                return "far more bytes came than announced";
            case download_errc::gone:
                return "the file is gone";
            case download_errc::refused:
                return "the storage refuses the file";
            case download_errc::redirected_away:
                return "the link leads where it may not";
            case download_errc::changed:
                return "the file is not the one that was listed any more";
            case download_errc::host_unusable:
                return "its host cannot be trusted, or speaks no HTTP";
            case download_errc::bytes_differ:
                return "the bytes are not those announced";
            case download_errc::bytes_unstable:
                return "each try gave other bytes";
            case download_errc::stopped:
                return "the run is ending";
        }
        return "unknown";
    }

    error_class classify(int value) const noexcept override {
        switch (static_cast<download_errc>(value)) {
            case download_errc::link_expired:
                return error_class::refresh;
            case download_errc::throttled:
            case download_errc::server_error:
            case download_errc::wrong_range:
            case download_errc::error_body:
            case download_errc::ranges_disagree:
            case download_errc::encoded:
            case download_errc::too_long:
            case download_errc::bytes_differ:
                return error_class::transient;
            case download_errc::gone:
            case download_errc::refused:
            case download_errc::redirected_away:
            case download_errc::changed:
            case download_errc::host_unusable:
            case download_errc::bytes_unstable:
                return error_class::item;
            case download_errc::stopped:
                return error_class::run;
        }
        return error_class::bug;
    }
};

}  // namespace

boost::system::error_code make_error_code(download_errc e) {
    static const download_category category;
    return {static_cast<int>(e), category};
}

}  // namespace decamp::download

#include "engine/encryption/error.hpp"

namespace decamp::encryption {

namespace {

class encryption_category final : public decamp_category {
  public:
    const char* name() const noexcept override { return "encryption"; }
    std::string message(int value) const override {
        switch (static_cast<encryption_errc>(value)) {
            case encryption_errc::no_key:
                return "the export is encrypted, and no key was given";
            case encryption_errc::wrong_key:
                return "the key or passphrase is another one";
            case encryption_errc::no_passphrase:
                return "the export is encrypted with a passphrase";
            case encryption_errc::key_lost:
                return "the export's key is gone or damaged";
            case encryption_errc::other_recipients:
                return "the export is encrypted for others";
            case encryption_errc::not_encrypted:
                return "the export was begun without encryption";
            case encryption_errc::key_not_kept:
                return "the key could not be kept";
            case encryption_errc::bad_header:
                return "not an age file, or its beginning is damaged";
            case encryption_errc::damaged:
                return "damaged, or changed by somebody";
            case encryption_errc::truncated:
                return "its end is cut off";
            case encryption_errc::extended:
                return "something was added to its end";
            case encryption_errc::work_factor:
                return "its passphrase takes too much memory to try";
        }
        return "unknown";
    }
    error_class classify(int) const noexcept override { return error_class::run; }
};

}  // namespace

boost::system::error_code make_error_code(encryption_errc e) {
    static const encryption_category category;
    return {static_cast<int>(e), category};
}

}  // namespace decamp::encryption

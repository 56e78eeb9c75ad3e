#pragma once
// What can be wrong with keys, and with encrypted files.

#include "engine/model/error.hpp"

namespace decamp::encryption {

enum class encryption_errc {
    no_key = 1,        // the export is encrypted, and nothing was given that opens it
    wrong_key,         // none of the keys that were given, or not the passphrase
    no_passphrase,     // the export is encrypted with one, which is needed to go on
    key_lost,          // the file that holds the export's key is gone or damaged; detail: which
    other_recipients,  // begun for others; detail: the option it was begun with
    not_encrypted,     // begun without encryption
    key_not_kept,      // it could not be written to the host's folder; detail: where and why
    bad_header,        // no age file, or one whose beginning is damaged; detail: path
    damaged,           // a piece is not what was written there
    truncated,         // it ends early (or its last piece was changed, which looks the same)
    extended,          // something was added to its end
    work_factor,       // its passphrase takes more memory than is allowed to be taken
};

boost::system::error_code make_error_code(encryption_errc e);

}  // namespace decamp::encryption

template <>
struct boost::system::is_error_code_enum<decamp::encryption::encryption_errc> : std::true_type {};

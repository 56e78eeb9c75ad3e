#include "engine/pipeline/finding_text.hpp"

namespace decamp::pipeline {

std::string text_of(const verify::finding& found, language words) {
    using messages::id;
    switch (found.what) {
        case verify::fault::missing:
            return messages::say(words, id::verify_missing_file, found.path);
        case verify::fault::changed:
            return messages::say(words, id::verify_changed_file, found.path, found.detail);
        case verify::fault::unreadable:
            return messages::say(words, id::verify_unreadable_file, found.path, found.detail);
        case verify::fault::unusable:
            return messages::say(words, id::verify_unusable_file, found.path);
        case verify::fault::unvouched:
            return messages::say(words, id::verify_unvouched_file, found.path, found.detail);
        case verify::fault::unlisted:
            return messages::say(words, id::verify_unlisted_file, found.path);
        case verify::fault::sum_differs:
            return messages::say(words, id::verify_sum_differs, found.path, found.found.streams, found.found.octets,
                                 found.detail, formats::format_payload_oxum(found.stated));
        case verify::fault::count_differs:
            return messages::say(words, id::verify_count_differs, found.path, found.found.streams, found.found.octets,
                                 found.detail, found.stated.streams, found.stated.octets);
        case verify::fault::bad_line:
            break;
    }
    return messages::say(words, id::verify_bad_manifest, found.path + ":" + found.detail);
}

}  // namespace decamp::pipeline

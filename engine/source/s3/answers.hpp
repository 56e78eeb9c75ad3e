#pragma once
// What to make of an answer to a list: take it, ask again otherwise, or fail. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/source/s3/list_cursor.hpp"
#include "engine/source/s3/list_page.hpp"
#include "engine/source/s3/location.hpp"
#include "engine/transport/http.hpp"

namespace decamp::source::s3 {

struct heard {
    int status = 0;
    std::string region;                  // x-amz-bucket-region
    std::string moved_to;                // host of Location
    std::optional<std::int64_t> date_s;  // Unix seconds of the header Date
    document kind = document::none;      // of a body that was read whole
    raw_error said;
    std::string why_unread;  // when it was not
};
heard hear(const transport::url& from, const transport::response_head& head);

// What was changed already, and so not once more.
struct tried {
    bool region = false;
    bool path_style = false;
    bool clock = false;
    list_form form = list_form::v2;
    bool first_page = true;
    bool by_token = false;  // asked with a token, and the last key is known
    bool closing = false;   // asked behind the last key of a list that had ended
};

enum class next_step {
    take,           // the list is a list
    older_form,     // ask as ListObjects
    adopt_region,   // `region` is the bucket's
    path_style,     // the bucket's name goes into the path
    correct_clock,  // sign with the service's time
    behind_key,     // ask behind the last key: the token is refused
    unproven,       // a list behind a key is not known here: the end cannot be seen to
    fail,           // `why`
};
struct verdict {
    next_step what = next_step::fail;
    std::string region;
    failure why;
};
verdict judge(const heard& got, const location& where, const tried& before);

// What an answer of 400 and above to a request for an object means, in the service's own words; none: no more than its
// status. `misspelled`: the key may not be the object's.
std::optional<failure> object_failure(int status, std::string_view code, bool misspelled);

// True for a code that speaks of the keys that a request is signed with, or of its time.
bool is_about_keys(std::string_view code);

// A status of at least 300, or a code (empty: none was said) whatever the status.
failure failure_of(int status, std::string_view code);

}  // namespace decamp::source::s3

#pragma once
// A failure as what people read and programs see: sentence and exit code.

#include <string>

#include "decamp/error.hpp"
#include "engine/messages/messages.hpp"
#include "engine/model/error.hpp"

namespace decamp::pipeline {

struct explain_context {
    language words = language::en;
    std::string destination;  // as the user wrote it
    std::string host;         // of the endpoint, without secrets
    std::string ca_file;
    bool browser_credentials = true;  // they are a browser's cookies, and there is advice how to get new ones
};

outcome explain(const failure& why, const explain_context& context);

}  // namespace decamp::pipeline

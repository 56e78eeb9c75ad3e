#pragma once
// The options of a run, checked before anything is touched.

#include <optional>
#include <string>
#include <variant>

#include "decamp/export.hpp"
#include "engine/pipeline/encryption_choice.hpp"
#include "engine/pipeline/export_run.hpp"
#include "engine/pipeline/format_choice.hpp"
#include "engine/pipeline/memory_plan.hpp"
#include "engine/source/place.hpp"

namespace decamp::pipeline {

struct checked_options {
    std::unique_ptr<source::place> from;
    export_settings run;
    memory_plan memory;
    format_wishes format;
    encryption_wishes encryption;
};

// Once the export's form is known: archives take a part of the memory.
void settle_format(checked_options& checked, const volume_settings& volumes);

// The outcome says what is wrong, in one sentence, with exit code 2.
std::variant<checked_options, outcome> check_options(const export_options& options,
                                                     std::unique_ptr<source::place> from);

}  // namespace decamp::pipeline

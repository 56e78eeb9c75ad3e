#pragma once
// From what the user wrote as SOURCE to the place it names, or one sentence about what is wrong with it.

#include <memory>
#include <variant>

#include "decamp/error.hpp"
#include "decamp/export.hpp"
#include "engine/source/place.hpp"

namespace decamp::pipeline {

// The outcome has exit code 2.
std::variant<std::unique_ptr<source::place>, outcome> find_place(const export_options& options);

}  // namespace decamp::pipeline

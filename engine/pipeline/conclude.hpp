#pragma once
// How a run ended, as what people read and programs see. Pure.

#include "engine/pipeline/explain.hpp"
#include "engine/pipeline/export_run.hpp"

namespace decamp::pipeline {

outcome conclude(const run_result& ended, const explain_context& context);

}  // namespace decamp::pipeline

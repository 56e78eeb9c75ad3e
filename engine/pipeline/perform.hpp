#pragma once
// A run in the real world: threads, sockets, the drive.

#include <memory>
#include <stop_token>
#include <variant>

#include "engine/pipeline/explain.hpp"
#include "engine/pipeline/export_run.hpp"
#include "engine/pipeline/settings.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::pipeline {

// `opened`: the destination, where it is open already. The outcome says why nothing was begun.
std::variant<run_result, outcome> perform(checked_options good, const export_options& options,
                                          const explain_context& context, observer& watching, std::stop_token stop,
                                          std::unique_ptr<world::file_store> opened = nullptr);

explain_context context_of(const checked_options& good, const export_options& options);

// An export into the folder it reads would list itself; one out of its own destination too.
bool within_each_other(const std::string& source, const std::string& destination);

}  // namespace decamp::pipeline

#pragma once
// What reading back has found of a file, as a sentence. Pure.

#include <string>

#include "engine/messages/messages.hpp"
#include "engine/verify/bag_check.hpp"

namespace decamp::pipeline {

std::string text_of(const verify::finding& found, language words);

}  // namespace decamp::pipeline

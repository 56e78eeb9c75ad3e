#pragma once
// A source of the public, blocking kind (decamp/source.hpp) as a place of the engine: its calls run on
// world::queue::source, its streams answer as HTTP would.

#include <memory>

#include "decamp/source.hpp"
#include "engine/source/place.hpp"

namespace decamp::source::blocking {

// `from` outlives the place.
std::unique_ptr<place> place_of(blocking_source& from);
std::unique_ptr<place> place_of(std::unique_ptr<blocking_source> from);

}  // namespace decamp::source::blocking

#pragma once
// The makers of each container. Inside engine/store/volumes only.

#include <memory>

#include "engine/store/volumes/archive.hpp"

namespace decamp::store {

std::unique_ptr<archive> make_tar(archive_start start);
std::unique_ptr<archive> make_tar_zst(archive_start start);
std::unique_ptr<archive> make_zip(archive_start start);

}  // namespace decamp::store

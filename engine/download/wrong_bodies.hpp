#pragma once
// Bodies that contradicted what was announced, by their SHA-256: the same one for files that are announced otherwise is
// a page or a placeholder, and nobody's photo. Within a run, and only of the latest. No I/O; one thread.

#include <cstddef>
#include <deque>
#include <map>

#include "engine/model/blob.hpp"

namespace decamp::download {

class wrong_bodies {
  public:
    explicit wrong_bodies(std::size_t most = 1024) : most_(most) {}

    // `of` came to these bytes. True: so did another one, whose announcement is not the same.
    bool add(const formats::sha256_digest& sha256, const planned_item& of);

  private:
    struct body {
        blob_key blob;
        std::optional<std::uint64_t> size;
        std::optional<formats::sha1_digest> sha1;
        std::optional<formats::sha256_digest> sha256;
        std::optional<formats::md5_digest> md5;
        bool shared = false;
    };

    std::size_t most_;
    std::map<formats::sha256_digest, body> bodies_;
    std::deque<formats::sha256_digest> order_;  // the oldest first
};

}  // namespace decamp::download

#pragma once
// What to do next with one item: link, transfer, wait, keep, give up. No I/O: the driver in downloader.cpp does what it
// says. Retries of throttling are not counted here: the account's pace makes them wait.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/blob.hpp"
#include "engine/model/error.hpp"
#include "engine/runtime/retry.hpp"

namespace decamp::download {

enum class step {
    resolve_link,  // ask the source for a link
    transfer,      // ask for the bytes, from where they stopped
    wait,          // then do `then`
    finish,        // the bytes are whole and as announced
    keep_differing,  // the bytes are whole, agree among three tries, and are not those announced
    fail,          // name it and go on: `reason`
    stop_run,      // `why` ends the whole run
};

struct action {
    step what = step::fail;
    step then = step::fail;      // after a wait
    world::duration wait{};
    bool from_zero = false;      // drop what was received so far
    std::string reason, detail;  // of fail: as in the certificate
    failure why;                 // of stop_run
};

struct machine_settings {
    runtime::retry_policy retry;
    unsigned differing_tries = 3;
    unsigned most_throttles = 12;     // then they count as tries: three quarters of an hour of nothing else
    unsigned most_resumptions = 100'000;  // tries forgiven because bytes had come: some gigabytes at least
    unsigned most_versions = 4;       // of an item, after each of which what was reached counts anew
    std::uint64_t progress_bytes = 64 << 10;  // a try that came this much further than any before is forgiven
};

action fail_with(std::string reason, std::string detail);

// What a transfer came to.
struct transfer_end {
    std::optional<failure> error;     // none: the body came whole
    std::uint64_t received = 0;       // bytes of this try
    std::uint64_t reached = 0;        // bytes of the file there are after it
    bool more = false;                // a part came whole, and is not the last one
    bool anew = false;                // it is another version: what came before is gone
    source_check check = source_check::none;  // when whole
    formats::sha256_digest sha256{};          // when whole
};

class item_machine {
  public:
    explicit item_machine(machine_settings settings = {}) : settings_(settings) {}

    action begin() const { return {.what = step::resolve_link}; }
    action on_link(const std::optional<failure>& error, std::uint64_t random);
    action on_transfer(const transfer_end& end, std::uint64_t random);

    unsigned tries() const { return tries_; }

  private:
    action again(const failure& f, step then, std::uint64_t random);
    void count_version();
    action next_part(const transfer_end& end, std::uint64_t random);
    action differing(const transfer_end& end, std::uint64_t random);

    machine_settings settings_;
    unsigned tries_ = 0;
    unsigned throttles_ = 0;
    unsigned resumptions_ = 0;
    unsigned versions_ = 0;
    std::uint64_t furthest_ = 0;  // what any try has reached
    std::vector<formats::sha256_digest> differing_;
};

// The certificate's word for why an item is missing.
std::string reason_of(const failure& f);

}  // namespace decamp::download

#pragma once
// What to do next with one item: link, transfer, wait, keep, give up. No I/O: the driver in downloader.cpp does what it
// says. Retries of throttling are not counted here: the account's pace makes them wait.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/model/blob.hpp"
#include "engine/model/error.hpp"
#include "engine/model/exception_reason.hpp"
#include "engine/runtime/retry.hpp"
#include "engine/source/source.hpp"

namespace decamp::download {

enum class step {
    resolve_link,    // ask the source for a link
    transfer,        // ask for the bytes, from where they stopped
    wait,            // then do `then`
    look_again,      // ask the list once more for the item, since `why` is no verdict on it
    plan_anew,       // the list has it otherwise by now: plan what it has
    finish,          // the bytes are whole and as announced
    keep_differing,  // the bytes are whole, agree among three tries, and are not those announced
    fail,            // name it and go on: `reason`
    stop_run,        // `why` ends the whole run
};

struct action {
    step what = step::fail;
    step then = step::fail;  // after a wait
    world::duration wait{};
    bool from_zero = false;                                      // drop what was received so far
    exception_reason reason = exception_reason::not_downloaded;  // of fail
    std::string detail;                                          // of fail: as in the certificate
    failure why;                                                 // of stop_run and look_again
    std::optional<listed_item> now;                              // of plan_anew
    bool listed = false;                                         // of fail: a list asked again has it
};

struct machine_settings {
    runtime::retry_policy retry;
    unsigned differing_tries = 3;
    unsigned most_throttles = 12;             // then they count as tries: three quarters of an hour of nothing else
    unsigned most_resumptions = 100'000;      // tries forgiven because bytes had come: some gigabytes at least
    unsigned most_versions = 4;               // of an item, after each of which what was reached counts anew
    std::uint64_t progress_bytes = 64 << 10;  // a try that came this much further than any before is forgiven
    unsigned fresh_links = 1;                 // asked for where one was refused, before the list is asked again
};

action fail_with(exception_reason reason, std::string detail);

// What a transfer came to.
struct transfer_end {
    std::optional<failure> error;             // none: the body came whole
    std::uint64_t received = 0;               // bytes of this try
    std::uint64_t reached = 0;                // bytes of the file there are after it
    bool more = false;                        // a part came whole, and is not the last one
    bool anew = false;                        // it is another version: what came before is gone
    source_check check = source_check::none;  // when whole
    formats::sha256_digest sha256{};          // when whole
};

class item_machine {
  public:
    explicit item_machine(machine_settings settings = {}) : settings_(settings) {}

    action begin() const { return {.what = step::resolve_link}; }
    action on_link(const std::optional<failure>& error, std::uint64_t random);
    action on_transfer(const transfer_end& end, std::uint64_t random);
    // What the list says by now. An item that it still has as before is asked for once more; bytes that contradict what
    // it still announces are kept. `listed`: the item as it was planned.
    action on_look(const result<source::second_look>& look, const listed_item& listed = {});

    unsigned tries() const { return tries_; }

    // A list that was asked again has had it as before.
    bool listed() const { return listed_; }

  private:
    action again(const failure& f, step then, std::uint64_t random);
    void count_version();
    action next_part(const transfer_end& end, std::uint64_t random);
    action differing(const transfer_end& end, std::uint64_t random);
    action doubt(const failure& f);
    action look_again(const failure& why);

    machine_settings settings_;
    unsigned tries_ = 0;
    unsigned throttles_ = 0;
    unsigned resumptions_ = 0;
    unsigned refusals_ = 0, doubts_ = 0;
    bool listed_ = false;
    bool listed_still_ = false;  // and nothing came since
    failure doubted_;            // what the list was asked again for
    unsigned versions_ = 0;
    std::uint64_t furthest_ = 0;  // what any try has reached
    std::vector<formats::sha256_digest> differing_;
};

// Why an item is missing, where nothing more can be asked.
exception_reason reason_of(const failure& f);
// An answer to a download that says "gone", "refused" or "changed" of an item that a list named. It is no verdict as
// long as the list was not asked again.
bool is_doubtful(const failure& f);
bool is_throttle(const failure& f);

}  // namespace decamp::download

#pragma once
// How a server's answers are bent: which answers, how often, and what of it has happened.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/dice.hpp"
#include "tests/sim/lying/truth.hpp"

namespace decamp::sim::lying {

// What a request is for.
enum class purpose { sign_in, albums, counts, list, link, page, get, any };

enum class bend_kind {
    // entries of a list
    left_out,
    doubled,
    respelled,
    without_size,
    without_digest,
    wrong_size,
    wrong_digest,
    shared_digest,
    on_foreign_host,
    unencoded,
    misspelled,
    in_other_folder,
    without_type,
    without_date,
    without_album,
    // ends of a list
    ends_early,
    rest_behind_link,
    more_beside_end,
    token_repeats,
    goes_round,
    page_again,
    wrong_count,
    count_left_out,
    // any answer
    refused,
    service_word,
    page_of_html,
    cut_with_length,
    cut_without_length,
    cut_in_chunks,
    gzip_label,
    gzip_body,
    // an item's bytes
    other_bytes,
    shorter_body,
    etag_missing,
    etag_weak,
    etag_wrong,
    etag_changing,
    precondition_fails,
    range_shorter,
    range_earlier,
    range_later,
    range_total_unknown,
    range_total_wrong,
    range_ignored,
    redirected,
    redirected_away,
    // what happens at the source meanwhile
    changes,
    deleted,
    moved,
    inserted,
};
inline constexpr std::size_t bend_kinds = static_cast<std::size_t>(bend_kind::inserted) + 1;

struct bend {
    static constexpr std::uint64_t for_good = ~std::uint64_t{0};
    bend_kind what = bend_kind::left_out;
    purpose on = purpose::any;
    unsigned per_mille = 1000;  // of the items; which ones, `salt` says
    std::uint64_t salt = 0;
    std::uint64_t skip = 0;   // matching answers before it begins
    std::uint64_t times = 1;  // answers, from then on
    int status = 0;           // of refused
    std::string word;         // of service_word
};

// As a row of the table: "HTTP 404", "says InvalidObjectState", "entry left out".
std::string name_of(const bend& b);
std::string name_of(bend_kind kind);
// Each row that a server of that kind can stand in.
std::vector<std::string> rows_of(kind_of_source with);
// Whether a server of that kind can be bent so.
bool is_possible(bend_kind what, kind_of_source with);
// The purposes of that kind's requests.
std::vector<purpose> purposes_of(kind_of_source with);
// Several, or none.
std::vector<bend> draw_bends(kind_of_source with, dice d);
std::string describe(const bend& b);

class bends {
  public:
    bends(std::vector<bend> all, kind_of_source with) : all_(std::move(all)), with_(with) {}

    // The bend that befalls this answer, which is counted; none: it is straight. `item`: an index; folders and albums
    // have their own, beyond those of items.
    const bend* strike(bend_kind what, purpose on, std::optional<std::size_t> item = {});
    // Whether it would still, after everything asked so far.
    bool holds(bend_kind what, purpose on, std::optional<std::size_t> item, std::string_view word = {}) const;
    bool holds_for_good(bend_kind what, std::optional<std::size_t> item) const;
    bool any_for_good() const;
    bool has(bend_kind what) const;
    bool none() const { return all_.empty(); }
    // What was for a while is over.
    void calm();
    std::function<void(const bend&)> on_hit = [](const bend&) {};

  private:
    bool matches(const bend& b, bend_kind what, purpose on, std::optional<std::size_t> item) const;

    std::vector<bend> all_;
    kind_of_source with_;
};

}  // namespace decamp::sim::lying

#pragma once
// What every lying server has in common: refusals, spoiled bodies, and the bytes of items with their validators and
// ranges. Each kind adds its lists.

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/lying/bends.hpp"
#include "tests/sim/lying/http.hpp"
#include "tests/sim/lying/truth.hpp"

namespace decamp::sim::lying {

// Hosts of the simulated line. Whatever else is asked lies outside.
inline constexpr const char* main_host = "127.0.0.1";
inline constexpr const char* bytes_host = "127.0.0.3";    // of a gallery's photos
inline constexpr const char* foreign_host = "127.0.0.9";  // nobody may be sent here

// An answer, and which items it lists of those that it should.
struct answer {
    response out;
    std::vector<std::size_t> listed, due;  // indices
    std::vector<std::size_t>
        places;  // of items whose folder or album it lists, or of which it says that there are more
};

class server {
  public:
    server(truth& what, bends& how, dice d) : truth_(what), bends_(how), dice_(d) {}
    virtual ~server() = default;
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    response respond(const request& asked);
    std::uint64_t requests() const { return requests_; }
    // Whether the source's own word for "this one is not to be had", or an announcement that never fits, still holds of
    // an item: then it may be named as an exception that lies with the source.
    virtual bool excused(std::size_t item) const = 0;
    // What it announced wrongly stands in its lists for ever: the export cannot become whole.
    virtual bool announces_wrongly_for_good() const { return false; }
    virtual std::vector<std::string> secrets() const { return {}; }
    // What nobody should have done: cookies where they do not belong, hosts that are none of the source's.
    std::vector<std::string> wrongs;

  protected:
    struct target {
        purpose what = purpose::list;
        std::optional<std::size_t> item;
        std::optional<std::size_t> place = {};  // a folder's or album's index, to the bends

        std::optional<std::size_t> index() const { return item ? item : place; }
    };
    virtual target target_of(const request& asked) const = 0;
    virtual answer lists(const request& asked, const target& at) = 0;
    virtual std::optional<response> word(const std::string&) { return std::nullopt; }
    virtual std::string etag_of(const true_item& item) const = 0;  // quoted; empty: it has none
    // What a request that lists asks after: where it is told that there is no such thing, these are gone, to whoever
    // asked.
    virtual std::vector<std::size_t> asked_after(const target&) const { return {}; }

    response item_bytes(const request& asked, std::size_t item);
    bool struck(bend_kind what, purpose on, std::optional<std::size_t> item = {}) {
        return bends_.strike(what, on, item) != nullptr;
    }

    truth& truth_;
    bends& bends_;
    dice dice_;

  private:
    void happen();
    std::optional<response> refuse(const request& asked, const target& at);
    void spoil(response& out, const target& at, bool is_list);
    std::string sent_etag(true_item& item, std::size_t index);
    void note_refusal(const target& at, int status, bool is_cold);

    std::uint64_t requests_ = 0;
};

response refusal(int status, std::string body = "<html>no</html>");

}  // namespace decamp::sim::lying

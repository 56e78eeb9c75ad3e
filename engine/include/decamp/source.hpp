#pragma once
// For whoever brings a source of their own: a cloud, a server, a device. Two blocking functions, run on decamp's
// threads; everything behind them (names, dedup, digests, commits, proof, certificate) is as for any other source.
// docs/writing-a-source.md tells how, with an example.
//
// Threads: next_page() is called by one thread at a time. open() and the streams it gives are called from several
// threads, each stream from one at a time. Calls may block; when `stop` is requested they should end soon, by any
// failure. Errors: a source_failure thrown. Any other exception counts as source_failure::kind::try_again. Everything a
// source says is taken for hostile: names are made safe, lengths and digests checked.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

#include "decamp/error.hpp"
#include "decamp/export.hpp"
#include "decamp/observer.hpp"

namespace decamp {

struct source_item {
    std::string id;    // UTF-8, the same in every run, different for every item; it is kept, so no secret
    std::string path;  // "folder/folder/name"
    std::optional<std::uint64_t> size;        // bytes, where it is known
    std::string sha256, sha1, md5;            // in hexadecimal, where the source announces them; else empty
    std::optional<std::int64_t> modified_ms;  // Unix milliseconds
    std::string note;                         // the source's own, handed back to open(); it is kept, so no secret
};

// A folder that could not be listed, or not to its end. The run goes on and ends incomplete; the certificate names it.
// A later run that lists the folder has nothing to forget.
struct source_gap {
    std::string path;  // "folder/folder"; empty: the place itself
    std::string why;   // for people; it is kept, so no secret
};

struct source_page {
    std::vector<source_item> items;
    std::string next;  // given to the call for the page after; empty: this was the last
    std::vector<source_gap> gaps = {};
};

class source_failure : public std::runtime_error {
  public:
    enum class kind {
        try_again,      // later it may work: asked again after a while, a few times
        slow_down,      // asked too often: everything waits
        gone,           // this item is not there any more
        changed,        // this item is not what was listed
        refused,        // this item cannot be had
        not_listed,     // this item stands for a folder whose list could not be had; source_page::gaps does that better
        login_refused,  // ends the run
        unreachable,    // ends the run
    };
    // `detail` is for people: no secret in it.
    source_failure(kind what, const std::string& detail) : std::runtime_error(detail), what_(what) {}
    kind why() const noexcept { return what_; }

  private:
    kind what_;
};

class item_stream {
  public:
    virtual ~item_stream() = default;
    // Up to `size` bytes, at least one; 0: the item ends here.
    virtual std::size_t read(std::byte* into, std::size_t size) = 0;
};

struct opened_item {
    std::unique_ptr<item_stream> stream;
    std::uint64_t begins_at = 0;         // as asked for, or 0 where only the whole is to be had
    std::optional<std::uint64_t> total;  // bytes of the whole item, where it is known
    std::string version;                 // differs when the item's bytes do; empty: not known
};

class blocking_source {
  public:
    virtual ~blocking_source() = default;
    virtual std::string kind() const = 0;  // a short word for certificate and catalogue
    virtual std::string name() const = 0;  // as messages name it: a host, a path; no secret
    // What an export on a drive must have been begun with, so that two sources are not mixed; no secret.
    virtual std::string origin() const { return name(); }
    // Whose it is, where several can be behind one origin(). A secret, if need be: of it a few bits of a slow, salted
    // hash are kept. Empty: there is nothing to tell.
    virtual std::string account() const { return {}; }
    // `cursor`: "" for the first page, else `next` of the one before. A page that failed is asked for again.
    virtual source_page next_page(const std::string& cursor, std::stop_token stop) = 0;
    // The item's bytes from `offset` on, or from the start.
    virtual opened_item open(const source_item& item, std::uint64_t offset, std::stop_token stop) = 0;
};

// As run_export(options, watching, stop), from this source: options.source and options.credentials are not looked at.
outcome run_export(const export_options& options, blocking_source& from, observer& watching, std::stop_token stop = {});

}  // namespace decamp

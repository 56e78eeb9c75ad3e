#pragma once
// Looking into an export that lies on a drive, and taking things out of it again: trees and archives alike. No network.
//
// Thread, errors and ownership as in export.hpp. Nothing in the export is changed, and no lock is taken on it. The
// outcome's exit codes are those of docs/exit-codes.md.

#include <cstddef>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "decamp/error.hpp"
#include "decamp/observer.hpp"

namespace decamp {

// Which items; empty parts ask for nothing. An item must satisfy every part that is not empty.
struct item_selection {
    std::vector<std::string> patterns;  // as docs/filters.md has them; one of them is enough
    std::vector<std::string> albums;    // names of albums, or of folders with all that is in them; one is enough
    std::string since, until;           // "YYYY-MM-DD", both days included
};

// What opens an encrypted export. Texts, not paths.
struct export_keys {
    std::string identity;  // lines of "AGE-SECRET-KEY-1..."
    std::string passphrase;
};

struct list_options {
    std::string destination;  // of the export
    item_selection only;
    bool json = false;  // the lists' own lines, with the name that `extract` gives
    language words = language::en;
    export_keys keys;
};

struct cat_options {
    std::string destination;
    std::string name;  // as listed, or one that only one item has
    language words = language::en;
    export_keys keys;
};

struct extract_options {
    std::string destination;
    std::string to;  // a folder; made when it is not there
    item_selection only;
    language words = language::en;
    export_keys keys;
};

// A line without its end. False: nobody takes them any more, and the rest is left out.
using line_sink = std::function<bool(std::string_view)>;
using byte_sink = std::function<bool(std::span<const std::byte>)>;

// One line an item, album by album, in an order that stays.
outcome run_list(const list_options& options, const line_sink& out, observer& watching, std::stop_token stop = {});

// Exactly one item's bytes. Their SHA-256 is compared while they are written: code damaged where it differs.
outcome run_cat(const cat_options& options, const byte_sink& out, observer& watching, std::stop_token stop = {});

// The items into a folder, each checked before it gets its name; nothing that is there is overwritten.
outcome run_extract(const extract_options& options, observer& watching, std::stop_token stop = {});

}  // namespace decamp

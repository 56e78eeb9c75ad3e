#pragma once
// What a lying server really holds. The server's answers bend it; the law is held against it. Nothing here lies.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/dice.hpp"

namespace decamp::sim::lying {

enum class kind_of_source { s3, webdav, links, gallery };
inline constexpr std::size_t source_kinds = 4;
const char* name_of(kind_of_source kind);

struct true_item {
    std::string id;    // a key, a path below the root or a gallery's id: any bytes
    std::string name;  // of its file
    std::string bytes;
    std::vector<std::string> earlier;  // what it was before in this life, oldest first
    std::vector<std::string> oldest;   // likewise in the lives before
    unsigned version = 1;
    unsigned listed_version = 1;        // that the answer which listed it last spoke of
    bool present = true;                // at the source, now
    bool digest_listed = false;         // some answer announced a digest of the present version
    bool size_listed = false;           // likewise its length
    bool is_new = false;                // came within this life: whether that is seen, binds nobody
    bool named = false;                 // some answer of this life listed it
    bool place_named = false;           // or the folder or album it lies in, or a page said that more come behind it
    bool was_due = false;               // some answer of this life should have listed it
    bool missing_in_last_list = false;  // the answer that should have listed it last did not
    bool refused_last = false;          // its last request was refused
    bool refused_twice = false;         // so were two of its requests, one after the other
    unsigned gone_words = 0;            // times that the service's own word for deleted was given for it
    bool cold = false;                  // and that by a word that says: in cold storage
    std::uint64_t album = 1;            // of a gallery
    std::uint64_t second_album = 0;     // 0: in no other
    std::int64_t taken_ms = 0;

    std::string md5() const;  // of the bytes, in hex
    std::string sha1() const;
    std::int64_t modified_ms() const { return taken_ms + 1'000 * static_cast<std::int64_t>(version); }
};

class truth {
  public:
    truth(kind_of_source kind, dice d);

    std::vector<true_item> items;      // deleted ones stay, as not present
    std::vector<std::string> folders;  // of a tree, "a/b/" each, ascending; without the root

    // What happens at the source meanwhile. `n` picks; nothing happens where there is nothing to pick.
    bool change(std::uint64_t n);  // other bytes under the same name
    bool remove(std::uint64_t n);
    bool move(std::uint64_t n);  // the same bytes under another name
    bool insert();

    true_item* find(const std::string& id);
    // A new life: what is remembered of answers is of that one alone. `named`: the user's own list has all of them.
    void begin_life(bool named);

  private:
    void add(std::uint64_t size);
    std::string fresh_id();
    std::string make_bytes(std::uint64_t size);
    true_item* present(std::uint64_t n);

    kind_of_source kind_;
    dice dice_;
    std::uint64_t made_ = 0;
};

inline constexpr std::uint64_t private_album = 1000;

}  // namespace decamp::sim::lying

#pragma once
// The file a list of links is in: told what it is, walked page by page, and looked into again for one entry. All
// functions block; each object is used by one thread at a time.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/source/links/entry.hpp"
#include "engine/source/links/metalink.hpp"
#include "engine/source/links/named_hosts.hpp"
#include "engine/source/links/text_list.hpp"
#include "engine/world/user_file.hpp"

namespace decamp::source::links {

inline constexpr std::size_t items_a_page = 1000;

enum class list_form { text, metalink };

// By its first bytes. links_errc::not_a_list, with the reason: also where none of its first lines is a usable entry, as
// in prose or in any JSON; some good lines make a list of it. `whole`: there are no more bytes.
result<list_form> form_of(std::string_view beginning, bool whole = true);

struct open_list {
    std::unique_ptr<world::user_file> file;
    list_form form = list_form::text;
};
// links_errc but not_links.
result<open_list> open_list_file(const std::string& path);

struct text_page {
    item_page items;
    std::uint64_t left_out = 0;  // as text_list has it
};
// `cursor` as a page before gave it, or empty. Local hosts that are named there are told to `hosts`.
result<text_page> read_text_page(const world::user_file& file, std::string_view cursor, named_hosts& hosts);

// The entry that `of` was listed from, looked for where its locator says. source_errc::link_expired: another one lies
// there; refused: it says nothing usable; gone: it said nothing usable, and does now.
result<entry> find_in_text(const world::user_file& file, const listed_item& of);
// The same for what lies elsewhere by now, as when a list grew at its beginning between two runs: where the entry found
// last was moved to, then within 1 MiB around. Looked for around `patience` times at most.
struct moved {
    std::int64_t shift = 0;  // bytes
    unsigned patience = 1000;
};
result<entry> find_moved(const world::user_file& file, const listed_item& of, moved& by);
result<entry> find_in_metalink(const world::user_file& file, const listed_item& of);

// A Metalink document can only be read from its beginning: this is kept between pages.
class metalink_walk {
  public:
    // The page behind the first `given` files.
    result<item_page> page(const world::user_file& file, named_hosts& hosts);
    std::uint64_t given() const { return given_; }
    // Forward to there, as after a page that was lost.
    result<void> skip_to(const world::user_file& file, std::uint64_t given);

  private:
    result<void> read_on(const world::user_file& file, std::size_t wanted);

    metalink document_;
    std::uint64_t offset_ = 0, given_ = 0;
    bool ended_ = false;
    std::string broken_;
};
std::string metalink_cursor(std::uint64_t given);
std::optional<std::uint64_t> read_metalink_cursor(std::string_view text);

}  // namespace decamp::source::links

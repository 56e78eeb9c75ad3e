#pragma once
// What a page of a list means: items, what no item stands for, and how to ask for the page after. Pure.

#include <optional>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/model/item.hpp"
#include "engine/source/s3/list_cursor.hpp"
#include "engine/source/s3/list_page.hpp"
#include "engine/source/s3/location.hpp"
#include "engine/source/s3/spelling.hpp"
#include "engine/source/source.hpp"

namespace decamp::source::s3 {

// A row that cannot be read, keys that nobody asked for and common prefixes are gaps. Fails with
// source_errc::unusable_answer: an encoding that is none, a list that does not say whether there is more, or goes in
// circles.
result<item_page> read_page(const raw_list& list, const location& where, const list_cursor& asked, spelling& spelled);

// What a list of all that begins with `key` says of that very key, listed before as `of`. Fails with
// source_errc::unusable_answer where it does not show what it should.
result<second_look> look_for(const raw_list& list, const location& where, std::string_view key, const listed_item& of);

// The same of any other list; none: it does not hold the key.
std::optional<second_look> look_among(const raw_list& list, const location& where, std::string_view key,
                                      const listed_item& of);

// True when the answer to a list of the newer form is one of the older.
bool is_older_form(const raw_list& list);

}  // namespace decamp::source::s3

#pragma once
// A folder's list while it comes: its answer, and the pages behind it where the answer says that there are some. The
// rest waits within its connection.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>

#include "engine/model/error.hpp"
#include "engine/runtime/task.hpp"
#include "engine/source/webdav/dav_client.hpp"
#include "engine/source/webdav/folder_reader.hpp"
#include "engine/source/webdav/paths.hpp"
#include "engine/transport/url.hpp"

namespace decamp::source::webdav {

class folder_stream {
  public:
    static constexpr unsigned page_limit = 100'000;  // of one list
    static constexpr unsigned empty_page_limit = 3;  // one after the other: it goes on for ever

    // `root`: what the user named, its path with a slash at its end. The client outlives the stream.
    folder_stream(dav_client& client, transport::url root, folder_ref folder);

    // Asks for it. Errors: as dav_client::propfind().
    task<result<void>> begin();
    // After begin(): reads on until so many entries wait, or the list ends.
    task<result<void>> read_on(std::size_t most);

    bool ended() const { return ended_; }
    folder_reader& reader() { return *reader_; }
    // Why the list is not whole, although it ended; empty: nothing says so.
    const std::string& cut_short() const { return cut_short_; }

  private:
    task<result<void>> turn_page();
    void end(std::string cut_short);

    dav_client& client_;
    transport::url root_;
    folder_ref folder_;
    std::unique_ptr<folder_reader> reader_;
    std::unique_ptr<transport::exchange> over_;
    transport::url from_;
    std::unordered_set<std::uint64_t> seen_;  // XXH3 of the addresses asked, and of what pages held
    unsigned pages_ = 0, empty_pages_ = 0;
    bool ended_ = false;
    std::string cut_short_;
};

}  // namespace decamp::source::webdav

#pragma once
// A source as the user named it: its address checked, its credentials read, nothing asked of it yet. The one thing the
// pipeline knows of a kind of source; each kind makes its own, in a folder beside this file.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/source/source.hpp"
#include "engine/transport/http.hpp"
#include "engine/world/clock.hpp"
#include "engine/world/network.hpp"
#include "engine/world/random.hpp"
#include "engine/world/workers.hpp"

namespace decamp::source {

// How many requests a service allows in any stretch of time.
struct request_quota {
    unsigned requests = 0;  // 0: no limit is known
    world::duration within{};
};

// Folders found while walking, kept on the destination, so that a large tree costs no memory. Begins empty in each run.
// A folder is taken up once, however often it is added: walks end, even where a server lists a folder within itself.
// Coordinator's thread.
class folder_list {
  public:
    virtual ~folder_list() = default;
    struct entry {
        std::uint64_t number = 0;  // ascending from 1, in the order in which folders were added
        std::string folder;
    };
    virtual task<result<void>> add(std::vector<std::string> folders) = 0;
    // The first one behind `number`; none: there is no more for now.
    virtual task<result<std::optional<entry>>> after(std::uint64_t number) = 0;
};

// What a source needs of the world. All of it outlives the source, and the source its calls.
struct source_needs {
    transport::sender& api;  // lists, links, logins: everything but the items' bytes; paced by its owner
    world::clock& clock;
    world::random& random;
    world::workers& workers;
    folder_list& folders;
    source_observer observer;
};

// May be asked from any thread.
class place {
  public:
    virtual ~place() = default;
    virtual std::string kind() const = 0;  // "micloud", "s3", "webdav", "links", "folder"
    // As messages name it: a host, or a path. No secret.
    virtual std::string name() const = 0;
    // What an export on a drive must have been begun with (a port may change). No secret.
    virtual std::string origin() const = 0;
    // Whose the source is, where that can differ behind one origin: an account's user id, a list's path, a folder's
    // file system. Secret; only a mark of it is kept (pipeline/binding.hpp). Empty: nothing is known that would stay
    // the same.
    virtual std::string account() const { return {}; }
    virtual arrangement arranged() const { return arrangement::tree; }
    virtual request_quota quota() const { return {}; }
    // Which addresses may be connected to at all.
    virtual const world::address_policy& addresses() const = 0;
    // Where a download may be redirected to.
    virtual bool may_ask(const transport::url& to) const = 0;
    // Requests that go before listings.
    virtual bool is_link(const transport::request&) const { return false; }
    virtual std::unique_ptr<source> open(source_needs needs) const = 0;
    // Ends what does not go through the engine's connections; what is under way fails soon. Any thread.
    virtual void stop() {}
};

}  // namespace decamp::source

#pragma once
// Which headers a service takes in requests for objects, as far as its answers tell. S3 knows x-amz-checksum-mode and
// If-Match; some services refuse every request with the first, some never find that an ETag matches. What is found out
// once holds for the run. Any thread.

#include <cstdint>
#include <mutex>
#include <set>
#include <string_view>

namespace decamp::source::s3 {

class object_headers {
  public:
    // `known`: the service takes x-amz-checksum-mode, as AWS does.
    explicit object_headers(bool known) : checksum_(known ? state::taken : state::untried) {}

    // --- x-amz-checksum-mode
    // Whether to ask for checksums.
    bool ask_for_checksum(std::string_view id);
    // One request is under way that will tell, and this is not its object: worth a moment's wait.
    bool is_being_tried(std::string_view id) const;
    // The object came; `asked`: in answer to a request with the header.
    void came(std::string_view id, bool asked);
    // The request was refused as a bad one. `named`: for the header. True: it is to be made once more, without.
    bool refused_for_checksum(std::string_view id, bool asked, bool named);

    // Another error, which says nothing of the header: the next request is to tell.
    void answered_otherwise(std::string_view id);

    // --- If-Match
    bool ask_for_match(std::string_view id) const;
    void did_not_match(std::string_view id);
    // The list has the object as before: if its ETag did not match, the header is left out for it, and after a few such
    // for all.
    void still_listed(std::string_view id);

  private:
    enum class state {
        untried,
        asked,  // one request is under way
        taken,
        doubted,  // a request was refused, and nothing said why
        refused,
    };
    static constexpr unsigned most_unmatched = 3;
    static constexpr std::size_t notes_limit = 4096;

    mutable std::mutex mutex_;
    state checksum_;
    std::uint64_t tried_id_ = 0, doubtful_id_ = 0;
    std::set<std::uint64_t> unmatched_, without_match_;
};

}  // namespace decamp::source::s3

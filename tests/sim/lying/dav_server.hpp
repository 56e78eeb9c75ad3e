#pragma once
// A WebDAV folder that anybody may read: PROPFIND and GET.

#include "tests/sim/lying/server.hpp"

namespace decamp::sim::lying {

class dav_server final : public server {
  public:
    dav_server(truth& what, bends& how, dice d);
    bool excused(std::size_t) const override { return false; }

  private:
    // What an answer lists: an item, or a folder.
    struct entry {
        std::string path;  // below the root; of a folder with '/' at its end
        std::size_t index = 0;
        bool is_folder = false;
    };
    target target_of(const request& asked) const override;
    std::vector<std::size_t> asked_after(const target& at) const override;
    answer lists(const request& asked, const target& at) override;
    std::string etag_of(const true_item& item) const override;
    std::vector<entry> children_of(const std::string& folder) const;
    void write(answer& into, const entry& what, const std::string& folder);
    std::string written(const entry& what, const std::string& href);
    std::string properties(std::size_t index);
    std::optional<std::size_t> link_of(std::size_t first, std::size_t end, const target& at);
    std::string href_of(const std::string& path) const;

    bool with_etags_, with_checksums_, full_hrefs_, lists_itself_;
    std::size_t page_;  // where an answer goes on behind a Link
};

}  // namespace decamp::sim::lying

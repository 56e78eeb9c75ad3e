#pragma once
// Plain files behind links, and the list that names them: the user's own, which can be wrong as well.

#include "tests/sim/lying/server.hpp"

namespace decamp::sim::lying {

class link_server final : public server {
  public:
    link_server(truth& what, bends& how, dice d);
    // One link a line.
    const std::string& list() const { return list_; }
    // Whatever is refused still, or was twice in a row, is really gone: nothing but the link knows of it.
    bool excused(std::size_t item) const override {
        return truth_.items[item].refused_last || truth_.items[item].refused_twice || wrong_.contains(item);
    }

    bool announces_wrongly_for_good() const override { return !wrong_.empty(); }

  private:
    target target_of(const request& asked) const override;
    answer lists(const request& asked, const target& at) override;
    std::string etag_of(const true_item& item) const override;
    std::string line_of(std::size_t index, const std::string& path);

    bool with_etags_, with_sizes_, with_digests_;
    std::string list_;
    std::set<std::size_t> wrong_;  // what the list says something wrong of
};

}  // namespace decamp::sim::lying

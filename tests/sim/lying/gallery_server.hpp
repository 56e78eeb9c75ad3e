#pragma once
// The gallery's API and the hosts that hold its photos, for one account whose session never ends.

#include "tests/sim/lying/server.hpp"

namespace decamp::sim::lying {

class gallery_server final : public server {
  public:
    gallery_server(truth& what, bends& how, dice d);
    bool excused(std::size_t item) const override;
    std::vector<std::string> secrets() const override { return {user_, token_, signature_}; }
    // As a user pastes them.
    std::string credentials() const;

  private:
    target target_of(const request& asked) const override;
    answer lists(const request& asked, const target& at) override;
    std::optional<response> word(const std::string& which) override;
    std::string etag_of(const true_item& item) const override;
    response quota() const;
    answer albums(const request& asked);
    answer counts(const request& asked);
    answer photos(const request& asked);
    void write(answer& into, std::size_t index);
    std::string described(std::size_t index);
    std::string last_field(bool last) const;
    std::vector<std::size_t> within(const request& asked) const;

    std::string user_, token_, signature_;
    std::uint64_t page_;
    std::uint64_t last_form_;  // 0: the last page says so; 1: nothing says so; 2: it says that it is not
    bool private_listed_, with_etags_;
};

}  // namespace decamp::sim::lying

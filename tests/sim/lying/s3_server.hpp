#pragma once
// A bucket without keys: ListObjectsV2, its older form, and GET.

#include "tests/sim/lying/server.hpp"

namespace decamp::sim::lying {

class s3_server final : public server {
  public:
    s3_server(truth& what, bends& how, dice d);
    bool excused(std::size_t item) const override;

  private:
    target target_of(const request& asked) const override;
    answer lists(const request& asked, const target& at) override;
    std::optional<response> word(const std::string& which) override;
    std::string etag_of(const true_item& item) const override;
    void write(answer& into, std::size_t index, bool encoded);
    std::string contents(const true_item& item, std::size_t index, const std::string& key);

    std::uint64_t page_;
    bool older_;  // knows the older form alone
};

}  // namespace decamp::sim::lying

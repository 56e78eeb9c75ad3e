#include "engine/source/micloud/place.hpp"

#include "engine/source/micloud/micloud.hpp"
#include "engine/transport/client.hpp"

namespace decamp::source::micloud {

namespace {

class micloud_place final : public place {
  public:
    micloud_place(endpoint where, credentials who)
        : where_(std::move(where)), who_(std::move(who)), hosts_(where_), addresses_(local_hosts(where_)) {}

    std::string kind() const override { return "micloud"; }
    std::string name() const override { return where_.api.host; }
    std::string origin() const override { return where_.api.host; }
    // Some browsers hand cookies on in quotes.
    std::string account() const override {
        std::string id = who_.user_id;
        std::erase(id, '"');
        return id;
    }
    arrangement arranged() const override { return arrangement::albums; }
    const world::address_policy& addresses() const override { return addresses_; }
    bool may_ask(const transport::url& to) const override { return hosts_.storage(to); }
    bool is_link(const transport::request& r) const override {
        return !r.target.path.starts_with("/gallery/user/") && !r.target.path.starts_with("/gallery/album/");
    }
    std::unique_ptr<source> open(source_needs needs) const override {
        return make_micloud({where_, who_}, needs.api, needs.clock, needs.random, std::move(needs.observer));
    }

  private:
    endpoint where_;
    credentials who_;
    host_policy hosts_;
    transport::public_addresses_only addresses_;
};

}  // namespace

result<std::unique_ptr<place>> parse_micloud(std::string_view source, std::string_view text) {
    auto where = parse_endpoint(source);
    if (!where) return where.error();
    auto who = parse_credentials(text);
    if (!who) return who.error();
    return std::unique_ptr<place>(std::make_unique<micloud_place>(std::move(where.value()), std::move(who.value())));
}

}  // namespace decamp::source::micloud

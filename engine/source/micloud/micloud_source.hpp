#pragma once
// The gallery as a source: micloud.cpp signs in, lists.cpp walks, links.cpp finds bytes, looks.cpp asks a second time.

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/source/micloud/api_client.hpp"
#include "engine/source/micloud/device_id.hpp"
#include "engine/source/micloud/listing.hpp"
#include "engine/source/micloud/micloud.hpp"

namespace decamp::source::micloud {

class micloud_source final : public source {
  public:
    micloud_source(micloud_options options, transport::sender& api, world::clock& clock, world::random& random,
                   source_observer observer)
        : label_(endpoint_label(options.where)),
          client_(session(std::move(options.who), options.where, make_device_id(random)), api, clock,
                  std::move(observer.session_renewed)) {}

    std::string kind() const override { return "micloud"; }
    std::uint64_t page_size() const override { return gallery_page_size; }
    bool in_parts() const override { return true; }
    task<result<account_info>> sign_in() override;
    task<result<collection_page>> collections(std::string cursor) override;
    task<result<std::optional<std::vector<bucket_count>>>> announced(collection_id of) override;
    task<result<item_page>> page(scope where, std::string cursor) override;
    task<result<download_link>> link(listed_item of) override;
    task<result<second_look>> look_again(listed_item of) override;
    task<result<std::optional<other_count>>> counted_otherwise() override;
    task<result<std::optional<std::uint64_t>>> bytes_held() override;
    task<result<void>> keep_alive() override;

  private:
    task<result<void>> check_encryption();
    task<result<std::string>> display_name();
    task<result<call_answer>> albums_page(std::uint64_t number);
    task<result<call_answer>> timeline(collection_id of);
    task<result<call_answer>> gallery_page(scope where, std::uint64_t number, std::uint64_t size);
    task<result<void>> add_private_album(collection_page& to);
    task<result<std::optional<listed_item>>> find_in(scope where, item_id id);
    task<result<std::string>> storage_url(item_id id);
    task<result<download_link>> follow_storage_url(std::string text);

    std::string label_;
    api_client client_;
};

template <class Parser>
const Parser& read_as(const call_answer& got) {
    return static_cast<const Parser&>(*got.parser);
}

// What is said of a list. `ended` marks what a closed region could say too.
struct complaint {
    failure why;
    bool ended = false;
};
// None: a good answer. A failure to get one at all counts, too.
std::optional<complaint> complaint_of(const result<call_answer>& got);

}  // namespace decamp::source::micloud

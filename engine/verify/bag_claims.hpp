#pragma once
// What a bag says of itself beside its manifest: the sum in bag-info.txt, the tag manifest, the counts of the
// certificate. Held against what the manifest lists and what was read, so that files emptied or cut short together are
// seen. Blocking.
//
// A good export raises no alarm here. So of the certificate only that is compared which holds for every form of export
// and every version: archives are compressed, the figures of encrypted exports are rounded up, and twins share their
// bytes.

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model/error.hpp"
#include "engine/model/layout.hpp"
#include "engine/verify/bag_check.hpp"
#include "engine/world/file_store.hpp"
#include "formats/bagit.hpp"

namespace decamp::verify {

// Of certificate.json, as decamp writes it.
struct certified_sums {
    std::uint64_t stored = 0;         // items
    std::uint64_t stored_unique = 0;  // bytes
    bool encrypted = false;           // then in whole MiB
    bool incomplete = false;          // what it counts may lie in a volume that is not sealed yet, and in no manifest
};
// From the first lines of a certificate. None: it is none.
std::optional<certified_sums> parse_certified_sums(std::string_view head);
// None too where the file is not there, or cut short.
result<std::optional<certified_sums>> read_certified_sums(world::file_store& files, std::string_view path);

// What was read before the bag is asked what it says of itself.
struct manifest_facts {
    formats::payload_oxum payload;  // lines below data/, and the bytes that their files have
    bool lines_good = true;         // each line is a name and a digest
    bool bytes_known = true;        // each file is there and as listed
    bool volumes = false;           // archives, not single files
};

class bag_claims {
  public:
    using report = std::function<void(finding&&)>;
    bag_claims(world::file_store& files, report found) : files_(files), report_(std::move(found)) {}

    // While the tag manifest is read: a line of it, and that its file was named as missing or changed.
    void vouched(std::string_view path);
    void named(std::string_view path);

    // All that contradicts itself is reported. Sets `expected` and `certified`.
    result<void> compare(const manifest_facts& manifest, bag_sums& sums);
    // True once something says that the manifest does not list everything.
    bool more_than_listed() const { return more_than_listed_; }

  private:
    struct closing_file {
        std::string_view path;
        bool there = false, vouched = false, named = false;
    };
    closing_file* find(std::string_view path);
    result<void> look();
    result<std::string> begin_of(std::string_view path);
    void fault_of(closing_file& file, fault what);
    result<void> compare_declaration();
    result<void> compare_sum(const manifest_facts& manifest, bag_sums& sums);
    result<void> compare_tags(bag_sums& sums);
    result<void> compare_certificates(const manifest_facts& manifest);

    world::file_store& files_;
    report report_;
    std::array<closing_file, 6> all_{{{layout::bag_declaration},
                                      {layout::bag_info},
                                      {layout::manifest},
                                      {layout::tag_manifest},
                                      {layout::certificate_json},
                                      {layout::certificate_text}}};
    bool ours_ = false;  // by decamp, which writes every closing file
    bool more_than_listed_ = false;
};

}  // namespace decamp::verify

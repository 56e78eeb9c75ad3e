// Where the filters left everything out: which name comes nearest to what they ask for.

#include "engine/pipeline/export_run.hpp"
#include "engine/plan/nearest.hpp"

namespace decamp::pipeline {

// What cannot be read then names nothing.
std::string export_run::nearest_to_filters() {
    plan::nearest_name nearest(settings_.wanted.include);
    const auto albums =
        in_.catalogue.each_collection([&](const certificate_collection&, std::int64_t, const std::string& folder) {
            nearest.album(folder);
            return true;
        });
    const auto files = in_.catalogue.each_member(0, [&](const catalogue::listed_member& member) {
        nearest.file(member.item.name);
        return true;
    });
    return albums && files ? nearest.best() : std::string();
}

}  // namespace decamp::pipeline

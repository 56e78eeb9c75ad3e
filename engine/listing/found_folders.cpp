#include "engine/listing/found_folders.hpp"

namespace decamp::listing {

task<result<void>> found_folders::add(std::vector<std::string> folders) {
    if (folders.empty()) co_return result<void>();
    auto work = [&] { return catalogue_.add_folders(folders); };
    co_return co_await world::run_on(workers_, world::queue::catalogue, work);
}

task<result<std::optional<source::folder_list::entry>>> found_folders::after(std::uint64_t number) {
    auto work = [&] { return catalogue_.folder_after(number); };
    const auto found = co_await world::run_on(workers_, world::queue::catalogue, work);
    if (!found) co_return found.error();
    std::optional<entry> next;
    if (found.value()) next = entry{found.value()->number, found.value()->folder};
    co_return next;
}

}  // namespace decamp::listing

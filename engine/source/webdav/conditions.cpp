#include "engine/source/webdav/conditions.hpp"

#include "engine/source/source.hpp"
#include "engine/source/webdav/status_words.hpp"

namespace decamp::source::webdav {

std::optional<failure> explain(const transport::response_head& head, std::string_view body,
                               std::atomic<unsigned>& failed) {
    if (head.status == 412) ++failed;
    if (head.status != 403 && head.status != 410) return std::nullopt;
    return failure(source_errc::refused, status_words(head.status, body));
}

void conditions::stood(const std::string& id) {
    if (without_.size() < files_limit) without_.insert(id);
    if (*failed_ > known_) ++known_;
    never_ = never_ || known_ >= failures_each;
}

}  // namespace decamp::source::webdav

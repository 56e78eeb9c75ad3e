#include "engine/source/webdav/folder_stream.hpp"

#include <cstddef>
#include <utility>
#include <vector>

#include "engine/source/webdav/next_link.hpp"
#include "engine/source/webdav/status_words.hpp"
#include "formats/bytes.hpp"
#include "formats/digest.hpp"

namespace decamp::source::webdav {

namespace {

constexpr std::size_t piece_size = 16384;

std::uint64_t address_mark(const transport::url& at) {
    return formats::xxh3_64_of(formats::as_bytes("at " + at.target()));
}

}  // namespace

folder_stream::folder_stream(dav_client& client, transport::url root, folder_ref folder)
    : client_(client), root_(std::move(root)), folder_(std::move(folder)) {}

task<result<void>> folder_stream::begin() {
    transport::url at = root_;
    at.path = request_path(root_.path, folder_);
    auto got = co_await client_.propfind(std::move(at), depth::children);
    if (!got) co_return got.error();
    from_ = std::move(got->from);
    over_ = std::move(got->over);
    reader_ = std::make_unique<folder_reader>(root_.path, from_, folder_.path);
    seen_.insert(address_mark(from_));
    co_return result<void>();
}

task<result<void>> folder_stream::read_on(std::size_t most) {
    std::vector<std::byte> buffer(piece_size);
    while (!ended_ && reader_->waiting() < most) {
        const auto got = co_await over_->read(buffer);
        if (!got) co_return got.error();
        if (*got > 0) {
            const auto fed = reader_->feed({reinterpret_cast<const char*>(buffer.data()), *got});
            if (!fed) co_return fed;
            continue;
        }
        const auto finished = reader_->finish();
        if (!finished) co_return finished;
        const auto turned = co_await turn_page();
        if (!turned) co_return turned;
    }
    co_return result<void>();
}

// The answer ended. The list does, where nothing in the answer says otherwise.
task<result<void>> folder_stream::turn_page() {
    const auto link = next_link(over_->head().all("Link"));
    const std::string content = "page " + std::to_string(reader_->page_digest());
    const bool empty = reader_->page_entries() == 0;
    empty_pages_ = empty ? empty_pages_ + 1 : 0;
    ++pages_;
    const bool repeated = !empty && !seen_.insert(formats::xxh3_64_of(formats::as_bytes(content))).second;
    if (repeated || empty_pages_ > empty_page_limit || pages_ > page_limit) {
        end("its list goes on in a circle");
        co_return result<void>();
    }
    if (!link) {
        end({});
        co_return result<void>();
    }
    auto next = transport::resolve(from_, *link);
    // A server behind one that speaks TLS for it believes that it is asked by http: the link is followed where the
    // folder was asked for.
    if (next && next->host == root_.host && root_.secure() && !next->secure() && next->port == 80) {
        next->scheme = root_.scheme;
        next->port = root_.port;
    }
    if (!next || !same_server(root_, *next)) {
        end("its list goes on where it may not be asked for");
        co_return result<void>();
    }
    if (!seen_.insert(address_mark(*next)).second) {
        end("its list goes on in a circle");
        co_return result<void>();
    }
    auto got = co_await client_.propfind(std::move(*next), depth::children);
    if (!got) co_return got.error();
    from_ = std::move(got->from);
    over_ = std::move(got->over);
    reader_->begin_page(from_);
    co_return result<void>();
}

void folder_stream::end(std::string cut_short) {
    ended_ = true;
    over_.reset();
    reader_->end_list();
    cut_short_ = std::move(cut_short);
    if (cut_short_.empty() && reader_->own_status() != 0) cut_short_ = status_words(reader_->own_status());
}

}  // namespace decamp::source::webdav

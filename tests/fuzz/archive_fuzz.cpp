// An archive from bytes of any kind, read twice: the same entries and bodies whether pieces are small or large, and no
// name that is too long or no text. The first byte chooses the form.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "formats/archive_reader.hpp"
#include "formats/unicode.hpp"

namespace {

using namespace decamp::formats;

constexpr std::size_t most_entries = 200;
constexpr std::size_t most_bytes = std::size_t{1} << 20;

void require(bool ok) {
    if (!ok) std::abort();
}

class memory final : public archive_input {
  public:
    explicit memory(std::span<const std::byte> bytes) : bytes_(bytes) {}
    std::optional<std::size_t> read(std::uint64_t at, std::span<std::byte> into) noexcept override {
        if (at >= bytes_.size()) return 0;
        const auto from = bytes_.subspan(static_cast<std::size_t>(at));
        const std::size_t take = std::min(into.size(), from.size());
        std::copy_n(from.begin(), take, into.begin());
        return take;
    }
    std::uint64_t size() const noexcept override { return bytes_.size(); }

  private:
    std::span<const std::byte> bytes_;
};

std::string read(archive_form form, std::span<const std::byte> bytes, std::size_t piece) {
    memory input(bytes);
    archive_reader reader(form, input);
    std::string out;
    archived_entry entry;
    std::vector<std::byte> room(piece);
    for (std::size_t n = 0; n < most_entries && reader.next(entry) == archive_reader::step::entry; ++n) {
        require(!entry.name.empty() && entry.name.size() <= archive_name_limit && is_valid_utf8(entry.name));
        require((entry.what == archived_entry::kind::link) == !entry.link_to.empty());
        out += entry.name + "\n";
        if (entry.what != archived_entry::kind::file) continue;
        for (std::size_t total = 0; total < most_bytes;) {
            const auto got = reader.read(room);
            if (!got || *got == 0) break;
            require(*got <= room.size());
            total += *got;
        }
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
    const auto form = static_cast<archive_form>(data[0] % 3);
    require(read(form, bytes, 4096) == read(form, bytes, 65536));
    return 0;
}

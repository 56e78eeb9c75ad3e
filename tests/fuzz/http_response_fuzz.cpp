// A response read whole and read in pieces is the same response: header, body, stray bytes, or the same kind of error.
// First byte: how it is cut; second: whether it answers HEAD.

#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "engine/transport/framing.hpp"
#include "engine/transport/response_header.hpp"

namespace {

using namespace decamp;
using namespace decamp::transport;

void require(bool ok) {
    if (!ok) std::abort();
}

// All that can be seen of a response, as text.
struct reading {
    std::string text;

    void header(const parsed_header& h) {
        text = std::to_string(h.head.status) + ' ' + std::to_string(h.consumed) + ' ' +
               std::to_string(static_cast<int>(h.framing.kind)) + ' ' + std::to_string(h.framing.length) +
               (h.keep_alive ? " keep" : "") + (h.interim ? " interim" : "");
        for (const auto& field : h.head.headers) {
            require(field.value.find('\n') == std::string::npos && field.value.find('\0') == std::string::npos);
            text += '|' + field.name + '=' + field.value;
        }
    }
    void body(std::string raw, const body_framing& framing, std::size_t step) {
        body_machine machine(framing);
        std::string out;
        std::size_t surplus = 0;
        const auto bytes = std::as_writable_bytes(std::span(raw));
        for (std::size_t at = 0; at < bytes.size(); at += step) {
            const auto piece = bytes.subspan(at, std::min(step, bytes.size() - at));
            const auto got = machine.received(piece);
            if (!got) {
                text += " error " + got.error().detail;
                return;
            }
            require(got->produced + got->surplus <= piece.size());
            require(got->surplus == 0 || machine.finished());
            out.append(reinterpret_cast<const char*>(piece.data()), got->produced);
            surplus += got->surplus;
        }
        text += " body " + out + " surplus " + std::to_string(surplus) + (machine.finished() ? " finished" : "");
        require(machine.connection_ended().has_value() == machine.finished());
    }
};

std::string read(std::string_view raw, std::size_t step, bool head) {
    reading out;
    header_reader reader(head);
    const auto bytes = std::as_bytes(std::span(raw));
    for (std::size_t size = std::min(step, raw.size());; size = std::min(size + step, raw.size())) {
        const auto got = reader.put(bytes.first(size));
        if (!got) return to_string(got.error());
        if (*got) {
            require((*got)->consumed <= size && (*got)->consumed <= header_limit);
            out.header(**got);
            out.body(std::string(raw.substr((*got)->consumed)), (*got)->framing, step);
            return out.text;
        }
        if (size == raw.size()) return "more";
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3) return 0;
    const std::size_t step = 1 + data[0] % 32u;
    const bool head = data[1] % 8 == 1;
    const std::string_view raw(reinterpret_cast<const char*>(data) + 2, size - 2);
    require(read(raw, raw.size(), head) == read(raw, step, head));
    return 0;
}

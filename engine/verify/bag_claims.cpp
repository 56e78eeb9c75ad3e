#include "engine/verify/bag_claims.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <span>
#include <utility>

namespace decamp::verify {

namespace {

namespace json = boost::json;

constexpr std::size_t most_read = std::size_t{1} << 20;  // of a closing file: what is compared stands at its start
constexpr std::string_view certificate_begin = "{\"format\": \"decamp-certificate/";

// The object behind `label` on a line of its own.
std::optional<json::object> object_of(std::string_view text, std::string_view label) {
    const std::string begin = "\n \"" + std::string(label) + "\": ";
    const auto at = text.find(begin);
    if (at == text.npos) return std::nullopt;
    text.remove_prefix(at + begin.size());
    text = text.substr(0, text.find('\n'));
    if (text.ends_with(',')) text.remove_suffix(1);
    boost::system::error_code bad;
    json::value read = json::parse(text, bad);
    if (bad || !read.is_object()) return std::nullopt;
    return std::move(read.get_object());
}

std::optional<std::uint64_t> number_of(const std::optional<json::object>& of, std::string_view key) {
    const json::value* v = of ? of->if_contains(key) : nullptr;
    if (v == nullptr) return std::nullopt;
    if (v->is_uint64()) return v->get_uint64();
    if (v->is_int64() && v->get_int64() >= 0) return static_cast<std::uint64_t>(v->get_int64());
    return std::nullopt;
}

// Up to `limit` bytes from `at` on.
result<std::string> text_of(world::file& file, std::uint64_t at, std::size_t limit) {
    std::string text(limit, '\0');
    std::size_t filled = 0;
    while (filled < limit) {
        const auto rest = std::as_writable_bytes(std::span(text.data() + filled, limit - filled));
        const auto got = file.read_at(at + filled, rest);
        if (!got) return got.error();
        if (got.value() == 0) break;
        filled += got.value();
    }
    text.resize(filled);
    return text;
}

std::optional<std::string> value_in(std::string_view bag_info, std::string_view wanted) {
    const auto fields = formats::parse_bag_info(bag_info);
    if (!fields) return std::nullopt;
    for (const auto& [label, value] : *fields) {
        if (label == wanted) return value;
    }
    return std::nullopt;
}

}  // namespace

std::optional<certified_sums> parse_certified_sums(std::string_view head) {
    if (!head.starts_with(certificate_begin)) return std::nullopt;
    const auto counts = object_of(head, "counts"), bytes = object_of(head, "bytes");
    const auto stored = number_of(counts, "stored"), unique = number_of(bytes, "stored_unique");
    if (!stored || !unique) return std::nullopt;
    const auto says = [&](std::string_view member) { return head.find(member) != head.npos; };
    return certified_sums{*stored, *unique, says("\n \"encrypted\": true"), says("\n \"verdict\": \"incomplete\"")};
}

result<std::optional<certified_sums>> read_certified_sums(world::file_store& files, std::string_view path) {
    const auto there = files.info(path);
    if (!there) return there.error();
    std::optional<certified_sums> none;
    if (!there.value() || there.value()->folder || there.value()->size == 0) return none;
    auto file = files.open(path, world::open_mode::read);
    if (!file) return file.error();
    const auto head = text_of(*file.value(), 0, most_read);
    if (!head) return head.error();
    constexpr std::uint64_t end_size = 2;
    const std::uint64_t size = there.value()->size;
    const auto end = text_of(*file.value(), size - std::min(size, end_size), end_size);
    if (!end) return end.error();
    if (end.value() != "}\n") return none;
    return parse_certified_sums(head.value());
}

bag_claims::closing_file* bag_claims::find(std::string_view path) {
    const auto at = std::ranges::find(all_, path, &closing_file::path);
    return at == all_.end() ? nullptr : &*at;
}

void bag_claims::vouched(std::string_view path) {
    if (closing_file* file = find(path)) file->vouched = true;
}

void bag_claims::named(std::string_view path) {
    if (closing_file* file = find(path)) file->named = true;
}

void bag_claims::fault_of(closing_file& file, fault what) {
    if (std::exchange(file.named, true)) return;
    report_({what, std::string(file.path), {}});
}

result<void> bag_claims::look() {
    for (closing_file& file : all_) {
        const auto there = files_.info(file.path);
        if (!there) return there.error();
        file.there = there.value() && !there.value()->folder;
    }
    return {};
}

// Its first MiB; nothing where it cannot be read, which the caller takes as a file that is of no use.
result<std::string> bag_claims::begin_of(std::string_view path) {
    auto file = files_.open(path, world::open_mode::read);
    if (!file) return file.error();
    return text_of(*file.value(), 0, most_read);
}

result<void> bag_claims::compare(const manifest_facts& manifest, bag_sums& sums) {
    if (auto r = look(); !r) return r;
    const bool bare =
        std::ranges::all_of(all_, [](const closing_file& f) { return !f.there || f.path == layout::manifest; });
    if (bare) {
        // Somebody kept data/ and the manifest alone. Nothing says that there was nothing.
        if (manifest.payload.streams == 0 && manifest.lines_good) fault_of(*find(layout::manifest), fault::unusable);
        return {};
    }
    if (auto r = compare_declaration(); !r) return r;
    if (auto r = compare_sum(manifest, sums); !r) return r;
    if (auto r = compare_tags(sums); !r) return r;
    return compare_certificates(manifest);
}

result<void> bag_claims::compare_declaration() {
    closing_file& file = *find(layout::bag_declaration);
    if (!file.there) {
        fault_of(file, fault::missing);
        return {};
    }
    const auto text = begin_of(file.path);
    if (!text || !formats::is_bag_declaration(text.value())) fault_of(file, fault::unusable);
    return {};
}

result<void> bag_claims::compare_sum(const manifest_facts& manifest, bag_sums& sums) {
    closing_file& file = *find(layout::bag_info);
    if (!file.there) {
        fault_of(file, fault::missing);
        return {};
    }
    const auto text = begin_of(file.path);
    if (text) ours_ = value_in(text.value(), "Bag-Software-Agent").value_or("").starts_with("decamp");
    const auto sum = text ? value_in(text.value(), "Payload-Oxum") : std::nullopt;
    const auto stated = sum ? formats::parse_payload_oxum(*sum) : std::nullopt;
    if (!stated) {
        fault_of(file, fault::unusable);
        return {};
    }
    if (!manifest.lines_good) return {};
    sums.expected = std::max(sums.expected, stated->streams);
    const bool differs = stated->streams != manifest.payload.streams ||
                         (manifest.bytes_known && stated->octets != manifest.payload.octets);
    if (!differs) return {};
    more_than_listed_ = more_than_listed_ || stated->streams > manifest.payload.streams;
    report_({fault::sum_differs,
             std::string(layout::manifest),
             std::string(layout::bag_info),
             {},
             *stated,
             manifest.payload});
    return {};
}

result<void> bag_claims::compare_tags(bag_sums& sums) {
    closing_file& tags = *find(layout::tag_manifest);
    const bool certificate = find(layout::certificate_json)->there || find(layout::certificate_text)->there;
    if (!tags.there) {
        // A run takes it away before its first change, and the certificates after it.
        const auto aside = files_.info(layout::below(layout::previous_folder, layout::tag_manifest));
        if (!aside) return aside.error();
        if (certificate || !aside.value())
            fault_of(tags, fault::missing);
        else
            sums.certified = false;
        return {};
    }
    for (closing_file& file : all_) {
        if (&file == &tags || file.vouched) continue;
        if (file.there) {
            report_({fault::unvouched, std::string(tags.path), std::string(file.path)});
            if (file.path == layout::manifest) more_than_listed_ = true;
        } else if (ours_ || !layout::is_certificate(file.path)) {
            fault_of(file, fault::missing);
        }
    }
    return {};
}

result<void> bag_claims::compare_certificates(const manifest_facts& manifest) {
    closing_file& text = *find(layout::certificate_text);
    if (text.there) {
        const auto begin = begin_of(text.path);
        if (!begin || begin.value().empty()) fault_of(text, fault::unusable);
    }
    closing_file& file = *find(layout::certificate_json);
    if (!file.there) return {};
    const auto sums = read_certified_sums(files_, file.path);
    if (!sums || !sums.value()) {
        fault_of(file, fault::unusable);
        return {};
    }
    if (!manifest.lines_good) return {};
    const certified_sums& stated = *sums.value();
    if (stated.incomplete && manifest.payload.streams == 0) return {};
    const bool none = stated.stored > 0 && manifest.payload.streams == 0;
    // Every stored blob has a line of its own at least, where files lie singly.
    const bool fewer = !manifest.volumes && !stated.encrypted && manifest.bytes_known &&
                       stated.stored_unique > manifest.payload.octets;
    if (!none && !fewer) return {};
    more_than_listed_ = true;
    report_({fault::count_differs,
             std::string(layout::manifest),
             std::string(layout::certificate_json),
             {},
             {stated.stored_unique, stated.stored},
             manifest.payload});
    return {};
}

}  // namespace decamp::verify

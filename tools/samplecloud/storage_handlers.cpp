#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <optional>

#include "tools/samplecloud/handlers.hpp"
#include "tools/samplecloud/hash.hpp"
#include "tools/samplecloud/json_text.hpp"
#include "tools/samplecloud/picture.hpp"

namespace decamp::samplecloud {
namespace {

constexpr std::uint64_t blob_id_step = 1'000'000'000'000'000ULL;  // storage ids are not item ids
constexpr std::int64_t link_life_ms = 86'400'000;                 // seen in one capture; `ts` says when it ends

std::optional<std::uint64_t> decimal(std::string_view text) {
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

/// The decimal part of /2/<id>/what.
std::optional<std::uint64_t> path_id(std::string_view path) {
    const std::size_t end = path.find('/', 3);
    if (!path.starts_with("/2/") || end == std::string_view::npos) return std::nullopt;
    return decimal(path.substr(3, end - 3));
}

std::string signature(const exchange& x, std::uint64_t blob, std::uint64_t serial, std::string_view step) {
    std::uint64_t hash = draw(x.switches().library.seed, purpose::link, blob);
    hash = mix64(hash ^ serial);
    for (const char c : step) hash = mix64(hash ^ static_cast<unsigned char>(c));
    return fmt::format("{:016x}", hash);
}

bool removed(const exchange& x, std::uint64_t index) {
    const auto& list = x.now.lists.removed;
    return std::binary_search(list.begin(), list.end(), index);
}

void answer_deleted(exchange& x, std::uint64_t index) {
    answer_error(x, 50050, "文件已被删除");
    if (index % 2 == 0) return;
    const std::size_t at = x.response.body.find("\"description\"");  // some answers say `message` instead
    if (at != std::string::npos) x.response.body.replace(at, 13, "\"message\"");
}

std::string ssrf_target(const item_fault& fault, std::uint64_t index) {
    if (!fault.to.empty()) return fault.to;
    return index % 2 == 0 ? "http://169.254.169.254/latest/meta-data/" : "http://127.0.0.9:1/2/1/download_file";
}

/// The item a signed storage URL is for; answers 403 or 404 itself when there is none.
std::optional<std::uint64_t> signed_item(cloud&, exchange& x, std::string_view step, std::uint64_t& serial) {
    const std::string_view query = x.request.query();
    const auto blob = path_id(x.request.path());
    const auto number = decimal(form_value(query, "_cachekey"));
    if (!blob || *blob < blob_id_step || !number || form_value(query, "sig") != signature(x, *blob, *number, step)) {
        set_status(x.response, 403, -1);
        return std::nullopt;
    }
    serial = *number;
    auto index = x.items().index_of(*blob - blob_id_step, x.now.lists.inserted);
    if (!index) set_status(x.response, 404, -1);
    return index;
}

std::string signed_url(const cloud& of, const exchange& x, std::uint64_t index, std::uint64_t serial,
                       std::string_view step) {
    const std::uint64_t blob = x.items().id_of(index) + blob_id_step;
    const origin host = x.items().in_second_host(index) ? origin::second_storage : origin::storage;
    return fmt::format("{}/2/{}/{}?attachment=0&ts={}&_cachekey={}&sig={}", of.url(host), blob, step,
                       x.ts + link_life_ms, serial, signature(x, blob, serial, step));
}

void answer_page(cloud& of, exchange& x) {
    std::uint64_t serial = 0;
    const auto index = signed_item(of, x, "download_page", serial);
    if (!index) return;
    const item_fault* fault = fault_for(of, x, fault_stage::page, *index);
    std::string name = form_value(x.request.query(), "callback");
    if (name.empty()) name = *index % 3 == 0 ? "dl_img_cb" : *index % 3 == 1 ? "dl_callback" : "callback";
    std::string url = signed_url(of, x, *index, serial, "download_file");
    const std::string meta = "bWV0YS9" + signature(x, *index, serial, "meta") + "+A==";
    if (fault != nullptr) {
        switch (fault->kind) {
            case item_fault_kind::page_html:
                return answer_text(x, "text/html", "<html><body>Please sign in ({\"url\":1})</body></html>");
            case item_fault_kind::page_broken:
                return answer_text(x, "text/javascript", name + R"(({"url":"http)");
            case item_fault_kind::page_status:
                return set_status(x.response, fault->status, fault->retry_after);
            case item_fault_kind::page_redirect:
                set_status(x.response, 302, -1);
                x.response.headers =
                    "Location: " + (fault->to.empty() ? of.url(origin::foreign) + x.request.target : fault->to) +
                    "\r\n";
                return;
            default:
                url = ssrf_target(*fault, *index);
                break;
        }
    }
    answer_text(x, "text/javascript; charset=UTF-8",
                fmt::format(R"({}({{"url":{},"meta":{}}}){})", name, json_string(url), json_string(meta),
                            *index % 2 == 1 && x.switches().storage.jsonp_tail ? ";\n" : ""));
}

struct byte_range {
    std::uint64_t first;
    std::uint64_t last;
};

/// One range of RFC 9110, 14.1.2; several ranges or a malformed field are ignored, as the RFC allows.
std::optional<byte_range> range_of(std::string_view field, std::uint64_t size, bool& unsatisfiable) {
    if (!field.starts_with("bytes=") || field.find(',') != std::string_view::npos) return std::nullopt;
    field.remove_prefix(6);
    const std::size_t dash = field.find('-');
    if (dash == std::string_view::npos) return std::nullopt;
    const auto first = decimal(field.substr(0, dash));
    const auto last = decimal(field.substr(dash + 1));
    if (!first && last) {  // the last so many bytes
        unsatisfiable = *last == 0 || size == 0;
        if (unsatisfiable) return std::nullopt;
        return byte_range{size - std::min(*last, size), size - 1};
    }
    if (!first || (last && *last < *first)) return std::nullopt;
    unsatisfiable = *first >= size;
    if (unsatisfiable) return std::nullopt;
    return byte_range{*first, std::min(last.value_or(size - 1), size - 1)};
}

void serve_bytes(exchange& x, const item_facts& item, const item_fault* fault) {
    http_response& response = x.response;
    const auto bytes = std::make_shared<const content>(item.recipe);
    const std::uint64_t size = bytes->size();
    const storage_switches& storage = x.switches().storage;
    std::uint64_t validator = mix64(item.recipe.key + size);
    const auto kind = fault != nullptr ? std::optional(fault->kind) : std::nullopt;
    if (kind == item_fault_kind::changed_etag) validator = mix64(validator);
    const std::string etag = fmt::format("\"{:016x}\"", validator);
    const bool honours = (x.where == origin::second_storage ? storage.second_host_range : storage.range) &&
                         kind != item_fault_kind::ignore_range;
    bool unsatisfiable = false;
    std::optional<byte_range> range;
    if (honours && !x.request.range.empty() && (x.request.if_range.empty() || x.request.if_range == etag)) {
        range = range_of(x.request.range, size, unsatisfiable);
    }
    response.content_type = "application/octet-stream";
    if (honours) response.headers += "Accept-Ranges: bytes\r\n";
    if (storage.etag) response.headers += "ETag: " + etag + "\r\n";
    if (unsatisfiable) {
        response.status = 416;
        response.headers += fmt::format("Content-Range: bytes */{}\r\n", size);
        response.body.clear();
        return;
    }
    if (range && kind == item_fault_kind::wrong_range) {
        const std::uint64_t length = range->last - range->first + 1;
        range = byte_range{range->first / 2, range->first / 2 + length - 1};
    }
    response.stream = [bytes](std::uint64_t offset, char* out, std::size_t count) { bytes->fill(offset, out, count); };
    response.stream_offset = range ? range->first : 0;
    response.stream_length = range ? range->last - range->first + 1 : size;
    response.item = item.index;
    if (range) {
        response.status = 206;
        response.headers += fmt::format("Content-Range: bytes {}-{}/{}\r\n", range->first, range->last, size);
    }
}

void answer_download(cloud& of, exchange& x) {
    std::uint64_t serial = 0;
    const auto index = signed_item(of, x, "download_file", serial);
    if (!index) return;
    const item_fault* fault = fault_for(of, x, fault_stage::download, *index);
    const bool meta_right =
        form_value(x.request.body, "meta") == "bWV0YS9" + signature(x, *index, serial, "meta") + "+A==";
    if (!meta_right || !of.use_link(serial, x.switches().storage.link_uses)) {
        set_status(x.response, 403, -1);
        return;
    }
    if (removed(x, *index)) return set_status(x.response, 404, -1);
    serve_bytes(x, x.items().facts(*index), fault);
    if (fault != nullptr) spoil_bytes(of, x, *fault);
    if (x.response.item) of.count_download();
}

void answer_thumbnail(exchange& x) {
    const std::uint64_t key = mix64(path_id(x.request.path()).value_or(0));
    answer_text(x, "image/jpeg", jpeg_head(key, 0, false, 0) + jpeg_tail(key));
}

}  // namespace

void answer_link(cloud& of, exchange& x) {
    const std::string_view query = x.request.query();
    const auto id = decimal(form_value(query, "id"));
    const auto index = id ? x.items().index_of(*id, x.now.lists.inserted) : std::nullopt;
    if (!index) return answer_error(x, 10001, "系统错误");
    const item_fault* fault = fault_for(of, x, fault_stage::link, *index);
    if (removed(x, *index) || (fault != nullptr && fault->kind == item_fault_kind::deleted)) {
        return answer_deleted(x, *index);
    }
    std::string url = signed_url(of, x, *index, of.issue_link(), "download_page");
    const std::string callback = form_value(query, "callBack");
    if (!callback.empty()) url += "&callback=" + url_encode(callback);
    if (fault != nullptr) {
        switch (fault->kind) {
            case item_fault_kind::refused:
                return answer_error(x, 10001, "系统错误");
            case item_fault_kind::link_status:
                return set_status(x.response, fault->status, fault->retry_after);
            default:
                url = ssrf_target(*fault, *index);
                break;
        }
    }
    answer_ok(x, fmt::format(R"({{"url":{}}})", json_string(url)));
}

void answer_storage(cloud& of, exchange& x) {
    switch (x.kind) {
        case endpoint::page:
            answer_page(of, x);
            break;
        case endpoint::download:
            answer_download(of, x);
            break;
        case endpoint::thumbnail:
            answer_thumbnail(x);
            break;
        default:
            set_status(x.response, 404, -1);
            break;
    }
    x.response.delay_ms = std::max(x.response.delay_ms, x.switches().storage.latency_ms);
    x.response.bytes_per_second = x.switches().storage.bytes_per_second;
}

}  // namespace decamp::samplecloud

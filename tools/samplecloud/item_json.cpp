#include <fmt/format.h>

#include "tools/samplecloud/civil_time.hpp"
#include "tools/samplecloud/handlers.hpp"
#include "tools/samplecloud/hash.hpp"
#include "tools/samplecloud/json_text.hpp"

namespace decamp::samplecloud {
namespace {

using inserter = std::back_insert_iterator<std::string>;

std::string id_json(id_form form, std::uint64_t id, bool odd) {
    const bool bare = form == id_form::number || (form == id_form::alternate && odd);
    return bare ? std::to_string(id) : '"' + std::to_string(id) + '"';
}

/// Base64 of so many drawn bytes: what a heavy page is made of.
std::string base64_noise(std::uint64_t key, std::uint64_t bytes) {
    constexpr const char* alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    const std::uint64_t characters = (bytes + 2) / 3 * 4;
    out.reserve(characters);
    std::uint64_t random = 0;
    for (std::uint64_t i = 0; i < characters; ++i) {
        if (i % 10 == 0) random = mix64(key + i);
        out.push_back(alphabet[random & 63U]);
        random >>= 6;
    }
    return out;
}

void write_thumbnails(const cloud& of, const exchange& x, std::string& out, const item_facts& item) {
    const std::uint64_t inline_bytes = x.switches().library.thumbnails_inline_bytes;
    const std::string& host = of.url(origin::storage);
    if (inline_bytes != 0) {
        out += R"(,"thumbnailInfo":{"data":")" + base64_noise(item.recipe.key, inline_bytes) + R"(","isUrl":false})";
    } else {
        fmt::format_to(inserter(out),
                       R"(,"thumbnailInfo":{{"data":"{}/2/{}/get_thumbnail?data=0&w=180&h=180&type=0","isUrl":true}})",
                       host, item.id);
    }
    fmt::format_to(inserter(out),
                   R"(,"bigThumbnailInfo":{{"data":"{}/2/{}/get_thumbnail?data=0&w=1080&h=1080&type=2","isUrl":true}})",
                   host, item.id);
}

void write_exif(std::string& out, const item_facts& item) {
    const std::int64_t local = item.recipe.taken_local_ms;
    const std::int64_t days = floor_div(local, day_ms);
    const std::int64_t seconds = (local - days * day_ms) / 1000;
    const civil_day date = civil_from_days(days);
    fmt::format_to(inserter(out),
                   R"(,"exifInfo":{{"FNumber":"1.8","ISOSpeedRatings":"{}","dateTime":"{:04}:{:02}:{:02} )"
                   R"({:02}:{:02}:{:02}","exposureTime":"0.01","flash":0,"focalLength":"4740/1000","imageLength":48,)"
                   R"("imageWidth":64,"make":"Xiaomi","model":"Mi 10","orientation":1,"whiteBalance":0)",
                   50 + item.recipe.key % 750, date.year, date.month, date.day, seconds / 3600, seconds / 60 % 60,
                   seconds % 60);
    if (item.recipe.key % 4 == 0) {
        out += R"(,"GPSLatitude":"39/1,54/1,2000/100","GPSLatitudeRef":"N")"
               R"(,"GPSLongitude":"116/1,23/1,3000/100","GPSLongitudeRef":"E")";
    }
    out += "}";
    if (item.recipe.key % 4 == 0) {
        out +=
            R"(,"geoInfo":{"address":{"addressLines":["北京市海淀区清河中街68号"],"admin":"北京市","countryName":"中国",)"
            R"("locale":"zh_CN","locality":"北京市","subLocality":"海淀区","thoroughfare":"清河中街",)"
            R"("subThoroughfare":"68号"},"addressList":[],"gps":"39.905556,116.391667","isAccurate":true})";
    }
}

}  // namespace

void write_item(cloud& of, const exchange& x, std::string& out, std::uint64_t index) {
    const library& items = x.items();
    const library_switches& switches = x.switches().library;
    const item_facts item = items.facts(index);
    const bool odd = index % 2 != 0;
    const bool video = item.recipe.kind == content_kind::video;
    const std::uint64_t tail = draw(switches.seed, purpose::tail, index);
    // In a second album's list an item still says its home album (a guess: no capture shows such a case).
    out += R"({"id":)" + id_json(switches.id_type, item.id, odd) + R"(,"fileName":)";
    append_json_string(out, item.name);
    fmt::format_to(
        inserter(out),
        R"(,"mimeType":"{}","type":"{}","size":{},"sha1":"{}","dateTaken":{},"sortTime":{},"dateModified":{},)"
        R"("groupId":{},"status":"custom")",
        video ? "video/mp4" : "image/jpeg", video ? "video" : "image", items.announced_size(item),
        of.announced_sha1(x.now, item), item.taken_ms, item.taken_ms,
        item.taken_ms + static_cast<std::int64_t>(tail % 60'000), id_json(switches.group_id_type, item.album_id, odd));
    if (items.selected(switches.sparse_fields, purpose::tail, index)) {
        out.push_back('}');
        return;
    }
    const std::string_view stem = std::string_view(item.name).substr(0, item.name.rfind('.'));
    out += R"(,"title":)";
    append_json_string(out, stem);
    fmt::format_to(
        inserter(out),
        R"(,"description":"","createTime":{},"tag":"{}","isFavorite":{},"isFrontCamera":{},"isUbiImage":false,)"
        R"("isLivePhoto":{})",
        item.taken_ms + 1000, 1'600'000'000'000 + tail % 1'000'000'000, tail % 16 == 0, tail % 8 == 1,
        item.recipe.kind == content_kind::live_photo);
    if (!video) write_exif(out, item);
    out +=
        R"(,"thumbStatus":{"smallStatus":"custom","largeStatus":"custom","smallSizeInfo":{"width":180,"height":135},)"
        R"("largeSizeInfo":{"width":1080,"height":810}})";
    write_thumbnails(of, x, out, item);
    if (x.switches().session.e2ee != e2ee_state::closed) {
        out += R"(,"encryptInfo":{"version":1,"encryptedKey":"c2FtcGxl"})";
    }
    out.push_back('}');
}

}  // namespace decamp::samplecloud

#pragma once
// Every name decamp writes on a drive, in one place. Relative to the destination. docs/on-disk.md says what each holds.

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace decamp::layout {

inline constexpr std::string_view state_folder = ".decamp";
inline constexpr std::string_view catalogue = ".decamp/catalogue.sqlite";
inline constexpr std::string_view lock_file = ".decamp/lock";
inline constexpr std::string_view damaged_catalogue = ".decamp/catalogue.sqlite.damaged-";  // and a number
// Made and removed again at a start, to see what the drive can do.
inline constexpr const char* probe_file = "probe.tmp";
inline constexpr const char* probe_link = "probe-link.tmp";
inline constexpr std::string_view probe_folder = ".decamp/probe";  // for a second before an export begins
inline constexpr std::string_view staging_folder = ".decamp/staging";
inline constexpr std::string_view previous_folder = ".decamp/previous";   // the certificate of the run before
inline constexpr std::string_view damaged_folder = ".decamp/damaged";     // what was read back wrong, kept all the same
inline constexpr std::string_view encryption_mark = ".decamp/encrypted";  // that the export is, and which key it has
inline constexpr std::string_view encrypted_key = ".decamp/key.age";      // that key, for the recipients alone
inline constexpr std::string_view draft_folder = ".decamp/draft";         // files written here, then renamed into place

inline constexpr std::string_view payload_folder = "data";
inline constexpr std::string_view albums_folder = "data/albums";
inline constexpr std::string_view files_folder = "data/files";
inline constexpr std::string_view unproven_folder = "data/unproven";
inline constexpr std::string_view volumes_folder = "data/volumes";
inline constexpr std::string_view open_volumes_folder = ".decamp/volumes";  // a volume that is being filled
inline constexpr std::string_view mended_folder = ".decamp/mended";         // a volume that is being rebuilt
inline constexpr std::string_view lists_folder = "lists";
inline constexpr std::string_view album_lists_folder = "lists/albums";
inline constexpr std::string_view files_list = "lists/files.jsonl";
inline constexpr std::string_view all_lists = "lists/contents.jsonl.age";  // of an encrypted export: all of them

inline constexpr std::string_view bag_declaration = "bagit.txt";
inline constexpr std::string_view bag_info = "bag-info.txt";
inline constexpr std::string_view manifest = "manifest-sha256.txt";
inline constexpr std::string_view tag_manifest = "tagmanifest-sha256.txt";
inline constexpr std::string_view certificate_json = "certificate.json";
inline constexpr std::string_view certificate_text = "certificate.txt";
inline constexpr std::string_view full_certificate_json = "certificate.json.age";
inline constexpr std::string_view full_certificate_text = "certificate.txt.age";
inline constexpr std::array<std::string_view, 4> certificates{certificate_json, certificate_text, full_certificate_json,
                                                              full_certificate_text};
inline bool is_certificate(std::string_view path) {
    return std::ranges::find(certificates, path) != certificates.end();
}
inline constexpr std::string_view encrypted_ending = ".age";

// decamp's own state, and no part of what is exported.
inline bool is_state(std::string_view path) {
    return path.starts_with(state_folder) && (path.size() == state_folder.size() || path[state_folder.size()] == '/');
}

inline std::string below(std::string_view folder, std::string_view name) {
    std::string path(folder);
    path += '/';
    path += name;
    return path;
}

inline std::string_view parent_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

inline std::string_view name_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

// The list of what is in a volume: "data/volumes/volume-0001.sha256" beside "data/volumes/volume-0001.tar.zst";
// encrypted as the volume is.
inline constexpr std::string_view volume_list_ending = ".sha256";
inline std::string list_beside(std::string_view volume) {
    const auto dot = volume.find('.', volume.rfind('/') + 1);
    std::string list(volume.substr(0, dot));
    list += volume_list_ending;
    if (volume.ends_with(encrypted_ending)) list += encrypted_ending;
    return list;
}
// By its name or path.
inline bool is_volume_list(std::string_view path) {
    if (path.ends_with(encrypted_ending)) path.remove_suffix(encrypted_ending.size());
    return path.ends_with(volume_list_ending);
}

}  // namespace decamp::layout

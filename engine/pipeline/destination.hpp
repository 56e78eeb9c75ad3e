#pragma once
// Opening DEST: is it ours, is it free, can it be written; and an export whose catalogue was lost is taken up again.
// Blocking; before any thread of the run.

#include <memory>
#include <string>

#include "engine/catalogue/catalogue.hpp"
#include "engine/encryption/staging_cipher.hpp"
#include "engine/model/error.hpp"
#include "engine/pipeline/binding.hpp"
#include "engine/pipeline/encryption_choice.hpp"
#include "engine/world/file_store.hpp"

namespace decamp::pipeline {

enum class destination_errc {
    not_ours = 1,            // a folder with something else in it (exit 2)
    not_writable,            // read-only, or not ours to write (exit 8)
    catalogue_damaged,       // it was put aside; detail: where (exit 8)
    other_source,            // an export of another cloud, account, list or folder (exit 2)
    other_format,            // begun with another --format; detail: the option it was begun with (exit 2)
    recovery_of_a_tree,      // recovery data was asked for, which there is beside archives alone (exit 2)
    begun_without_recovery,  // and is asked for now (exit 2)
    no_room,                 // not even for the end of an export (exit 8)
};
boost::system::error_code make_error_code(destination_errc e);

// What a folder holds before anything is changed in it.
enum class destination_kind {
    fresh,           // nothing, or only what a computer leaves on a drive
    ours,            // an export with its catalogue
    catalogue_lost,  // an export whose catalogue is not there
    foreign,
};
result<destination_kind> look_at(world::file_store& files);

struct destination {
    std::unique_ptr<world::file_store> files;
    std::unique_ptr<encryption::staging_cipher>
        encrypting;                          // of an encrypted export: what lies in staging is hidden, too
    std::unique_ptr<encryption::lock> lock;  // and for whom its volumes are encrypted
    std::unique_ptr<catalogue::catalogue> catalogue;
    // Where a run works.
    world::file_store& store() const { return encrypting ? *encrypting : *files; }
    destination_kind kind = destination_kind::fresh;
    std::uint64_t taken_up = 0;  // files of an export whose catalogue was lost
    bool on_fat = false;         // files of 4 GiB and more cannot be stored
};

// The catalogue of an export that is there already and locked; null: there is none, it is damaged, or it is encrypted
// and its key is not to be had. Nothing is made, taken up or put aside.
result<std::unique_ptr<catalogue::catalogue>> open_known_catalogue(world::file_store& files, std::size_t cache_bytes,
                                                                   const encryption_wishes& wishes);

// `random` outlives what is returned. Errors of encryption: encryption_errc.
result<destination> open_destination(const std::string& path, const export_origin& from, std::size_t catalogue_cache,
                                     const encryption_wishes& wishes, world::random& random);
// The same behind an open store.
result<destination> enter_destination(std::unique_ptr<world::file_store> files, const export_origin& from,
                                      catalogue::open_options options, const encryption_wishes& wishes,
                                      world::random& random);

}  // namespace decamp::pipeline

template <>
struct boost::system::is_error_code_enum<decamp::pipeline::destination_errc> : std::true_type {};

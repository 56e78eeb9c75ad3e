#pragma once
// What must hold after each life, and at the end of a story. Each check answers with what it has to complain of.

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/sim/disk.hpp"
#include "tests/sim/life.hpp"
#include "tools/samplecloud/cloud.hpp"

namespace decamp::sim {

using complaints = std::vector<std::string>;

// What a catalogue says is stored.
struct stored_file {
    std::string id, path;
    formats::sha256_digest sha256{};
    std::string file;                    // on the drive: a volume, or `path`
    std::string or_file;                 // or this: a volume that is about to be sealed
    std::optional<named_member> member;  // of a volume
    container kind = container::tree;
};

// What the drive and its catalogue say, read as a program would read them.
struct stock_taken {
    std::vector<stored_file> items;       // with bytes
    std::set<std::string> files;          // on the drive, which hold them
    std::set<std::string> listed, named;  // ids; named: as exceptions
    bool gave_up_volumes = false;
    bool readable = false;
    bool twins_distrusted = false;  // what was taken on trust is fetched after all
};
stock_taken take_stock(const std::shared_ptr<disk>& drive);
// What each file of the drive holds.
void each_file(const disk& drive, const std::function<void(const std::string& path, const inode& file)>& visit);
// The bytes of what lies below data/, in files or as members of volumes, but for what is not proven.
std::vector<std::string> payload_bytes(const disk& drive, const stock_taken& stock);

// Whatever the catalogue calls stored, and whatever the manifest lists, would survive a power cut, and is right.
void check_durable(const std::shared_ptr<disk>& drive, const stock_taken& stock, bool cells_are_sound, complaints& out);
// Memory is given back, nobody is left waiting, no secret was said, the code is one that there is.
void check_life(const life_end& end, const samplecloud::scenario& of, complaints& out);
// No cookie went where it does not belong.
void check_cookies(const samplecloud::cloud& cloud, complaints& out);
// Everything at the source is stored, byte for byte, or named; and the verdict says so.
struct truth_rules {
    bool announcements_lie = false;  // digests shared by different photos, while twins are taken on trust
    bool may_be_incomplete = false;  // the cloud contradicts itself for good
};
void check_truth(const std::shared_ptr<disk>& drive, const stock_taken& stock, samplecloud::cloud& cloud,
                 const life_end& end, truth_rules rules, complaints& out);
// Nothing on the drive of an encrypted export shows an item's id, digest or bytes.
void check_secrecy(const disk& drive, samplecloud::cloud& cloud, complaints& out);
// Bytes, names and times below data/, and the manifest.
void check_equal(const disk& left, const disk& right, complaints& out);

}  // namespace decamp::sim

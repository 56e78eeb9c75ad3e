// formats/age as a program, for tests/integration/test_age.py to hold against `age`. Not for use: its randomness is
// drawn from a seed, so that a run can be repeated, and its passphrases are on the command line.
//
//   age_tool key SEED                               an identity and its recipient, as age-keygen prints them
//   age_tool encrypt SEED RECIPIENT... <in >out
//   age_tool encrypt-by-passphrase SEED PASSPHRASE WORK_FACTOR <in >out
//   age_tool decrypt FILE_OF_IDENTITIES <in >out
//   age_tool decrypt-by-passphrase PASSPHRASE <in >out
//   age_tool read FILE_OF_IDENTITIES FILE OFFSET BYTES >out        those bytes of the plain text, and no chunk more
//   than needed
// Exit code 1: refused; the fault's name is on standard error.

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "formats/age.hpp"
#include "formats/bytes.hpp"

namespace {

using namespace decamp::formats;
using bytes = std::vector<std::byte>;

struct refused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

entropy seeded(const std::string& seed) {
    return [engine = std::mt19937_64(std::stoull(seed))](std::span<std::byte> into) mutable {
        for (std::byte& b : into) b = static_cast<std::byte>(engine() & 0xFF);
    };
}

std::string name_of(age_header_fault fault) {
    static constexpr const char* names[] = {"not_age",   "armored",   "newer_version",        "damaged",
                                            "truncated", "too_large", "work_factor_too_high", "no_matching_key",
                                            "forged"};
    return std::string("header ") + names[static_cast<std::size_t>(fault)];
}

std::string name_of(const age_payload_error& error) {
    static constexpr const char* names[] = {"damaged", "truncated", "extended"};
    return std::string("payload ") + names[static_cast<std::size_t>(error.fault)] + " at " +
           std::to_string(error.chunk);
}

std::string file_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void write(bytes& out) {
    std::cout.write(reinterpret_cast<const char*>(out.data()), static_cast<std::streamsize>(out.size()));
    out.clear();
}

// Standard input in pieces that fit no chunk.
template <class Take>
void read_all(Take take) {
    std::string piece(50'021, '\0');
    do {
        std::cin.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        take(as_bytes(std::string_view(piece).substr(0, static_cast<std::size_t>(std::cin.gcount()))));
    } while (std::cin);
}

int encrypt(std::variant<age_encryptor, age_encrypt_fault> made) {
    auto* encryptor = std::get_if<age_encryptor>(&made);
    if (encryptor == nullptr) throw refused("encrypt " + std::to_string(made.index()));
    bytes out(encryptor->header().begin(), encryptor->header().end());
    write(out);
    read_all([&](std::span<const std::byte> piece) {
        encryptor->append(out, piece);
        write(out);
    });
    encryptor->finish(out);
    write(out);
    return 0;
}

age_payload_key unlocked(std::variant<age_payload_key, age_header_fault> key) {
    if (const auto* fault = std::get_if<age_header_fault>(&key)) throw refused(name_of(*fault));
    return std::move(std::get<age_payload_key>(key));
}

void check(const age_header_reader& reader) {
    if (const auto fault = reader.fault()) throw refused(name_of(*fault));
}

std::vector<age_identity> identities_in(const std::string& path) {
    auto parsed = parse_age_identities(file_text(path));
    if (const auto* fault = std::get_if<age_identity_file_fault>(&parsed))
        throw refused("identities, line " + std::to_string(fault->line));
    return std::move(std::get<std::vector<age_identity>>(parsed));
}

template <class Unlock>
int decrypt(Unlock unlock) {
    age_header_reader reader;
    std::optional<age_decryptor> decryptor;
    bytes plain;
    const auto judge = [&](const std::optional<age_payload_error>& error) {
        write(plain);
        if (error) throw refused(name_of(*error));
    };
    read_all([&](std::span<const std::byte> piece) {
        piece = piece.subspan(reader.feed(piece));
        check(reader);
        if (reader.state() != age_header_reader::progress::complete) return;
        if (!decryptor) decryptor.emplace(unlocked(unlock(reader)));
        judge(decryptor->feed(plain, piece));
    });
    reader.finish();
    check(reader);
    judge(decryptor->finish(plain));
    return 0;
}

int read_part(const std::string& identities, const std::string& path, std::uint64_t offset, std::uint64_t size) {
    std::ifstream in(path, std::ios::binary);
    in.seekg(0, std::ios::end);
    const auto file_bytes = static_cast<std::uint64_t>(in.tellg());
    in.seekg(0);
    std::string beginning(std::min<std::uint64_t>(file_bytes, 1 << 16), '\0');
    in.read(beginning.data(), static_cast<std::streamsize>(beginning.size()));
    age_header_reader reader;
    reader.feed(as_bytes(beginning));
    check(reader);
    const age_payload_key key = unlocked(reader.unlock_with_keys(identities_in(identities)));
    const auto plain_bytes = age_plain_bytes(file_bytes - reader.size());
    if (!plain_bytes || offset > *plain_bytes || size > *plain_bytes - offset) throw refused("sizes");
    age_chunk_reader chunks(key);
    while (size != 0) {
        const age_chunk_place place = age_chunk_at(*plain_bytes, offset);
        std::string sealed(place.sealed_bytes, '\0');
        in.seekg(static_cast<std::streamoff>(reader.size() + place.sealed_offset));
        in.read(sealed.data(), static_cast<std::streamsize>(sealed.size()));
        bytes plain(place.plain_bytes);
        if (!chunks.decrypt_chunk(place.index, place.last, as_bytes(sealed), plain))
            throw refused("chunk " + std::to_string(place.index));
        const auto within = static_cast<std::size_t>(offset - place.plain_offset);
        const std::size_t part = std::min<std::size_t>(size, plain.size() - within);
        std::cout.write(reinterpret_cast<const char*>(plain.data()) + within, static_cast<std::streamsize>(part));
        offset += part;
        size -= part;
    }
    return 0;
}

int key(const std::string& seed) {
    secret_bytes<32> secret;
    seeded(seed)(secret.span());
    const age_identity identity(secret.span());
    std::cout << "# public key: " << identity.recipient().text() << "\n" << identity.text().view() << "\n";
    return 0;
}

int run(const std::vector<std::string>& words) {
    const auto is = [&](const char* command, std::size_t count) {
        return words[0] == command && words.size() == count;
    };
    if (words.empty()) return 2;
    if (is("key", 2)) return key(words[1]);
    if (words[0] == "encrypt" && words.size() > 1) {
        std::vector<age_recipient> recipients;
        for (std::size_t i = 2; i < words.size(); ++i)
            recipients.push_back(std::get<age_recipient>(parse_age_recipient(words[i])));
        return encrypt(age_encryptor::to_recipients(recipients, seeded(words[1])));
    }
    if (is("encrypt-by-passphrase", 4)) {
        const auto work_factor = static_cast<unsigned>(std::stoul(words[3]));
        return encrypt(age_encryptor::with_passphrase(words[2], seeded(words[1]), work_factor));
    }
    if (is("decrypt", 2)) {
        return decrypt([identities = identities_in(words[1])](const age_header_reader& reader) {
            return reader.unlock_with_keys(identities);
        });
    }
    if (is("decrypt-by-passphrase", 2)) {
        return decrypt([&](const age_header_reader& reader) { return reader.unlock_with_passphrase(words[1]); });
    }
    if (is("read", 5)) return read_part(words[1], words[2], std::stoull(words[3]), std::stoull(words[4]));
    return 2;
}

}  // namespace

int main(int argc, char** argv) {
    std::ios::sync_with_stdio(false);
    try {
        const int code = run({argv + 1, argv + argc});
        std::cout.flush();
        return std::cout ? code : 3;
    } catch (const refused& why) {
        std::cout.flush();
        std::cerr << why.what() << "\n";
        return 1;
    } catch (const std::exception& why) {
        std::cerr << why.what() << "\n";
        return 3;
    }
}

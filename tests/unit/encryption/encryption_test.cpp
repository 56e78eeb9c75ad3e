// What hides an export's bytes on the drive, and what gives them back: staged files, encrypted files, keys.

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "engine/encryption/export_key.hpp"
#include "engine/encryption/staging_cipher.hpp"
#include "engine/encryption/unlocked_store.hpp"
#include "engine/model/layout.hpp"
#include "engine/store/volumes/volume_file.hpp"
#include "engine/world/user_file.hpp"
#include "formats/bytes.hpp"
#include "tests/unit/world/temporary_folder.hpp"

namespace decamp::encryption {
namespace {

class counting_random final : public world::random {
  public:
    std::uint64_t next() override { return engine_(); }

  private:
    std::mt19937_64 engine_{7};
};

template <class T>
T must(result<T> r) {
    if (!r) throw std::runtime_error(to_string(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(r).value();
}

std::string noise(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    std::string text(size, '\0');
    for (char& c : text) c = static_cast<char>(random());
    return text;
}

std::string read_all(world::file& file, std::size_t room, std::uint64_t from = 0) {
    std::string text(room, '\0');
    text.resize(must(file.read_at(from, std::as_writable_bytes(std::span(text.data(), text.size())))));
    return text;
}

formats::age_identity identity(unsigned char first) {
    formats::secret_bytes<32> secret;
    secret.span()[1] = std::byte{first};  // the lowest bits of the first one say nothing
    return formats::age_identity(secret.span());
}

unlocking keys_of(unsigned char first) {
    unlocking keys;
    keys.identities.push_back(identity(first));
    return keys;
}

class encryption : public ::testing::Test {
  protected:
    void put(const std::string& path, std::string_view bytes) {
        (void)store_->remove(path);
        const auto file = must(store_->open(path, world::open_mode::create_new));
        must(file->write_at(0, formats::as_bytes(bytes)));
    }
    std::string bytes_of(const std::string& path) {
        return read_all(*must(store_->open(path, world::open_mode::read)), std::size_t{1} << 22);
    }
    // An age file as a volume is written.
    void encrypt(const std::string& path, std::string_view plain, const lock& with) {
        const auto file = must(store::volume_file::create(*store_, path, &with));
        must(file->append(plain));
        EXPECT_EQ(file->bytes(), plain.size());
        must(file->finish());
        EXPECT_EQ(file->stored(), bytes_of(path).size());
    }
    result<std::string> opened(const std::string& path, const unlocking& keys) {
        unlocked_store store(*store_, keys);
        auto file = store.open(path, world::open_mode::read);
        if (!file) return file.error();
        std::string text(must(file.value()->size()), '\0');
        const auto got = file.value()->read_at(0, std::as_writable_bytes(std::span(text.data(), text.size())));
        if (!got) return got.error();
        return text;
    }

    ::decamp::testing::temporary_folder folder_;
    std::unique_ptr<world::file_store> store_ = must(world::open_posix_store(folder_.path().string(), true));
    counting_random random_;
    lock lock_{{identity(1).recipient()}, random_};
};

// --- staged files

TEST_F(encryption, staged_bytes_are_a_file_like_any_other_and_hidden) {
    export_key key;
    staging_cipher staging(*store_, key);
    must(staging.make_folders(layout::staging_folder, nullptr));
    const std::string path = layout::below(layout::staging_folder, "7.1");
    const auto file = must(staging.open(path, world::open_mode::create_new));
    std::string expected(300'000, '\0');
    std::mt19937 random(3);
    // Pieces at odd places, over each other, small and beyond what is written at once.
    for (int i = 0; i < 60; ++i) {
        const std::size_t at = random() % 200'000, size = 1 + random() % (i % 3 == 0 ? 100'000 : 5'000);
        const std::string piece = noise(size, static_cast<unsigned>(i));
        must(file->write_at(at, formats::as_bytes(piece)));
        expected.replace(at, size, piece);
    }
    const std::string whole = noise(expected.size(), 99);
    must(file->write_at(0, formats::as_bytes(std::string_view(whole).substr(0, 100'001))));
    must(file->write_at(100'001, formats::as_bytes(std::string_view(whole).substr(100'001))));
    for (const std::size_t from : {0u, 1u, 4095u, 4096u, 70'000u, 299'999u})
        EXPECT_EQ(read_all(*file, 5'000, from).substr(0, 1), whole.substr(from, 1)) << from;
    EXPECT_EQ(read_all(*file, whole.size()), whole);
    EXPECT_EQ(bytes_of(path).find(whole.substr(150'000, 16)), std::string::npos);
    // Read by whoever comes next with the key, and by nobody with another.
    EXPECT_EQ(read_all(*must(staging.open(path, world::open_mode::read)), whole.size()), whole);
    export_key other;
    other.span()[0] = std::byte{1};
    staging_cipher wrong(*store_, other);
    EXPECT_NE(read_all(*must(wrong.open(path, world::open_mode::read)), 4096), whole.substr(0, 4096));
}

TEST_F(encryption, a_staged_prefix_is_gone_on_with) {
    export_key key;
    staging_cipher staging(*store_, key);
    must(staging.make_folders(layout::staging_folder, nullptr));
    const std::string path = layout::below(layout::staging_folder, "8.1");
    const std::string whole = noise(20'000, 5);
    must(must(staging.open(path, world::open_mode::create_new))->write_at(0, formats::as_bytes(whole)));
    const auto again = must(staging.open(path, world::open_mode::read_write));
    must(again->truncate(9'001));
    must(again->write_at(9'001, formats::as_bytes(std::string_view(whole).substr(9'001))));
    EXPECT_EQ(read_all(*again, whole.size()), whole);
}

TEST_F(encryption, other_files_pass_a_staging_cipher_as_they_are) {
    export_key key;
    staging_cipher staging(*store_, key);
    const auto file = must(staging.open("plain.txt", world::open_mode::create_new));
    must(file->write_at(0, formats::as_bytes(std::string_view("as it is"))));
    EXPECT_EQ(bytes_of("plain.txt"), "as it is");
}

// --- encrypted files

TEST_F(encryption, gives_back_files_of_every_size) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65535}, std::size_t{65536},
                                   std::size_t{65537}, std::size_t{200'000}, std::size_t{1} << 20}) {
        const std::string plain = noise(size, 11);
        encrypt("f.age", plain, lock_);
        EXPECT_EQ(must(opened("f.age", keys_of(1))), plain) << size;
        const auto keys = keys_of(1);
        unlocked_store store(*store_, keys);
        EXPECT_EQ(must(store.info("f.age"))->size, size);
    }
}

TEST_F(encryption, fits_the_limit_it_was_told) {
    for (const std::uint64_t limit :
         {std::uint64_t{1000}, std::uint64_t{65'536}, std::uint64_t{1} << 20, std::uint64_t{3'000'001}}) {
        encrypt("l.age", noise(lock_.plain_limit(limit), 1), lock_);
        EXPECT_LE(bytes_of("l.age").size(), limit);
        EXPECT_GE(bytes_of("l.age").size() + 1500 + limit / 1000, limit) << "but does not waste much";
    }
    EXPECT_EQ(lock_.plain_limit(10), 0u);
}

TEST_F(encryption, tells_what_is_wrong_with_a_file) {
    const std::string plain = noise(65'536 * 3, 13);
    encrypt("whole.age", plain, lock_);
    const std::string whole = bytes_of("whole.age");
    const std::size_t sealed = formats::age_sealed_chunk_bytes, header = whole.size() - 3 * sealed;
    const auto code_of = [&](const std::string& bytes, const unlocking& keys) {
        put("other.age", bytes);
        const auto text = opened("other.age", keys);
        return text ? boost::system::error_code() : text.error().code;
    };
    const auto right = keys_of(1);
    EXPECT_EQ(code_of(whole, keys_of(2)), encryption_errc::wrong_key);
    EXPECT_EQ(code_of(whole, {}), encryption_errc::no_key);
    EXPECT_EQ(code_of("not an age file at all, whoever wrote it", right), encryption_errc::bad_header);
    EXPECT_EQ(code_of(whole.substr(0, header / 2), right), encryption_errc::truncated);
    EXPECT_EQ(code_of(whole.substr(0, header + 2 * sealed), right), encryption_errc::truncated) << "at a piece's end";
    EXPECT_EQ(code_of(whole.substr(0, header + sealed), right), encryption_errc::truncated);
    EXPECT_EQ(code_of(whole + noise(sealed, 3), right), encryption_errc::extended);
    EXPECT_EQ(code_of(whole.substr(0, whole.size() - 1), right), encryption_errc::truncated) << "within a piece";
    EXPECT_EQ(code_of(whole.substr(0, header + sealed + 100), right), encryption_errc::truncated)
        << "within another one";
    EXPECT_EQ(code_of(whole + "x", right), encryption_errc::truncated)
        << "or lengthened: less than a tag is no payload";
    EXPECT_EQ(code_of(whole + whole.substr(header + 2 * sealed), right), encryption_errc::extended);
    // The last piece is short: what is added to it makes it another one.
    encrypt("odd.age", plain + "some more", lock_);
    const std::string odd = bytes_of("odd.age");
    EXPECT_EQ(code_of(odd.substr(0, odd.size() - 3), right), encryption_errc::truncated);
    EXPECT_EQ(code_of(odd + noise(3 * sealed, 3), right), encryption_errc::extended);
    std::string changed = whole;
    changed[header + 100] ^= 1;
    EXPECT_EQ(code_of(changed, right), encryption_errc::damaged);
    std::string reordered = whole.substr(0, header) + whole.substr(header + sealed, sealed) +
                            whole.substr(header, sealed) + whole.substr(header + 2 * sealed);
    EXPECT_EQ(code_of(reordered, right), encryption_errc::damaged);
    EXPECT_EQ(must(opened("whole.age", right)), plain);
}

TEST_F(encryption, a_passphrase_is_one_too) {
    const lock by_passphrase(formats::secret_text("correct horse"), random_, 10);
    encrypt("p.age", "what is in it", by_passphrase);
    unlocking right, wrong;
    right.passphrase = formats::secret_text("correct horse");
    wrong.passphrase = formats::secret_text("battery staple");
    EXPECT_EQ(must(opened("p.age", right)), "what is in it");
    EXPECT_EQ(opened("p.age", wrong).error().code, encryption_errc::wrong_key);
    EXPECT_EQ(opened("p.age", keys_of(1)).error().code, encryption_errc::wrong_key);
}

// --- keys

class keys : public encryption {
  protected:
    void SetUp() override { must(store_->make_folders(layout::state_folder)); }
    std::string host_ = folder_.path().string() + "/host/state/keys";
};

TEST_F(keys, lie_on_the_host_for_their_owner_alone_and_on_the_drive_encrypted) {
    EXPECT_FALSE(must(key_wanted(*store_)));
    const auto key = must(make_key(*store_, lock_, random_, host_));
    const auto name = must(key_wanted(*store_));
    ASSERT_TRUE(name);
    EXPECT_EQ(*name, name_of(key));
    const std::string kept = host_ + "/" + *name;
    EXPECT_EQ(std::filesystem::status(kept).permissions(),
              std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    EXPECT_EQ(std::filesystem::status(host_).permissions(), std::filesystem::perms::owner_all);
    // Without any secret, by the host alone; then by the identity alone.
    EXPECT_TRUE(std::ranges::equal(must(find_key(*store_, *name, {}, host_)).span(), key.span()));
    EXPECT_TRUE(std::ranges::equal(must(find_key(*store_, *name, keys_of(1), {})).span(), key.span()));
    const std::string hex = must(world::read_user_file(kept, 100)).substr(0, 64);
    EXPECT_EQ(bytes_of(std::string(layout::encrypted_key)).find(hex), std::string::npos);
    EXPECT_EQ(bytes_of(std::string(layout::encryption_mark)).find(hex.substr(0, 32)), std::string::npos);
}

TEST_F(keys, are_kept_again_where_they_were_given) {
    const auto key = must(make_key(*store_, lock_, random_, host_));
    const auto name = *must(key_wanted(*store_));
    std::filesystem::remove(host_ + "/" + name);
    EXPECT_EQ(find_key(*store_, name, {}, host_).error().code, encryption_errc::no_key);
    EXPECT_EQ(find_key(*store_, name, keys_of(2), host_).error().code, encryption_errc::wrong_key);
    EXPECT_TRUE(find_key(*store_, name, keys_of(1), host_));
    EXPECT_TRUE(find_key(*store_, name, {}, host_)) << "from now on without";
}

TEST_F(keys, that_are_damaged_are_said_to_be) {
    (void)must(make_key(*store_, lock_, random_, host_));
    const auto name = *must(key_wanted(*store_));
    put(host_.substr(folder_.path().string().size() + 1) + "/" + name, "nonsense");
    EXPECT_TRUE(find_key(*store_, name, keys_of(1), host_)) << "the drive has it, too";
    std::string sealed = bytes_of(std::string(layout::encrypted_key));
    sealed.back() = static_cast<char>(sealed.back() ^ 1);
    put(std::string(layout::encrypted_key), sealed);
    EXPECT_EQ(find_key(*store_, name, keys_of(1), {}).error().code, encryption_errc::key_lost);
    must(store_->remove(layout::encrypted_key));
    EXPECT_EQ(find_key(*store_, name, keys_of(1), {}).error().code, encryption_errc::key_lost);
    put(std::string(layout::encryption_mark), "decamp-encryption/1 ../../etc/passwd/no/such/name/ever");
    EXPECT_EQ(key_wanted(*store_).error().code, encryption_errc::key_lost);
}

TEST_F(keys, that_cannot_be_kept_are_not_made) {
    EXPECT_EQ(make_key(*store_, lock_, random_, "/proc/no/such/folder").error().code, encryption_errc::key_not_kept);
    EXPECT_FALSE(must(key_wanted(*store_)));
}

}  // namespace
}  // namespace decamp::encryption

#pragma once
// Makes the recovery data of one file while its bytes pass by: NAME.par2 (the index) and NAME.vol000+NN.par2 (the
// volume).
//
// All recovery slices grow with every byte of the file, so all of them are held until its end. Where the memory given
// does not hold them, the file is fed several times, and each pass makes the next few recovery slices; a pass is named
// by exponents(). Passes are as few as the memory allows. The caller drives it:
//
//     par2_encoder encoder(plan_par2(bytes, 50), name, 256 << 20);
//     for (pass = 0; pass < encoder.passes(); ++pass) {
//         feed the whole file to encoder.update(), in order, in pieces of any size;
//         if (encoder.end_pass() != par2_pass::done) ...;
//         if (pass == 0) write encoder.index() to the index;
//         while (auto piece = encoder.next_piece()) append *piece to the volume;
//     }
//
// Spans handed out are the encoder's, good until it is called again. One thread at a time, but two encoders on two
// threads are independent. Constructors throw std::bad_alloc, and std::invalid_argument for a layout that
// par2_layout_of() would not give or a name that is empty or longer than par2_name_limit; the rest throws nothing but
// std::bad_alloc.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/crc.hpp"
#include "formats/digest.hpp"
#include "formats/gf16_mixer.hpp"
#include "formats/par2.hpp"

namespace decamp::formats {

inline constexpr std::size_t par2_name_limit = 4096;

enum class par2_pass {
    done,
    wrong_length,  // not layout.file_bytes were fed
    changed,       // a later pass was fed other bytes than the first
};

class par2_encoder {
  public:
    // The name is the file's, without folders. What is held is about memory_limit at most, but never less than one
    // recovery slice and one source slice.
    par2_encoder(const par2_layout& layout, std::string_view name, std::uint64_t memory_limit);

    [[nodiscard]] const par2_layout& layout() const noexcept { return layout_; }
    [[nodiscard]] std::uint32_t passes() const noexcept { return shape_.passes; }

    // What an encoder would hold, and how often it would be fed, with this limit.
    struct need {
        std::uint64_t bytes = 0;
        std::uint32_t passes = 1;
    };
    [[nodiscard]] static need memory_for(const par2_layout& layout, std::uint64_t memory_limit) noexcept;

    struct exponent_range {
        std::uint32_t first = 0;
        std::uint32_t count = 0;
    };
    [[nodiscard]] exponent_range exponents(std::uint32_t pass) const noexcept;
    // How many bytes the encoder holds, beside some KB and 44 bytes a source slice.
    [[nodiscard]] std::uint64_t memory() const noexcept;

    // Bytes beyond the layout's length are dropped, and end_pass() tells.
    void update(std::span<const std::byte> bytes);
    // The end of the file was fed. After anything but `done` the same pass is to be fed again from its beginning.
    [[nodiscard]] par2_pass end_pass();

    // The whole of the index, from the end of the first pass on.
    [[nodiscard]] std::span<const std::byte> index() const noexcept { return critical_; }
    // What is to be appended to the volume after a pass; then nothing, and the next pass may be fed. The pieces of all
    // passes together are volume_bytes(). What describes the set stands in it several times, so that damage to the
    // volume leaves one.
    [[nodiscard]] std::optional<std::span<const std::byte>> next_piece();

    [[nodiscard]] static std::uint64_t index_bytes(const par2_layout& layout, std::string_view name) noexcept;
    [[nodiscard]] static std::uint64_t volume_bytes(const par2_layout& layout, std::string_view name) noexcept;

  private:
    struct shape {
        std::uint32_t window = 0;  // recovery slices a pass
        std::uint32_t passes = 1;
        std::uint32_t batch = 1;  // source slices worked in at once
    };
    static shape shape_for(const par2_layout& layout, std::uint64_t memory_limit) noexcept;

    void begin_pass() noexcept;
    void end_slice();
    void describe();

    par2_layout layout_;
    std::string name_;
    shape shape_;
    std::vector<std::uint16_t> constants_;
    gf16_mixer mixer_;
    std::vector<std::uint16_t> coefficients_;  // of one source slice

    std::uint32_t pass_ = 0;
    bool ended_ = false;       // this pass; the next byte belongs to the next one
    std::uint64_t fed_ = 0;    // bytes of this pass
    std::size_t filled_ = 0;   // bytes of the slice under way
    std::uint32_t slice_ = 0;  // its number
    bool too_long_ = false;
    bool changed_ = false;

    md5_hasher file_md5_, first_md5_, slice_md5_;
    crc32_hasher slice_crc_;
    std::vector<par2_slice_sums> sums_;
    std::vector<std::uint64_t> marks_;  // XXH3 of each slice, to know it again; only where there are more passes

    md5_digest set_id_{};
    std::vector<std::byte> critical_;
    std::array<std::byte, 68> head_{};
    enum class piece { none, critical_before, head, body, critical_after };
    piece next_ = piece::none;
    std::uint32_t next_row_ = 0;
};

}  // namespace decamp::formats

#include "par2_making.hpp"

#include <gtest/gtest.h>

#include "formats/bytes.hpp"

namespace decamp::formats::test {

namespace {

void read(par2_reader& reader, std::uint32_t number, std::string_view file) {
    reader.begin_file(number, file.size());
    while (const auto want = reader.wanted()) {
        ASSERT_LE(want->offset + want->length, file.size());
        ASSERT_GT(want->length, 0U);
        reader.feed(as_bytes(file.substr(want->offset, want->length)));
    }
}

}  // namespace

par2_files encode(std::string_view file, const par2_layout& layout, std::string_view name, std::uint64_t memory,
                  std::size_t piece) {
    par2_files out;
    par2_encoder encoder(layout, name, memory);
    out.passes = encoder.passes();
    for (std::uint32_t pass = 0; pass < encoder.passes(); ++pass) {
        for (std::size_t i = 0; i < file.size(); i += piece) encoder.update(as_bytes(file.substr(i, piece)));
        EXPECT_EQ(encoder.end_pass(), par2_pass::done);
        if (pass == 0) out.index = as_text(encoder.index());
        while (const auto bytes = encoder.next_piece()) out.volume += as_text(*bytes);
    }
    return out;
}

std::variant<par2_set, par2_fault> understood(const std::vector<std::string>& files) {
    par2_reader reader;
    for (std::uint32_t i = 0; i < files.size(); ++i) read(reader, i, files[i]);
    return reader.finish();
}

par2_checker::verdict check(const par2_set& set, std::string_view file, std::size_t piece) {
    par2_checker checker(set);
    for (std::size_t i = 0; i < file.size(); i += piece) checker.update(as_bytes(file.substr(i, piece)));
    return checker.finish();
}

}  // namespace decamp::formats::test

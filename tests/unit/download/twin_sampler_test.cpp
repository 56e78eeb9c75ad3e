#include "engine/download/twin_sampler.hpp"

#include <gtest/gtest.h>

#include <random>

namespace decamp::download {
namespace {

TEST(SamplePlaces, ASmallFileIsComparedWhole) {
    for (const std::uint64_t size : {1U, 100U, 4096U, 12'288U}) {
        const auto places = sample_places(size, 7);
        ASSERT_EQ(places.size(), 1u) << size;
        EXPECT_EQ(places[0], (sample_place{0, static_cast<std::size_t>(size)}));
    }
}

TEST(SamplePlaces, FirstLastAndOneBetweenWhereverTheDrawFalls) {
    std::mt19937_64 draw(1);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t size = 12'289 + draw() % (i % 2 == 0 ? 10'000U : std::uint64_t{1} << 62);
        const auto places = sample_places(size, draw());
        ASSERT_EQ(places.size(), 3u);
        EXPECT_EQ(places[0].offset, 0u);
        EXPECT_EQ(places[2].offset + places[2].bytes, size);
        EXPECT_GE(places[1].offset, places[0].bytes);
        EXPECT_LE(places[1].offset + places[1].bytes, places[2].offset);
        for (const sample_place& place : places) EXPECT_EQ(place.bytes, 4096u);
    }
}

TEST(SamplePlaces, EveryPlaceBetweenCanBeDrawn) {
    const std::uint64_t size = 12'288 + 3;
    std::vector<bool> seen(4);
    for (std::uint64_t draw = 0; draw < 4; ++draw) seen[sample_places(size, draw)[1].offset - 4096] = true;
    EXPECT_EQ(seen, std::vector<bool>(4, true));
}

}  // namespace
}  // namespace decamp::download

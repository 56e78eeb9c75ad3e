// A source of the consumer's own: one file, two words long.

#include <decamp/source.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

const std::string words = "Hello there";

class words_stream final : public decamp::item_stream {
  public:
    explicit words_stream(std::uint64_t at) : at_(at) {}
    std::size_t read(std::byte* into, std::size_t size) override {
        const std::size_t count = std::min(size, words.size() - at_);
        std::transform(words.begin() + static_cast<std::ptrdiff_t>(at_),
                       words.begin() + static_cast<std::ptrdiff_t>(at_ + count), into,
                       [](char c) { return static_cast<std::byte>(c); });
        at_ += count;
        return count;
    }

  private:
    std::size_t at_;
};

class words_source final : public decamp::blocking_source {
  public:
    std::string kind() const override { return "words"; }
    std::string name() const override { return "two words"; }
    decamp::source_page next_page(const std::string&, std::stop_token) override {
        decamp::source_item item;
        item.id = "1";
        item.path = "greeting.txt";
        item.size = words.size();
        return {{item}, {}};
    }
    decamp::opened_item open(const decamp::source_item&, std::uint64_t offset, std::stop_token) override {
        decamp::opened_item opened;
        opened.begins_at = offset;
        opened.total = words.size();
        opened.stream = std::make_unique<words_stream>(offset);
        return opened;
    }
};

}  // namespace

bool own_source_works(const std::string& destination) {
    words_source source;
    decamp::export_options options;
    options.destination = destination;
    decamp::observer silent;
    const decamp::outcome ended = decamp::run_export(options, source, silent);
    std::printf("export of two words: code %d, %s\n", static_cast<int>(ended.code), ended.sentence.c_str());
    std::ifstream stored(std::filesystem::path(destination) / "data/files/greeting.txt");
    const std::string bytes{std::istreambuf_iterator<char>(stored), {}};
    return ended.code == decamp::exit_code::complete && bytes == words;
}

// Stands in for libFuzzer where there is none: feeds a fuzz target its corpus, and mutations of it from a fixed seed.
// Deterministic; a target that finds something aborts, and the input that did it is left in a file.

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

using bytes = std::vector<std::uint8_t>;
constexpr int mutations = 4000;
constexpr std::size_t longest = 4096;

std::vector<bytes> read_corpus(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> paths;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none))
        if (entry.is_regular_file()) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());  // the folder's own order differs between machines
    std::vector<bytes> corpus;
    for (const auto& path : paths) {
        std::ifstream in(path, std::ios::binary);
        corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return corpus;
}

void mutate(bytes& data, std::mt19937_64& random) {
    static constexpr std::uint8_t telling[] = {0,   0x7f, 0x80, 0xff, '\n', '\r', '"', '\\', '/',
                                               '%', '{',  '}',  '[',  ']',  ',',  ':', '-',  '9'};
    const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    for (std::size_t n = 1 + below(4); n > 0; --n) {
        const std::size_t at = data.empty() ? 0 : below(data.size());
        const auto place = data.begin() + static_cast<std::ptrdiff_t>(at);
        switch (below(6)) {
            case 0:
                data.insert(place, telling[below(std::size(telling))]);
                break;
            case 1:
                if (!data.empty()) *place = telling[below(std::size(telling))];
                break;
            case 2:
                if (!data.empty()) *place ^= static_cast<std::uint8_t>(1U << below(8));
                break;
            case 3:
                if (!data.empty()) data.erase(place);
                break;
            case 4:
                data.resize(at);
                break;
            default: {  // a piece again, further on
                const bytes piece(place, data.begin() + static_cast<std::ptrdiff_t>(std::min(data.size(), at + 16)));
                data.insert(data.end(), piece.begin(), piece.end());
            }
        }
    }
    if (data.size() > longest) data.resize(longest);
}

// The input under test, written to a file only when the target dies of it: by a signal, or by a sanitizer's verdict.
const bytes* under_test = nullptr;
std::string left_in;

void leave_input() {
    if (under_test == nullptr) return;
    if (std::FILE* out = std::fopen(left_in.c_str(), "wb"); out != nullptr) {
        if (!under_test->empty()) std::fwrite(under_test->data(), 1, under_test->size(), out);
        std::fclose(out);
    }
    std::fprintf(stderr, "the input under test: %s\n", left_in.c_str());
}

void on_signal(int number) {
    leave_input();  // nothing is safe here, and nothing is left to lose
    std::signal(number, SIG_DFL);
    std::raise(number);
}

void run(const bytes& input) {
    static constexpr std::uint8_t nothing = 0;  // as libFuzzer, no null pointer for the empty input
    under_test = &input;
    LLVMFuzzerTestOneInput(input.empty() ? &nothing : input.data(), input.size());
    under_test = nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s CORPUS\n", argv[0]);
        return 2;
    }
    left_in = std::string(argv[0]) + ".died-of";
    if (__sanitizer_set_death_callback != nullptr)
        __sanitizer_set_death_callback(leave_input);
    else
        for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(number, on_signal);
    auto corpus = read_corpus(argv[1]);
    const std::size_t kept = corpus.size();
    corpus.emplace_back();  // the empty input
    for (const auto& input : corpus) run(input);
    std::mt19937_64 random(20240501);
    for (int i = 0; i < mutations; ++i) {
        bytes input = corpus[random() % corpus.size()];
        mutate(input, random);
        run(input);
    }
    std::printf("%zu inputs of the corpus, %d mutations\n", kept, mutations);
    return 0;
}

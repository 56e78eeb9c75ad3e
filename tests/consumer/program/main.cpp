// Uses decamp as a stranger would: public headers, the library, nothing else.

#include <decamp/certificate.hpp>
#include <decamp/error.hpp>
#include <decamp/export.hpp>
#include <decamp/observer.hpp>

#include <cstdio>
#include <filesystem>
#include <string>

bool own_asio_works();                                  // own_asio.cpp
bool own_source_works(const std::string& destination);  // own_source.cpp

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::printf("decamp %s\n", decamp::version().c_str());

    // The consumer's own Asio before and after decamp's, in one process.
    if (!own_asio_works()) return 1;

    const std::filesystem::path scratch = argv[1];
    std::filesystem::remove_all(scratch);
    std::filesystem::create_directories(scratch);
    decamp::verify_options options;
    options.destination = scratch.string();
    decamp::observer silent;
    const decamp::outcome ended = decamp::run_verify(options, silent);
    std::printf("verify of an empty folder: code %d, %s\n", static_cast<int>(ended.code), ended.sentence.c_str());
    // Nothing is proven by an empty folder, and it is no bug either.
    if (ended.code == decamp::exit_code::complete || ended.code == decamp::exit_code::bug) return 1;
    if (ended.sentence.empty()) return 1;
    if (!std::filesystem::is_empty(scratch)) {
        std::puts("verify left something behind");
        return 1;
    }
    if (!own_source_works((scratch / "export").string())) return 1;
    return own_asio_works() ? 0 : 1;
}

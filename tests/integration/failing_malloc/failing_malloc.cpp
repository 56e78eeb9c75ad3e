// For LD_PRELOAD: one allocation of the process, the DECAMP_TEST_FAIL_ALLOCATION-th after main() has begun (counted
// from 0), answers that there is no memory. What came of it is written to DECAMP_TEST_ALLOCATION_REPORT: "failed N"
// when it comes to that, "counted N" when the process ends by itself. With DECAMP_TEST_ALLOCATIONS_BUT=NAME,NAME,
// allocations called for from within a shared object of such a name are neither counted nor failed.
//
// glibc's own names for its allocator are called, so that nothing here has to be looked up while allocating.

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <limits>

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

constexpr long never = std::numeric_limits<long>::max();

std::atomic<bool> armed{false};
std::atomic<long> allocations{0};
long to_fail = never;
const char* report_path = nullptr;
int (*real_main)(int, char**, char**) = nullptr;

void report(const char* word, long number) {
    if (report_path == nullptr) return;
    char line[64];
    const int length = std::snprintf(line, sizeof line, "%s %ld\n", word, number);  // allocates nothing
    const int fd = ::open(report_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (fd < 0) return;
    (void)!::write(fd, line, static_cast<std::size_t>(length));
    ::close(fd);
}

// Where the code of the objects lies that are passed over: asking the loader at each allocation would be slow.
struct range {
    std::uintptr_t begin = 0, end = 0;
};
range passed_over[32];
std::size_t ranges = 0;

int note_ranges(dl_phdr_info* object, std::size_t, void* names) {
    const char* slash = std::strrchr(object->dlpi_name, '/');
    const char* file = slash == nullptr ? object->dlpi_name : slash + 1;
    bool wanted = false;
    for (const char* name = static_cast<const char*>(names); *name != '\0';) {
        const std::size_t length = std::strcspn(name, ",");
        wanted = wanted || (length > 0 && std::strncmp(file, name, length) == 0);
        name += length + (name[length] == ',' ? 1 : 0);
    }
    for (int i = 0; wanted && i < object->dlpi_phnum && ranges < std::size(passed_over); ++i) {
        const auto& part = object->dlpi_phdr[i];
        if (part.p_type != PT_LOAD || (part.p_flags & PF_X) == 0) continue;
        const std::uintptr_t begin = object->dlpi_addr + part.p_vaddr;
        passed_over[ranges++] = {begin, begin + part.p_memsz};
    }
    return 0;
}

bool is_passed_over(const void* caller) {
    const auto at = reinterpret_cast<std::uintptr_t>(caller);
    for (std::size_t i = 0; i < ranges; ++i)
        if (at >= passed_over[i].begin && at < passed_over[i].end) return true;
    return false;
}

bool fails(const void* caller) {
    if (!armed.load(std::memory_order_relaxed) || is_passed_over(caller)) return false;
    const long number = allocations.fetch_add(1, std::memory_order_relaxed);
    if (number != to_fail) return false;
    report("failed", number);
    errno = ENOMEM;
    return true;
}

int counted_main(int argc, char** argv, char** environment) {
    armed = true;
    const int code = real_main(argc, argv, environment);
    armed = false;
    report("counted", allocations.load());
    return code;
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_calloc(count, size);
}

void* realloc(void* old, std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
}

int posix_memalign(void** made, std::size_t alignment, std::size_t size) {
    void* block = fails(__builtin_return_address(0)) ? nullptr : __libc_memalign(alignment, size);
    if (block == nullptr) return ENOMEM;
    *made = block;
    return 0;
}

int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv, void (*init)(), void (*fini)(),
                      void (*loader_fini)(), void* stack_end) {
    if (const char* number = std::getenv("DECAMP_TEST_FAIL_ALLOCATION")) to_fail = std::strtol(number, nullptr, 10);
    report_path = std::getenv("DECAMP_TEST_ALLOCATION_REPORT");
    if (char* names = std::getenv("DECAMP_TEST_ALLOCATIONS_BUT")) ::dl_iterate_phdr(note_ranges, names);
    real_main = main;
    using start = int (*)(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(), void (*)(), void*);
    const auto real_start = reinterpret_cast<start>(::dlsym(RTLD_NEXT, "__libc_start_main"));
    return real_start(counted_main, argc, argv, init, fini, loader_fini, stack_end);
}

}  // extern "C"

# Compiler settings as targets, linked PRIVATE: nothing is set globally, so a project that embeds decamp keeps its own flags.
add_library(decamp_warnings INTERFACE)
target_compile_options(decamp_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                                                 -Wold-style-cast -Wno-missing-field-initializers)
# GCC minds the accessible destructor of Boost's error categories.
target_compile_options(decamp_warnings INTERFACE $<$<CXX_COMPILER_ID:Clang>:-Wnon-virtual-dtor>)
# GCC 12 warns of these inside its own library's inlined code.
target_compile_options(decamp_warnings INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer -Wno-stringop-overflow -Wno-array-bounds>)

add_library(decamp_sanitizers INTERFACE)
if(DECAMP_SANITIZE)
  target_compile_options(decamp_sanitizers INTERFACE -fsanitize=${DECAMP_SANITIZE} -fno-omit-frame-pointer
                                                     -fno-sanitize-recover=all)
  target_link_options(decamp_sanitizers INTERFACE -fsanitize=${DECAMP_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND DECAMP_SANITIZE MATCHES undefined)
    # A third of g++'s time for a file; ASan finds most of the same, and the preset asan has them all.
    target_compile_options(decamp_sanitizers INTERFACE -fno-sanitize=null,alignment,object-size,vptr)
  endif()
endif()
if(DECAMP_FUZZ)
  target_compile_options(decamp_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Hardening, of every build but for fortify, which needs the optimizer. tests/integration/test_hardening.py looks at the result.
add_library(decamp_hardening INTERFACE)
target_compile_definitions(decamp_hardening INTERFACE _GLIBCXX_ASSERTIONS)
target_compile_options(decamp_hardening INTERFACE -fstack-protector-strong)
if(NOT DECAMP_SANITIZE)
  target_compile_options(decamp_hardening INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
  target_link_options(decamp_hardening INTERFACE LINKER:-z,relro,-z,now,-z,noexecstack)
endif()

add_library(decamp_private INTERFACE)
target_link_libraries(decamp_private INTERFACE decamp_warnings decamp_sanitizers decamp_hardening)

# For test programs: without UBSan, which doubles what g++ needs for a file and watches code of ours in the libraries anyway.
string(REGEX REPLACE ",?undefined" "" decamp_sanitize_tests "${DECAMP_SANITIZE}")
add_library(decamp_private_tests INTERFACE)
target_link_libraries(decamp_private_tests INTERFACE decamp_warnings decamp_hardening)
if(DECAMP_SANITIZE)
  target_link_options(decamp_private_tests INTERFACE -fsanitize=${DECAMP_SANITIZE})
endif()
if(decamp_sanitize_tests)
  target_compile_options(decamp_private_tests INTERFACE -fsanitize=${decamp_sanitize_tests} -fno-omit-frame-pointer)
endif()

# Asio compiled once. The macro about the thread keyword changes inline code, so every translation unit that sees Asio
# must agree on it, a consumer's too: decamp::decamp exports it. docs/decisions/0001-compilers-and-asio.md says why it is
# set, and why BOOST_ASIO_NO_DEPRECATED is not (it would change compiled functions that header-only users share).
add_library(decamp_asio STATIC ${CMAKE_CURRENT_LIST_DIR}/asio.cpp)
target_link_libraries(decamp_asio PUBLIC Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads
                                  PRIVATE $<BUILD_INTERFACE:decamp_sanitizers> $<BUILD_INTERFACE:decamp_hardening>)
target_compile_definitions(decamp_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_DISABLE_THREAD_KEYWORD_EXTENSION)
target_compile_features(decamp_asio PUBLIC cxx_std_20)

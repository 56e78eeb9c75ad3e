# Compiler settings as targets, linked PRIVATE: nothing is set globally, so a project that embeds decamp keeps its own flags.
add_library(decamp_warnings INTERFACE)
target_compile_options(decamp_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
                                                 -Wnon-virtual-dtor -Wold-style-cast -Wno-missing-field-initializers)
# GCC 12 warns of these inside its own library's inlined code.
target_compile_options(decamp_warnings INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-restrict -Wno-dangling-pointer -Wno-stringop-overflow -Wno-array-bounds>)

add_library(decamp_sanitizers INTERFACE)
if(DECAMP_SANITIZE)
  target_compile_options(decamp_sanitizers INTERFACE -fsanitize=${DECAMP_SANITIZE} -fno-omit-frame-pointer
                                                     -fno-sanitize-recover=all)
  target_link_options(decamp_sanitizers INTERFACE -fsanitize=${DECAMP_SANITIZE})
endif()

# Hardening of release builds.
add_library(decamp_hardening INTERFACE)
target_compile_definitions(decamp_hardening INTERFACE _GLIBCXX_ASSERTIONS)
target_compile_options(decamp_hardening INTERFACE -fstack-protector-strong)
if(NOT DECAMP_SANITIZE)
  target_compile_options(decamp_hardening INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
  target_link_options(decamp_hardening INTERFACE LINKER:-z,relro,-z,now)
endif()

add_library(decamp_private INTERFACE)
target_link_libraries(decamp_private INTERFACE decamp_warnings decamp_sanitizers decamp_hardening)

# Asio compiled once. The two macros change inline code, so every translation unit that sees Asio links this target;
# docs/decisions/0001-compilers-and-asio.md says why the thread keyword extension is off.
file(WRITE ${PROJECT_BINARY_DIR}/generated/asio.cpp.in
     "#include <boost/asio/impl/src.hpp>\n#include <boost/asio/ssl/impl/src.hpp>\n")
configure_file(${PROJECT_BINARY_DIR}/generated/asio.cpp.in ${PROJECT_BINARY_DIR}/generated/asio.cpp COPYONLY)
add_library(decamp_asio STATIC ${PROJECT_BINARY_DIR}/generated/asio.cpp)
target_link_libraries(decamp_asio PUBLIC Boost::headers OpenSSL::SSL OpenSSL::Crypto Threads::Threads PRIVATE decamp_sanitizers)
target_compile_definitions(decamp_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED
                                              BOOST_ASIO_DISABLE_THREAD_KEYWORD_EXTENSION)
target_compile_features(decamp_asio PUBLIC cxx_std_20)

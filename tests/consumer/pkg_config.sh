#!/bin/sh
# usage: pkg_config.sh SOURCES PKGCONFIG_DIR BUILD_DIR COMPILER...
# Builds the consumer with nothing but a compiler and pkg-config, and runs it.
set -eu
sources=$1 build=$3
export PKG_CONFIG_PATH="$2"
shift 3
rm -rf "$build"
mkdir -p "$build"
cd "$build"
cflags=$(pkg-config --cflags decamp)
libs=$(pkg-config --static --libs decamp)
for unit in main own_asio own_source; do
    # shellcheck disable=SC2086 # flags are words
    "$@" -std=c++20 -O1 $cflags -c "$sources/$unit.cpp" -o "$unit.o"
done
# shellcheck disable=SC2086
"$@" main.o own_asio.o own_source.o -o consumer $libs
./consumer "$build/scratch"

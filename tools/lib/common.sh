# shellcheck shell=bash disable=SC2034,SC2015
# Shared by the scripts in tools/; sourced, not run. Expects to stand in the repository's root.

# What the program needs to be built, and what each further script needs beside that: packages of Debian 12.
packages_build=(cmake ninja-build clang-16 pkg-config ca-certificates libboost1.81-dev libboost-json1.81-dev libssl-dev
                libsqlite3-dev libfmt-dev libxxhash-dev libutf8proc-dev libcli11-dev libexpat1-dev)
packages_check=(g++-12 ccache python3 libgtest-dev libclang-rt-16-dev  # ccache: the consumer tests build the library again
                e2fsprogs xfsprogs exfatprogs exfat-fuse mount strace openssl
                binutils)
packages_bench=(libbenchmark-dev python3)
packages_tidy=(clang-tidy-16 clang-format-16 python3)

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Prints those of the named packages that are not installed.
missing_packages() {
    local package installed
    # shellcheck disable=SC2016 # dpkg-query's own ${}
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
    for package in "$@"; do
        [[ $'\n'$installed$'\n' == *$'\n'"installed $package"$'\n'* ]] || printf '%s\n' "$package"
    done
}

# Installs those of the named packages that are missing; asks nobody anything, and calls apt-get only when it must.
need_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        die "this is not Debian (no dpkg-query or apt-get). decamp is built on Debian 12; CONTRIBUTING.md names what it needs."
    local missing=()
    mapfile -t missing < <(missing_packages "$@" | sort -u)
    ((${#missing[@]})) || return 0

    local as_root=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null ||
            die "these packages are missing, and only root may install them (there is no sudo here): ${missing[*]}"
        as_root=(sudo)
    fi
    printf '== installing %s\n' "${missing[*]}"
    local log
    log=$(mktemp)
    # --no-remove: another version of Boost that somebody needs is not ours to take away.
    local install=(env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-remove --no-install-recommends
                   -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "${missing[@]}")
    if ! { "${as_root[@]}" apt-get update -o DPkg::Lock::Timeout=120 && "${as_root[@]}" "${install[@]}"; } >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "apt-get could not install: ${missing[*]} (its words are above; the packages are those of Debian 12)"
    fi
    rm -f "$log"
}

# Objects are found in the cache wherever the repository lies, whatever the build folder is called, and under ctest, which
# sets LC_ALL.
use_ccache() {
    export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=locale
}

# stage NAME: from here on time counts for NAME. times_spent prints what each stage took.
stage_names=() stage_seconds=() stage_began=$SECONDS
stage() {
    stage_ends
    stage_names+=("$1")
    stage_seconds+=(0)
}
stage_ends() {
    local last=$((${#stage_names[@]} - 1))
    ((last < 0)) || stage_seconds[last]=$((stage_seconds[last] + SECONDS - stage_began))
    stage_began=$SECONDS
}
times_spent() {
    stage_ends
    local i total=0
    for i in "${!stage_names[@]}"; do
        printf '  %5d s  %s\n' "${stage_seconds[i]}" "${stage_names[i]}"
        total=$((total + stage_seconds[i]))
    done
    printf '  %5d s  in all\n' "$total"
}

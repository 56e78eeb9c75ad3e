# shellcheck shell=bash disable=SC2034,SC2015
# Shared by the scripts in tools/; sourced, not run. Expects to stand in the repository's root.

# What the program needs to be built, and what each further script needs beside that: packages of Debian 12.
packages_build=(cmake ninja-build clang-16 pkg-config ca-certificates libboost1.81-dev libboost-json1.81-dev libssl-dev
                libsqlite3-dev libfmt-dev libxxhash-dev libutf8proc-dev libcli11-dev libexpat1-dev libzstd-dev
                zlib1g-dev libarchive-dev)
packages_check=(g++-12 ccache python3 libgtest-dev libclang-rt-16-dev  # ccache: the consumer tests build the library again
                e2fsprogs xfsprogs exfatprogs exfat-fuse mount strace openssl
                binutils libarchive-tools p7zip-full unzip zstd age par2)
# Real servers and clients for tests/integration/test_real_*.py, which say skipped where one is missing.
packages_servers=(radosgw ceph-mon ceph-osd ceph-common ceph-base                       # S3: Ceph
                  swift-proxy swift-account swift-container swift-object memcached     # S3: OpenStack Swift
                  apache2-bin nginx rclone awscli s3cmd curl openssl)
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

as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# Installs those of the named packages that are missing, as need_packages does, but no server among them is started, now or
# when the computer starts: the tests start their own. Fails where something could not be installed.
need_idle_packages() {
    local missing=()
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    (
        # What invoke-rc.d and deb-systemd-invoke ask before they start anything; 101 forbids it.
        local policy=/usr/sbin/policy-rc.d before code
        before=$(mktemp)
        dpkg-query -W -f '${Package}\n' 2>/dev/null | sort -u >"$before"
        if [[ ! -e $policy ]]; then
            trap 'as_root rm -f "$policy"; rm -f "$before"' EXIT
            printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null && as_root chmod 755 "$policy" || exit 1
        else
            trap 'rm -f "$before"' EXIT
        fi
        code=0
        (need_packages "${missing[@]}") || code=1
        if command -v systemctl >/dev/null; then
            dpkg-query -W -f '${Package}\n' | sort -u | comm -13 "$before" - | xargs -r dpkg -L 2>/dev/null |
                sed -n 's|^.*/systemd/system/\([^@/]*\.\(service\|timer\|target\|socket\)\)$|\1|p' | sort -u |
                while read -r unit; do as_root systemctl disable --quiet "$unit" >/dev/null 2>&1 || true; done
        fi
        exit "$code"
    )
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

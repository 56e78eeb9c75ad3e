#!/usr/bin/env python3
"""How the programs are linked and compiled, as readelf sees it. With --release fortify too, which only the optimizer gives.

Wants nothing of the other tests' cloud: it looks at the files alone.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def readelf(*words):
    return subprocess.run(["readelf", "--wide", *words], capture_output=True, text=True, check=True,
                          env={**os.environ, "LC_ALL": "C"}).stdout


def missing(program, release):
    """What a program lacks, in words."""
    dynamic = readelf("--dynamic", program)
    segments = readelf("--program-headers", program)
    imported = set(re.findall(r"\bUND\s+(\w+)", readelf("--dyn-syms", program)))
    flags = " ".join(re.findall(r"\((?:FLAGS|FLAGS_1)\)\s+(.*)", dynamic))
    stack = re.search(r"GNU_STACK.*\s([R ][W ][E ])\s+0x\w+$", segments, re.M)
    if "Elf file type is DYN" not in segments or "PIE" not in flags:
        yield "it is not position-independent (PIE)"
    if "GNU_RELRO" not in segments:
        yield "no part of it is read-only after relocation (RELRO)"
    if "BIND_NOW" not in flags and "NOW" not in flags.split():
        yield "its relocations are done late (no full RELRO)"
    if stack is None or "E" in stack[1]:
        yield "its stack is executable (no NX)"
    if re.search(r"LOAD.*\sRWE\s", segments):
        yield "a segment is both writable and executable"
    if "TEXTREL" in dynamic:
        yield "its code is relocated (TEXTREL)"
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        yield "it looks for libraries in a place of the build (RPATH)"
    if "__stack_chk_fail" not in imported:
        yield "no stack protector"
    if not any("__glibcxx_assert_fail" in name for name in imported):
        yield "no assertions of the standard library (_GLIBCXX_ASSERTIONS)"
    if release and not any(re.fullmatch(r"__\w+_chk", name) for name in imported):
        yield "nothing is fortified (_FORTIFY_SOURCE)"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--decamp", required=True)
    parser.add_argument("--samplecloud", required=True)
    parser.add_argument("--source-dir")
    parser.add_argument("--release", action="store_true")
    options = parser.parse_args()
    if os.environ.get("DECAMP_SANITIZE"):
        print("a build with sanitizers is linked in their way")
        return SKIPPED
    if not shutil.which("readelf"):
        print("there is no readelf (binutils)")
        return SKIPPED
    bad = 0
    for program in (options.decamp, options.samplecloud):
        for what in missing(program, options.release):
            bad += 1
            print(f"{program}: {what}")
    return 0 if sees_a_soft_program() and not bad else 1


def sees_a_soft_program():
    """A check that finds fault with nothing would be none: a program made without all this has every fault."""
    source = b"int main(int argc, char** argv) { char b[64]; b[argc] = argv[0][0]; return b[argc]; }"
    compiler = next((found for found in map(shutil.which, ("clang-16", "gcc-12", "cc")) if found), None)
    if compiler is None:
        print("no compiler: the check itself was not checked")
        return True
    with tempfile.TemporaryDirectory() as folder:
        program = os.path.join(folder, "soft")
        subprocess.run([compiler, "-x", "c", "-", "-o", program, "-fno-pie", "-no-pie", "-fno-stack-protector", "-z", "norelro",
                        "-z", "lazy", "-z", "execstack"], input=source, check=True)
        found = list(missing(program, True))
    for what in ("PIE", "RELRO", "full RELRO", "NX", "stack protector", "ASSERTIONS", "FORTIFY"):
        if not any(what in one for one in found):
            print(f"a program without {what} was not noticed: {found}")
            return False
    return True


if __name__ == "__main__":
    sys.exit(main())

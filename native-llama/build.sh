#!/usr/bin/env bash
# shellcheck source-path=SCRIPTDIR
# Builds libllama and libggml: the pinned llama.cpp, our patches, our sources.
#
#   build.sh libs          builds, and prints the folder of the shared libraries
#   build.sh install DIR   builds, and copies them to DIR/dev/sol/native/<os>-<arch>/, where the Java loader looks
#   build.sh check DIR     checks what `install DIR` copied
#   build.sh stock         the same libraries without patches and sources of ours, for comparison; prints their folder
#   build.sh bench         builds the program that times that for `sol bench`; prints it
#   build.sh server        builds llama-server without our patches, for `sol bench --server`; prints it
#   build.sh test [ARG…]   builds and runs the native tests; the arguments are ctest's
#   build.sh sanitize [ARG…]
#                          the same under ASan and UBSan, which end a test at their first finding; without the tests that
#                          compare with the stock build
#   build.sh valgrind      some of them under valgrind, in the portable build, as valgrind knows no AVX-512: kernels, predicted
#                          gates, skipped and masked MLPs, attention on one model
#   build.sh tools DIR     the programs that other modules' tests run, as links in DIR
#   build.sh overhead MODEL.gguf [THREADS [PAIRS]]
#                          times a decode step of our build against the stock one, in turns
#   build.sh source        prints a folder with the patched source, for reading (do not edit: the build resets it)
#
# Environment
#   SOL_NATIVE=portable        code for any x86-64 with AVX2, rather than for this machine (native, the default)
#   SOL_SANITIZE=LIST          builds for -fsanitize=LIST; `sanitize` sets address,undefined if it is not set
#   SOL_LLAMA_SOURCE=DIR       takes llama.cpp from this git checkout (what is committed; nothing in it is changed)
#   SOL_LLAMA_ACCEPT_ANY=1     … even if it is not the pinned version
#   SOL_CACHE=DIR              where sources and results are kept; default ${XDG_CACHE_HOME:-~/.cache}/sol
#   CC, CXX, CFLAGS, CXXFLAGS, LDFLAGS   as for CMake
#
# Nothing is built that the cache already has: results are named by the content of all that goes into them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command=${1:-libs}
[ $# -eq 0 ] || shift

. "$here/build/common.sh"
. "$here/build/source.sh"
. "$here/build/compile.sh"
. "$here/build/check.sh"
. "$here/build/bench.sh"
. "$here/build/server.sh"

usage() {
    sed -n '3,/^set /{/^set /d;s/^# \{0,1\}//;p;}' "$here/build.sh"
}

prepare() {
    need git git
    # shellcheck disable=SC2046 # when called from a git hook, git's variables name the hook's repository
    unset $(git rev-parse --local-env-vars)
    fetch_source
    apply_patches
}

case $command in
    libs)
        prepare
        libraries sol
        echo "$result"
        ;;
    install)
        [ $# -eq 1 ] || die "install needs the folder to copy to"
        prepare
        libraries sol
        install_libraries "$1"
        ;;
    check)
        [ $# -eq 1 ] || die "check needs the folder that was given to install"
        check_libraries "$1/dev/sol/native/$platform"
        ;;
    stock)
        prepare
        libraries stock
        echo "$result"
        ;;
    bench)
        [ -z "${SOL_SANITIZE:-}" ] || die "bench is of builds without sanitizers"
        prepare
        libraries stock
        stock_decode
        echo "$program"
        ;;
    server)
        [ -z "${SOL_SANITIZE:-}" ] || die "server is of builds without sanitizers"
        prepare
        stock_server
        echo "$program"
        ;;
    test)
        prepare
        run_tests "$@"
        ;;
    sanitize)
        SOL_SANITIZE=${SOL_SANITIZE:-address,undefined}
        prepare
        run_tests "$@"
        ;;
    valgrind)
        [ -z "${SOL_SANITIZE:-}" ] || die "valgrind is for builds without sanitizers"
        need valgrind valgrind
        export SOL_NATIVE=portable
        prepare
        run_valgrind
        ;;
    tools)
        [ $# -eq 1 ] || die "tools needs the folder for the links"
        prepare
        build_tests
        link_tools "$1"
        [ -n "${SOL_SANITIZE:-}" ] || link_stock_decode "$1"
        ;;
    overhead)
        [ -z "${SOL_SANITIZE:-}" ] || die "overhead is of builds without sanitizers"
        [ $# -ge 1 ] && [ $# -le 3 ] || die "overhead needs a model, and may have a number of threads and of pairs"
        prepare
        build_tests
        measure_overhead "$(realpath "$1")" "${2:-1}" "${3:-11}"
        ;;
    source)
        prepare
        describe_variant sol
        lock "$variant"
        check_out "$patched_tree" "$cache/build/$variant/llama"
        echo "$cache/build/$variant/llama"
        ;;
    help | -h | --help) usage ;;
    *)
        usage >&2
        exit 2
        ;;
esac

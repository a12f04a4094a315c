#!/bin/sh
# Regenerates dev.sol.bindings.gen from sol.h and llama.h, or shows how far the committed sources have drifted from them.
#
#   regenerate.sh [--check] [LLAMA_CPP_SOURCE]
#
# LLAMA_CPP_SOURCE is a tree with include/llama.h and ggml/include/ggml.h; without it, the one that native-llama builds.
# jextract is found through $JEXTRACT or the PATH. What is taken from the headers is in includes.txt, how in arguments.txt.
# --check changes nothing: it prints the difference and exits with 1 when there is one.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
gen=$here/../src/main/java/dev/sol/bindings/gen

check=false
if [ "${1-}" = --check ]; then check=true; shift; fi
if [ $# -gt 1 ]; then echo "usage: $0 [--check] [LLAMA_CPP_SOURCE]" >&2; exit 2; fi
jextract=${JEXTRACT:-jextract}
if ! command -v "$jextract" >/dev/null; then
    echo "$0: no jextract: put it on the PATH or set JEXTRACT (https://jdk.java.net/jextract/)" >&2
    exit 2
fi
llama=${1-}
if [ -z "$llama" ]; then llama=$("$root/native-llama/build.sh" source); fi
if [ ! -f "$llama/include/llama.h" ]; then
    echo "$0: no include/llama.h in $llama; give the llama.cpp source that native-llama builds" >&2
    exit 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$jextract" "@$here/arguments.txt" "@$here/includes.txt" \
    -I "$root/native-llama/include" -I "$llama/include" -I "$llama/ggml/include" \
    --output "$work/raw" "$root/native-llama/include/sol.h" >"$work/log" 2>&1 || { cat "$work/log" >&2; exit 1; }

# The one change to what jextract writes. On Linux and macOS int64_t and size_t come out as C_LONG, but on Windows `long` has
# 32 bits and the generated cast to OfLong fails. `long long` has 64 bits on every platform and the headers use no plain `long`.
mkdir "$work/new"
for file in "$work/raw/dev/sol/bindings/gen/"*.java; do
    sed -e '/ C_LONG = /d' -e 's/C_LONG\([^_]\)/C_LONG_LONG\1/g' -e 's/C_LONG$/C_LONG_LONG/' \
        "$file" >"$work/new/$(basename "$file")"
done

if $check; then
    if diff -ru "$gen" "$work/new"; then
        echo "bindings: the generated sources agree with the headers"
    else
        echo "bindings: the generated sources have drifted; run $0 (jextract: $("$jextract" --version 2>&1 | head -n 1))" >&2
        exit 1
    fi
else
    mkdir -p "$gen"
    rm -f "$gen"/*.java
    cp "$work/new"/*.java "$gen"
    echo "bindings: wrote $(ls "$gen" | wc -l | tr -d ' ') files"
fi

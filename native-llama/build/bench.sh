# shellcheck shell=bash
# Sourced by build.sh: the program that times the stock build for `sol bench`.

# stock_decode: sets program to stock-decode, linked with the libraries in $result, building it if the cache does not have it.
# The libraries lie under a name that has their content, so what links them can lie beside them.
stock_decode() {
    local source=$here/bench/stock-decode.cpp key dir headers
    key=$({
        (cd "$here" && sha256 bench/stock-decode.cpp build/bench.sh)
        printf '%s\n' "$compiler_id" "${CXXFLAGS:-} ${LDFLAGS:-}" "${result##*/}"
    } | digest)
    dir=$cache/lib/bench-$key
    program=$dir/stock-decode
    [ ! -x "$program" ] || return 0
    say "compiling stock-decode"
    headers=$(mktemp -d "$cache/tmp/headers.XXXXXX")
    store_git archive "$base_tree" include ggml/include | tar -x -C "$headers"
    mkdir -p "$dir"
    # shellcheck disable=SC2086 # flags are words
    "${CXX:-c++}" -std=c++17 -O2 -Wall -Wextra ${CXXFLAGS:-} -I"$headers/include" -I"$headers/ggml/include" "$source" \
        "$result"/*llama.* "$result"/*ggml.* "$result"/*ggml-* -Wl,-rpath,"$result" ${LDFLAGS:-} -o "$program.$$" ||
        die "compiling bench/stock-decode.cpp failed"
    rm -rf "$headers"
    cp "$result/native.properties" "$dir/" # what it runs, for who reports on it
    mv "$program.$$" "$program"
}

# link_stock_decode DIR: the program, as a link in DIR.
link_stock_decode() {
    libraries stock
    stock_decode
    ln -sf "$program" "$1/"
}

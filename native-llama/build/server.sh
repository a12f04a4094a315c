# shellcheck shell=bash
# Sourced by build.sh: llama-server of the unpatched source, which `sol bench --server` measures against.

# stock_server: sets program to llama-server, building it with upstream's own CMake files if the cache does not have it: the flags
# of our libraries, no page, no TLS, nothing downloaded.
stock_server() {
    local work key dir log flags=()
    describe_variant stock
    key=$({
        sha256 "$here/build/server.sh" | cut -d' ' -f1
        printf '%s\n' "$variant" "$base_tree"
    } | digest)
    dir=$cache/lib/server-$key
    program=$dir/llama-server
    [ ! -x "$program" ] || return 0
    lock "server-$variant"
    [ ! -x "$program" ] || return 0
    work=$cache/build/server-$variant
    log=$work/cmake.log
    mkdir -p "$work"
    # With features to leave alone, -march=native comes before what takes them from it: GGML_NATIVE would put it behind.
    case $native:$without in
        native:) flags=(-DGGML_NATIVE=ON) ;;
        native:*)
            flags=(-DGGML_NATIVE=OFF -DGGML_{SSE42,AVX,AVX2,FMA,F16C,BMI2}=OFF
                "-DCMAKE_C_FLAGS=${CFLAGS:-} -march=native ${without//$'\n'/ }"
                "-DCMAKE_CXX_FLAGS=${CXXFLAGS:-} -march=native ${without//$'\n'/ }")
            ;;
        *) flags=(-DGGML_NATIVE=OFF -DGGML_{SSE42,AVX,AVX2,FMA,F16C,BMI2}=ON) ;;
    esac
    check_out "$base_tree" "$work/llama"
    cmake -G Ninja -S "$work/llama" -B "$work/out" \
        -DCMAKE_BUILD_TYPE=Release -DBUILD_SHARED_LIBS=OFF -DGGML_OPENMP=OFF "${flags[@]}" \
        -DLLAMA_OPENSSL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF \
        -DLLAMA_BUILD_UI=OFF -DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_NUMBER=0 -DLLAMA_BUILD_COMMIT=unknown >"$log" 2>&1 || {
        cat "$log" >&2
        die "CMake failed; its output is above and in $log"
    }
    say "compiling llama-server $(lock_value tag), $native"
    run_ninja llama-server
    mkdir -p "$dir"
    cp "$work/out/bin/llama-server" "$program.$$"
    printf 'build=llama-server %s (%s), %s, %s\n' "$(lock_value tag)" "${base_tree:0:12}" "$native" "$compiler_id" \
        >"$dir/native.properties"
    mv "$program.$$" "$program"
}

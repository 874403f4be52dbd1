#!/bin/bash
# What `make install` leaves is usable without the source tree, exports what the header declares, and goes away again.
set -u
cd "$(dirname "$0")/.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

# check NAME COMMAND...
check() {
    local name=$1
    shift
    if "$@" >"$folder/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        sed 's/^/    /' "$folder/output"
    fi
}

exports_are_the_header() {
    diff <(grep -oE '^MN_API .*\<mn_[a-z0-9_]+\(' host/mathnas.h | grep -oE 'mn_[a-z0-9_]+\($' | tr -d '(' | sort) \
        <(nm -D --defined-only "$folder/usr/lib/libmathnas.so" | awk '{ print $3 }' | sort)
}

program_with_pkg_config() {
    # shellcheck disable=SC2046 # flags, one word each
    gcc -x c - $(PKG_CONFIG_PATH="$folder/usr/lib/pkgconfig" pkg-config --define-variable=prefix="$folder/usr" \
        --cflags --libs mathnas) -o "$folder/program" <<'C' && LD_LIBRARY_PATH=$folder/usr/lib "$folder/program"
#include <mathnas.h>
#include <stdio.h>
int main(void)
{
    return printf("%s\n", mn_version()) > 1 ? 0 : 1;
}
C
}

same_version() {
    local from_pkg_config from_library
    from_pkg_config=$(PKG_CONFIG_PATH="$folder/usr/lib/pkgconfig" pkg-config --modversion mathnas)
    from_library=$(LD_LIBRARY_PATH=$folder/usr/lib "$folder/program")
    echo "pkg-config says $from_pkg_config, the library $from_library"
    [ "$from_pkg_config" = "$from_library" ]
}

# Away from the source tree, so that only the installed tables can be found.
command_finds_its_tables() {
    (cd "$folder" && unset MATHNAS_DATA && usr/bin/mathnas info nasbench201/edgegpu)
}

uninstall_leaves_nothing() {
    make uninstall DESTDIR="$folder" PREFIX=/usr
    find "$folder/usr" ! -type d | tee "$folder/left"
    [ ! -s "$folder/left" ]
}

check "install" make install DESTDIR="$folder" PREFIX=/usr
check "the library exports what the header declares" exports_are_the_header
check "a C program builds with pkg-config and runs" program_with_pkg_config
check "pkg-config and the library state the same version" same_version
check "the installed command finds its tables" command_finds_its_tables
check "uninstall leaves nothing" uninstall_leaves_nothing

echo "$passed passed, $failed failed"
[ $failed = 0 ]

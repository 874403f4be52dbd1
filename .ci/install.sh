#!/bin/sh
# install.sh install|uninstall, for `make`: PREFIX, DESTDIR, BUILD and VERSION come from the environment.
#
# Uninstall removes the files that install writes, and folders of its own; nothing else below PREFIX is touched.
set -eu
cd "$(dirname "$0")/.."

root=$DESTDIR$PREFIX
major=${VERSION%%.*}

install_all() {
    install -d "$root/bin" "$root/lib/pkgconfig" "$root/include" "$root/share/mathnas"
    [ ! -x "$BUILD/mathnas" ] || install -m 755 "$BUILD/mathnas" "$root/bin/mathnas"
    install -m 644 "$BUILD/libmathnas.a" "$root/lib/libmathnas.a"
    install -m 755 "$BUILD/libmathnas.so" "$root/lib/libmathnas.so.$VERSION"
    for plugin in simt cuda; do
        [ ! -f "$BUILD/libmathnas_$plugin.so" ] ||
            install -D -m 755 "$BUILD/libmathnas_$plugin.so" "$root/lib/mathnas/libmathnas_$plugin.so"
    done
    ln -sf "libmathnas.so.$VERSION" "$root/lib/libmathnas.so.$major"
    ln -sf "libmathnas.so.$major" "$root/lib/libmathnas.so"
    install -m 644 host/mathnas.h "$root/include/mathnas.h"
    sed -e "s|@PREFIX@|$PREFIX|" -e "s|@VERSION@|$VERSION|" mathnas.pc.in >"$root/lib/pkgconfig/mathnas.pc"
    chmod 644 "$root/lib/pkgconfig/mathnas.pc"
    # What the command reads, with its licences; not the sources and scripts that it is made from.
    (cd data && find . -type f -not -path './source/*' -not -path './maker/*' -not -name '*.py') | while read -r file; do
        install -D -m 644 "data/$file" "$root/share/mathnas/${file#./}"
    done
}

uninstall_all() {
    rm -rf "$root/share/mathnas" "$root/lib/mathnas"
    rm -f "$root/bin/mathnas" "$root/include/mathnas.h" "$root/lib/pkgconfig/mathnas.pc" \
        "$root/lib/libmathnas.a" "$root/lib/libmathnas.so" "$root/lib/libmathnas.so.$major" "$root/lib/libmathnas.so.$VERSION"
}

"$1_all"

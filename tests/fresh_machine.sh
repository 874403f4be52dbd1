#!/bin/bash
# README's two commands on a bare Debian 12: git clone, make demo, make test in a folder that debootstrap fills with the base system,
# git and make. Needs root, debootstrap, and this machine's apt configuration (its mirror and proxy serve the bare one too).
# Tests the commit that is checked out; KEEP=1 leaves the folder.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "$(id -u)" != 0 ] || ! command -v debootstrap >/dev/null; then
    echo "fresh_machine.sh needs root and debootstrap" >&2
    exit 1
fi
# shellcheck disable=SC2016 # apt's own placeholders
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
if [ -z "$mirror" ]; then
    echo "fresh_machine.sh: apt knows no mirror of bookworm (apt-get update first?)" >&2
    exit 1
fi

machine=$(mktemp -d "${TMPDIR:-/tmp}/fresh_machine.XXXXXX")
chmod 755 "$machine" # apt downloads as a user of its own
finish() {
    umount "$machine/proc" 2>/dev/null || true
    [ "${KEEP:-0}" = 1 ] || rm -rf --one-file-system "$machine"
}
trap finish EXIT

step() {
    echo "== $1"
    local start=$SECONDS
    shift
    "$@"
    echo "== $((SECONDS - start)) s"
}

on_machine() {
    chroot "$machine" /usr/bin/env -i HOME=/root TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} sh -c "cd /root && $1" </dev/null
}

bare_debian() {
    debootstrap --variant=minbase --include=git,make bookworm "$machine" "$mirror" >"$machine.log" 2>&1 ||
        { tail -n 20 "$machine.log"; return 1; }
    rm -f "$machine.log"
    rm -f "$machine"/etc/apt/sources.list
    cp -rL /etc/apt/sources.list* /etc/apt/apt.conf.d "$machine/etc/apt/"
    rm -f "$machine"/etc/apt/apt.conf.d/docker-* # these would throw away what apt downloads
    cp -L /etc/resolv.conf /etc/hosts "$machine/etc/"
    mount -t proc proc "$machine/proc"
    git bundle create -q "$machine/root/mathnas.bundle" HEAD
}

step "bare Debian 12" bare_debian
step "git clone" on_machine "git -c advice.detachedHead=false clone -q mathnas.bundle mathnas"
step "make demo" on_machine "cd mathnas && make demo"
step "make test" on_machine "cd mathnas && make test"

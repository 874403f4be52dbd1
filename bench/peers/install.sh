#!/bin/sh
# Installs the solvers that bench_solve is compared with: HiGHS and OR-Tools (CP-SAT) from PyPI into build/peers, CBC's library from
# Debian. OR-Tools is optional: without it the comparison leaves its column empty.
set -eu
cd "$(dirname "$0")/../.."

.ci/deps.sh build full
[ -x build/peers/bin/python ] || python3 -m venv build/peers
build/peers/bin/pip install --quiet --disable-pip-version-check 'highspy==1.16.0'
build/peers/bin/pip install --quiet --disable-pip-version-check 'ortools==9.15.6755' || echo "install.sh: going on without OR-Tools" >&2

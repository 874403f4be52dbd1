#!/bin/sh
# Our exact solves and general solvers on the same questions, in one run: run_solve.sh [OUTPUT]   (default bench/results/solve.md)
# Five minutes or so. The peers come from bench/peers/install.sh.
set -eu
cd "$(dirname "$0")/.."
[ -x build/peers/bin/python ] || bench/peers/install.sh
make --no-print-directory all bench-programs
build/peers/bin/python bench/peers/solve_peers.py --output "${1:-bench/results/solve.md}"

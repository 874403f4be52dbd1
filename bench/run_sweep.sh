#!/bin/sh
# Our sweeps and HiGHS on the same limits, in one run: run_sweep.sh [OUTPUT]   (default bench/results/sweep.md)
set -eu
cd "$(dirname "$0")/.."
[ -x build/peers/bin/python ] || bench/peers/install.sh
make --no-print-directory all bench-programs
build/peers/bin/python bench/peers/sweep_peers.py --output "${1:-bench/results/sweep.md}"

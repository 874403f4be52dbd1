#!/bin/sh
# The exact solver on hard spaces, beside general solvers: run_solver.sh [PART]...   (default: ours scaling report)
#
#   ours     our solves, to bench/results/solver_ours.csv: at most an hour, minutes when most families are proved
#   peers    what is not yet recorded of the peers, to bench/results/solver_peers.csv: hours; BUDGET (20) is how many seconds a peer is
#            asked new seeds of one family, AGAIN_BELOW (0) asks those again that had fewer processor seconds when they ran into the limit
#   check    the peers against enumeration on small instances
#   scaling  time against nodes, blocks, limits and threads: bench/results/solver_scaling.csv and .svg; a quarter of an hour
#   report   bench/results/solver.md from what is recorded
#
# TIME_LIMIT (60) and SEEDS (20) hold for ours and peers. The peers come from bench/peers/install.sh.
set -eu
cd "$(dirname "$0")/.."

results=bench/results
seeds=${SEEDS:-20}
limit=${TIME_LIMIT:-60}
# Without a proof for most: incumbents after 1 and 10 s, bounds after the whole limit.
hard="50x20x5:w 50x20x5:s 20x9x10:s 20x9x10:S 50x10x10:w 50x10x10:s 50x10x10:S 100x10x10:w 100x10x10:s 100x10x10:S 400x10x10:s 700x10x30:s"

as_options() { printf -- '--family %s ' "$@"; }

# solve SECONDS SEEDS FAMILY...: adds its lines, and a head, to the new file
solve() {
    seconds=$1 count=$2
    shift 2
    # shellcheck disable=SC2046 # a list of options
    build/bench/bench_solver --csv --threads 2 --time-limit "$seconds" --seeds "$count" $(as_options "$@") >>"$results/solver_ours.part"
}

# shellcheck disable=SC2086 # lists of families
ours() {
    proofs=$(build/bench/bench_solver --list | tr ' ' '\n' | grep -vxF "$(printf '%s\n' $hard)")
    rm -f "$results/solver_ours.part"
    solve "$limit" "$seeds" $proofs
    solve 1 3 $hard
    solve 10 3 $hard
    solve "$limit" 1 $hard
    awk 'NR == 1 || !/^family,/' "$results/solver_ours.part" >"$results/solver_ours.csv"
    rm "$results/solver_ours.part"
}

peers() {
    [ -x build/peers/bin/python ] || bench/peers/install.sh
    build/peers/bin/python bench/peers/record_peers.py --time-limit "$limit" --seeds "$seeds" --budget "${BUDGET:-20}" \
        --again-below "${AGAIN_BELOW:-0}"
}

check() {
    [ -x build/peers/bin/python ] || bench/peers/install.sh
    build/peers/bin/python bench/peers/check_peers.py
}

make --no-print-directory all bench-programs
[ $# -gt 0 ] || set -- ours scaling report
for part in "$@"; do
    case $part in
    ours | peers | check) "$part" ;;
    scaling) python3 bench/solver_scaling.py ;;
    report) python3 bench/peers/solver_report.py --output "$results/solver.md" ;;
    *)
        echo "run_solver.sh: unknown part \"$part\"; known: ours peers check scaling report" >&2
        exit 2
        ;;
    esac
done

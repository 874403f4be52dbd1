#!/bin/bash
# The report of the hard spaces (bench/peers/solver_report.py) finds every contradiction between us and a peer, no other, and says who is wrong.
set -u
cd "$(dirname "$0")/.." || exit 1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0

# case_of NAME EXPECTED_CODE EXPECTED_COMPLAINTS OURS PEER: outcome,objective,bound of one solve each
case_of() {
    {
        echo family,seed,outcome,objective,bound,seconds,cpu_seconds,search_nodes,threads,time_limit
        echo "20x9x1:s,1,$4,0.001,0.001,10,2,60"
    } >"$folder/ours.csv"
    {
        echo family,seed,peer,version,threads,time_limit,outcome,objective,bound,seconds,cpu_seconds,nodes,load
        echo "20x9x1:s,1,HiGHS,HiGHS 1.0,2,60,$5,0.1,0.1,1,0.5"
    } >"$folder/peers.csv"
    python3 -B bench/peers/solver_report.py --ours "$folder/ours.csv" --peers "$folder/peers.csv" >"$folder/report.md" 2>"$folder/errors"
    code=$?
    complaints=$(grep -c "^- 20x9x1:s, seed 1" "$folder/report.md")
    if [ $code = "$2" ] && [ "$complaints" = "$3" ] && [ ! -s "$folder/errors" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$1: exit code $code, expected $2; $complaints complaints, expected $3"
        cat "$folder/errors"
    fi
}

case_of "same optimum" 0 0 optimal,100,100 optimal,100,100
case_of "a peer's optimum is better" 1 1 optimal,100,100 optimal,101,101
case_of "a peer's optimum is worse" 0 1 optimal,100,100 optimal,99,99
case_of "a peer's optimum is worse, its bound is not" 0 1 optimal,100,100 optimal,99,100
case_of "a peer without proof has less" 0 0 optimal,100,100 "time limit,98,103.5"
case_of "a peer without proof has more" 1 1 optimal,100,100 "time limit,101,103.5"
case_of "a peer's bound is below our optimum" 0 1 optimal,100,100 "time limit,98,99"
case_of "a peer's optimum is above our bound" 1 1 time_limit,90,100 optimal,101,101
case_of "our network beats a peer's optimum" 0 1 time_limit,102,110 optimal,101,101
case_of "neither proves" 0 0 time_limit,90,120 "time limit,95,103"
case_of "our bound is below a peer's network" 1 1 time_limit,90,100 "time limit,101,103"
case_of "neither finds a network" 0 0 time_limit,,120 "time limit,,103"
case_of "a peer's network breaks a limit" 0 1 optimal,100,100 broken,,100
case_of "a peer's licence is too small" 0 0 optimal,100,100 "too large,,"

echo "$passed passed, $failed failed"
[ $failed = 0 ]

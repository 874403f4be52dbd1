#!/bin/bash
# The command's tests once more with --device simt: what has a kernel runs on the emulator and answers the same, what has none says so in a
# note and runs on the CPU (tests/cli/command.py adds the option and takes the notes out).
set -u
cd "$(dirname "$0")/.." || exit 1
plugins=${MATHNAS%/*}
if [ ! -e "${plugins:=build}/libmathnas_simt.so" ]; then
    echo "FAILED: $plugins/libmathnas_simt.so is missing: the emulator was not built"
    echo "0 passed, 1 failed"
    exit 1
fi
export MATHNAS_TEST_DEVICE=simt
passed=0
failed=0
for suite in info_predict solve sweep usage questions pareto_evaluate output export; do
    log=$(python3 "tests/cli/test_$suite.py" 2>&1)
    code=$?
    read -r suite_passed _ suite_failed _ <<<"$(grep -E '^[0-9]+ passed, [0-9]+ failed$' <<<"$log" | tail -n 1)"
    [ $code = 0 ] || [ "${suite_failed:-0}" != 0 ] || suite_failed=1
    [ "${suite_failed:-1}" = 0 ] || printf 'FAILED with --device simt: %s\n%s\n' "$suite" "$log"
    passed=$((passed + ${suite_passed:-0}))
    failed=$((failed + ${suite_failed:-1}))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]

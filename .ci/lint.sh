#!/bin/bash
# Formatting and static checks; the first kind of finding ends it. Rules: .clang-format, and cppcheck's below.
set -euo pipefail
cd "$(dirname "$0")/.."

folders=()
for folder in host solver kernels bench tests; do
    [ ! -d "$folder" ] || folders+=("$folder")
done
mapfile -t sources < <(find "${folders[@]}" -name '*.[ch]' -o -name '*.cpp' -o -name '*.cu' | sort)
mapfile -t scripts < <(grep -lrE '^#!/bin/(ba)?sh' "${folders[@]}" docs .ci 2>/dev/null | sort)

echo "clang-format: ${#sources[@]} files"
unformatted() { clang-format --dry-run -Werror "$1" >/dev/null 2>&1 || echo "  $1"; }
export -f unformatted
found=$(printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -I{} bash -c 'unformatted {}')
if [ -n "$found" ]; then
    printf 'not in the project'"'"'s format (make format rewrites them):\n%s\n' "$found" >&2
    exit 1
fi

# The library and the command; tests are built from Criterion's macros, which cppcheck takes for mistakes. Left out: what gcc -Wall
# -Wextra -Wshadow finds with fewer false alarms (uninitvar, shadowVariable, knownConditionTrueFalse), and matters of taste.
echo "cppcheck: host solver"
mkdir -p build/cppcheck
left_out=()
for id in missingIncludeSystem uninitvar uninitStructMember shadowVariable knownConditionTrueFalse \
    constParameter constParameterCallback variableScope unusedStructMember; do
    left_out+=("--suppress=$id")
done
cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability,style --inline-suppr --std=c11 "${left_out[@]}" \
    --cppcheck-build-dir=build/cppcheck -j "$(nproc)" -D_GNU_SOURCE -I. host solver

echo "shell: ${#scripts[@]} scripts"
for script in "${scripts[@]}"; do
    "$(sed -n '1s/^#!\/bin\///p' "$script")" -n "$script"
done
shellcheck "${scripts[@]}"

if [ -f data/make_tables.py ]; then
    echo "data: the tables are what their sources give"
    python3 data/make_tables.py --check | tail -n 1
fi

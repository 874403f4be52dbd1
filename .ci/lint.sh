#!/bin/bash
# Formatting and static checks; the first kind of finding ends it. Rules: .clang-format, and cppcheck's below.
set -euo pipefail
cd "$(dirname "$0")/.."

folders=()
for folder in host solver kernels bench tests; do
    [ ! -d "$folder" ] || folders+=("$folder")
done
mapfile -t sources < <(find "${folders[@]}" -name '*.[ch]' | sort)
mapfile -t scripts < <(grep -lrE '^#!/bin/(ba)?sh' "${folders[@]}" docs .ci 2>/dev/null | sort)

echo "clang-format: ${#sources[@]} files"
printf '%s\n' "${sources[@]}" | xargs -P "$(nproc)" -n 20 clang-format --dry-run -Werror

# The library and the command; tests are built from Criterion's macros, which cppcheck takes for mistakes.
# constParameter asks for const in functions whose type a table or a thread's entry point fixes; knownConditionTrueFalse takes a
# shift of a negative number for one of a positive number.
echo "cppcheck: host solver"
mkdir -p build/cppcheck
cppcheck --quiet --error-exitcode=1 --enable=warning,performance,portability,style --inline-suppr --std=c11 \
    --suppress=missingIncludeSystem --suppress=constParameter --suppress=constParameterCallback --suppress=knownConditionTrueFalse \
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

#!/bin/bash
# The C program in README.md compiles, runs, and prints what README says it prints.
#
# The program is the first ```c block with `int main`; the first fenced block after it is its output. Columns that differ from run to
# run have no place in that output.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD:-build}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

awk -v program="$folder/example.c" -v output="$folder/expected" '
    !inside && /^```/ { inside = 1; language = substr($0, 4); text = ""; next }
    inside && /^```/ {
        inside = 0
        if (found) { printf "%s", text > output; exit }
        if (language == "c" && text ~ /int main/) { printf "%s", text > program; found = 1 }
        next
    }
    inside { text = text $0 "\n" }' README.md

if [ ! -e "$folder/example.c" ] || [ ! -e "$folder/expected" ]; then
    echo "README.md: expected a \`\`\`c block with int main and its output in the next block, found none" >&2
    exit 1
fi
gcc -std=c11 -Wall -Wextra -Werror -Ihost "$folder/example.c" -L"$build" -lmathnas -o "$folder/example"
LD_LIBRARY_PATH=$build "$folder/example" >"$folder/printed"
diff -u --label "README.md" --label "printed" "$folder/expected" "$folder/printed"

#!/bin/sh
# The demonstration that `make demo` runs: one search space, NAS-Bench-201 on an edge GPU, from its table to a front, and what the
# benchmark's measured truth says about it. Files go to build/demo.
set -eu
cd "$(dirname "$0")/.."

mathnas=build/mathnas
table=nasbench201/edgegpu
truth=data/nasbench201/truth.csv.gz
measured=accuracy_imagenet16 # the data set that the table's accuracy is about
latency=5500                 # us
energy=22500                 # uJ
out=build/demo
mkdir -p $out

title() { printf '\n\033[1m%s\033[0m\n' "$1"; }
if [ ! -t 1 ]; then
    title() { printf '\n%s\n' "$1"; }
fi

now() { date +%s%N; }

# Shows a command as one would type it, runs it, says how long it took.
show() {
    printf '$'
    for word in "$@"; do
        case $word in
        *[!A-Za-z0-9_./=:,-]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    begin=$(now)
    "$@"
    awk "BEGIN { printf \"(%.0f ms)\n\", ($(now) - $begin) / 1e6 }"
}

title "1. The table: 6 edges of a cell, 5 operations each, what every choice adds to accuracy, latency, energy"
show $mathnas info $table

title "2. The most accurate network under two limits, with proof"
show $mathnas solve $table --maximize accuracy --limit "latency<=$latency" --limit "energy<=$energy"

title "3. What the benchmark's training runs say about that network ($measured)"
$mathnas solve $table --maximize accuracy --limit "latency<=$latency" --limit "energy<=$energy" --json >$out/solution.json
$mathnas predict $table --all --output $out/all.csv
chosen=$(tr -d '\n' <$out/solution.json | sed 's/.*"arch": *\[\([0-9, ]*\)\].*/\1/' | tr -d ' ')
gzip -dc $truth | awk -F, -v chosen="$chosen" -v latency=$latency -v energy=$energy -v measured=$measured '
    FNR == 1 { file++; for (i = 1; i <= NF; i++) column[file, $i] = i; next }
    { arch = $1 "," $2 "," $3 "," $4 "," $5 "," $6 }
    file == 1 { accuracy[arch] = $column[1, measured]; next }
    $column[2, "latency"] <= latency && $column[2, "energy"] <= energy {
        meets++
        if (accuracy[arch] > accuracy[chosen]) better++
        if (accuracy[arch] > best) best = accuracy[arch]
        if (first == "" || $column[2, "accuracy"] > predicted) { predicted = $column[2, "accuracy"]; first = arch }
    }
    END {
        printf "%d of 15625 networks meet the limits; going through all of them finds %s\n", meets,
               first == chosen ? "the same network" : "ANOTHER NETWORK, " first
        printf "true accuracy %.2f %%, predicted %.2f %%; rank %d of %d by true accuracy, whose best has %.2f %%\n",
               accuracy[chosen], predicted, better + 1, meets, best
        exit first != chosen
    }' - $out/all.csv

title "4. How well the table ranks all 15625 networks"
show $mathnas evaluate $table --truth $truth --metric accuracy=$measured

title "5. 100,000 pairs of limits, an exact answer for each"
show $mathnas sweep $table --maximize accuracy --grid latency=4100:8200:1000 --grid energy=17000:35000:100 --output $out/sweep.csv
awk -F, '{ count[$3]++ } END { printf "%d optimal, %d infeasible\n", count["optimal"], count["infeasible"] }' $out/sweep.csv

title "6. The exact front of accuracy and latency"
show $mathnas pareto $table --maximize accuracy --minimize latency --output $out/front.csv

if command -v gnuplot >/dev/null; then
    # latency and measured accuracy of every network, then the front as predicted and as measured
    gzip -dc $truth | awk -F, -v measured=$measured '
        FNR == 1 { file++; for (i = 1; i <= NF; i++) column[file, $i] = i; next }
        { arch = $1 "," $2 "," $3 "," $4 "," $5 "," $6 }
        file == 1 { accuracy[arch] = $column[1, measured]; next }
        { print $column[file, "latency"], $column[file, "accuracy"], accuracy[arch] > FILENAME ".dat" }
    ' - $out/all.csv $out/front.csv
    gnuplot <<GNUPLOT
set terminal svg size 900,560 font "sans-serif,14" background "white"
set output "$out/front.svg"
set title "NAS-Bench-201 on an edge GPU: accuracy against latency"
set xlabel "latency (us)"
set ylabel "accuracy, ImageNet16-120 (%)"
set key bottom right
set grid
plot "$out/all.csv.dat" using 1:3 with points pt 7 ps 0.15 lc rgb "#c8c8c8" title "all networks, measured accuracy", \
     "$out/front.csv.dat" using 1:3 with points pt 7 ps 0.7 lc rgb "#d95f02" title "networks of the front, measured accuracy", \
     "$out/front.csv.dat" using 1:2 with linespoints pt 5 ps 0.5 lw 2 lc rgb "#1b6ca8" title "the front as predicted"
GNUPLOT
    echo "picture: $out/front.svg"
else
    echo "(no gnuplot here, so no picture)"
fi

title "Go on with"
cat <<EXAMPLES
  $mathnas solve mobilenetv3/tx2gpu --minimize latency --limit 'accuracy>=78' --top 5
  $mathnas pareto nasbench201/fpga --maximize accuracy --minimize latency --minimize energy --output -
  $mathnas solve --help
  make test
EXAMPLES

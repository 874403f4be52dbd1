#!/bin/sh
# make demo: exact answers on a published block table (NAS-Bench-201 on an edge GPU), held against the benchmark's measured truth.
# Prints every command, its answer and how long it took; files go to build/demo. Needs no gnuplot: without it there is no picture.
set -eu
cd "$(dirname "$0")/.."
mathnas=${MATHNAS:-build/mathnas}
folder=${DEMO_FOLDER:-build/demo}
table=nasbench201/edgegpu
mkdir -p "$folder"

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# show WORD...: the command as one would type it.
show() {
    printf '\n$ mathnas'
    for word in "$@"; do
        case $word in
        *[\<\>\ ]*) printf " '%s'" "$word" ;;
        *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
}

run() {
    show "$@"
    start=$(now_ms)
    "$mathnas" "$@"
    printf '[%d ms]\n' $(($(now_ms) - start))
}

step() { printf '\n== %s\n' "$1"; }

demo_start=$(now_ms)
step "1. The table: 6 edges, 5 operations each, what each contributes to accuracy, latency and energy"
run info $table

step "2. The most accurate network within 6000 us and 26000 uJ, proved"
run solve $table --maximize accuracy --limit 'latency<=6000' --limit 'energy<=26000'

step "3. What the benchmark's truth (all 15,625 networks, trained) says of the table, and of that network"
run evaluate $table --truth nasbench201 --metric accuracy=accuracy_imagenet16 --limit 'latency<=6000' --limit 'energy<=26000'

step "4. The same with the accuracy scaled by FLOPs, as the paper does"
run evaluate $table --truth nasbench201 --metric accuracy=accuracy_imagenet16 --scale reciprocal --limit 'latency<=6000' \
    --limit 'energy<=26000'

step "5. 100,000 limits, an exact answer each"
run sweep $table --maximize accuracy --grid latency=4000:8000:100000 --output "$folder/sweep.csv"
head -n 1 "$folder/sweep.csv"
sed -n '50000p' "$folder/sweep.csv"

step "6. The exact front of accuracy and latency"
run pareto $table --maximize accuracy --minimize latency
run pareto $table --maximize accuracy --minimize latency --output "$folder/front.csv"
if command -v gnuplot >/dev/null 2>&1; then
    run plot "$folder/front.csv" --output "$folder/front.svg"
else
    echo "(no picture: gnuplot is not installed)"
fi

step "7. A table of one's own from few networks: which 25 of the 15,625 to train?"
if run plan --space nasbench201 --count 25 --seed 1 --output "$folder/plan.csv"; then
    # Their training is looked up in the benchmark's truth: the columns of the nodes and of three data sets.
    printf '\n(the accuracies of these 25 come from the truth file)\n'
    gzip -dc data/nasbench201/truth.csv.gz |
        awk -F, -v OFS=, 'NR == FNR { wanted[$NF] = 1; next } FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i } FNR == 1 || $at["index"] in wanted {
            print $1, $2, $3, $4, $5, $6, $at["accuracy_cifar10"], $at["accuracy_cifar100"], $at["accuracy_imagenet16"] }' "$folder/plan.csv" - \
            >"$folder/measured.csv"
    run fit --space nasbench201 --measurements "$folder/measured.csv" --terms full --output "$folder/table.json"
    run solve "$folder/table.json" --maximize accuracy_cifar10
    run evaluate "$folder/table.json" --truth nasbench201 --metric accuracy_cifar10
else
    echo "(plan and fit by a process need LAPACK: apt-get install liblapack3 libopenblas0)"
fi

printf '\n== Done in %d ms. Written to %s:\n' $(($(now_ms) - demo_start)) "$folder"
ls "$folder"
cat <<END

Go on with
  $mathnas solve mobilenetv3/tx2gpu --maximize accuracy --limit 'latency<=50' --top 3
  $mathnas solve supertransformer/xeon --maximize bleu --limit 'latency<=200'
  $mathnas solve supervit/192 supervit/224 supervit/256 supervit/288 --maximize accuracy --limit 'flops<=300000000'
  $mathnas pareto $table --maximize accuracy --minimize latency --minimize energy --output front3.csv
  $mathnas predict $table --all --output all.csv
  $mathnas --help
END

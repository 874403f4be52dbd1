#!/bin/sh
# Taus of plans and fits on complete truths, searches until the best, scikit-learn on the same training networks: run_predictor.sh [OUTPUT]
# (default bench/results/predictor.md). SEEDS=20 and TREE_SEEDS=10 say how many; PEERS=0 leaves scikit-learn out.
set -eu
cd "$(dirname "$0")/.."
seeds=${SEEDS:-20} tree_seeds=${TREE_SEEDS:-10}
[ "${PEERS:-1}" = 0 ] || [ -x build/peers/bin/python ] || bench/peers/install.sh
make --no-print-directory all bench-programs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lines=$work/lines.csv designs=$work/designs.csv
measure() { build/bench/bench_predictor --seeds 1 "$seeds" "$@" >>"$lines"; }
few() { build/bench/bench_predictor --seeds 1 3 "$@"; }
peers() {
    OMP_NUM_THREADS=1 build/peers/bin/python -B bench/peers/predict_peers.py --design random --design half-random --networks 50 --networks 51 \
        --networks 100 "$@" "$designs" >>"$lines"
}

for set in cifar10 cifar100 imagenet16; do
    truth=accuracy_$set
    measure --designs "$designs" nasbench201 $truth costs 1 nasbench201 $truth random 25,50,100,200,500
    measure nasbench201 $truth adaptive 25,50,100,200
    few nasbench201 $truth adaptive 200,500 | grep ,adaptive,500, >>"$lines" # a third size would be counted twice
    few nasbench201 $truth classes 80 >>"$lines"
    measure nasbench201 $truth evolution 4000 nasbench201 $truth ei 100 nasbench201 $truth ei-random 100
done
measure --designs "$designs" nasbench_macro accuracy_cifar10 costs 1 nasbench_macro accuracy_cifar10 random 17,51 \
    nasbench_macro accuracy_cifar10 imse 17,51
measure --batch 1 nasbench_macro accuracy_cifar10 adaptive 51
for truth in accuracy_class_scene accuracy_class_object accuracy_jigsaw miou_segmentsemantic; do
    measure --designs "$designs" transnas_micro $truth costs 1 transnas_micro $truth random 50,100 transnas_micro $truth adaptive 50,100
done
measure --designs "$designs" accel_nasbench accuracy_imagenet costs 1 accel_nasbench accuracy_imagenet half-random 50,100 \
    accel_nasbench accuracy_imagenet half-imse 50,100
if [ "${PEERS:-1}" != 0 ]; then
    peers --seeds 1 "$seeds" --model ridge --model process
    peers --seeds 1 "$tree_seeds" --model "boosted trees"
fi
python3 -B bench/peers/paper_claims.py >"$work/claims.csv"
python3 -B bench/peers/predictor_report.py --output "${1:-bench/results/predictor.md}" --claims "$work/claims.csv" "$lines"

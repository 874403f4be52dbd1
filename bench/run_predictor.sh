#!/bin/sh
# Taus of plans and fits on complete truths, searches until the best, scikit-learn on the same training networks: run_predictor.sh [OUTPUT]
# (default bench/results/predictor.md). SEEDS=20 and PEER_SEEDS=3 say how many; PEERS=0 leaves scikit-learn out.
set -eu
cd "$(dirname "$0")/.."
seeds=${SEEDS:-20} peer_seeds=${PEER_SEEDS:-3}
[ "${PEERS:-1}" = 0 ] || [ -x build/peers/bin/python ] || bench/peers/install.sh
make --no-print-directory all bench-programs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
lines=$work/lines.csv designs=$work/designs.csv
measure() { build/bench/bench_predictor --seeds 1 "$seeds" "$@" >>"$lines"; }
few() { build/bench/bench_predictor --seeds 1 3 "$@" >>"$lines"; }

for set in cifar10 cifar100 imagenet16; do
    truth=accuracy_$set
    measure --batch 25 --designs "$designs" nasbench201 $truth costs 1 nasbench201 $truth random 25,50,100,200,500 \
        nasbench201 $truth adaptive 25,50,100
    few --batch 25 nasbench201 $truth adaptive 200 nasbench201 $truth classes 80
    measure nasbench201 $truth evolution 4000 nasbench201 $truth ei 100 nasbench201 $truth ei-random 100
done
measure --designs "$designs" nasbench_macro accuracy_cifar10 costs 1 nasbench_macro accuracy_cifar10 random 17,51 \
    nasbench_macro accuracy_cifar10 imse 17,51 nasbench_macro accuracy_cifar10 adaptive 51
for truth in accuracy_class_scene accuracy_class_object accuracy_jigsaw miou_segmentsemantic; do
    measure --batch 25 --designs "$designs" transnas_micro $truth costs 1 transnas_micro $truth random 50,100 transnas_micro $truth adaptive 50,100
done
measure --designs "$designs" accel_nasbench accuracy_imagenet costs 1 accel_nasbench accuracy_imagenet half-random 50,100 \
    accel_nasbench accuracy_imagenet half-imse 50,100
if [ "${PEERS:-1}" != 0 ]; then
    build/peers/bin/python -B bench/peers/predict_peers.py --seeds "$peer_seeds" --design random --design half-random "$designs" >>"$lines"
fi
python3 -B bench/peers/paper_claims.py >"$work/claims.csv"
python3 -B bench/peers/predictor_report.py --output "${1:-bench/results/predictor.md}" --claims "$work/claims.csv" "$lines"

#!/usr/bin/env python3
"""What --inputs is worth on a complete space: Kendall tau over all networks of fits to a few random ones, with and without.

    bench/fit_inputs.py --inputs scores.csv [--networks 50] [--seeds 10] [--metric accuracy_cifar10] [--method process]

scores.csv holds a column index and one column for each input; FLOPs from the space's attributes are added with --flops."""
import argparse
import csv
import gzip
import json
import os
import random
import statistics
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SPACE = "nasbench201"


def add_flops(truth, scores):
    """FLOPs of the blocks of every network (those of the layers around them are the same for all)."""
    with open(os.path.join(ROOT, "data/spaces", SPACE + ".json"), encoding="utf-8") as file:
        nodes = json.load(file)["nodes"]
    for row in truth:
        scores[row["index"]]["flops"] = sum(node["blocks"][int(row[node["name"]])]["flops"] for node in nodes)


def write(path, rows):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs")
    parser.add_argument("--flops", action="store_true")
    parser.add_argument("--networks", type=int, default=50)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--metric", default="accuracy_cifar10")
    parser.add_argument("--method", default="process")
    options = parser.parse_args()
    with gzip.open(os.path.join(ROOT, "data", SPACE, "truth.csv.gz"), "rt", encoding="utf-8") as file:
        truth = list(csv.DictReader(file))
    scores = {row["index"]: {"index": row["index"]} for row in truth}
    if options.inputs:
        with open(options.inputs, encoding="utf-8") as file:
            scores = {row["index"]: row for row in csv.DictReader(file)}
    if options.flops:
        add_flops(truth, scores)
    with tempfile.TemporaryDirectory() as work:
        paths = {name: os.path.join(work, name) for name in ("inputs.csv", "measured.csv", "table.json")}
        write(paths["inputs.csv"], list(scores.values()))
        taus = {False: [], True: []}
        for seed in range(1, options.seeds + 1):
            chosen = random.Random(seed).sample(truth, options.networks)
            write(paths["measured.csv"], [{"index": row["index"], options.metric: row[options.metric]} for row in chosen])
            for given, found in taus.items():
                command = [os.path.join(ROOT, "build/mathnas")]
                fit = ["fit", "--space", SPACE, "--measurements", paths["measured.csv"], "--method", options.method, "--output",
                       paths["table.json"], "--threads", "1", "--quiet", *(["--inputs", paths["inputs.csv"]] if given else [])]
                subprocess.run(command + fit, check=True, stdout=subprocess.DEVNULL)
                judge = ["evaluate", paths["table.json"], "--truth", SPACE, "--metric", options.metric, "--json"]
                answer = subprocess.run(command + judge, check=True, capture_output=True, text=True).stdout
                found.append(json.loads(answer)["kendall_tau"])
    for given, found in taus.items():
        print(f"{'with' if given else 'without'} inputs: tau {statistics.mean(found):.4f}, deviation {statistics.stdev(found):.4f}, "
              f"{options.seeds} draws of {options.networks}")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Tables whose factors entangle many nodes: the proved optimum by `mathnas solve` and by toulbar2, in turn on the same tables.

    build/peers/bin/python bench/peers/factors_peers.py [--seconds 60] [--accel] [--table FILE OBJECTIVE LIMITED...] [--output FILE]

Without --table: random tables of all pairs (values uniform in 1..1000, score and limits alike), by shape and seed, with no, one and two limits half
way between the least and the largest that local search finds. toulbar2 gets the same integers as a cost function network. Limits over
blocks alone go to it as linear constraints; it has none for limits over pairs, which is left empty. With --accel: pairs fitted by `mathnas fit`
to 120 networks of Accel-NASBench, drawn anew for each seed, with the FLOPs and parameters of accel_nasbench/fitted as limits; the objective
is then the latent value (before the link) for both. Each runs on one thread in a process of its
own; times are processor time: ours of the whole command, in brackets wall time of its
solve alone, toulbar2's of Solve().
"""

import argparse
import csv
import gzip
import itertools
import json
import multiprocessing
import random
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SHAPES = [(7, 36), (10, 10), (12, 10), (15, 9), (20, 9)]


def random_table(path, nodes, blocks, seed):
    """All pairs in the score "value" and in the limit "load"; "cost" and "size" are sums over blocks."""
    draw = random.Random(seed * 1000003 + nodes * 1009 + blocks)
    number = lambda: draw.randint(1, 1000)
    metrics = []
    for name, better, pairs in [("value", "higher", True), ("cost", "lower", False), ("size", "lower", False)]:
        metric = {"name": name, "unit": "", "better": better, "resolution": 1, "base": 0,
                  "values": [[number() for _ in range(blocks)] for _ in range(nodes)]}
        if pairs:
            metric["factors"] = [{"nodes": [a, b], "values": [number() for _ in range(blocks * blocks)]}
                                 for a, b in itertools.combinations(range(nodes), 2)]
        metrics.append(metric)
    path.write_text(json.dumps({
        "format": "mathnas-table", "version": 1, "name": path.stem,
        "nodes": [{"name": f"n{i}", "blocks": [str(k) for k in range(blocks)]} for i in range(nodes)], "metrics": metrics}))


def fitted_table(path, seed):
    """Accuracy of Accel-NASBench as pairs, from 120 measured networks; FLOPs and parameters as sums over blocks."""
    with gzip.open(ROOT / "data" / "accel_nasbench" / "truth.csv.gz", "rt") as truth:
        rows = list(csv.reader(truth))
    measured = path.with_suffix(".csv")
    with measured.open("w") as out:
        csv.writer(out).writerows(row[:8] for row in rows[:1] + random.Random(seed).sample(rows[1:], 120))
    subprocess.run([ROOT / "build" / "mathnas", "fit", "--space", "accel_nasbench", "--measurements", measured, "--method", "process",
                    "--terms", "pairs", "--output", path], check=True, stdout=subprocess.DEVNULL)
    table = json.loads(path.read_text())
    limits = json.loads((ROOT / "data" / "accel_nasbench" / "fitted.json").read_text())
    table["metrics"] += [m for m in limits["metrics"] if m["name"] in ("flops", "params")]
    latent = table["metrics"][0].pop("link")
    table["metrics"][0]["resolution"] = latent["latent_resolution"]
    path.write_text(json.dumps(table))


def integers(table, name):
    """A metric's base, blocks and factors in multiples of its resolution."""
    metric = next(m for m in table["metrics"] if m["name"] == name)
    resolution = metric["link"]["latent_resolution"] if "link" in metric else metric["resolution"]
    multiple = lambda value: round(value / resolution)
    blocks = [[multiple(v) for v in values] for values in metric["values"]]
    factors = [(f["nodes"], [multiple(v) for v in f["values"]]) for f in metric.get("factors", [])]
    return resolution, multiple(metric["base"]), blocks, factors


def middle(table, name):
    """Half way between the sums of the least and of the largest values."""
    resolution, base, blocks, _ = integers(table, name)
    return (base + (sum(map(min, blocks)) + sum(map(max, blocks))) // 2) * resolution


def ours(path, objective, limits, seconds):
    command = [ROOT / "build" / "mathnas", "solve", path, "--maximize", objective, "--threads", "1", "--json", "--quiet",
               "--time-limit", str(seconds)]
    for name, value in limits:
        command += ["--limit", f"{name}<={value}"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer["solve"] = answer.get("seconds", 0)
    answer["seconds"] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return answer


def ask_toulbar2(path, objective, limits, seconds, pipe):
    import pytoulbar2
    table = json.loads(Path(path).read_text())
    resolution, base, blocks, factors = integers(table, objective)
    names = [n["name"] for n in table["nodes"]]
    place = {name: i for i, name in enumerate(names)}
    most = lambda values: max(values)
    top = sum(map(max, blocks)) + sum(max(v) for _, v in factors) - sum(map(min, blocks)) - sum(min(v) for _, v in factors) + 1
    network = pytoulbar2.CFN(top, resolution=0)
    for name, values in zip(names, blocks):
        network.AddVariable(name, range(len(values)))
    for i, values in enumerate(blocks):
        network.AddFunction([i], [most(values) - v for v in values])
    for nodes, values in factors:
        network.AddFunction([n if isinstance(n, int) else place[n] for n in nodes], [most(values) - v for v in values])
    for name, value in limits:
        limit_resolution, limit_base, sums, pairs = integers(table, name)
        if pairs:
            pipe.send(None)
            return
        capacity = int(value / limit_resolution + 1e-9) - limit_base
        network.AddGeneralizedLinearConstraint(
            [(names[i], k, v) for i, values in enumerate(sums) for k, v in enumerate(values)], "<=", capacity)
    network.Option.verbose = -1
    begun, clock = time.process_time(), time.perf_counter()
    try:
        solution = network.Solve(timeLimit=int(seconds))
    except Exception as problem:  # the time limit comes as one
        print(f"toulbar2: {problem}", file=sys.stderr)
        solution = None
    spent, clock = time.process_time() - begun, time.perf_counter() - clock
    if solution is None:
        pipe.send((spent, None, False))
        return
    constant = base + sum(map(max, blocks)) + sum(max(v) for _, v in factors)
    pipe.send((spent, (constant - round(solution[1])) * resolution, clock < seconds - 1))


def toulbar2(*arguments):
    here, there = multiprocessing.Pipe()
    process = multiprocessing.Process(target=ask_toulbar2, args=(*arguments, there))
    process.start()
    process.join(arguments[3] * 2 + 60)
    if process.is_alive():
        process.kill()
    return here.recv() if here.poll() else None


def compare(path, objective, limits, seconds):
    own = ours(path, objective, limits, seconds)
    peer = toulbar2(path, objective, limits, seconds)
    return own, peer


def describe(own, peer):
    value = own.get("objective")
    status = own.get("status")
    mine = f"{own.get('seconds', 0):.3f} ({own.get('solve', 0):.3f})" if status == "optimal" else f"- ({value}, bound {own.get('bound')})"
    if peer is None:
        return mine, "no answer", value, None
    spent, found, proved = peer
    return mine, f"{spent:.3f}" if proved else "no proof", value, found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--shapes", default="")
    parser.add_argument("--limits", default="0,1,2")
    parser.add_argument("--accel", action="store_true")
    parser.add_argument("--table", nargs="+", default=None)
    parser.add_argument("--output", type=argparse.FileType("w"), default=sys.stdout)
    given = parser.parse_args()
    print("| table | limits | ours, s (the solve) | toulbar2, s | objective | toulbar2's |\n| --- | ---: | ---: | ---: | ---: | ---: |", file=given.output)
    folder = ROOT / "build" / "bench_tables"
    folder.mkdir(parents=True, exist_ok=True)
    questions = []
    if given.table:
        table = json.loads(Path(given.table[0]).read_text())
        for count in map(int, given.limits.split(",")):
            names = given.table[2:2 + count]
            if len(names) == count:
                questions.append((given.table[0], given.table[1], [(n, middle(table, n)) for n in names]))
    elif given.accel:
        for seed in range(1, given.seeds + 1):
            path = folder / f"accel-pairs-{seed}.json"
            fitted_table(path, seed)
            table = json.loads(path.read_text())
            for count in map(int, given.limits.split(",")):
                questions.append((path, "accuracy_imagenet", [(n, middle(table, n)) for n in ("flops", "params")[:count]]))
    else:
        shapes = [tuple(map(int, s.split("x"))) for s in given.shapes.split(",")] if given.shapes else SHAPES
        for nodes, blocks in shapes:
            for seed in range(1, given.seeds + 1):
                path = folder / f"pairs-{nodes}x{blocks}-{seed}.json"
                random_table(path, nodes, blocks, seed)
                table = json.loads(path.read_text())
                for count in map(int, given.limits.split(",")):
                    questions.append((path, "value", [(n, middle(table, n)) for n in ("cost", "size")[:count]]))
    for path, objective, limits in questions:
        mine, theirs, value, found = describe(*compare(path, objective, limits, given.seconds))
        print(f"| {Path(path).stem} | {len(limits)} | {mine} | {theirs} | {value} | {'' if found is None else found} |", file=given.output, flush=True)


if __name__ == "__main__":
    main()

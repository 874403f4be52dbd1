#!/usr/bin/env python3
"""Asks the peers for instances of bench/families.h and adds their answers to bench/results/solver_peers.csv, which is committed: what is
recorded there is not asked again.

    build/peers/bin/python bench/peers/record_peers.py [--time-limit 60] [--seeds 20] [--budget 60] [--peer NAME]... [FAMILY...]

Family by family, peer by peer, seed by seed from 1 on, one solve at a time, each peer in a process of its own. A peer is asked no more
of a family once it has spent --budget seconds on it: so a peer that runs into the time limit has fewer seeds. A line is keyed by
family, seed, peer (with its version) and time limit, a later line replacing an earlier one; a proof holds for every limit that it took
less time than. --again-below SECONDS: unproved solves that had less processor time (other work ran on the machine) are asked again.
"""

import argparse
import csv
import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

import instance_solvers    # noqa: E402
from instances import ROOT, families, read    # noqa: E402

STORE = ROOT / "bench" / "results" / "solver_peers.csv"
COLUMNS = ["family", "seed", "peer", "version", "threads", "time_limit", "outcome", "objective", "bound", "seconds", "cpu_seconds",
           "nodes", "load"]
GRACE = 300  # seconds past the time limit before a peer's process is ended: building is untimed, some limits are of processor time


class Store:
    """The recorded lines."""

    def __init__(self, path, again_below):
        self.path, self.again_below = path, again_below
        self.lines = list(csv.DictReader(path.open())) if path.exists() else []

    def find(self, family, seed, peer, version, time_limit):
        for line in reversed(self.lines):
            if (line["family"], int(line["seed"]), line["peer"], line["version"]) != (family, seed, peer.name, version):
                continue
            if line["outcome"] == "optimal" and float(line["seconds"]) <= time_limit or line["outcome"] == "too large":
                return line
            if float(line["time_limit"]) == time_limit:
                short = line["outcome"] == "time limit" and float(line["cpu_seconds"]) < self.again_below
                return None if short else line
        return None

    def add(self, line):
        self.lines.append(line)
        fresh = not self.path.exists()
        with self.path.open("a", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            if fresh:
                writer.writeheader()
            writer.writerow(line)


def outcome(peer, instance, answer):
    """optimal, time limit, or broken: the network that the peer reports is none, or breaks a limit."""
    if answer.network is not None and instance.objective(answer.network) is None:
        return "broken"
    if answer.proved:
        return "optimal" if answer.network is not None else "broken"
    return "relaxation" if peer is instance_solvers.Relaxation else "time limit"


def serve(peer, pipe):
    """The peer's process: answers (instance, time limit) until it is ended."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # banners
    while True:
        instance, time_limit = pipe.recv()
        before = time.process_time()
        try:
            answer = peer.solve(instance, time_limit)
        except instance_solvers.TooLarge:
            pipe.send({"outcome": "too large"})
            continue
        objective = instance.objective(answer.network)
        pipe.send({"outcome": outcome(peer, instance, answer), "objective": "" if objective is None else objective,
                   "bound": "" if answer.bound is None else f"{answer.bound:.6f}".rstrip("0").rstrip("."),
                   "seconds": f"{answer.seconds:.6f}", "cpu_seconds": f"{time.process_time() - before:.6f}",
                   "nodes": "" if answer.nodes is None else answer.nodes})


class Process:
    def __init__(self, peer):
        self.pipe, other = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=serve, args=(peer, other), daemon=True)
        self.process.start()
        other.close()

    def ask(self, instance, time_limit):
        """The answer, or {"outcome": "no answer"} when the process hung or ended."""
        self.pipe.send((instance, time_limit))
        try:
            if self.pipe.poll(time_limit + GRACE):
                return self.pipe.recv()
        except EOFError:
            pass
        return {"outcome": "no answer"}

    def end(self):
        self.process.kill()
        self.process.join()


def record(store, family, peer, version, arguments):
    """Asks what is not yet recorded of one family and peer; seconds spent, recorded ones included."""
    spent, process = 0.0, None
    for seed in range(1, arguments.seeds + 1):
        line = store.find(family, seed, peer, version, arguments.time_limit)
        if line is None:
            process = process or Process(peer)
            answer = process.ask(read(family, seed), arguments.time_limit)
            line = {"family": family, "seed": seed, "peer": peer.name, "version": version, "threads": instance_solvers.THREADS,
                    "time_limit": arguments.time_limit, "load": f"{os.getloadavg()[0]:.1f}", **answer}
            store.add(line)
            print(family, seed, version, answer, file=sys.stderr, flush=True)
            if answer["outcome"] == "no answer":
                process.end()
                process = None
        if line["outcome"] == "too large":
            break
        spent += float(line.get("seconds") or arguments.time_limit)
        if spent >= arguments.budget:
            break
    if process:
        process.end()
    return spent


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--time-limit", type=int, default=60)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=float, default=60)
    parser.add_argument("--again-below", type=float, default=0)
    parser.add_argument("--peer", action="append", help="only this one, by its name such as SCIP")
    parser.add_argument("--store", type=Path, default=STORE)
    parser.add_argument("families", nargs="*")
    arguments = parser.parse_args()
    store = Store(arguments.store, arguments.again_below)
    for family in arguments.families or families():
        for peer, version in instance_solvers.available().items():
            if not arguments.peer or peer.name in arguments.peer:
                record(store, family, peer, version, arguments)


if __name__ == "__main__":
    main()

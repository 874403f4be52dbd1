#!/usr/bin/env python3
"""Asks bench_solve and every installed peer the same questions, table by table in turn, and writes the comparison as Markdown.

    build/peers/bin/python bench/peers/solve_peers.py [--questions 20] [--rounds 3] [--output FILE]

A round takes each table in turn: our times (bench_solve), then each peer on the first questions of the same list. Medians are over
all rounds. Each peer's network is evaluated in integers; where it has not our optimum a model made anew is asked too, and both are
listed. When a peer's network is better than ours the exit code is 1.
"""

import argparse
import csv
import io
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from model import Limit, Table    # noqa: E402
from solvers import THREADS, available  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
TABLES = ["nasbench201/edgegpu", "nasbench201/fpga", "mobilenetv3/raspberrypi", "mobilenetv3/tx2cpu", "mobilenetv3/tx2gpu",
          "supervit/192", "supervit/224", "supervit/256", "supervit/288", "supertransformer/xeon", "supertransformer/titanxp",
          "supertransformer/raspberrypi"]


def ours(program, *arguments):
    """What one of our benchmarks prints, as rows."""
    text = subprocess.run([ROOT / "build" / "bench" / program, *arguments], cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout
    return list(csv.reader(io.StringIO(text)))


class Comparison:
    """One table with one or two limits."""

    def __init__(self, name, limit_count, question_count, peers):
        self.name, self.limit_count = name, limit_count
        self.table = Table(name)
        (*limits, self.objective), *rows = ours("bench_solve", "--optima", str(question_count), str(limit_count), name)
        self.limits = [Limit(self.table, text) for text in limits]
        self.questions = [([int(value) for value in row[:-1]], int(row[-1])) for row in rows]
        self.peers = [peer(self.table, self.objective, self.limits) for peer in peers]
        self.times = {peer.name: [] for peer in self.peers}
        self.agreed = {peer.name: 0 for peer in self.peers}
        self.disagreed = set()  # (peer, limits, our optimum, the peer's, the peer's on a fresh model); None: limits not met
        self.beaten = False
        self.own = []

    def ask_peers(self):
        for peer in self.peers:
            for values, optimum in self.questions:
                milliseconds, objective = self.ask(peer, values)
                self.times[peer.name].append(milliseconds)
                self.agreed[peer.name] += objective == optimum
                if objective != optimum:
                    self.record(peer, values, optimum, objective)

    def ask(self, peer, values):
        """Milliseconds and the exact objective of the network found; None when it breaks a limit or rule."""
        milliseconds, solution = peer.solve(values)
        items = self.table.chosen(solution)
        met = items is not None and all(limit.met(self.table.value(limit.metric, items), value)
                                        for limit, value in zip(self.limits, values))
        return milliseconds, self.table.value(self.objective, items) if met else None

    def record(self, peer, values, optimum, objective):
        fresh = self.ask(type(peer)(self.table, self.objective, self.limits), values)[1]
        self.disagreed.add((peer.name, tuple(values), optimum, objective, fresh))
        self.beaten |= max(objective or optimum, fresh or optimum) > optimum

    def own_median(self, column):
        return statistics.median(float(row[column]) for row in self.own)

    def row(self, peers):
        medians = {peer: statistics.median(times) for peer, times in self.times.items()}
        first, again = self.own_median("first_us"), self.own_median("again_us")
        cells = [self.name, f"{first:.1f} ({self.own_median('first_worst_us'):.0f})", f"{self.own_median('early_us'):.1f}",
                 f"{again:.2f}", f"{self.own_median('again_99_us'):.2f}"]
        cells += [f"{medians[peer]:.1f}" for peer in peers]
        fastest = 1e3 * min(medians.values())
        cells += [f"{fastest / first:,.0f}", f"{fastest / again:,.0f}"]
        cells += ["; ".join(f"{self.agreed[peer]}/{len(self.times[peer])}" for peer in peers)]
        return "| " + " | ".join(cells) + " |"


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def markdown(comparisons, versions, arguments):
    peers = [peer.name for peer in versions]
    yield "# One exact solve, against general solvers\n"
    yield "Repeat: `make bench-peers` (installs the peers, runs `bench/run_solve.sh`, rewrites this file).\n"
    yield f"- Machine: {machine()}, shared with other work; load when written: {os.getloadavg()[1]:.1f}. Ours and the peers take"
    yield f"  turns table by table, {arguments.rounds} rounds; every figure is a median over them."
    yield f"- Peers: {', '.join(versions.values())}; {THREADS} threads each, gap 0. Time of the solve alone: reading, building and Python are"
    yield f"  left out. HiGHS and CP-SAT keep their model and change the right-hand side. {arguments.questions} questions a table and round."
    yield "- Ours: one thread, through `host/mathnas.h`. first: solver made, objective and limits as text, and solved, on a loaded table;"
    yield "  median (worst) of 200 questions, the median of three fresh solvers each. again: another limit on the same solver; early:"
    yield "  median of the second to the 64th question; then median and 99th percentile of 20,000 (after 64 questions about a single"
    yield "  limit the solver keeps its step function). The questions: `bench/questions.h`."
    yield "- Ratio: the fastest peer's median over ours."
    yield "- Agrees: the peer's network, evaluated in integers, meets the limits and has our optimum to the last multiple of the resolution.\n"
    for count, title in ((1, "One limit"), (2, "Two limits")):
        yield f"## {title}\n"
        heads = ["table", "first us (worst)", "again us, early", "again us", "again us, 99 %", *(f"{peer} ms" for peer in peers), "ratio first", "ratio again",
                 f"agrees: {'; '.join(peers)}"]
        yield "| " + " | ".join(heads) + " |"
        yield "| --- " + "| ---: " * (len(heads) - 2) + "| --- |"
        yield from (c.row(peers) for c in comparisons if c.limit_count == count)
        yield ""
    yield from disagreements(comparisons)


def disagreements(comparisons):
    """Each as a line, in multiples of the resolution."""
    lines = []
    for c in comparisons:
        for peer, values, optimum, objective, fresh in sorted(c.disagreed, key=str):
            limits = ", ".join(f"{limit.text}{value}" for limit, value in zip(c.limits, values))
            lines.append(f"- {c.name}, {limits}: ours {optimum}; {peer} {objective}, and {fresh} from a model made anew")
    if lines:
        yield "## Where a peer disagrees (multiples of the resolution; None: its network meets not every limit)\n"
        yield from lines
        yield ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--output", type=Path)
    parser.add_argument("tables", nargs="*", default=TABLES)
    arguments = parser.parse_args()
    versions = available()
    if not versions:
        sys.exit("no peer is installed: bench/peers/install.sh")
    comparisons = [Comparison(name, limits, arguments.questions, versions) for name in arguments.tables for limits in (1, 2)]
    for number in range(arguments.rounds):
        for name in arguments.tables:
            head, *rows = ours("bench_solve", "--csv", name)
            for comparison in (c for c in comparisons if c.name == name):
                comparison.own += [row for row in (dict(zip(head, row)) for row in rows)
                                   if int(row["limits"]) == comparison.limit_count]
                comparison.ask_peers()
            print(f"round {number + 1}/{arguments.rounds}: {name}", file=sys.stderr)
    text = "\n".join(markdown(comparisons, versions, arguments))
    if arguments.output:
        arguments.output.write_text(text)
    print(text)
    sys.exit(1 if any(comparison.beaten for comparison in comparisons) else 0)


if __name__ == "__main__":
    main()

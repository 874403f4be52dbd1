#!/usr/bin/env python3
"""Sweeps by the library and by the command, beside HiGHS with one model and changing limits; writes the comparison as Markdown.

    build/peers/bin/python bench/peers/sweep_peers.py [--questions 50] [--output FILE]

HiGHS answers the first rows of the same list, one after the other; its rate is theirs. The optima of those rows must agree.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

from solve_peers import ROOT, TABLES, Comparison, disagreements, machine, ours  # noqa: E402
from solvers import THREADS, Highs                                # noqa: E402

COMMAND = ROOT / "build" / "mathnas"
GRID_ROWS = 1000000
LOOKED_UP = ("nasbench201", "mobilenetv3")  # a million rows of several limits; the others 10,000


def timed_command(name, threads):
    """Wall seconds of `mathnas sweep` over a grid of a million values of the limit, file included; the file's bytes."""
    information = json.loads(subprocess.run([COMMAND, "info", name, "--json"], cwd=ROOT, check=True, text=True,
                                            stdout=subprocess.PIPE).stdout, parse_float=str, parse_int=str)
    objective, limited = information["metrics"][:2]
    output = ROOT / "build" / "bench" / "sweep.csv"
    grid = f"{limited['name']}={limited['smallest']}:{limited['largest']}:{GRID_ROWS}"
    start = time.perf_counter()
    subprocess.run([COMMAND, "sweep", name, "--maximize", objective["name"], "--grid", grid, "--threads", str(threads), "--quiet",
                    "--output", output], cwd=ROOT, check=True)
    seconds, size = time.perf_counter() - start, output.stat().st_size
    output.unlink()
    return seconds, size


def measure(name, question_count):
    """The table's rows of the two Markdown tables."""
    pairs = 1000000 if name.startswith(LOOKED_UP) else 10000
    for row in ours("bench_sweep", "--csv", "--pairs", str(pairs), name)[1:]:
        limits, rows, one, both = int(row[1]), int(row[2]), float(row[3]), float(row[4])
        peer = Comparison(name, limits, question_count, {Highs: ""})
        peer.ask_peers()
        times = peer.times[Highs.name]
        peer_rate = 1e3 * len(times) / sum(times)
        cells = [name, f"{rows:,}", f"{one:.3f}", f"{both:.3f}", f"{rows / min(one, both):,.0f}", f"{peer_rate:.1f}",
                 f"{rows / min(one, both) / peer_rate:,.0f}", f"{peer.agreed[Highs.name]}/{len(times)}"]
        if limits == 1:
            seconds, sizes = zip(*(timed_command(name, threads) for threads in (1, 2)))
            cells += [f"{seconds[0]:.2f}", f"{seconds[1]:.2f}", f"{sizes[1] / 1e6:.0f}"]
        yield limits, "| " + " | ".join(cells) + " |", peer


def markdown(rows, arguments):
    yield "# Sweeps: one exact answer for each of many limits\n"
    yield "Repeat: `make bench-peers`, or `bench/run_sweep.sh` alone; without the peer: `make bench BENCH=sweep`.\n"
    yield f"- Machine: {machine()}, shared with other work; load when written: {os.getloadavg()[1]:.1f} on its {os.cpu_count()} cores, so"
    yield "  seconds with two threads say little about a free machine."
    yield "- Library: `mn_solver_sweep` on a fresh solver, limits in random order (`bench/questions.h`), nothing written; median"
    yield "  of three. Two limits: the second and third metric of a random network, or, where there are but two metrics, a window of the second;"
    yield "  three: the second to fourth metric. rows/s: the faster of one and two threads."
    yield f"- Peer: {Highs.version()}, {THREADS} threads, model made once, right-hand sides changed, time of its solves alone;"
    yield f"  the first {arguments.questions} rows of the same list, its rows/s are theirs. Agrees: optimum equal to the last multiple."
    yield "- Command: `mathnas sweep` over a grid of as many values of the limit in order, start, reading and writing the CSV included.\n"
    heads = ["table", "rows", "1 thread, s", "2 threads, s", "rows/s", "HiGHS rows/s", "ratio", "agrees"]
    for limits, title, more in ((1, "One limit", ["command, 1 thread, s", "command, 2 threads, s", "CSV, MB"]), (2, "Two limits", []), (3, "Three limits", [])):
        yield f"## {title}\n"
        yield "| " + " | ".join(heads + more) + " |"
        yield "| --- " + "| ---: " * (len(heads + more) - 1) + "|"
        yield from (text for count, text, _ in rows if count == limits)
        yield ""
    yield from disagreements([peer for _, _, peer in rows])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--output", type=Path)
    parser.add_argument("tables", nargs="*", default=TABLES)
    arguments = parser.parse_args()
    rows = []
    for name in arguments.tables:
        rows += measure(name, arguments.questions)
        print(f"swept: {name}", file=sys.stderr)
    text = "\n".join(markdown(rows, arguments))
    if arguments.output:
        arguments.output.write_text(text)
    print(text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Time of an exact solve against nodes, blocks, limits and threads: bench/results/solver_scaling.csv, and a picture by gnuplot.

    python3 bench/solver_scaling.py [--plot-only] [--panel NAME]...

A point is the median of bench_solver's first SEEDS seeds. A curve ends with its first point whose median was not proved in TIME_LIMIT
seconds; that point is drawn open.
"""

import argparse
import csv
import io
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "bench" / "results"
SEEDS, TIME_LIMIT, THREADS = 5, 10, 2

NODES = (10, 20, 50, 100, 200, 500, 1000)
BLOCKS = (5, 10, 20, 50, 100, 200, 500, 1000)
LIMITS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30)

# panel: (values of its axis, curves as families with {} for the value)
PANELS = {
    "nodes": (NODES, ("{}x20x1:u", "{}x20x1:s", "{}x20x1:S", "{}x10x2:s", "{}x10x3:w")),
    "blocks": (BLOCKS, ("50x{}x1:u", "50x{}x1:s", "50x{}x1:S", "20x{}x2:s", "20x{}x3:w")),
    "limits": (LIMITS, ("100x10x{}:u", "20x9x{}:u", "20x9x{}:w", "20x9x{}:s", "20x9x{}:S")),
    "threads": (tuple(range(1, (os.cpu_count() or 1) + 1)), ("50x20x3:s", "50x20x3:w", "20x9x5:s", "30x10x5:w", "20x9x10:w")),
}


def measure(family, threads):
    """(median seconds, whether it was proved)"""
    command = [ROOT / "build" / "bench" / "bench_solver", "--csv", "--family", family, "--seeds", str(SEEDS), "--time-limit", str(TIME_LIMIT),
               "--threads", str(threads), "--unproved", str(SEEDS // 2 + 1)]
    text = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    solves = [(row["outcome"] != "optimal", float(row["seconds"])) for row in csv.DictReader(io.StringIO(text))]
    solves += [(True, float(TIME_LIMIT))] * (SEEDS - len(solves))
    unproved, seconds = sorted(solves)[SEEDS // 2]
    return (TIME_LIMIT if unproved else seconds), not unproved


def curve(panel, family, values):
    for value in values:
        asked, threads = (family, value) if panel == "threads" else (family.format(value), THREADS)
        seconds, proved = measure(asked, threads)
        yield {"panel": panel, "curve": family.replace("{}", "N"), "x": value, "seconds": f"{seconds:.9f}", "proved": int(proved)}
        if not proved and panel != "threads":
            return


def record(path, wanted):
    """Measures the wanted panels and keeps the lines of the others."""
    kept = list(csv.DictReader(path.open())) if path.exists() else []
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["panel", "curve", "x", "seconds", "proved"], lineterminator="\n")
        writer.writeheader()
        for panel, (values, families) in PANELS.items():
            if panel not in wanted:
                writer.writerows(row for row in kept if row["panel"] == panel)
                continue
            for family in families:
                for row in curve(panel, family, values):
                    writer.writerow(row)
                    file.flush()


def plot(rows, picture):
    """One panel beside the other; the data go to gnuplot as named blocks."""
    blocks, panels = [], []
    for number, panel in enumerate(PANELS):
        own = [row for row in rows if row["panel"] == panel]
        curves = list(dict.fromkeys(row["curve"] for row in own))
        parts = []
        for index, name in enumerate(curves):
            block = f"$data{number}_{index}"
            lines = [f'{row["x"]} {1e3 * float(row["seconds"])} {row["proved"]}' for row in own if row["curve"] == name]
            blocks.append("\n".join([f"{block} << END", *lines, "END"]))
            parts.append(f"{block} using 1:2 with lines lt {index + 1} lw 2 title '{name}'")
            parts.append(f"{block} using 1:($3 == 1 ? $2 : NaN) with points lt {index + 1} pt 7 ps 0.5 notitle")
            parts.append(f"{block} using 1:($3 == 0 ? $2 : NaN) with points lt {index + 1} pt 6 ps 0.9 notitle")
        first, last = PANELS[panel][0][0], PANELS[panel][0][-1]
        scale = (f"unset logscale x; set xtics 1; set xrange [{first - 0.5}:{last + 0.5}]" if panel == "threads" else
                 f"set logscale x; set xtics autofreq; set xrange [{0.8 * first}:{1.25 * last}]")
        panels.append(f"{scale}\nset xlabel '{panel}'\nplot {', '.join(parts)}")
    script = "\n".join([*blocks, "set terminal svg size 1000,800 font 'sans-serif,12' background rgb 'white'", f"set output '{picture}'",
                        "set multiplot layout 2,2", "set logscale y", "set format y '%g'", "set ylabel 'ms to the proof, median'",
                        "set key above maxrows 2", "set grid", *panels, "unset multiplot"])
    subprocess.run(["gnuplot"], input=script + "\n", text=True, check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--plot-only", action="store_true", help="draw what is recorded")
    parser.add_argument("--panel", action="append", choices=list(PANELS), help="measure this panel only; may be given again")
    arguments = parser.parse_args()
    table = RESULTS / "solver_scaling.csv"
    if not arguments.plot_only:
        record(table, arguments.panel or list(PANELS))
    plot(list(csv.DictReader(table.open())), RESULTS / "solver_scaling.svg")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Our solves (bench/results/solver_ours.csv) beside the recorded peers (bench/results/solver_peers.csv), as Markdown.

    python3 bench/peers/solver_report.py [--output FILE]

Optima are compared in integers. The exit code is 1 when a peer has a network that our proof or bound excludes.
"""

import argparse
import csv
import os
import platform
import statistics
import sys
from collections import defaultdict
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[2] / "bench" / "results"
PEERS = ["HiGHS", "CP-SAT", "SCIP", "Gurobi", "CBC", "toulbar2"]
PEER_LIMIT = 60
PRECISE = 0.02  # seconds
STARVED = "\u2020"

# title, median goal in ms, worst goal in ms (None: none), families
GOALS = [
    ("one limit, 20x9", 0.1, None, "20x9x1:u 20x9x1:w 20x9x1:s 20x9x1:S"),
    ("", 2, None, "20x9x1:subset-sum"),
    ("one limit, 50x20", 1, None, "50x20x1:u 50x20x1:w 50x20x1:s 50x20x1:S"),
    ("", 10, None, "50x20x1:subset-sum"),
    ("one limit, 100x50", 5, None, "100x50x1:u 100x50x1:w 100x50x1:s 100x50x1:S 100x50x1:inverse"),
    ("", 20, None, "100x50x1:subset-sum"),
    ("one limit, 1000x100", 1.5, None, "1000x100x1:u"),
    ("", 20, None, "1000x100x1:w"),
    ("", 50, None, "1000x100x1:s 1000x100x1:S"),
    ("", 6, None, "1000x100x1:subset-sum"),
    ("two limits", 10, 2000, "20x9x2:w 20x9x2:s 20x9x2:S 50x20x2:w 50x20x2:s 50x20x2:S 100x10x2:w 100x10x2:s 100x10x2:S"),
    ("three limits", None, None, "20x9x3:w 20x9x3:s 20x9x3:S"),
    ("", 100, 1000, "50x20x3:w 50x20x3:s 50x20x3:S"),
    ("", 300, 2000, "100x10x3:w 100x10x3:s 100x10x3:S"),
    ("uncorrelated, ten limits", 2, None, "20x9x10:u 50x20x10:u 100x10x10:u"),
    ("five limits", 1000, None, "20x9x5:w 20x9x5:s 20x9x5:S"),
    ("", 3000, None, "30x10x5:w 30x10x5:s 30x10x5:S"),
    ("ten limits", 1500, None, "20x9x10:w"),
]
HARD = ("50x20x5:w 50x20x5:s 20x9x10:s 20x9x10:S 50x10x10:w 50x10x10:s 50x10x10:S 100x10x10:w 100x10x10:s 100x10x10:S "
        "400x10x10:s 700x10x30:s").split()


class Solve:
    """One line of either file. seconds: the smaller of elapsed and processor time, since other work runs on the machine; processor time
    is too coarse for the shortest."""

    def __init__(self, line):
        self.proved = line["outcome"] == "optimal"
        self.broken = line["outcome"] == "broken"
        self.answered = line["outcome"] not in ("too large", "no answer")
        self.outcome = line["outcome"]
        self.objective = int(line["objective"]) if line["objective"] else None
        self.bound = float(line["bound"]) if line["bound"] else None
        self.elapsed = float(line["seconds"] or PEER_LIMIT)
        self.cpu = float(line["cpu_seconds"] or self.elapsed)
        self.time_limit = float(line["time_limit"])
        self.starved = line["outcome"] == "time limit" and self.cpu < 0.75 * self.time_limit
        counted = self.elapsed if self.elapsed < PRECISE else min(self.elapsed, self.cpu)
        self.seconds = counted if self.proved else self.time_limit


def read(path):
    return list(csv.DictReader(path.open())) if path.exists() else []


class Results:
    """ours[family][time limit][seed], peers[family][peer][seed], relaxation[family][seed]"""

    def __init__(self, ours, peers):
        self.ours = defaultdict(lambda: defaultdict(dict))
        self.peers = defaultdict(lambda: defaultdict(dict))
        self.relaxation = defaultdict(dict)
        self.versions, self.loads = {}, []
        self.threads = sorted({line["threads"] for line in ours})
        for line in ours:
            self.ours[line["family"]][float(line["time_limit"])][int(line["seed"])] = Solve(line)
        for line in peers:
            if line["peer"] == "LP":
                if line["bound"]:
                    self.relaxation[line["family"]][int(line["seed"])] = float(line["bound"])
                continue
            self.versions[line["peer"]] = line["version"]
            self.loads += [float(line["load"])] if line["load"] else []
            self.peers[line["family"]][line["peer"]][int(line["seed"])] = Solve(line)

    def longest(self, family):
        """Our solves of a family at the longest time limit that was used for it."""
        limits = self.ours[family]
        return limits[max(limits)] if limits else {}

    def contradictions(self):
        """(sentences on peers that are wrong, sentences where we are, number of comparisons)"""
        theirs_wrong, ours_wrong, compared = [], [], 0
        for family, by_peer in self.peers.items():
            for name, solves in by_peer.items():
                for seed, theirs in solves.items():
                    ours = self.longest(family).get(seed)
                    where = f"{family}, seed {seed}: {name}"
                    if theirs.broken:
                        theirs_wrong.append(f"{where}: its network breaks a limit")
                    elif ours is not None and theirs.answered:
                        compared += 1
                        if excludes(ours, theirs):
                            ours_wrong.append(f"{where}: its network has {theirs.objective}, our bound is {ours.bound:.0f}")
                        if excludes(theirs, ours):
                            claim = f"optimum {theirs.objective}" if theirs.proved else f"bound {theirs.bound:g}"
                            theirs_wrong.append(f"{where}: {claim}, but our network has {ours.objective}")
        return theirs_wrong, ours_wrong, compared


def excludes(one, other):
    """Whether one solve says that no network is as good as the one that the other has. Networks are evaluated in integers."""
    if other.objective is None:
        return False
    if one.proved and one.objective < other.objective:
        return True
    return one.bound is not None and one.bound < other.objective - 1e-6 * abs(other.objective)


# ---- figures ---------------------------------------------------------------------------------------------------------------------

def milliseconds(seconds):
    value = 1e3 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def median(solves):
    """(seconds, whether the median solve was proved): unproved ones are the longest."""
    ordered = sorted(solves, key=lambda solve: (not solve.proved, solve.seconds))
    lower, upper = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return statistics.mean((lower.seconds, upper.seconds)), upper.proved


def time_cell(solves, expected):
    """Median in ms, with the number of seeds where they are fewer than expected; "> limit" when the median was not proved."""
    if not solves:
        return ""
    if not any(solve.answered for solve in solves):
        return solves[0].outcome
    seconds, proved = median(solves)
    text = milliseconds(seconds) if proved else f"> {milliseconds(seconds)}"
    count = sum(solve.proved for solve in solves)
    if count < len(solves):
        return f"{text}{STARVED if any(solve.starved for solve in solves) else ''} ({count} of {len(solves)} proved)"
    return text if len(solves) >= expected else f"{text} ({len(solves)})"


def ratio(ours, peers):
    """The fastest peer's median over ours, on the seeds that both have; "" where nothing can be said."""
    best = None
    for solves in peers.values():
        seeds = [seed for seed, solve in solves.items() if seed in ours and solve.answered and not solve.broken]
        if not seeds:
            continue
        own, own_proved = median([ours[seed] for seed in seeds])
        theirs, proved = median([solves[seed] for seed in seeds])
        if own_proved or proved:
            entry = (theirs / own, proved, own_proved)
            best = min(best, entry) if best else entry
    if best is None:
        return ""
    value = f"{best[0]:,.0f}" if best[0] >= 10 else f"{best[0]:.1f}" if best[0] >= 0.1 else f"{best[0]:.3f}"
    return ("" if best[1] else "> ") + value if best[2] else f"< {value}"


def verdict(goal, worst_goal, solves):
    """yes, no, or which part of the goal is missed."""
    if goal is None:
        return ""
    seconds, proved = median(solves)
    missed = [] if proved and 1e3 * seconds <= goal else ["median"]
    if worst_goal and not all(solve.proved and 1e3 * solve.seconds <= worst_goal for solve in solves):
        missed.append("worst")
    return "yes" if not missed else "no: " + ", ".join(missed)


# ---- text ------------------------------------------------------------------------------------------------------------------------

def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}"


def proofs(results):
    heads = ["family", "goal ms: median (worst)", "ours ms", "90 %", "worst", "proved", "goal met", *(f"{peer} ms" for peer in PEERS),
             "fastest peer / ours"]
    yield "| " + " | ".join(heads) + " |"
    yield "| --- " + "| ---: " * 4 + "| --- | --- " + "| ---: " * (len(PEERS) + 1) + "|"
    for title, goal, worst_goal, names in GOALS:
        for family in names.split():
            ours = results.longest(family)
            if ours:
                yield proof_row(results, family, ours, goal, worst_goal)


def proof_row(results, family, ours, goal, worst_goal):
    solves = sorted(ours.values(), key=lambda solve: (not solve.proved, solve.seconds))
    late = solves[min(len(solves) - 1, int(0.9 * len(solves)))]
    shown = lambda solve: milliseconds(solve.seconds) if solve.proved else f"> {milliseconds(solve.seconds)}"  # noqa: E731
    goal_text = "" if goal is None else f"{goal:g}" + (f" ({worst_goal:,})" if worst_goal else "")
    seconds, proved = median(solves)
    cells = [family, goal_text, ("" if proved else "> ") + milliseconds(seconds), shown(late), shown(solves[-1]),
             f"{sum(solve.proved for solve in solves)} of {len(solves)}", verdict(goal, worst_goal, solves)]
    peers = results.peers[family]
    cells += [time_cell(list(peers[peer].values()), 20) for peer in PEERS]
    return "| " + " | ".join([*cells, ratio(ours, peers)]) + " |"


def incumbents(results):
    heads = ["family, seed", "LP bound", "ours, 1 s", "ours, 10 s", "gap to LP, 10 s", "our bound, last", "proof s",
             *(f"{peer}, {PEER_LIMIT} s" for peer in PEERS), "best after 1 s", "best bound"]
    yield "| " + " | ".join(heads) + " |"
    yield "| --- " + "| ---: " * (len(heads) - 3) + "| --- | --- |"
    for family in HARD:
        for seed in sorted({seed for solves in results.peers[family].values() for seed in solves}):
            if any(seed in solves for solves in results.ours[family].values()):
                yield incumbent_row(results, family, seed)


def incumbent_row(results, family, seed):
    ours = {limit: solves[seed] for limit, solves in results.ours[family].items() if seed in solves}
    first, later, last = ours.get(1.0), ours.get(10.0), ours[max(ours)]
    theirs = {peer: solves[seed] for peer, solves in results.peers[family].items() if seed in solves}
    theirs = {peer: solve for peer, solve in theirs.items() if solve.answered}
    relaxation = results.relaxation[family].get(seed)
    objective = lambda solve: "" if solve is None else "none" if solve.objective is None else str(solve.objective)  # noqa: E731
    gap = f"{100 * (relaxation - later.objective) / relaxation:.3f} %" if relaxation and later and later.objective else ""
    cells = [f"{family}, {seed}", f"{relaxation:.1f}" if relaxation else "", objective(first), objective(later), gap,
             f"{last.bound:.0f}", f"{last.seconds:.1f}" if last.proved else f"> {last.time_limit:g}"]
    cells += [peer_incumbent(theirs.get(peer)) for peer in PEERS]
    values = [solve.objective for solve in theirs.values() if solve.objective is not None]
    bounds = [int(solve.bound + 1e-6) for solve in theirs.values() if solve.bound is not None]
    cells += [rank(first.objective if first else None, max(values, default=None)),
              rank(-last.bound, -min(bounds) if bounds else None)]
    return "| " + " | ".join(cells) + " |"


def peer_incumbent(solve):
    if solve is None:
        return ""
    incumbent = "none" if solve.objective is None else str(solve.objective)
    bound = "" if solve.bound is None else f" ({int(solve.bound + 1e-6)})"
    return f"{incumbent}, proved in {solve.seconds:.0f} s" if solve.proved else incumbent + bound + STARVED * solve.starved


def rank(own, theirs):
    if own is None or theirs is None:
        return ""
    return "ours" if own > theirs else "same" if own == theirs else "a peer"


def markdown(results):
    theirs_wrong, ours_wrong, compared = results.contradictions()
    yield "# The exact solver on hard spaces, against general solvers\n"
    yield "Repeat: `bench/run_solver.sh` (ours, the scaling picture and this file), `bench/run_solver.sh peers` (what is not yet recorded of"
    yield "the peers; hours, if nothing is).\n"
    yield f"- Machine: {machine()}. Other work ran on it while the peers were recorded (load"
    yield f"  {min(results.loads, default=0):.1f} to {max(results.loads, default=0):.1f}), so a solve counts, on both sides, with the smaller of elapsed and processor time."
    yield f"- Families: `bench/families.h`, nodes x blocks x limits : kind. Seeds 1 to 20; ours with {', '.join(results.threads)} threads, after three seeds without proof no more."
    yield f"- Peers: {', '.join(results.versions[peer] for peer in PEERS if peer in results.versions)}. Two threads (SCIP and toulbar2: one, see"
    yield f"  `bench/peers/instance_solvers.py`), gap 0, {PEER_LIMIT} s. Each is asked seeds from 1 on until it has spent some time on the family:"
    yield "  (n) behind a time: fewer seeds than 20. \"too large\": past the 2,000 variables of Gurobi's free licence."
    yield f"  {STARVED}: less than {0.75 * PEER_LIMIT:g} processor seconds of the {PEER_LIMIT}, since other work ran; `AGAIN_BELOW={0.75 * PEER_LIMIT:g} bench/run_solver.sh peers` asks these again."
    yield "- Time: of the solve alone on the loaded table; ours is everything from `mn_solver_create` to the answer."
    yield f"- Agreement: {compared} answers of peers compared with ours, every network evaluated in integers: {len(ours_wrong)} times a peer's network is better than our"
    yield f"  proof or bound allows, {len(theirs_wrong)} times ours is better than a peer's (listed at the end). That every peer is asked the right question:"
    yield "  `bench/peers/check_peers.py` (enumeration).\n"
    yield "## To the proof\n"
    yield "Median, 90 % and worst of the seeds. Last column: medians on the seeds that both solved; > where no peer proved its median seed.\n"
    yield from proofs(results)
    yield "\n## Where a proof is out of reach for most\n"
    yield f"Incumbents; for peers (bound) after {PEER_LIMIT} s. Best after 1 s: our incumbent after 1 s against the peers' best after {PEER_LIMIT} s. Best bound: ours at its"
    yield "last time limit against theirs. The classic library's files (Khan 1998; Shojaei et al.) are not available here: its sizes are taken, with"
    yield "our families.\n"
    yield from incumbents(results)
    yield ""
    if (RESULTS / "solver_scaling.svg").exists():
        yield "## Scaling\n"
        yield "![time against nodes, blocks, limits and threads](solver_scaling.svg)\n"
        yield "Median of five seeds (`solver_scaling.csv`); an open end means that the median was not proved in 10 s.\n"
    for title, sentences in (("Where we are wrong", ours_wrong), ("Where a peer is wrong", theirs_wrong)):
        if sentences:
            yield f"## {title}\n"
            yield from (f"- {sentence}" for sentence in sentences)
            yield ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ours", type=Path, default=RESULTS / "solver_ours.csv")
    parser.add_argument("--peers", type=Path, default=RESULTS / "solver_peers.csv")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    results = Results(read(arguments.ours), read(arguments.peers))
    text = "\n".join(markdown(results))
    if arguments.output:
        arguments.output.write_text(text)
    else:
        print(text)
    sys.exit(1 if results.contradictions()[1] else 0)


if __name__ == "__main__":
    main()

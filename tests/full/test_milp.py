#!/usr/bin/env python3
"""The large shipped tables against CBC, an independent solver of mixed integer programs (Debian's coinor-cbc).

Random requests (limits on metrics and on expressions, fixed and forbidden blocks, rules) are solved by `mathnas solve --json` and
by CBC from an LP file made here, straight from the table's JSON. Networks are judged in exact integers of the resolution: CBC works
in doubles, so a network of its that breaks a limit is cut off and CBC asked again, and one that is worse than ours counts as CBC's
tolerance, not as a failure. A better one, or one where we found none, is a failure. Requests that one of the two does not settle in
its time are counted as open and replaced. And the scan of all 1.2e10 networks of supervit/192 against the search.
"""
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time
from decimal import ROUND_HALF_UP, Decimal, localcontext

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MATHNAS = os.path.realpath(os.environ.get("MATHNAS", os.path.join(ROOT, "build", "mathnas")))
SUPERVIT = ["supervit/192", "supervit/224", "supervit/256", "supervit/288"]
SUPERTRANSFORMER = ["supertransformer/raspberrypi", "supertransformer/titanxp", "supertransformer/xeon"]
UNIT = Decimal("1e-16")  # every factor of an expression is a whole number of it
TIME_LIMIT, CBC_TIME_LIMIT, SCAN_TIME_LIMIT = 3, 15, 200  # seconds of one solve


class Open(Exception):
    """Not settled in time; by whom."""


class Table:
    """A table in integers, read here and nowhere else."""

    def __init__(self, name):
        with open(os.path.join(ROOT, "data", name + ".json"), encoding="utf-8") as file:
            data = json.load(file, parse_float=Decimal, parse_int=Decimal)
        self.name = name
        self.nodes = [node["name"] for node in data["nodes"]]
        self.blocks = [[b if isinstance(b, str) else b["name"] for b in node["blocks"]] for node in data["nodes"]]
        self.metrics, self.resolutions = {}, {}
        for metric in data["metrics"]:
            resolution = metric["resolution"]

            def multiples(value, resolution=resolution):
                return int((value / resolution).quantize(Decimal(1), ROUND_HALF_UP))

            self.resolutions[metric["name"]] = resolution
            columns = [[multiples(value) for value in row] for row in metric["values"]]
            self.metrics[metric["name"]] = (multiples(metric.get("base", Decimal(0))), columns)
        self.rules = [self.rule(rule) for rule in data.get("rules", [])]

    def block_set(self, node_and_blocks):
        """[node, block or list] as {(node, block)}."""
        node, blocks = node_and_blocks
        at = self.nodes.index(node)
        return {(at, self.blocks[at].index(block)) for block in ([blocks] if isinstance(blocks, str) else blocks)}

    def rule(self, rule):
        """A rule as a row: ([(coefficient, blocks)], right side), sum <= right side."""
        if "at_most" in rule:
            return [(1, self.block_set(entry)) for entry in rule["of"]], int(rule["at_most"])
        if "then" in rule:
            return [(1, self.block_set(rule["if"])), (-1, self.block_set(rule["then"]))], 0
        return [(1, self.block_set(rule["if"])), (1, self.block_set(rule["then_not"]))], 1

    def column(self, expression):
        """(base, values) of an expression [(coefficient, metric)] in whole numbers, and the unit of 1."""
        factors = [int(coefficient * self.resolutions[metric] / UNIT) for coefficient, metric in expression]
        divisor = math.gcd(*factors)
        base, values = 0, [[0] * len(blocks) for blocks in self.blocks]
        for factor, (_, metric) in zip(factors, expression):
            own_base, own_values = self.metrics[metric]
            base += factor // divisor * own_base
            for row, own_row in zip(values, own_values):
                for block, value in enumerate(own_row):
                    row[block] += factor // divisor * value
        return base, values, divisor * UNIT


def value(column, network):
    base, values, _ = column
    return base + sum(row[block] for row, block in zip(values, network))


def row_sum(row, network):
    return sum(coefficient * any(network[node] == block for node, block in blocks) for coefficient, blocks in row[0])


def text_of(expression):
    terms = "".join(f"{'-' if c < 0 else '+'}{abs(c):f}*{metric}" for c, metric in expression)
    return terms[1:] if terms[0] == "+" else terms


class Request:
    """The same request for the command and, table by table, for CBC."""

    def __init__(self, tables, seed):
        self.tables, self.seed, self.random = tables, seed, random.Random(f"{tables[0].name} {len(tables)} {seed}")
        self.objective, self.maximize = self.expression(), self.random.random() < 0.5
        self.limits = []  # (expression, at most, whole number of the unit, text)
        self.allowed = [[[True] * len(blocks) for blocks in table.blocks] for table in tables]
        self.arguments = ["--maximize" if self.maximize else "--minimize", text_of(self.objective)]
        self.rules = [list(table.rules) for table in tables]
        if self.random.random() < 0.4:
            self.restrict()
        self.anchor = self.network()
        for _ in range(self.random.randint(1, 3)):
            self.add_limit()

    def expression(self):
        metrics = list(self.tables[0].metrics)
        if self.random.random() < 0.7:
            return [(Decimal(1), self.random.choice(metrics))]
        weight = Decimal(self.random.randint(1, 99)) * (Decimal("1e-10") if "flops" in metrics else Decimal("1e-3"))
        return [(Decimal(1), metrics[0]), (-weight if self.random.random() < 0.7 else weight, metrics[1])]

    def network(self):
        """Of any table, obeying its rules (but not the request's own): a decoder may stop early."""
        table = self.random.choice(self.tables)
        while True:
            network = [self.random.randrange(len(blocks)) for blocks in table.blocks]
            stops = [node for node, blocks in enumerate(table.blocks) if "stop" in blocks]
            if stops and self.random.random() < 0.7:
                stop = self.random.choice(stops)
                network[stop] = table.blocks[stop].index("stop")
                for node in range(stop + 1, len(network)):
                    network[node] = table.blocks[node].index("absent")
            if all(row_sum(row, network) <= row[1] for row in table.rules):
                return table, network

    def add_limit(self):
        expression, at_most = self.expression(), self.random.random() < 0.5
        while expression == self.objective:  # that would ask for the sum nearest to a number, which neither solver settles
            expression = self.expression()
        table, network = self.anchor if self.random.random() < 0.6 else self.network()
        column = table.column(expression)
        slack = int(self.random.choice([0, 1, 10**3, 10**6]) * self.random.random())
        bound = value(column, network) + (slack if at_most == (self.random.random() < 0.9) else -slack)
        if self.random.random() < 0.03:
            bound += (-1 if at_most else 1) * abs(bound)
        inside = Decimal("0.5") * self.random.randint(0, 1)  # rounded inwards, it is the same limit
        written = (bound + (inside if at_most else -inside)) * column[2]
        self.limits.append((expression, at_most, bound))
        self.arguments += ["--limit", f"{text_of(expression)}{'<=' if at_most else '>='}{written:f}"]

    def restrict(self):
        table = self.tables[0]
        for keep in [False] * self.random.randint(0, 3) + [True] * self.random.randint(0, 1):
            node = self.random.randrange(len(table.nodes))
            block = self.random.randrange(min(len(t.blocks[node]) for t in self.tables))
            self.arguments += ["--fix" if keep else "--forbid", f"{table.nodes[node]}={block}"]
            for allowed in self.allowed:
                for other in range(len(allowed[node])):
                    allowed[node][other] &= (other == block) == keep
        if self.random.random() < 0.5 and all(t.blocks == table.blocks for t in self.tables):
            sets = [self.random_set(table) for _ in range(3)]
            rule = self.random.choice([{"if": sets[0], "then": sets[1]}, {"if": sets[0], "then_not": sets[1]},
                                       {"at_most": 1, "of": sets}])  # fmt: skip
            self.arguments += ["--rule", json.dumps(rule)]
            for rules in self.rules:
                rules.append(table.rule(rule))

    def random_set(self, table):
        node = self.random.randrange(len(table.nodes))
        blocks = table.blocks[node]
        return [table.nodes[node], self.random.sample(blocks, self.random.randint(1, len(blocks) // 2))]

    def admits(self, index, network):
        table = self.tables[index]
        return (
            all(allowed[block] for allowed, block in zip(self.allowed[index], network))
            and all(row_sum(row, network) <= row[1] for row in self.rules[index])
            and all(
                value(table.column(expression), network) <= bound
                if at_most
                else value(table.column(expression), network) >= bound
                for expression, at_most, bound in self.limits
            )
        )

    def score(self, index, network):
        """To be made large, in the objective's unit."""
        own = value(self.tables[index].column(self.objective), network)
        return own if self.maximize else -own

    def describe(self):
        names = " ".join(table.name for table in self.tables)
        return f"seed {self.seed}: mathnas solve {names} " + " ".join(f"'{a}'" for a in self.arguments)


def run(command, seconds):
    try:
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False, timeout=seconds)
    except subprocess.TimeoutExpired:
        raise Open(os.path.basename(command[0])) from None


# ---- the command --------------------------------------------------------------------------------------------------------------


def run_mathnas(request, *options):
    """(table index, network) or None; raises when the answer contradicts itself."""
    command = [MATHNAS, "solve", *(table.name for table in request.tables), *request.arguments, "--json", *options]
    done = run(command, SCAN_TIME_LIMIT if "scan" in options else 6 * TIME_LIMIT)
    answer = json.loads(done.stdout, parse_float=Decimal)
    if answer["status"] == "infeasible" and done.returncode == 4:
        return None
    if answer["status"] == "time_limit" and done.returncode == 5:
        raise Open("mathnas")
    if answer["status"] != "optimal" or done.returncode != 0:
        raise ValueError(f"status {answer['status']}, exit code {done.returncode}: {done.stderr}")
    names = [table.name for table in request.tables]
    index = names.index(answer["table"]) if len(names) > 1 else 0
    network = answer["arch"]
    if not request.admits(index, network):
        raise ValueError(f"the answer {network} breaks a limit or rule")
    own = value(request.tables[index].column(request.objective), network)
    unit = request.tables[index].column(request.objective)[2]
    if Decimal(answer["objective"]) != own * unit or Decimal(answer["bound"]) != own * unit:
        raise ValueError(f"objective {answer['objective']}, bound {answer['bound']}; the network's is {own * unit}")
    return index, network


# ---- CBC ------------------------------------------------------------------------------------------------------------------------


def linear(values):
    """Terms of an LP row, a few on each line."""
    terms = [f"{'+' if c >= 0 else '-'} {abs(c)} x{node}_{block}" for (node, block), c in values.items() if c != 0]
    return "\n ".join(" ".join(terms[i : i + 6]) for i in range(0, len(terms), 6)) or "0 x0_0"


def shifted(values):
    """Values less each node's smallest, and the sum of these: of the same meaning, as each node takes one block."""
    least = [min(row) for row in values]
    return {
        (node, block): v - least[node] for node, row in enumerate(values) for block, v in enumerate(row)
    }, sum(least)


def write_lp(request, index, cuts, path):
    table = request.tables[index]
    rows = []
    for node, blocks in enumerate(table.blocks):
        rows.append(f"{linear({(node, block): 1 for block in range(len(blocks))})} = 1")
    for expression, at_most, bound in request.limits:
        base, values, _ = table.column(expression)
        terms, least = shifted(values)
        rows.append(f"{linear(terms)} {'<=' if at_most else '>='} {bound - base - least}")
    for terms, right in request.rules[index]:
        together = {}
        for coefficient, blocks in terms:
            for block in blocks:
                together[block] = together.get(block, 0) + coefficient
        rows.append(f"{linear(together)} <= {right}")
    for node, allowed in enumerate(request.allowed[index]):
        rows += [f"x{node}_{block} = 0" for block, use in enumerate(allowed) if not use]
    for network in cuts:
        rows.append(f"{linear({(node, block): 1 for node, block in enumerate(network)})} <= {len(network) - 1}")
    terms, _ = shifted(table.column(request.objective)[1])
    with open(path, "w", encoding="utf-8") as file:
        file.write(("Maximize" if request.maximize else "Minimize") + f"\n goal: {linear(terms)}\nSubject To\n")
        file.writelines(f" row{i}: {row}\n" for i, row in enumerate(rows))
        names = [f"x{node}_{block}" for node, blocks in enumerate(table.blocks) for block in range(len(blocks))]
        file.write("Binaries\n " + "\n ".join(names) + "\nEnd\n")


def run_cbc(request, index, folder):
    """The network that CBC calls best, or None; those that break a limit in exact integers are cut off first."""
    problem, solution = os.path.join(folder, "problem.lp"), os.path.join(folder, "solution.txt")
    cuts = []
    while True:
        write_lp(request, index, cuts, problem)
        command = ["cbc", problem, "-ratioGap", "0", "-allowableGap", "0", "-primalTolerance", "1e-9",
                   "-dualTolerance", "1e-9", "-integerTolerance", "1e-9", "-solve", "-solution", solution]  # fmt: skip
        done = run(command, CBC_TIME_LIMIT)
        with open(solution, encoding="utf-8") as file:
            head, *lines = file.read().splitlines()
        if "nfeasible" in head:
            return None, len(cuts)
        if not head.startswith("Optimal"):
            raise ValueError(f"CBC: {head}: {done.stdout[-500:]}")
        network = [None] * len(request.tables[index].nodes)
        for line in lines:
            fields = line.replace("**", "").split()
            if float(fields[2]) > 0.5:
                node, block = map(int, fields[1][1:].split("_"))
                network[node] = block
        if request.admits(index, network):
            return network, len(cuts)
        cuts.append(network)


# ---- comparison -------------------------------------------------------------------------------------------------------------------


class Tally:
    def __init__(self):
        self.passed = self.failed = self.infeasible = self.tolerance = self.cuts = 0
        self.open = {"mathnas": 0, "cbc": 0}

    def check(self, request, compare):
        try:
            compare()
            self.passed += 1
        except Open as late:
            self.open[late.args[0]] += 1
            print(f"note: {late} was too slow: {request.describe()}", flush=True)
        except (ValueError, KeyError) as error:
            self.failed += 1
            print(f"FAIL {request.describe()}: {error!r}", flush=True)


def compare_with_cbc(request, folder, tally):
    ours = run_mathnas(request, "--time-limit", str(TIME_LIMIT))
    best = None
    for index in range(len(request.tables)):
        network, cuts = run_cbc(request, index, folder)
        tally.cuts += cuts
        if network and (best is None or request.score(index, network) > request.score(*best)):
            best = index, network
    tally.infeasible += ours is None
    if best and (ours is None or request.score(*best) > request.score(*ours)):
        raise ValueError(f"CBC's {best} is better than our {ours}")
    if ours and (best is None or request.score(*ours) > request.score(*best)):
        tally.tolerance += 1
        print(f"note: CBC's {best} is worse than our {ours}: {request.describe()}", flush=True)


def check_family(names, tables_at_once, count, folder):
    start, tally = time.monotonic(), Tally()
    tables = [Table(name) for name in names]
    groups = [[table] for table in tables] + ([tables] if tables_at_once else [])
    for group in groups:
        settled, seed = tally.passed + tally.failed + count, 0
        while tally.passed + tally.failed < settled:
            request = Request(group, seed)
            tally.check(request, lambda request=request: compare_with_cbc(request, folder, tally))
            seed += 1
    print(
        f"{os.path.dirname(names[0])}: {tally.passed} requests agree with CBC, {tally.infeasible} of them infeasible, "
        f"{tally.open['mathnas']} left open by mathnas and {tally.open['cbc']} by CBC; "
        f"CBC was worse in {tally.tolerance} and asked again {tally.cuts} times after breaking a limit "
        f"({time.monotonic() - start:.0f} s)",
        flush=True,
    )
    return tally


def compare_with_scan(request):
    searched = run_mathnas(request, "--engine", "search")
    scanned = run_mathnas(request, "--engine", "scan")
    if searched != scanned:
        raise ValueError(f"search {searched}, scan {scanned}")


def check_scan(count):
    start, tally, table = time.monotonic(), Tally(), Table("supervit/192")
    for seed in range(1000, 1000 + count):
        request = Request([table], seed)
        tally.check(request, lambda request=request: compare_with_scan(request))
    print(f"supervit/192: {tally.passed} scans agree with the search ({time.monotonic() - start:.0f} s)", flush=True)
    return tally


def main():
    with localcontext() as context, tempfile.TemporaryDirectory() as folder:
        context.prec = 60
        tallies = [check_family(SUPERTRANSFORMER, False, 40, folder), check_scan(10),
                   check_family(SUPERVIT, True, 25, folder)]  # fmt: skip
    failed = sum(tally.failed for tally in tallies)
    print(f"{sum(tally.passed for tally in tallies)} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Thousands of random questions past what enumeration reaches, against CBC: every feature that a linear program can state, mixed.

Tables are drawn here (families in which bounds are hard, ties, negative values, nodes of one block, equal and opposite metrics), the
questions too (unions, rules of all kinds, fixed and forbidden blocks, windows, equal and redundant limits, expressions). How they are put
to both solvers, and how differences are judged in exact integers: test_milp.py.

    tests/full/test_random_milp.py [COUNT] [FIRST SEED]
"""
import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from decimal import Decimal, localcontext

import test_milp
from test_milp import Open, Request, Table, compare_with_cbc

COUNT, SECONDS = 4000, 560  # questions; no new ones are begun after so many seconds
NAMES = "abcdefghij"
test_milp.TIME_LIMIT, test_milp.CBC_TIME_LIMIT = 2, 4


# ---- tables ---------------------------------------------------------------------------------------------------------------------


def block_values(source, family, size, weights, before):
    """The values of one block: metric 0 follows the weights as the family says."""
    own = [source.randint(0, size) for _ in range(weights)]
    if family == "cumulative":
        own = [b + source.randint(1, 1 + size // 10) for b in before[1:]] if before else [0] * weights
    mean = sum(own) // max(1, weights)
    value = {
        "uncorrelated": source.randint(0, size),
        "weak": mean + source.randint(-size // 10, size // 10),
        "strong": mean + source.randint(0, size // 25),
        "cumulative": (before[0] if before else 0) + mean - (sum(before[1:]) // max(1, weights) if before else 0) + 10,
        "subset-sum": mean,
        "signed": source.randint(-size, size),
    }[family]
    if family == "signed":
        own = [source.randint(-size, size) for _ in range(weights)]
    return [value, *own]


def draw_blocks(source, family, size, count, weights):
    blocks = []
    for _ in range(count):
        blocks.append(block_values(source, family, size, weights, blocks[-1] if blocks else None))
    return blocks


def random_rule(source, nodes):
    def one_set():
        name, blocks = source.choice(nodes)
        return [name, source.sample(blocks, source.randint(1, len(blocks)))]

    kind = source.randrange(4)
    if kind == 0:
        return {"if": one_set(), "then": one_set()}
    if kind == 1:
        return {"if": one_set(), "then_not": one_set()}
    if kind == 2:
        count = source.randint(2, 6)
        return {"at_most": source.randint(1, count), "of": [one_set() for _ in range(count)]}
    return {"equal": [name for name, _ in source.sample(nodes, 2)]}


def obeys(rule, network):
    """Whether a network, {node: block name}, obeys a rule as it is written."""
    held = lambda entry: network[entry[0]] in entry[1]  # noqa: E731
    if "equal" in rule:
        return network[rule["equal"][0]] == network[rule["equal"][1]]
    if "at_most" in rule:
        return sum(map(held, rule["of"])) <= rule["at_most"]
    return not held(rule["if"]) or (held(rule["then"]) if "then" in rule else not held(rule["then_not"]))


def random_rules(source, nodes, count):
    """Rules that one network at least obeys."""
    network = {name: source.choice(blocks) for name, blocks in nodes}
    rules = [random_rule(source, nodes) for _ in range(count)]
    return [rule for rule in rules if obeys(rule, network)]


def draw_nodes(source, family):
    """The harder the family, the smaller: CBC is to answer in a second."""
    hard = family in ("strong", "cumulative", "subset-sum", "weak")
    node_count, most = source.randint(2, 14 if hard else 30), source.randint(2, 6 if hard else 10)
    return [
        (f"n{i}", source.sample(NAMES, source.randint(1, most)) if source.random() < 0.2 else list(NAMES[: source.randint((most + 1) // 2, most)]))
        for i in range(node_count)
    ]


def write_table(source, path, nodes, family, weights, rules):
    resolution = [Decimal(1), Decimal("0.01"), Decimal("0.5"), Decimal(25)]
    size, ragged = source.choice([3, 30, 1000, 1000, 100000]), source.random() < 0.2
    values = [
        draw_blocks(source, family, source.choice([3, 30, 1000]) if ragged else size, len(blocks), weights) for _, blocks in nodes
    ]
    columns = [[[block[metric] for block in node] for node in values] for metric in range(1 + weights)]
    if weights > 1 and source.random() < 0.2:
        columns[2] = [[source.choice([-1, 1]) * v for v in row] for row in columns[1]]
    if weights > 0 and source.random() < 0.1:
        columns[-1] = [[row[0]] * len(row) for row in columns[-1]]  # a metric that no choice changes
    data = {
        "format": "mathnas-table",
        "version": 1,
        "name": path,
        "nodes": [{"name": name, "blocks": blocks} for name, blocks in nodes],
        "metrics": [
            {"name": f"m{k}", "unit": "u", "better": "higher", "resolution": float(resolution[k % 4]),
             "base": float(source.randint(-9, 9) * resolution[k % 4]),
             "values": [[float(v * resolution[k % 4]) for v in row] for row in column]}
            for k, column in enumerate(columns)
        ],
        "rules": rules,
    }  # fmt: skip
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file)


class RandomTable(Table):
    def __init__(self, path):
        super().__init__(path[: -len(".json")])
        self.name = path
        self.rules = [row for rule in self.rules for row in (rule if isinstance(rule, list) else [rule])]

    def rule(self, rule):
        """One row, or for equal blocks a list of rows."""
        if "equal" not in rule:
            return super().rule(rule)
        a, b = (self.nodes.index(name) for name in rule["equal"])
        rows = []
        for name in NAMES:
            first = {(a, self.blocks[a].index(name))} if name in self.blocks[a] else set()
            second = {(b, self.blocks[b].index(name))} if name in self.blocks[b] else set()
            if first or second:
                rows += [([(1, first), (-1, second)], 0), ([(1, second), (-1, first)], 0)]
        return rows


def random_tables(source, folder):
    family = source.choice(["uncorrelated", "weak", "strong", "cumulative", "subset-sum", "signed"])
    nodes, weights = draw_nodes(source, family), source.randint(1, 4)
    tables = []
    for index in range(source.choice([1, 1, 1, 2, 3])):
        own = nodes if index == 0 or source.random() < 0.6 else nodes[: source.randint(2, len(nodes))]
        rules = random_rules(source, own, source.choice([0, 0, 1, 4]))
        path = os.path.join(folder, f"t{index}.json")
        write_table(source, path, own, family, weights, rules)
        tables.append(RandomTable(path))
    return tables


# ---- questions --------------------------------------------------------------------------------------------------------------------


class RandomRequest(Request):
    def __init__(self, tables, seed, source):
        self.tables, self.seed, self.random = tables, seed, source
        self.objective, self.maximize = self.expression(), source.random() < 0.5
        self.limits = []
        self.allowed = [[[True] * len(blocks) for blocks in table.blocks] for table in tables]
        self.arguments = ["--maximize" if self.maximize else "--minimize", test_milp.text_of(self.objective)]
        self.rules = [list(table.rules) for table in tables]
        self.anchor = self.network()
        if source.random() < 0.3:
            self.restrict()
        for _ in range(source.choice([0, 1, 1, 2, 2, 3, 3, 5, 8])):
            self.add_limit()

    def expression(self):
        metrics = list(self.tables[0].metrics)
        if self.random.random() < 0.6:
            return [(Decimal(1), self.random.choice(metrics))]
        return [(Decimal(self.random.randint(1, 300)) / 100 * self.random.choice([-1, 1]), metric)
                for metric in self.random.sample(metrics, self.random.randint(1, min(3, len(metrics))))]  # fmt: skip

    def network(self):
        """Of any table; obeying its rules when one is soon found."""
        table = self.random.choice(self.tables)
        for _ in range(200):
            network = [self.random.randrange(len(blocks)) for blocks in table.blocks]
            if all(test_milp.row_sum(row, network) <= row[1] for row in table.rules):
                break
        return table, network

    def add_limit(self):
        source, twin = self.random, self.limits and self.random.random() < 0.3 and self.random.choice(self.limits)
        if twin:  # an equal row, a narrow window, an empty one
            expression, at_most = twin[0], twin[1] == (source.random() < 0.2)
            step = source.choice([0, 0, 1, 1, 5, -1])
            bound = twin[2] + (step if at_most else -step)
        else:
            expression, at_most = self.expression(), source.random() < 0.7
            table, network = self.anchor if source.random() < 0.9 else self.network()
            slack = int(source.choice([0, 1, 100, 3000]) * source.random())
            bound = test_milp.value(table.column(expression), network)
            bound += slack if at_most == (source.random() < 0.97) else -slack
        unit = self.tables[0].column(expression)[2]
        self.limits.append((expression, at_most, bound))
        self.arguments += ["--limit", f"{test_milp.text_of(expression)}{'<=' if at_most else '>='}{bound * unit:f}"]

    def restrict(self):
        """Fixed and forbidden blocks by name, and a rule, where every table has the names."""
        names = [(node, block) for node, blocks in zip(self.tables[0].nodes, self.tables[0].blocks) for block in blocks
                 if all(node in t.nodes and block in t.blocks[t.nodes.index(node)] for t in self.tables)]  # fmt: skip
        for node, block in self.random.sample(names, min(len(names), self.random.randint(0, 3))):
            keep = self.random.random() < 0.3
            self.arguments += ["--fix" if keep else "--forbid", f"{node}={block}"]
            for table, allowed in zip(self.tables, self.allowed):
                at = table.nodes.index(node)
                for other, name in enumerate(table.blocks[at]):
                    allowed[at][other] &= (name == block) == keep
        if len(self.tables) == 1 and self.random.random() < 0.7:
            table = self.tables[0]
            rule = random_rule(self.random, list(zip(table.nodes, table.blocks)))
            self.arguments += ["--rule", json.dumps(rule)]
            rows = table.rule(rule)
            self.rules[0] += rows if isinstance(rows, list) else [rows]


# ---- comparison -------------------------------------------------------------------------------------------------------------------


class Silent:
    infeasible = tolerance = cuts = 0


def check(seed):
    """(what came of it, seed, sentence)"""
    source, tally = random.Random(seed), Silent()
    with localcontext() as context, tempfile.TemporaryDirectory() as folder:
        context.prec = 60
        try:
            request = RandomRequest(random_tables(source, folder), seed, source)
            compare_with_cbc(request, folder, tally)
        except Open as late:
            return late.args[0], seed, request.describe()
        except (ValueError, KeyError) as error:
            tables = "\n".join(open(t.name, encoding="utf-8").read() for t in request.tables)
            return "failed", seed, f"{error!r}\n{request.describe()}\n{tables}"
    return "infeasible" if tally.infeasible else "tolerance" if tally.tolerance else "agreed", seed, ""


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    start, outcomes = time.monotonic(), {}
    with multiprocessing.Pool() as pool:
        for outcome, seed, sentence in pool.imap_unordered(check, range(first, first + count), chunksize=4):
            outcomes[outcome] = outcomes.get(outcome, 0) + 1
            if outcome in ("failed", "mathnas"):
                print(("FAIL " if outcome == "failed" else "note: too slow: ") + sentence, flush=True)
            if time.monotonic() - start > SECONDS:
                pool.terminate()
                break
    print(f"seeds from {first}: {outcomes}, {time.monotonic() - start:.0f} s")
    failed = outcomes.get("failed", 0)
    print(f"{sum(outcomes.get(o, 0) for o in ('agreed', 'infeasible', 'tolerance'))} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()

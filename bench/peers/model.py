"""A table as a linear program over 0/1 variables, read from its JSON alone: shares no code with the library.

Variables: one for every block of every node; one of each node's is 1. Rules become linear rows. Numbers stay integers, multiples of
each metric's resolution.
"""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"


class Table:
    def __init__(self, name):
        document = json.loads((DATA / f"{name}.json").read_text(), parse_float=Decimal, parse_int=Decimal)
        self.name = name
        self.nodes = [[block if isinstance(block, str) else block["name"] for block in node["blocks"]]
                      for node in document["nodes"]]
        self.node_names = [node["name"] for node in document["nodes"]]
        self.first = [sum(map(len, self.nodes[:node])) for node in range(len(self.nodes))]
        self.item_count = sum(map(len, self.nodes))
        self.metrics = {metric["name"]: self._metric(metric) for metric in document["metrics"]}
        self.rules = [self._rule(rule) for rule in document.get("rules", [])]

    def _metric(self, metric):
        def multiples(value):  # Decimal's ROUND_HALF_UP takes halves away from zero
            return int((value / metric["resolution"]).quantize(Decimal(1), ROUND_HALF_UP))
        return {"base": multiples(metric.get("base", Decimal(0))),
                "values": [multiples(value) for node in metric["values"] for value in node]}

    def _items(self, pair):
        node, blocks = self.node_names.index(pair[0]), pair[1] if isinstance(pair[1], list) else [pair[1]]
        return [self.first[node] + self.nodes[node].index(block) for block in blocks]

    def _rule(self, rule):
        """{item: coefficient}, their sum <= 0: "if" implies "then"."""
        if set(rule) != {"if", "then"}:
            raise ValueError(f"{self.name}: no linear row is written here for the rule {rule}")
        return {**dict.fromkeys(self._items(rule["then"]), -1), **dict.fromkeys(self._items(rule["if"]), 1)}

    def rows(self, metrics):
        """(coefficients {item: value}, lower, upper) of nodes, rules, then one open row for each metric."""
        rows = [(dict.fromkeys(range(first, first + len(node)), 1), 1, 1) for first, node in zip(self.first, self.nodes)]
        rows += [(rule, None, 0) for rule in self.rules]
        return rows + [({i: v for i, v in enumerate(self.metrics[m]["values"]) if v}, None, None) for m in metrics]

    def chosen(self, values):
        """The network as items; None when the solution is none."""
        items = [max(range(first, first + len(node)), key=lambda item: values[item])
                 for first, node in zip(self.first, self.nodes)]
        whole = all(abs(values[item] - 1) < 1e-4 for item in items)
        obeys = all(sum(rule.get(item, 0) for item in items) <= 0 for rule in self.rules)
        return items if whole and obeys else None

    def value(self, metric, items):
        return self.metrics[metric]["base"] + sum(self.metrics[metric]["values"][item] for item in items)


class Limit:
    """A column of bench_solve's list, such as latency<=."""

    def __init__(self, table, text):
        self.text, self.metric, self.at_most = text, text[:-2], text.endswith("<=")
        self.base = table.metrics[self.metric]["base"]

    def met(self, value, limit):
        return value <= limit if self.at_most else value >= limit

"""Instances of bench/families.h as text, and what the peers are asked: shares no code with the library but the generator's output.

The model, the same for every peer: one binary variable for each block of each node, one equality for each node (exactly one block),
one row for each limit (sum of weights <= capacity), the sum of values maximised. All numbers are integers.
"""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ROOT / "build" / "bench" / "bench_solver"


class Instance:
    """values[item], weights[limit][item], first[node] .. first[node + 1] the items of a node, capacities[limit]."""

    def __init__(self, text):
        numbers = iter(text.split())
        node_count, limit_count = int(next(numbers)), int(next(numbers))
        self.capacities = [int(next(numbers)) for _ in range(limit_count)]
        self.first, self.values, self.weights = [0], [], [[] for _ in range(limit_count)]
        for _ in range(node_count):
            blocks = int(next(numbers))
            self.first.append(self.first[-1] + blocks)
            for _ in range(blocks):
                self.values.append(int(next(numbers)))
                for weights in self.weights:
                    weights.append(int(next(numbers)))

    @property
    def item_count(self):
        return len(self.values)

    def nodes(self):
        return [range(first, last) for first, last in zip(self.first, self.first[1:])]

    def network(self, solution):
        """Item of each node from the variables' values; None when some node has not exactly one block."""
        items = [max(node, key=lambda item: solution[item]) for node in self.nodes()]
        ones = all(abs(solution[item] - 1) < 1e-4 for item in items)
        zeros = sum(1 for value in solution if value > 1e-4) == len(items)
        return items if ones and zeros else None

    def objective(self, items):
        """The network's exact value; None when there is none or it breaks a limit."""
        if items is None:
            return None
        meets = all(sum(weights[item] for item in items) <= capacity for weights, capacity in zip(self.weights, self.capacities))
        return sum(self.values[item] for item in items) if meets else None


def read(family, seed):
    return Instance(subprocess.run([PROGRAM, "--write", family, str(seed)], check=True, text=True, stdout=subprocess.PIPE).stdout)


def families():
    return subprocess.run([PROGRAM, "--list"], check=True, text=True, stdout=subprocess.PIPE).stdout.split()

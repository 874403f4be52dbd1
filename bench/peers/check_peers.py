#!/usr/bin/env python3
"""Are the peers asked the right question? Each solves small random instances of all families; every network of the instance is
enumerated here, in integers, and the optimum must be the same. Instances that no network fits are passed over.

    build/peers/bin/python bench/peers/check_peers.py [--seeds 5]
"""

import argparse
import itertools
import sys

sys.dont_write_bytecode = True

from instance_solvers import Relaxation, available  # noqa: E402
from instances import read  # noqa: E402

SHAPES = ["1x5x1", "4x5x1", "5x4x2", "6x3x3", "5x4x10"]
KINDS = ["u", "w", "s", "S", "subset-sum", "inverse"]


def enumerate_optimum(instance):
    """None when no network meets the limits."""
    return max((value for value in map(instance.objective, itertools.product(*instance.nodes())) if value is not None), default=None)


def check(peer, instance):
    """A sentence on what is wrong, or None."""
    optimum = enumerate_optimum(instance)
    if optimum is None:
        return None
    answer = peer.solve(instance, 10)
    if peer is Relaxation:
        return None if answer.bound >= optimum - 1e-6 else f"bound {answer.bound}, optimum {optimum}"
    found = instance.objective(answer.network)
    if not answer.proved:
        return "no proof"
    if found != optimum or not optimum - 1e-6 <= answer.bound < optimum + 1:
        return f"found {found}, bound {answer.bound}, optimum {optimum}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    names = [f"{shape}:{kind}" for shape in SHAPES for kind in KINDS]
    wrong = 0
    for peer, version in available().items():
        for name, seed in itertools.product(names, range(1, arguments.seeds + 1)):
            complaint = check(peer, read(name, seed))
            if complaint:
                wrong += 1
                print(f"{version}, {name}, seed {seed}: {complaint}")
        print(f"{peer.name} ({version}): {len(names) * arguments.seeds} instances", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()

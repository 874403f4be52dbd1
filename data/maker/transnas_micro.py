"""TransNAS-Bench-101, micro: 6 edges x 4 operations, four tasks, the space and the complete ground truth.

Only the cell's graph is known here: the macro skeleton (64-41414) is not written down in the source, so no FLOPs follow.
Some of its cells halve the pixels by their edges from the input, where a skip is then a factorized reduction.
"""

from decimal import Decimal

from maker.files import Csv, read_csv
from maker.nasbench201 import EDGES, NODE_NAMES, reaches_output
from maker.table import MICRO, document, expect, metric

BLOCKS = [{"name": "none", "operation": "none", "kernel": 0}, {"name": "skip", "operation": "identity", "kernel": 1},
          {"name": "conv1x1", "operation": "convolution", "kernel": 1},
          {"name": "conv3x3", "operation": "convolution", "kernel": 3}]
COLUMNS = {"accuracy_class_scene": "class_scene", "accuracy_class_object": "class_object",
           "accuracy_jigsaw": "jigsaw", "miou_segmentsemantic": "segmentsemantic"}

# What networks without a path reach: the share of the commonest label (for a mean IoU: of it alone). A few runs of them give less.
CHANCE = {"accuracy_class_scene": Decimal("14.1521"), "accuracy_class_object": Decimal("26.5476"),
          "accuracy_jigsaw": Decimal("0.139331"), "miou_segmentsemantic": Decimal("5.40575")}


def build():
    return {"spaces/transnas_micro.json": space(), "transnas_micro/truth.csv.gz": truth()}


def space():
    nodes = [{"name": name, "blocks": BLOCKS} for name in NODE_NAMES]
    metrics = [metric(name, "%", "higher", MICRO, chance=CHANCE[name]) for name in COLUMNS]
    return document("space", "transnas_micro", nodes, metrics, encoding="transnas-micro",
                    network={"kind": "cells", "cell": {"vertices": 4, "edges": EDGES, "strides": True}},
                    source="TransNAS-Bench-101, micro search space (arXiv 2105.11871). See PROVENANCE.md.")


def truth():
    columns = {**{name: f"edge{edge}" for edge, name in enumerate(NODE_NAMES)}, **COLUMNS}
    return Csv(list(columns), [[row[name] for name in columns.values()] for row in read_csv("transnas_micro/micro.csv.gz")])


def formulas():
    return {}


def verify(documents):
    rows = documents["transnas_micro/truth.csv.gz"].rows
    expect(len({tuple(row[:6]) for row in rows}) == len(rows) == 4 ** 6, "transnas_micro truth: not every network once")
    best = [max(Decimal(row[column]) for row in rows) for column in range(6, 9)]
    known = [Decimal("54.94"), Decimal("46.32"), Decimal("95.37")]
    expect([round(value, 2) for value in best] == known, f"transnas_micro truth: best {best}, known {known}")
    constant = [row[6:] for row in rows if not reaches_output(row)]
    chance = [max(set(values), key=values.count) for values in zip(*(map(Decimal, values) for values in constant))]
    expect(chance == list(CHANCE.values()),
           f"transnas_micro truth: most networks without a path reach {chance}, chance is {list(CHANCE.values())}")
    return [f"transnas_micro/truth: {len(rows)} networks; best class_scene {best[0]}, class_object {best[1]}, "
            f"jigsaw {best[2]}; {len(constant)} networks without a path are at chance level"]

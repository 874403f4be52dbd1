"""NAS-Bench-201: 6 edges x 5 operations, two device tables, the space and the complete ground truth.

Accuracy, latency and energy are the base less the published drops. The published search swaps the two devices' bases,
the published predictor does not; its reading is used.
"""

from decimal import Decimal
from fractions import Fraction
from math import sqrt

from maker.cost import NOTHING, batch_norm, convolution, linear
from maker.files import Csv, Numbers, read_csv
from maker.table import MICRO, ONE, by_node, document, expect, metric, negated, predict

DEVICES = {"edgegpu": {"latency": 5711, "energy": 23834}, "fpga": {"latency": 899, "energy": 6291}}
CHANCE = {"cifar10": Decimal(10), "cifar100": Decimal(1), "imagenet16": Decimal("0.8333")}    # 1 of 10, 100, 120 classes
ACCURACY_BASE = Decimal("40.78")
EDGES = [(0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3)]
NODE_NAMES = [f"edge {start}->{end}" for start, end in EDGES]
OPERATIONS = {"none": "none", "skip_connect": "identity", "nor_conv_1x1": "convolution", "nor_conv_3x3": "convolution",
              "avg_pool_3x3": "pool"}
KERNELS = {"none": 0, "skip_connect": 1, "nor_conv_1x1": 1, "nor_conv_3x3": 3, "avg_pool_3x3": 3}
NETWORK = {
    "kind": "cells",
    "input": {"channels": 3, "pixels": 32},
    "classes": 10,
    "stem": {"kernel": 3, "channels": 16},
    "stages": [{"channels": 16, "pixels": 32, "cells": 5}, {"channels": 32, "pixels": 16, "cells": 5},
               {"channels": 64, "pixels": 8, "cells": 5}],
    "cell": {"vertices": 4, "edges": EDGES},
    "reduction": {"kernel": 3, "convolutions": 2, "shortcut_pool": 2, "shortcut_kernel": 1},
    "head": {"pool": "average"},
}
SOURCE = ("Block table published with MathNAS (arXiv 2311.04943, github.com/wangqinsi1/MathNAS): accuracy on "
          "ImageNet16-120, latency and energy on {device}. FLOPs and parameters are derived from the network skeleton "
          "(16 channels, 5 cells a stage, 32 x 32 pixels) with the 10-class CIFAR-10 head. See PROVENANCE.md.")


def build():
    documents = {f"nasbench201/{device}.json": table(device) for device in DEVICES}
    documents["spaces/nasbench201.json"] = space()
    measured = documents["nasbench201/truth.csv.gz"] = truth()
    documents["nasbench201/index.npy"] = Numbers([network_number(row) for row in measured.rows])
    return documents


def table(device):
    rows = read_csv(f"mathnas/nasbench201_{device}.csv")
    bases = DEVICES[device]
    metrics = [
        metric("accuracy", "%", "higher", MICRO, base=ACCURACY_BASE, values=negated(by_node(rows, "accuracy_drop"))),
        metric("latency", "us", "lower", MICRO, base=bases["latency"], values=negated(by_node(rows, "latency_drop"))),
        metric("energy", "uJ", "lower", MICRO, base=bases["energy"], values=negated(by_node(rows, "energy_drop"))),
        metric("flops", "FLOPs", "lower", ONE, base=skeleton_cost().flops, values=cost_rows("flops")),
        metric("params", "parameters", "lower", ONE, base=skeleton_cost().params, values=cost_rows("params")),
    ]
    return document("table", f"nasbench201/{device}", nodes(), metrics, encoding="nasbench201",
                    network=NETWORK, source=SOURCE.format(device=device))


def nodes():
    blocks = [{"name": name, "operation": OPERATIONS[name], "kernel": kernel, **operation_cost(name)._asdict()}
              for name, kernel in KERNELS.items()]
    return [{"name": name, "blocks": blocks} for name in NODE_NAMES]


def cost_rows(field):
    return [[block[field] for block in node["blocks"]] for node in nodes()]


def operation_cost(name):
    """One operation on one edge, summed over the cells of all stages."""
    if not name.startswith("nor_conv"):
        return NOTHING
    total = NOTHING
    for stage in NETWORK["stages"]:
        channels = stage["channels"]
        layer = convolution(channels, channels, KERNELS[name], stage["pixels"]) + batch_norm(channels)
        total = total + layer * stage["cells"]
    return total


def skeleton_cost():
    """Stem, the residual block before every later stage, and head: what no choice of operations changes."""
    stages, stem = NETWORK["stages"], NETWORK["stem"]
    total = convolution(NETWORK["input"]["channels"], stem["channels"], stem["kernel"], stages[0]["pixels"])
    total = total + batch_norm(stem["channels"])
    for before, after in zip(stages, stages[1:]):
        inputs, outputs, pixels = before["channels"], after["channels"], after["pixels"]
        total = total + convolution(inputs, outputs, 3, pixels) + convolution(outputs, outputs, 3, pixels)
        total = total + batch_norm(outputs) * 2 + convolution(inputs, outputs, 1, pixels)
    last = stages[-1]["channels"]
    return total + batch_norm(last) + linear(last, NETWORK["classes"])


def space():
    metrics = [metric(f"accuracy_{data}", "%", "higher", MICRO, chance=chance) for data, chance in CHANCE.items()]
    metrics += [metric("flops", "FLOPs", "lower", ONE), metric("params", "parameters", "lower", ONE)]
    metrics += [metric(name, "ms", "lower", MICRO) for name in latency_columns()]
    metrics += [metric(name, "mJ", "lower", MICRO) for name in energy_columns()]
    return document("space", "nasbench201", nodes(), metrics, encoding="nasbench201", network=NETWORK,
                    source="NAS-Bench-201 (arXiv 2001.00326), the topology space of NATS-Bench. See PROVENANCE.md.")


def latency_columns():
    """latency_<device>: the source's column."""
    return {f"latency_{name}": name for name in read_csv("nasbench201/latency.csv.gz")[0] if name != "index"}


def energy_columns():
    """energy_<device and runtime>: the source's column, whose unit leaves the name."""
    return {f"energy_{name.removesuffix('_mj')}": name
            for name in read_csv("nasbench201/energy.csv.gz")[0] if name != "index"}


def truth():
    columns = {**{name: f"edge{edge}" for edge, name in enumerate(NODE_NAMES)}, "index": "index", "class": "class",
               **{f"accuracy_{data}": f"{data}_200" for data in ("cifar10", "cifar100", "imagenet16")},
               **latency_columns(), **energy_columns()}
    parts = zip(*(read_csv(f"nasbench201/{part}.csv.gz") for part in ("accuracy", "latency", "energy")), strict=True)
    rows = [{**latency, **energy, **accuracy} for accuracy, latency, energy in parts
            if accuracy["index"] == latency["index"] == energy["index"]]
    return Csv(list(columns), [[row[name] for name in columns.values()] for row in rows])


def network_number(row):
    """The mixed-radix number of a truth row's network: entry i of index.npy belongs to the benchmark's index i."""
    number = 0
    for block in row[:6]:
        number = number * len(KERNELS) + int(block)
    return number


def formulas():
    """For each table, the published formula on the source's own rows."""
    return {f"nasbench201/{device}.json": published_formula(device) for device in DEVICES}


def published_formula(device):
    drops = {(int(row["node"]), int(row["block"])): row for row in read_csv(f"mathnas/nasbench201_{device}.csv")}

    def formula(network):
        chosen = [drops[choice] for choice in enumerate(network)]
        return {"accuracy": ACCURACY_BASE - sum(Decimal(row["accuracy_drop"]) for row in chosen),
                "latency": DEVICES[device]["latency"] - sum(Decimal(row["latency_drop"]) for row in chosen),
                "energy": DEVICES[device]["energy"] - sum(Decimal(row["energy_drop"]) for row in chosen)}
    return formula


def verify(documents):
    report = verify_truth(documents["nasbench201/truth.csv.gz"])
    for device in DEVICES:
        made = documents[f"nasbench201/{device}.json"]
        cost = [predict(made, name, [3] * 6) for name in ("flops", "params")]
        expect(cost == [220119680, 1531546], f"nasbench201: all-3x3 costs {cost}, published 220119680 and 1531546")
        spearman = rank_agreement(made, documents["nasbench201/truth.csv.gz"].rows)
        expect(round(spearman, 3) == 0.651, f"nasbench201: Spearman {spearman:.4f} on ImageNet16-120, known 0.651")
        report.append(f"nasbench201/{device}: all-3x3 {cost[0]} FLOPs, {cost[1]} parameters; "
                      f"Spearman {spearman:.4f} on ImageNet16-120, all networks")
    return report


def verify_truth(truth_file):
    rows = truth_file.rows
    expect([row[6] for row in rows] == [str(index) for index in range(5 ** 6)],
           "nasbench201 truth: index is not the row")
    expect(len({tuple(row[:6]) for row in rows}) == 5 ** 6, "nasbench201 truth: a network is missing or doubled")
    expect(rows[0][:6] == list("421211"), "nasbench201 truth: index 0 is not the official network")
    expect(all(rows[int(row[7])][7] == row[7] for row in rows), "nasbench201 truth: a class is no member of itself")
    classes = len({row[7] for row in rows})
    expect(classes == 6466, f"nasbench201 truth: {classes} classes, known 6466")
    constant = [row for row in rows if not reaches_output(row)]
    chance = [{Decimal(value) for value in values} for values in zip(*(row[8:11] for row in constant))]
    expect(chance == [{value} for value in CHANCE.values()],
           f"nasbench201 truth: networks without a path have {chance}, chance is {list(CHANCE.values())}")
    report = [f"nasbench201/truth: {len(rows)} networks, {classes} classes; {len(constant)} networks without a path, "
              f"all at chance level"]
    for column, index, value in ((8, "6111", "94.3733"), (9, "9930", "73.5133"), (10, "857", "47.3111")):
        best = max(rows, key=lambda row: Decimal(row[column]))
        name = f"nasbench201/truth: best {truth_file.header[column]}"
        expect((best[6], best[column]) == (index, value),
               f"{name} is {best[column]} at index {best[6]}, known {value} at {index}")
        report.append(f"{name}: {value} at index {index}")
    return report


def reaches_output(row):
    """Whether a path of operations other than none leads from input to output; none is block 0 of every edge."""
    reached = {0}
    for (start, end), block in zip(EDGES, row):         # edges are sorted by their end
        if block != "0" and start in reached:
            reached.add(end)
    return 3 in reached


def rank_agreement(made, rows):
    """Spearman correlation of predicted accuracy with ImageNet16-120 accuracy over all networks."""
    predicted = ranks([predict(made, "accuracy", [int(block) for block in row[:6]]) for row in rows])
    known = ranks([Decimal(row[10]) for row in rows])
    mean = Fraction(len(rows) + 1)                  # ranks() gives twice the rank
    product = sum((a - mean) * (b - mean) for a, b in zip(predicted, known))
    squares = [sum((a - mean) ** 2 for a in side) for side in (predicted, known)]
    return float(product) / sqrt(squares[0] * squares[1])


def ranks(values):
    """Twice the rank of each value from 1, ties sharing their mean rank; twice, so that they stay integers."""
    positions = {}
    for position, value in enumerate(sorted(values), start=1):
        first, _ = positions.get(value, (position, None))
        positions[value] = (first, position)
    return [sum(positions[value]) for value in values]

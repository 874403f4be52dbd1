"""MobileNetV3 on ImageNet: 5 units x 5 blocks, one table for each of three devices.

accuracy = 79.23 less the published drops; latency = the sum of the published block latencies, base 0, in ms (the
published documentation prints "s"). With base 0 the documentation's own example comes out: 79.3 % and 68.9 ms.
"""

from decimal import Decimal

from maker.files import read_csv, read_json
from maker.table import MICRO, by_node, document, expect, metric, negated, predict

PROCESSOR = {"raspberrypi": "cpu", "tx2cpu": "cpu", "tx2gpu": "gpu"}
ACCURACY_BASE = Decimal("79.23")
ACCURACY_TOLERANCE = Decimal("0.35")        # of published ImageNet accuracies of whole networks, percentage points
SOURCE = ("Block table published with MathNAS (arXiv 2311.04943, github.com/wangqinsi1/MathNAS): ImageNet top-1 "
          "accuracy, latency on {device} as the sum of its units. See PROVENANCE.md.")


def build():
    return {f"mobilenetv3/{device}.json": table(device) for device in PROCESSOR}


def table(device):
    rows = read_csv(f"mathnas/mobilenetv3_{device}.csv")
    metrics = [
        metric("accuracy", "%", "higher", MICRO, base=ACCURACY_BASE, values=negated(by_node(rows, "accuracy_drop"))),
        metric("latency", "ms", "lower", MICRO, base=0, values=by_node(rows, "latency")),
    ]
    return document("table", f"mobilenetv3/{device}", nodes(PROCESSOR[device]), metrics,
                    source=SOURCE.format(device=device))


def nodes(processor):
    units = read_json(f"mathnas/mobilenetv3_blocks_{processor}.json")
    return [{"name": f"unit {number}", "blocks": [block(*active_layers(entry)) for entry in unit]}
            for number, unit in enumerate(units, start=1)]


def active_layers(entry):
    """Depth, expansions and kernels of the layers that run: the first `d` of four."""
    depth = entry["d"]
    return depth, entry["e"][:depth], entry["ks"][:depth]


def block(depth, expansion, kernel):
    name = f"d{depth}_e{'-'.join(map(str, expansion))}_k{'-'.join(map(str, kernel))}"
    return {"name": name, "depth": depth, "expansion": expansion, "kernel": kernel}


def formulas():
    return {f"mobilenetv3/{device}.json": published_formula(device) for device in PROCESSOR}


def published_formula(device):
    rows = {(int(row["node"]), int(row["block"])): row for row in read_csv(f"mathnas/mobilenetv3_{device}.csv")}

    def formula(network):
        chosen = [rows[choice] for choice in enumerate(network)]
        return {"accuracy": ACCURACY_BASE - sum(Decimal(row["accuracy_drop"]) for row in chosen),
                "latency": sum(Decimal(row["latency"]) for row in chosen)}
    return formula


def verify(documents):
    report = []
    for known in read_json("mathnas/published_networks.json")["mobilenetv3"]:
        for device in known["devices"]:
            report.append(verify_published(documents[f"mobilenetv3/{device}.json"], known))
    return report


def verify_published(made, known):
    name = f"{made['name']}, {known['name']}"
    for unit, choice in enumerate(known["network"]):
        layers = slice(4 * unit, 4 * unit + 4)
        entry = {"d": known["depth"][unit], "e": known["expansion"][layers], "ks": known["kernel"][layers]}
        found, expected = made["nodes"][unit]["blocks"][choice], block(*active_layers(entry))
        expect(found == expected, f"{name}: unit {unit + 1} is {found}, published {expected}")
    accuracy, latency = (predict(made, metric_name, known["network"]) for metric_name in ("accuracy", "latency"))
    if "latency_ms" in known:
        rounded = [round(accuracy, 1), round(latency, 1)]
        expect(rounded == [known["accuracy"], known["latency_ms"]],
               f"{name}: {rounded}, published {known['accuracy']} % and {known['latency_ms']} ms")
    expect(abs(accuracy - known["accuracy"]) <= ACCURACY_TOLERANCE,
           f"{name}: accuracy {accuracy}, published {known['accuracy']}")
    return f"{name}: accuracy {accuracy:.2f} (published {known['accuracy']}), latency {latency:.1f} ms"

"""FBNet's space: 22 layers x 9 blocks; latencies of 5,000 networks on 27 devices, four of which are exact sums over layers.

The per-layer values of those four come back by least squares: the source has 17 digits, so they are known far below the
table's resolution.
"""

from decimal import Decimal
from functools import cache

from maker.files import Csv, read_csv, rounded
from maker.table import MICRO, document, expect, metric

BLOCKS = [{"name": f"k{kernel}_e{expansion}" + ("_g2" if groups == 2 else ""), "kernel": kernel, "expansion": expansion,
           "groups": groups}
          for kernel in (3, 5) for expansion, groups in ((1, 1), (1, 2), (3, 1), (6, 1))]
BLOCKS.append({"name": "skip", "kernel": 1, "expansion": 0, "groups": 1})
STAGES = [1, 4, 4, 4, 4, 4, 1]          # layers in a row; arXiv 1812.03443, table 1
ADDITIVE = ("eyeriss", "fpga", "pixel3", "raspi4")
SKIP = len(BLOCKS) - 1


def build():
    return {"spaces/fbnet.json": space(), "fbnet/latency.json": table(), "fbnet/truth.csv.gz": truth()}


def space():
    metrics = [metric(f"latency_{device}", "ms", "lower", MICRO) for device in devices()]
    return document("space", "fbnet", nodes(), metrics, encoding="fbnet",
                    source="FBNet's search space (arXiv 1812.03443) as HW-NAS-Bench numbers it. See PROVENANCE.md.")


def table():
    metrics = [metric(f"latency_{device}", "ms", "lower", MICRO, base=base, values=values)
               for device, (base, values) in zip(ADDITIVE, per_layer())]
    return document("table", "fbnet/latency", nodes(), metrics, encoding="fbnet",
                    source="Per-layer latencies of FBNet's space on four devices, found from 5,000 networks of HELP and "
                           "HW-NAS-Bench, whose latencies are their exact sums. See PROVENANCE.md.")


def nodes():
    stages = [stage for stage, layers in enumerate(STAGES, start=1) for _ in range(layers)]
    return [{"name": f"layer{layer}", "stage": stage, "blocks": BLOCKS} for layer, stage in enumerate(stages)]


@cache
def source():
    return read_csv("fbnet/latency.csv.gz")


def devices():
    return [name for name in source()[0] if not name.startswith("layer")]


def truth():
    layers, timed = [node["name"] for node in nodes()], devices()
    return Csv(layers + [f"latency_{device}" for device in timed],
               [[row[layer] for layer in layers] + [rounded(row[device]) for device in timed] for row in source()])


# ---- values of layers -----------------------------------------------------------------------------------------------

def unknowns(row):
    """The unknowns that a network sums: the base, and each layer's block unless it is skip, which is worth 0."""
    chosen = [int(row[f"layer{layer}"]) for layer in range(sum(STAGES))]
    return [0] + [1 + layer * SKIP + block for layer, block in enumerate(chosen) if block != SKIP]


def per_layer():
    """(base, values [layer][block]) of each additive device, rounded to the resolution."""
    rows, count = source()[:1500], 1 + sum(STAGES) * SKIP
    system = [[0.0] * (count + len(ADDITIVE)) for _ in range(count)]
    for row in rows:
        used, measured = unknowns(row), [float(row[device]) for device in ADDITIVE]
        for i in used:
            for j in used:
                system[i][j] += 1
            for device, value in enumerate(measured):
                system[i][count + device] += value
    eliminate(system)
    for device in range(len(ADDITIVE)):
        found = [Decimal(row[count + device]).quantize(MICRO) + 0 for row in system]
        yield found[0], [found[1 + layer * SKIP:1 + (layer + 1) * SKIP] + [Decimal(0)] for layer in range(sum(STAGES))]


def eliminate(system):
    """Gauss and Jordan on a positive definite system: the right sides become the solution."""
    for column in range(len(system)):
        pivot = system[column][column]
        expect(abs(pivot) > 1e-9, f"fbnet: unknown {column} is not determined by the source's networks")
        system[column] = [value / pivot for value in system[column]]
        for row in range(len(system)):
            factor = system[row][column]
            if row != column and factor:
                system[row] = [value - factor * known for value, known in zip(system[row], system[column])]


# ---- checks ---------------------------------------------------------------------------------------------------------

def formulas():
    return {}


def verify(documents):
    metrics, report = documents["fbnet/latency.json"]["metrics"], []
    for device, entry in zip(ADDITIVE, metrics):
        worst = max(abs(predicted(entry, row) - Decimal(row[device])) for row in source())
        expect(worst < Decimal("0.00002"), f"fbnet: latency_{device} is off by {worst} ms")
        expect(equal_within_stages(entry["values"]), f"fbnet: {device}: equal layers of one stage differ")
        report.append(f"fbnet/latency: latency_{device} of all 5000 networks within {worst:.7f} ms")
    networks = {tuple(row[:22]) for row in documents["fbnet/truth.csv.gz"].rows}
    expect(len(networks) == 5000, f"fbnet truth: {len(networks)} networks, known 5000")
    return report


def predicted(entry, row):
    return entry["base"] + sum(values[int(row[f"layer{layer}"])] for layer, values in enumerate(entry["values"]))


def equal_within_stages(values):
    """Layers of a stage after its first have one shape, hence one latency (up to the last rounded digit)."""
    first = 0
    for layers in STAGES:
        for layer in range(first + 2, first + layers):
            if any(abs(a - b) > MICRO for a, b in zip(values[layer], values[first + 1])):
                return False
        first += layers
    return True

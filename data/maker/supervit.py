"""SuperViT on ImageNet: 9 nodes, one table for each of four input resolutions.

A published row is the smallest network with one block exchanged; a node's first block is the smallest network's own.
So the smallest network was read nine times: the base is the mean of these readings, and a block contributes its reading
less its node's first. (The published search subtracts accuracies where it should add them, and so picks the worst.)
"""

from decimal import ROUND_HALF_UP, Decimal

from maker.files import read_csv, read_json
from maker.table import MICRO, ONE, by_node, document, expect, find_block, metric, predict

RESOLUTIONS = (192, 224, 256, 288)
FLOPS_TOLERANCE = Decimal("0.005")          # relative, of the five published networks
ACCURACY_TOLERANCE = Decimal("0.53")        # percentage points
SOURCE = ("Block readings published with MathNAS (arXiv 2311.04943, github.com/wangqinsi1/MathNAS) for {resolution} x "
          "{resolution} pixels: ImageNet top-1 accuracy and FLOPs of the smallest network with one block exchanged; "
          "base = mean of the nine readings of the smallest network. See PROVENANCE.md.")
# Widths, depths, kernels, expansions of each node's blocks, in the order of their index: the width changes slowest.
LAYERS = [((16, 24), (1, 2), (3, 5), (1,)), ((24, 32), (3, 4, 5), (3, 5), (4, 5, 6)),
          ((32, 40), (3, 4, 5, 6), (3,), (4, 5, 6)), ((64, 72), (3, 4, 5, 6), (3,), (4, 5, 6)),
          ((112, 120, 128), range(3, 10), (3,), (4, 5, 6)), ((160, 168, 176, 184), range(3, 9), (3,), (6,)),
          ((208, 216, 224), (3, 4, 5, 6), (3,), (6,))]


def build():
    return {f"supervit/{resolution}.json": table(resolution) for resolution in RESOLUTIONS}


def table(resolution):
    rows = [row for row in read_csv("mathnas/supervit.csv") if row["resolution"] == str(resolution)]
    accuracy = by_node(rows, "accuracy")
    flops = [[value * 1000000 for value in readings] for readings in by_node(rows, "flops_m")]
    expect(all(value == value.to_integral_value() for readings in flops for value in readings),
           f"supervit/{resolution}: a reading of flops_m has more than six digits after the point")
    metrics = [
        metric("accuracy", "%", "higher", MICRO, base=base(accuracy, MICRO), values=differences(accuracy)),
        metric("flops", "FLOPs", "lower", ONE, base=int(base(flops, ONE)),
               values=[[int(value) for value in row] for row in differences(flops)]),
    ]
    return document("table", f"supervit/{resolution}", nodes(), metrics, source=SOURCE.format(resolution=resolution))


def base(values, resolution):
    return (sum(row[0] for row in values) / len(values)).quantize(resolution, ROUND_HALF_UP)


def differences(values):
    return [[value - row[0] for value in row] for row in values]


def nodes():
    layers = [{"name": f"layer {number}", "blocks": layer_blocks(*choices)}
              for number, choices in enumerate(LAYERS, start=1)]
    return ([{"name": "first layer", "blocks": [{"name": f"w{width}", "width": width} for width in (16, 24)]}] + layers
            + [{"name": "last layer", "blocks": [{"name": f"w{width}", "width": width} for width in (1792, 1984)]}])


def layer_blocks(widths, depths, kernels, expansions):
    return [{"name": f"w{width}_d{depth}_k{kernel}_e{expansion}",
             "width": width, "depth": depth, "kernel": kernel, "expansion": expansion}
            for width in widths for depth in depths for kernel in kernels for expansion in expansions]


def formulas():
    return {f"supervit/{resolution}.json": published_formula(resolution) for resolution in RESOLUTIONS}


def published_formula(resolution):
    rows = {(int(row["node"]), int(row["block"])): row for row in read_csv("mathnas/supervit.csv")
            if int(row["resolution"]) == resolution}
    smallest = sum(Decimal(rows[node, 0]["accuracy"]) for node in range(9)) / 9

    def formula(network):
        """The smallest network's mean accuracy, rounded as the base is, one reading of its FLOPs, plus differences."""
        accuracy = smallest.quantize(MICRO, ROUND_HALF_UP)
        flops = Decimal(rows[0, 0]["flops_m"])
        for node, block in enumerate(network):
            accuracy += Decimal(rows[node, block]["accuracy"]) - Decimal(rows[node, 0]["accuracy"])
            flops += Decimal(rows[node, block]["flops_m"]) - Decimal(rows[node, 0]["flops_m"])
        return {"accuracy": accuracy, "flops": flops * 1000000}
    return formula


def verify(documents):
    return [verify_published(documents[f"supervit/{known['resolution']}.json"], known)
            for known in read_json("mathnas/published_networks.json")["supervit"]]


def verify_published(made, known):
    name = f"{made['name']}, {known['name']}"
    network = published_choices(made["nodes"], known)
    accuracy, flops = predict(made, "accuracy", network), predict(made, "flops", network)
    error = flops / (known["flops_m"] * Decimal(1000000)) - 1
    expect(abs(error) <= FLOPS_TOLERANCE, f"{name}: {flops} FLOPs, published {known['flops_m']} million")
    expect(abs(accuracy - known["accuracy"]) <= ACCURACY_TOLERANCE,
           f"{name}: accuracy {accuracy}, published {known['accuracy']}")
    return (f"{name}: FLOPs {error:+.2%} from the published {known['flops_m']} million, accuracy {accuracy:.2f} "
            f"(published {known['accuracy']})")


def published_choices(nodes_made, known):
    """The published lists hold a width for every node, depth, kernel and expansion for the seven layers between."""
    first, *layers, last = nodes_made
    network = [find_block(first, width=known["width"][0])]
    for number, layer in enumerate(layers):
        network.append(find_block(layer, width=known["width"][number + 1], depth=known["depth"][number],
                                  kernel=known["kernel"][number], expansion=known["expansion"][number]))
    return network + [find_block(last, width=known["width"][-1])]

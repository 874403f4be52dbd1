"""NAS-Bench-Macro: 8 layers x 3 blocks on CIFAR-10, the space and the complete ground truth."""

from decimal import ROUND_HALF_UP, Decimal

from maker.cost import NOTHING, batch_norm, convolution, linear
from maker.files import Csv, read_csv
from maker.table import MICRO, ONE, document, expect, metric

BLOCKS = [{"name": "identity", "kernel": 1, "expansion": 0}, {"name": "MB3_K3", "kernel": 3, "expansion": 3},
          {"name": "MB6_K5", "kernel": 5, "expansion": 6}]
NETWORK = {
    "kind": "layers",
    "input": {"channels": 3, "pixels": 32},
    "classes": 10,
    "stem": {"kernel": 3, "channels": 32},
    "stages": [{"channels": 64, "pixels": 16, "layers": 2, "stride": 2},
               {"channels": 128, "pixels": 8, "layers": 3, "stride": 2},
               {"channels": 256, "pixels": 4, "layers": 3, "stride": 2}],
    "head": {"kernel": 1, "channels": 1280, "pool": "average"},
}


def build():
    return {"spaces/nasbench_macro.json": space(), "nasbench_macro/truth.csv.gz": truth()}


def space():
    metrics = [metric(f"accuracy_{run}", "%", "higher", MICRO) for run in ("cifar10", "1", "2", "3")]
    metrics += [metric("flops", "FLOPs", "lower", ONE), metric("params", "parameters", "lower", ONE)]
    return document("space", "nasbench_macro", nodes(), metrics, encoding="nasbench-macro",
                    network=NETWORK,
                    source="NAS-Bench-Macro (arXiv 2103.11922, github.com/xiusu/NAS-Bench-Macro). See PROVENANCE.md.")


def nodes():
    result, inputs, pixels = [], NETWORK["stem"]["channels"], NETWORK["input"]["pixels"]
    for number, stage in enumerate(NETWORK["stages"], start=1):
        for _ in range(stage["layers"]):
            blocks = [{**block, **block_cost(block, inputs, pixels, stage)._asdict()} for block in BLOCKS]
            result.append({"name": f"layer{len(result)}", "stage": number, "blocks": blocks})
            inputs, pixels = stage["channels"], stage["pixels"]
    return result


def block_cost(block, inputs, pixels, stage):
    """A block that reads `inputs` channels of `pixels` x `pixels`; only a stage's first layer reads more pixels than it
    writes, and there the identity is a 1x1 convolution with stride."""
    outputs, out_pixels = stage["channels"], stage["pixels"]
    if block["expansion"] == 0:
        return NOTHING if pixels == out_pixels else convolution(inputs, outputs, 1, out_pixels) + batch_norm(outputs)
    hidden = inputs * block["expansion"]
    return (convolution(inputs, hidden, 1, pixels) + batch_norm(hidden)
            + convolution(hidden, hidden, block["kernel"], out_pixels, groups=hidden) + batch_norm(hidden)
            + convolution(hidden, outputs, 1, out_pixels) + batch_norm(outputs))


def skeleton_cost():
    stem, last, head = NETWORK["stem"], NETWORK["stages"][-1], NETWORK["head"]
    return (convolution(NETWORK["input"]["channels"], stem["channels"], stem["kernel"], NETWORK["input"]["pixels"])
            + batch_norm(stem["channels"])
            + convolution(last["channels"], head["channels"], head["kernel"], last["pixels"])
            + batch_norm(head["channels"]) + linear(head["channels"], NETWORK["classes"]))


def truth():
    layers = [f"layer{layer}" for layer in range(8)]
    columns = layers + ["acc1", "acc2", "acc3", "mean_acc", "flops", "params"]
    header = layers + ["accuracy_1", "accuracy_2", "accuracy_3", "accuracy_cifar10", "flops", "params"]
    return Csv(header, [[row[name] for name in columns] for row in read_csv("nasbench_macro/accuracy.csv.gz")])


def formulas():
    return {}


def verify(documents):
    rows, made = documents["nasbench_macro/truth.csv.gz"].rows, documents["spaces/nasbench_macro.json"]
    expect(len({tuple(row[:8]) for row in rows}) == len(rows) == 3 ** 8, "nasbench_macro truth: not every network once")
    for row in rows:
        verify_row(row, made["nodes"])
    best = max(Decimal(row[11]) for row in rows)
    networks = ["".join(row[:8]) for row in rows if Decimal(row[11]) == best]
    expect((best, networks) == (Decimal("93.1267"), ["22212202", "22212220"]),
           f"nasbench_macro truth: best {best} at {networks}, known 93.1267 at 22212202 and 22212220")
    return [f"nasbench_macro/truth: {len(rows)} networks, all FLOPs, parameters and means as derived; "
            f"best {best} % at {' and '.join(networks)}"]


def verify_row(row, layers):
    chosen = [layer["blocks"][int(block)] for layer, block in zip(layers, row)]
    cost = [getattr(skeleton_cost(), field) + sum(block[field] for block in chosen) for field in ("flops", "params")]
    expect(cost == [int(row[12]), int(row[13])], f"nasbench_macro: {row[:8]} costs {cost}, published {row[12:14]}")
    mean = (sum(map(Decimal, row[8:11])) / 3).quantize(Decimal(row[11]), ROUND_HALF_UP)
    expect(mean == Decimal(row[11]), f"nasbench_macro: {row[:8]}: mean of {row[8:11]} is {mean}, published {row[11]}")

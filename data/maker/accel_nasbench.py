"""Accel-NASBench: 7 stages of a MnasNet-like space on ImageNet, 1.04e11 networks, 5,138 of them trained and timed."""

from decimal import Decimal
from itertools import product

from maker.files import Csv, read_csv, rounded
from maker.table import MICRO, ONE, block_names, document, expect, metric

EXPANSIONS, KERNELS, EXCITATION = (1, 4, 6), (3, 5), (0, 1)
LAYERS = [(1, 2, 3)] * 5 + [(1, 2, 3, 4)] + [(1, 2, 3)]
LATENCIES = ("zcu102", "vck190")
IMAGE_TIMES = {"a100": "latency_a100", "3090": "latency_3090", "tpuv2": "latency_tpuv2", "tpuv3": "latency_tpuv3",
               "zcu102": "latency_zcu102_throughput", "vck190": "latency_vck190_throughput"}    # 1 / throughput


def build():
    return {"spaces/accel_nasbench.json": space(), "accel_nasbench/truth.csv.gz": truth()}


def space():
    metrics = [metric("accuracy_imagenet", "%", "higher", MICRO), metric("accuracy_imagenet_top5", "%", "higher", MICRO),
               metric("flops", "FLOPs", "lower", ONE), metric("params", "parameters", "lower", ONE)]
    metrics += [metric(f"latency_{device}", "ms", "lower", MICRO) for device in LATENCIES]
    metrics += [metric(f"throughput_{device}", "images/s", "higher", MICRO) for device in IMAGE_TIMES]
    metrics += [metric(name, "ms/image", "lower", MICRO) for name in IMAGE_TIMES.values()]
    return document("space", "accel_nasbench", nodes(), metrics, encoding="accel-nasbench",
                    source="Accel-NASBench (arXiv 2404.08005, github.com/afzalxo/Accel-NASBench). See PROVENANCE.md.")


def nodes():
    return [{"name": f"block{number}", "stage": number, "blocks": blocks(layers)} for number, layers in enumerate(LAYERS)]


def blocks(layers):
    return [{"name": f"e{expansion}_k{kernel}_l{layer}_se{se}", "expansion": expansion, "kernel": kernel,
             "layers": layer, "se": se} for expansion, kernel, layer, se in product(EXPANSIONS, KERNELS, layers, EXCITATION)]


def truth():
    """Rows as published, repeated networks too; an empty cell was not measured."""
    names = [node["name"] for node in nodes()]
    places = [{name: index for index, name in enumerate(block_names(node))} for node in nodes()]
    measured = {"accuracy_imagenet": "val_top1", "accuracy_imagenet_top5": "val_top5"}
    timed = [f"latency_{device}" for device in LATENCIES] + [f"throughput_{device}" for device in IMAGE_TIMES]
    rows = []
    for row in read_csv("accel_nasbench/networks.csv.gz"):
        chosen = ["e{}_k{}_l{}_se{}".format(*(row[f"{name}_{part}"] for part in ("e", "k", "l", "se"))) for name in names]
        rows.append([place[block] for place, block in zip(places, chosen)] + [row[name] for name in measured.values()]
                    + [millions(row["macs_m"]), millions(row["params_m"])] + [rounded(row[name]) for name in timed]
                    + [image_time(row[f"throughput_{device}"]) for device in IMAGE_TIMES])
    return Csv([*names, *measured, "flops", "params", *timed, *IMAGE_TIMES.values()], rows)


def image_time(throughput):
    """Milliseconds an image, which add up over blocks as throughputs do not; "" where it was not measured."""
    return rounded(str(1000 / Decimal(throughput))) if throughput else ""


def millions(text):
    value = Decimal(text) * 1000000
    expect(value == int(value), f"accel_nasbench: {text} million is no whole number")
    return int(value)


def formulas():
    return {}


def verify(documents):
    rows = documents["accel_nasbench/truth.csv.gz"].rows
    networks = [tuple(row[:7]) for row in rows]
    repeats, empty = len(networks) - len(set(networks)), sum("" in row for row in rows)
    expect((len(rows), repeats) == (5138, 13), f"accel_nasbench truth: {len(rows)} rows, {repeats} repeat a network")
    longest = [row["block5_l"] == "4" for row in read_csv("accel_nasbench/networks.csv.gz")]
    expect(sum(longest) == 1059 and all(longest[-1059:]), "accel_nasbench truth: not the last 1059 rows have 4 layers")
    sizes = [len(node["blocks"]) for node in documents["spaces/accel_nasbench.json"]["nodes"]]
    expect(sizes == [36, 36, 36, 36, 36, 48, 36], f"accel_nasbench: {sizes} blocks")
    return [f"accel_nasbench/truth: {len(rows)} rows, {repeats} of which repeat a network, {empty} with an empty cell"]

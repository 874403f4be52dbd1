#!/usr/bin/env python3
"""Makes the fitted tables of data/: `mathnas fit` on the ground truths of data/.

    make && python3 data/fit_tables.py                    writes them, and prints how well each metric fits
    python3 data/fit_tables.py --check [SPACE...]         makes them anew and compares: exit 1 when one differs

A table here is fitted to everything that was measured, so that a search on it is a search on the best knowledge of the
benchmark. Evaluating it against the same truth says how well it fits; it is no test of prediction.

Accuracies of complete spaces are one term over all nodes by a Gaussian process, which averages the noise of training over
similar networks. Latencies and energies of NAS-Bench-201 are additive by a robust fit; latencies only of the devices on which at
least 95 % of the networks are predicted within 10 % by the fit to the others. The three energies do not reach that (their
measurements scatter), and are there because nothing else is known of energy.
"""

import argparse
import gzip
import sys
from collections import defaultdict
from decimal import Decimal

sys.dont_write_bytecode = True

from maker import nasbench201, nasbench_macro                                                   # noqa: E402
from maker.files import Csv, document_text, packed_text                                         # noqa: E402
from maker.fitting import DATA, as_read, differs, fit, read_shipped, read_space                 # noqa: E402
from maker.table import ONE, Failed, document, expect, metric                                   # noqa: E402

WITHIN_10_PERCENT = 0.95        # of the networks, each predicted by the fit to the others: the devices that are kept
NO_TEST = "Evaluating it against that file says how well it fits and is no test of its predictions."


def read_truth(space):
    with gzip.open(DATA / space / "truth.csv.gz", "rt", encoding="ascii") as file:
        header, *rows = (line.rstrip("\n").split(",") for line in file)
    return Csv(header, rows)


def chosen(truth, nodes, names):
    """Rows of the nodes' blocks and the columns `names`."""
    places = [*range(nodes), *map(truth.header.index, names)]
    return [[row[place] for place in places] for row in truth.rows]


def table(space, metrics, sentence):
    """The fitted table of a space, and `sentence` on what it was fitted to behind the space's own source."""
    read = read_space(space)
    keys = {key: read[key] for key in ("encoding", "network") if key in read}
    return document("table", f"{space}/fitted", read["nodes"], metrics, **keys,
                    source=f"{read['source']} {sentence} {NO_TEST}")


def names_of(truth, *prefixes):
    return [name for name in truth.header if name.startswith(prefixes)]


def exact_costs(nodes, skeleton):
    """FLOPs and parameters, sums of the skeleton's: not fitted."""
    units = {"flops": "FLOPs", "params": "parameters"}
    return [metric(name, unit, "lower", ONE, base=getattr(skeleton, name),
                   values=[[block[name] for block in node["blocks"]] for node in nodes]) for name, unit in units.items()]


# ---- spaces ---------------------------------------------------------------------------------------------------------

def nasbench201_table(report):
    truth, names = read_truth("nasbench201"), [f"accuracy_{data}" for data in nasbench201.CHANCE]
    metrics = fitted("nasbench201", truth.header[:6] + names + ["weight"], class_means(truth, names), len(truth.rows),
                     "process", "full", report)
    metrics += devices_that_fit(truth, report)
    metrics += exact_costs(nasbench201.nodes(), nasbench201.skeleton_cost())
    return table("nasbench201", metrics,
                 "Fitted by data/fit_tables.py to nasbench201/truth.csv.gz, all 15625 networks: accuracies by a Gaussian process "
                 "on the means of the benchmark's 6466 classes of one function, one term over all nodes; latencies and energies by robust "
                 "additive fits, latencies of the devices on which 95 % of the networks are within 10 % (of the energies 50 to 69 % are). flops and params are sums of the "
                 "skeleton.")


def class_means(truth, names):
    """One row for each class of networks of the same function: its first member, the means, how many they are."""
    members = defaultdict(list)
    for row in truth.rows:
        members[row[truth.header.index("class")]].append(row)
    places = [truth.header.index(name) for name in names]
    return [[*rows[0][:6], *(f"{sum(Decimal(row[place]) for row in rows) / len(rows):.6f}" for place in places), len(rows)]
            for rows in members.values()]


def devices_that_fit(truth, report):
    names, left_out, metrics = names_of(truth, "latency_", "energy_"), [], []
    for entry, figure in fit("nasbench201", truth.header[:6] + names, chosen(truth, 6, names), len(truth.rows), "robust",
                             "additive"):
        name, share = figure["metric"], figure["leave_one_out_within_10_percent"]
        if share >= WITHIN_10_PERCENT or name.startswith("energy_"):
            metrics.append(entry)
            report.append(line("nasbench201", figure))
        else:
            left_out.append(f"{name} {100 * share:.1f} %")
    report.append(f"nasbench201: left out, for fewer than {100 * WITHIN_10_PERCENT:.0f} % of the networks are within 10 %: "
                  + ", ".join(left_out))
    return metrics


def nasbench_macro_table(report):
    truth = read_truth("nasbench_macro")
    metrics = fitted("nasbench_macro", truth.header[:8] + ["accuracy_cifar10"], chosen(truth, 8, ["accuracy_cifar10"]),
                     len(truth.rows), "process", "full", report)
    metrics += exact_costs(nasbench_macro.nodes(), nasbench_macro.skeleton_cost())
    return table("nasbench_macro", metrics,
                 "Fitted by data/fit_tables.py to nasbench_macro/truth.csv.gz, all 6561 networks: the mean accuracy of three trainings "
                 "by a Gaussian process, one term over all nodes. flops and params are sums of the skeleton.")


def transnas_micro_table(report):
    truth = read_truth("transnas_micro")
    names = names_of(truth, "accuracy_", "miou_")
    metrics = fitted("transnas_micro", truth.header[:6] + names, chosen(truth, 6, names), len(truth.rows), "process", "full",
                     report)
    return table("transnas_micro", metrics,
                 "Fitted by data/fit_tables.py to transnas_micro/truth.csv.gz, all 4096 networks: a Gaussian process, one term over "
                 "all nodes.")


def accel_nasbench_table(report):
    truth, metrics = read_truth("accel_nasbench"), []
    nodes, count = truth.header[:7], len({tuple(row[:7]) for row in truth.rows})
    methods = {"ridge": names_of(truth, "accuracy_", "latency_"), "least-squares": ["flops", "params"]}
    for method, names in methods.items():
        metrics += fitted("accel_nasbench", nodes + names, chosen(truth, 7, names), count, method, "additive", report)
    return table("accel_nasbench", metrics,
                 f"Fitted by data/fit_tables.py to accel_nasbench/truth.csv.gz, {count} networks: additive terms, accuracies and latencies "
                 "by ridge, flops and params by least squares. Latencies in ms/image are 1 / throughput at the "
                 "benchmark's batch sizes.")


def fitted(space, columns, rows, networks, method, terms, report):
    result = fit(space, columns, rows, networks, method, terms)
    report += [line(space, figure) for _, figure in result]
    return [entry for entry, _ in result]


def line(space, figure):
    return (f"{space}: {figure['metric']}: {figure['terms']} terms by {figure['method']}, {figure['model']}; each network from "
            f"the others: RMSE {figure['leave_one_out_rmse']:.4g}, "
            f"{100 * figure['leave_one_out_within_10_percent']:.1f} % within 10 %")


# ---- files ----------------------------------------------------------------------------------------------------------

TABLES = {"nasbench201": ("nasbench201/fitted.json.gz", nasbench201_table),
          "nasbench_macro": ("nasbench_macro/fitted.json.gz", nasbench_macro_table),
          "transnas_micro": ("transnas_micro/fitted.json.gz", transnas_micro_table),
          "accel_nasbench": ("accel_nasbench/fitted.json", accel_nasbench_table)}


def text_of(path):
    return gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")


def write(path, made):
    text = document_text(made)
    path.write_bytes(packed_text(text) if path.suffix == ".gz" else text.encode("ascii"))


def main():
    parser = argparse.ArgumentParser(description="Makes the fitted tables of data/ with the built command.")
    parser.add_argument("spaces", nargs="*", metavar="SPACE", help=f"which: {', '.join(TABLES)} (default: all)")
    parser.add_argument("--check", action="store_true", help="compare with the tables of data/ instead of writing them")
    arguments = parser.parse_args()
    try:
        for space in arguments.spaces or TABLES:
            expect(space in TABLES, f'"{space}": expected {", ".join(TABLES)}')
            (name, make), report = TABLES[space], []
            made = make(report)
            print("\n".join(report), flush=True)
            if arguments.check:
                difference = differs(as_read(made), read_shipped(DATA / name, text_of))
                expect(not difference, f"{name} is not what the truth gives: {difference}; run python3 data/fit_tables.py")
                print(f"{name} is what the truth gives")
            else:
                write(DATA / name, made)
    except Failed as failure:
        print(f"fit_tables.py: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the paper's method reaches on NAS-Bench-201, ImageNet16-120, by the command's own plan, fit and evaluate.

usage: paper_claims.py   prints lines form,spearman,tau,command
"""
import csv
import gzip
import json
import subprocess
import sys
import tempfile

COLUMN = "accuracy_imagenet16"


def run(*arguments):
    return subprocess.run(["build/mathnas", *arguments, "--quiet"], check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout


def evaluate(table, *options):
    figures = json.loads(run("evaluate", table, "--truth", "nasbench201", *options, "--json"))
    return figures["spearman"], figures["kendall_tau"]


def main():
    with gzip.open("data/nasbench201/truth.csv.gz", "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    nodes = [name for name in rows[0] if name.startswith("edge ")]
    truth = {tuple(row[node] for node in nodes): row[COLUMN] for row in rows}
    write = csv.writer(sys.stdout, lineterminator="\n")
    with tempfile.TemporaryDirectory() as folder:
        measured, table, plan = f"{folder}/measured.csv", f"{folder}/table.json", f"{folder}/plan.csv"

        def measure(networks):
            with open(measured, "w", newline="", encoding="utf-8") as out:
                writer = csv.writer(out)
                writer.writerow(nodes + [COLUMN])
                writer.writerows([*network, truth[network]] for network in networks)

        def fitted(method, *options):
            run("fit", "--space", "nasbench201", "--measurements", measured, "--method", method, *options, "--output", table)
            return evaluate(table, "--metric", COLUMN)

        measure(truth)
        write.writerow(["additive averages over all 15,625 networks", *fitted("least-squares"), "plan --method all; fit --method least-squares"])
        run("plan", "--space", "nasbench201", "--method", "paper", "--output", plan)
        with open(plan, newline="", encoding="utf-8") as file:
            measure([tuple(row[node] for node in nodes) for row in csv.DictReader(file)])
        write.writerow(["25 networks around the one nearest to the mean FLOPs, differences", *fitted("paper"), "plan --method paper; fit --method paper"])
        write.writerow(["the same, scaled by FLOPs", *fitted("paper", "--scale", "reciprocal"), "fit --method paper --scale reciprocal"])
        one = ("2",) * 6
        measure([one] + [one[:i] + (block,) + one[i + 1:] for i in range(6) for block in "01234" if block != "2"])
        write.writerow(["25 networks around the all-1x1 network, differences", *fitted("paper"), "the same with that reference"])
        write.writerow(["the same, scaled by FLOPs as the paper writes it", *fitted("paper", "--scale", "reciprocal"), "the same with that reference; --scale reciprocal"])
        for name, scale in (("the published block table", "none"), ("the published block table, scaled by FLOPs", "reciprocal")):
            figures = evaluate("nasbench201/edgegpu", "--metric", f"accuracy={COLUMN}", "--scale", scale)
            write.writerow([name, *figures, f"evaluate nasbench201/edgegpu --scale {scale}"])


if __name__ == "__main__":
    main()

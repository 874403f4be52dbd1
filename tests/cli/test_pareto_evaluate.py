#!/usr/bin/env python3
"""pareto, evaluate and plot."""
import os
import shutil
import xml.dom.minidom
from decimal import Decimal, getcontext

from command import EDGEGPU, CommandTest, Table, main, read_rows, run

getcontext().prec = 80  # hypervolumes have many digits
TRUTH = ["--truth", "nasbench201", "--metric", "accuracy=accuracy_imagenet16"]


def oracle_front(table, objectives):
    """By pairwise comparison of sorted points: objectives [(metric, maximize)]; ties keep the smallest network."""
    points = {}
    for network in table.networks():
        key = tuple(-table.value(m, network) if up else table.value(m, network) for m, up in objectives)
        points.setdefault(key, network)
    front = []
    for key in sorted(points):
        if not any(all(a <= b for a, b in zip(other, key)) for other, _ in front):
            front.append((key, points[key]))
    return front


class Pareto(CommandTest):
    def test_equals_enumeration(self):
        for name, objectives in [(EDGEGPU, [("accuracy", True), ("latency", False)]), (EDGEGPU, [("latency", False), ("accuracy", True), ("energy", False)]),
                                 ("mobilenetv3/tx2cpu", [("accuracy", False), ("latency", True)])]:
            table = Table(f"data/{name}.json")
            arguments = ["pareto", name]
            for metric, up in objectives:
                arguments += ["--maximize" if up else "--minimize", metric]
            self.succeed(*arguments, "--output", self.path("front.csv"))
            rows = read_rows(self.path("front.csv"))
            found = [tuple(int(row[node]) for node in table.nodes) for row in rows]
            self.assertEqual(found, [network for _, network in oracle_front(table, objectives)])
            points = self.succeed(*arguments, "--json").json()
            self.assertEqual(points["count"], len(found))
            self.assertEqual([tuple(point["arch"]) for point in points["points"]], found)
            for row, point in zip(rows, points["points"]):
                for metric, value in point["metrics"].items():
                    self.assertEqual(Decimal(row[metric]), value)

    def test_hypervolume_is_exact(self):
        table = Table(f"data/{EDGEGPU}.json")
        worst_accuracy = table.metrics["accuracy"][0] + sum(min(v) for v in table.metrics["accuracy"][1])
        worst_latency = table.metrics["latency"][0] + sum(max(v) for v in table.metrics["latency"][1])
        arguments = ["pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency"]
        answer = self.succeed(*arguments, "--json").json()

        def volume(accuracy, latency):
            total = Decimal(0)
            points = [(p["metrics"]["accuracy"], p["metrics"]["latency"]) for p in answer["points"]]
            points = [(a, l) for a, l in points if a > accuracy and l < latency]
            for i, (a, l) in enumerate(points):  # best accuracy, and highest latency, first
                below = points[i + 1][0] if i + 1 < len(points) else accuracy
                total += (a - below) * (latency - l)
            return total

        self.assertEqual(Decimal(answer["hypervolume"]), volume(worst_accuracy, worst_latency))
        moved = self.succeed(*arguments, "--json", "--reference", "latency=6000.5", "--reference", "accuracy = 30").json()
        self.assertEqual(Decimal(moved["hypervolume"]), volume(Decimal(30), Decimal("6000.5")))
        outside = self.succeed(*arguments, "--json", "--reference", "latency=0").json()
        self.assertEqual(Decimal(outside["hypervolume"]), 0)
        for reference in ["latency", "latency=x", "energy=4", "latency=0.0000001", "=4"]:
            self.fail_with(2, "reference", *arguments, "--reference", reference)

    def test_hypervolume_of_three_and_four_objectives(self):
        """Against inclusion of unit boxes on the compressed grid."""
        for extra in [[], ["--minimize", "flops"]]:
            names = ["accuracy", "latency", "energy"] + (["flops"] if extra else [])
            answer = self.succeed("pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency", "--minimize", "energy", *extra, "--json",
                                  "--limit", "latency<=5200", "--reference", "latency=5200", "--reference", "energy=23000", "--reference",
                                  "accuracy=20", *(["--reference", "flops=90000000"] if extra else [])).json()
            reference = [Decimal(-20), Decimal(5200), Decimal(23000), Decimal(90000000)][:len(names)]
            points = [[(-1 if name == "accuracy" else 1) * p["metrics"][name] for name in names] for p in answer["points"]]
            points = [p for p in points if all(a < b for a, b in zip(p, reference))]
            self.assertGreater(len(points), 3)

            def volume(points, dimensions):
                if not points:
                    return Decimal(0)
                if dimensions == 1:
                    return reference[0] - min(p[0] for p in points)
                total, last = Decimal(0), dimensions - 1
                cuts = sorted({p[last] for p in points}) + [reference[last]]
                for low, high in zip(cuts, cuts[1:]):
                    total += (high - low) * volume([p for p in points if p[last] <= low], last)
                return total

            self.assertEqual(Decimal(answer["hypervolume"]), volume(points, len(names)))

    def test_epsilon_covers_the_front(self):
        arguments = ["pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency", "--minimize", "energy", "--json"]
        full = self.succeed(*arguments).json()["points"]
        epsilon = Decimal("0.05")
        kept = self.succeed(*arguments, "--epsilon", "0.05").json()["points"]
        self.assertLess(len(kept), len(full))
        for point in full:
            m = point["metrics"]
            self.assertTrue(any(k["metrics"]["accuracy"] * (1 + epsilon) >= m["accuracy"] and k["metrics"]["latency"] <= m["latency"] * (1 + epsilon)
                                and k["metrics"]["energy"] <= m["energy"] * (1 + epsilon) for k in kept))
        self.fail_with(2, "epsilon", *arguments, "--epsilon", "-1")
        self.fail_with(2, "epsilon", *arguments, "--epsilon", "x")

    def test_limits_unions_and_scale(self):
        rows = self.succeed("pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency", "--limit", "energy<=20000", "--output", "-").rows()
        self.assertTrue(rows and all(Decimal(row["energy"]) <= 20000 for row in rows))
        union = self.succeed("pareto", "supervit/192", "supervit/224", "--maximize", "accuracy", "--minimize", "flops", "--output", "-").rows()
        self.assertEqual({row["table"] for row in union}, {"supervit/192", "supervit/224"})
        for a, b in zip(union, union[1:]):
            self.assertTrue(Decimal(a["accuracy"]) > Decimal(b["accuracy"]) and int(a["flops"]) > int(b["flops"]))
        scaled = self.succeed("pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency", "--scale", "reciprocal", "--json").json()
        self.assertGreater(scaled["count"], 3)
        result = self.fail_with(4, ["infeasible", "latency<=1", "4061.553749"], "pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency",
                                "--limit", "latency<=1", "--limit", "energy<=90000", "--json")
        self.assertEqual((result.json()["status"], result.json()["conflict"]), ("infeasible", ["latency<=1"]))

    def test_objectives_are_two_to_four(self):
        self.fail_with(2, "expected 2 to 4 objectives", "pareto", EDGEGPU, "--maximize", "accuracy")
        self.fail_with(2, "found 5", "pareto", EDGEGPU, *["--maximize", "accuracy"] * 5)
        self.fail_with(2, "no metric", "pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "speed")

    def test_text(self):
        text = self.succeed("pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency").out
        self.assertIn("13 points, hypervolume", text)


class Evaluate(CommandTest):
    def test_known_figures_of_the_published_table(self):
        """Reproduced on all 15,625 networks: tau 0.471 additive, 0.538 scaled; Spearman 0.651 and 0.735."""
        for scale, tau, spearman in [("none", 0.471, 0.651), ("reciprocal", 0.538, 0.735)]:
            answer = self.succeed("evaluate", EDGEGPU, *TRUTH, "--scale", scale, "--json").json()
            self.assertEqual(answer["count"], 15625)
            self.assertEqual(round(float(answer["kendall_tau"]), 3), tau)
            self.assertEqual(round(float(answer["spearman"]), 3), spearman)

    def test_fields_and_subsets(self):
        answer = self.succeed("evaluate", EDGEGPU, *TRUTH, "--json").json()
        self.assertEqual((answer["metric"], answer["subset"]), ("accuracy", "all"))
        for name in ["kendall_tau", "spearman", "pearson", "rmse", "mae", "within_5_percent", "within_10_percent", "regret"]:
            self.assertIn(name, answer)
        self.assertEqual(answer["chosen"], [3, 3, 3, 1, 3, 3])
        self.assertAlmostEqual(answer["regret"], answer["best_truth"] - answer["chosen_truth"], 9)
        reachable = self.succeed("evaluate", EDGEGPU, *TRUTH, "--json", "--subset", "reachable").json()
        self.assertEqual(reachable["count"], 9445)
        self.fail_with(2, "expected all, reachable or unmeasured", "evaluate", EDGEGPU, *TRUTH, "--subset", "some")

    def test_choice_of_columns(self):
        noted = self.succeed("evaluate", EDGEGPU, "--truth", "nasbench201", "--json")
        self.assertEqual(noted.json()["truth_column"], "accuracy_cifar10")
        self.assertIn("accuracy_cifar10", noted.err)
        self.assertEqual(self.succeed("evaluate", EDGEGPU, "--truth", "nasbench201", "--json", "--quiet").err, "")
        self.fail_with(2, "no column", "evaluate", EDGEGPU, "--truth", "nasbench201", "--metric", "params")
        self.fail_with(2, "no column \"x\"", "evaluate", EDGEGPU, "--truth", "nasbench201", "--metric", "accuracy=x")
        self.fail_with(2, "no metric \"x\"", "evaluate", EDGEGPU, "--truth", "nasbench201", "--metric", "x")
        self.fail_with(2, "--truth", "evaluate", EDGEGPU)
        self.fail_with(3, "no truth file", "evaluate", EDGEGPU, "--truth", "missing.csv")

    def test_rank_of_the_network_found(self):
        table, limit = Table(f"data/{EDGEGPU}.json"), Decimal(6000)
        self.succeed("evaluate", EDGEGPU, *TRUTH, "--output", self.path("pairs.csv"))
        truth = {tuple(int(row[node]) for node in table.nodes): Decimal(row["truth"]) for row in read_rows(self.path("pairs.csv"))}
        meeting = [n for n in truth if table.value("latency", n) <= limit]
        best = max(meeting, key=lambda n: (table.value("accuracy", n), [-b for b in n]))
        answer = self.succeed("evaluate", EDGEGPU, *TRUTH, "--limit", "latency<=6000", "--json").json()["network"]
        self.assertEqual(tuple(answer["arch"]), best)
        self.assertEqual(answer["truth"], truth[best])
        self.assertEqual(answer["rank"], 1 + sum(truth[n] > truth[best] for n in meeting))
        self.assertEqual(answer["among"], len(meeting))
        self.assertEqual(answer["best_truth"], max(truth[n] for n in meeting))
        given = self.succeed("evaluate", EDGEGPU, *TRUTH, "--limit", "latency<=6000", "--arch", "3,3,3,3,3,3", "--json").json()["network"]
        self.assertFalse(given["meets_limits"])
        text = self.succeed("evaluate", EDGEGPU, *TRUTH, "--limit", "latency<=6000").out
        self.assertIn(f"rank {answer['rank']} of the {answer['among']} networks", text)

    def test_truth_of_ones_own(self):
        table = Table("data/mobilenetv3/tx2gpu.json")
        lines = ["arch,accuracy"]
        for network in list(table.networks())[::100]:
            lines.append('"' + ",".join(map(str, network)) + '",' + str(table.value("accuracy", network)))
        path = self.write("truth.csv", "\n".join(lines) + "\n")
        answer = self.succeed("evaluate", "mobilenetv3/tx2gpu", "--truth", path, "--json").json()
        self.assertEqual((answer["count"], answer["rmse"], answer["regret"]), (32, 0, 0))
        self.assertAlmostEqual(float(answer["kendall_tau"]), 1)
        self.assertIsNone(answer["top_100_recall"])


class Plot(CommandTest):
    def test_pictures(self):
        if not shutil.which("gnuplot"):
            self.skipTest("no gnuplot")
        self.succeed("sweep", EDGEGPU, "--maximize", "accuracy", "--grid", "latency=4000:8000:100", "--output", self.path("sweep.csv"))
        self.succeed("pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency", "--output", self.path("front.csv"), "--plot", self.path("direct.svg"))
        self.succeed("evaluate", EDGEGPU, *TRUTH, "--output", self.path("pairs.csv"), "--plot", self.path("scatter.svg"))
        for name in ["sweep", "front", "pairs"]:
            self.succeed("plot", self.path(f"{name}.csv"), "--output", self.path(f"{name}.svg"))
        for name in ["direct", "scatter", "sweep", "front", "pairs"]:
            xml.dom.minidom.parse(self.path(f"{name}.svg"))

    def test_without_gnuplot(self):
        front = self.path("front.csv")
        self.succeed("pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency", "--output", front)
        result = self.fail_with(1, "install gnuplot", "plot", front, "--output", self.path("x.svg"), "--json", env={"PATH": "/nowhere"})
        self.assertEqual(result.json()["status"], "error")
        self.assertFalse(os.path.exists(self.path("x.svg")))

    def test_bad_requests(self):
        front = self.write("front.csv", "a,b\n1,2\n")
        self.fail_with(2, "--output", "plot", front)
        self.fail_with(2, "expected FILE.svg", "plot", front, "--output", "x.gif")
        self.fail_with(2, "no column to draw", "plot", front, "--output", self.path("x.svg"))
        self.fail_with(2, "no column \"c\"", "plot", front, "--output", self.path("x.svg"), "--x", "a", "--y", "c")
        self.fail_with(3, "front.csv:2", "plot", self.write("front.csv", "a,b\n1,x\n"), "--output", self.path("x.svg"), "--x", "a", "--y", "b")
        self.fail_with(3, "missing", "plot", self.path("missing.csv"), "--output", self.path("x.svg"))


if __name__ == "__main__":
    main()

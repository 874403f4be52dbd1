#!/usr/bin/env python3
"""The shipped names, and the tables that are fitted to ground truths: they hold what they say, searches on them agree with
enumeration, and nobody is told that they predict what they were fitted to."""
import csv
import glob
import gzip
import os
import random
import subprocess
import sys
from decimal import Decimal

from command import ROOT, CommandTest, load, main, read_rows, run

TABLES = ["accel_nasbench/fitted", "fbnet/latency", "mobilenetv3/raspberrypi", "mobilenetv3/tx2cpu", "mobilenetv3/tx2gpu",
          "nasbench201/edgegpu", "nasbench201/fitted", "nasbench201/fpga", "nasbench_macro/fitted", "supertransformer/raspberrypi",
          "supertransformer/titanxp", "supertransformer/xeon", "supervit/192", "supervit/224", "supervit/256", "supervit/288",
          "transnas_micro/fitted"]
SPACES = ["accel_nasbench", "fbnet", "nasbench201", "nasbench_macro", "transnas_micro"]
ACCURACIES = {"nasbench201": ["accuracy_cifar10", "accuracy_cifar100", "accuracy_imagenet16"],
              "nasbench_macro": ["accuracy_cifar10"],
              "transnas_micro": ["accuracy_class_scene", "accuracy_class_object", "accuracy_jigsaw", "miou_segmentsemantic"]}
DEVICES = ["1080ti_1", "1080ti_256", "1080ti_32", "2080ti_256", "2080ti_32", "eyeriss", "fpga", "titan_rtx_1", "titan_rtx_256",
           "titan_rtx_32", "titanx_1", "titanx_256", "titanx_32", "titanxp_1", "titanxp_256", "titanxp_32"]
ENERGIES = ["energy_pi5_litert", "energy_pi5_onnx", "energy_pi5_torchmobile"]


def truth_of(space):
    with gzip.open(os.path.join(ROOT, "data", space, "truth.csv.gz"), "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def arch_of(row, nodes):
    return tuple(int(row[node]) for node in nodes)


class FittedTables(CommandTest):
    def everything(self, table, space):
        """{network: its row of predictions} of the whole space, in lexicographic order."""
        path = os.path.join(self.folder, "all.csv")
        self.assertEqual(run("predict", table, "--all", "--output", path).code, 0)
        nodes = [node["name"] for node in load(f"data/spaces/{space}.json")["nodes"]]
        return nodes, {arch_of(row, nodes): row for row in read_rows(path)}

    def test_catalogue(self):
        found = [os.path.relpath(path, os.path.join(ROOT, "data")).split(".")[0]
                 for path in glob.glob(os.path.join(ROOT, "data/*/*.json*"))]
        self.assertEqual(sorted(found), sorted(TABLES + [f"spaces/{space}" for space in SPACES]))
        for name in TABLES + SPACES:
            answer = run("info", name, "--json")
            self.assertEqual(answer.code, 0, answer.err)
            self.assertIn(answer.json()["name"], [name, name.removeprefix("spaces/")])

    def test_metrics_and_source(self):
        for space, accuracies in ACCURACIES.items():
            answer = run("info", f"{space}/fitted", "--json").json()
            names = [metric["name"] for metric in answer["metrics"]]
            self.assertEqual(names[:len(accuracies)], accuracies)
            self.assertIn(f"Fitted by data/fit_tables.py to {space}/truth.csv.gz", answer["source"])
            self.assertIn("no test of its predictions", answer["source"])
        names = [metric["name"] for metric in run("info", "nasbench201/fitted", "--json").json()["metrics"]]
        self.assertEqual(names[3:], [f"latency_{device}" for device in DEVICES] + ENERGIES + ["flops", "params"])

    def test_fbnet_holds_the_additive_devices(self):
        names = [metric["name"] for metric in run("info", "fbnet/latency", "--json").json()["metrics"]]
        self.assertEqual(names, ["latency_eyeriss", "latency_fpga", "latency_pixel3", "latency_raspi4"])
        for name in names:
            figures = run("evaluate", "fbnet/latency", "--truth", "fbnet", "--metric", name, "--json").json()
            self.assertLess(figures["rmse"], 1e-5)

    def test_predictions_are_near_the_truth(self):
        nodes, predicted = self.everything("nasbench201/fitted", "nasbench201")
        truth = truth_of("nasbench201")
        bounds = {"accuracy_cifar10": 0.5, "accuracy_cifar100": 0.6, "accuracy_imagenet16": 0.7}
        for name, bound in bounds.items():
            squares = [(float(predicted[arch_of(row, nodes)][name]) - float(row[name])) ** 2 for row in truth]
            self.assertLess((sum(squares) / len(squares)) ** 0.5, bound, name)
        for device in DEVICES:
            name = f"latency_{device}"
            near = sum(abs(float(predicted[arch_of(row, nodes)][name]) / float(row[name]) - 1) <= 0.1 for row in truth)
            self.assertGreaterEqual(near, 0.95 * len(truth), name)
        self.assertEqual(predicted[(3,) * 6]["flops"], "220119680")
        self.assertEqual(predicted[(3,) * 6]["params"], "1531546")

    def test_networks_without_a_path_are_at_chance_level(self):
        chance = {"nasbench201": [10, 1, 0.8333], "transnas_micro": [14.1521, 26.5476, 0.139331, 5.40575]}
        for space, values in chance.items():
            for arch in ("0,0,0,0,0,0", "1,2,3,0,0,0"):
                row = run("predict", f"{space}/fitted", "--arch", arch, "--json").json()["networks"][0]["metrics"]
                for name, value in zip(ACCURACIES[space], values):
                    self.assertAlmostEqual(float(row[name]), value, delta=0.001)

    def test_solve_agrees_with_enumeration(self):
        source = random.Random(11)
        nodes, predicted = self.everything("nasbench201/fitted", "nasbench201")
        self.assertEqual(len(nodes), 6)
        for _ in range(12):
            goal, cost = source.choice(ACCURACIES["nasbench201"]), f"latency_{source.choice(DEVICES)}"
            limit = Decimal(source.choice(list(predicted.values()))[cost])
            best = max((row for row in predicted.values() if Decimal(row[cost]) <= limit), key=lambda row: Decimal(row[goal]))
            found = run("solve", "nasbench201/fitted", "--maximize", goal, "--limit", f"{cost}<={limit}", "--json").json()
            self.assertEqual(Decimal(str(found["objective"])), Decimal(best[goal]), (goal, cost, limit))
            self.assertEqual(tuple(found["arch"]), arch_of(best, nodes), (goal, cost, limit))

    def test_sweep_agrees_with_enumeration(self):
        _, predicted = self.everything("nasbench201/fitted", "nasbench201")
        path = os.path.join(self.folder, "sweep.csv")
        answer = run("sweep", "nasbench201/fitted", "--maximize", "accuracy_imagenet16", "--grid",
                     "latency_titan_rtx_256=4:50:15", "--output", path)
        self.assertEqual(answer.code, 0, answer.err)
        for row in read_rows(path):
            limit = Decimal(row["latency_titan_rtx_256<="])
            best = max((Decimal(other["accuracy_imagenet16"]) for other in predicted.values()
                        if Decimal(other["latency_titan_rtx_256"]) <= limit), default=None)
            self.assertEqual(row["status"], "infeasible" if best is None else "optimal")
            if best is not None:
                self.assertEqual(Decimal(row["accuracy_imagenet16"]), best)

    def test_tables_order_networks_as_the_truth_does(self):
        """TransNAS has one training a network: within a function class its accuracies spread as much as the fit is off."""
        bounds = {"nasbench201": (0.94, 10), "nasbench_macro": (0.94, 10), "transnas_micro": (0.77, 300)}
        for space, (tau, rank) in bounds.items():
            for name in ACCURACIES[space]:
                figures = run("evaluate", f"{space}/fitted", "--truth", space, "--metric", name, "--json").json()
                self.assertGreater(figures["kendall_tau"], tau, (space, name))
                self.assertLessEqual(figures["chosen_rank"], rank, (space, name))

    def test_evaluate_says_what_a_table_was_fitted_to(self):
        answer = run("evaluate", "nasbench201/fitted", "--truth", "nasbench201", "--json").json()["fitted"]
        self.assertEqual(answer, {"measurements": "nasbench201/truth.csv.gz", "networks": 15625, "method": "process",
                                  "terms": "full", "tests_prediction": False})
        self.assertIn("how well it fits, not how well it predicts",
                      run("evaluate", "nasbench201/fitted", "--truth", "nasbench201").out)
        partly = run("evaluate", "accel_nasbench/fitted", "--truth", "accel_nasbench", "--json").json()["fitted"]
        self.assertEqual((partly["networks"], partly["tests_prediction"]), (5125, False))
        self.assertIsNone(run("evaluate", "nasbench201/edgegpu", "--truth", "nasbench201", "--json").json()["fitted"])

    def test_a_fit_of_few_networks_is_tested_by_the_others(self):
        measured, table = os.path.join(self.folder, "m.csv"), os.path.join(self.folder, "t.json")
        with open(measured, "w", encoding="utf-8") as file:
            file.write("index,accuracy_cifar10\n")
            for row in random.Random(5).sample(truth_of("nasbench201"), 40):
                file.write(f"{row['index']},{row['accuracy_cifar10']}\n")
        fit = run("fit", "--space", "nasbench201", "--measurements", measured, "--method", "ridge", "--output", table)
        self.assertEqual(fit.code, 0, fit.err)
        made = load(table)
        self.assertEqual(made["metrics"][0]["fitted"],
                         {"measurements": measured, "networks": 40, "method": "ridge", "terms": "additive"})
        self.assertEqual(made["metrics"][0]["chance"], 10)
        self.assertTrue(made["source"].startswith(load("data/spaces/nasbench201.json")["source"]))
        self.assertIn(f"Fitted to {measured} (40 rows): accuracy_cifar10: 40 networks, additive terms by ridge.", made["source"])
        for options, tests in [([], None), (["--subset", "unmeasured", "--measurements", measured], True)]:
            answer = run("evaluate", table, "--truth", "nasbench201", "--json", *options).json()
            self.assertIs(answer["fitted"]["tests_prediction"], tests)
        again = os.path.join(self.folder, "again.json")
        run("fit", "--space", table, "--measurements", measured, "--method", "ridge", "--output", again)
        self.assertEqual(load(again)["source"], made["source"])

    def test_chance_level_needs_no_measurement(self):
        """No network without a path is measured; the space says what they are worth."""
        measured, table = os.path.join(self.folder, "m.csv"), os.path.join(self.folder, "t.json")
        truth = {row["index"]: row for row in truth_of("nasbench201")}
        with open(measured, "w", encoding="utf-8") as file:
            file.write("index,accuracy_cifar10\n")
            for row in run("plan", "--space", "nasbench201", "--method", "random", "--count", "30", "--quiet").rows():
                file.write(f"{row['index']},{truth[row['index']]['accuracy_cifar10']}\n")
        fit = run("fit", "--space", "nasbench201", "--measurements", measured, "--method", "process", "--output", table)
        if "LAPACK" in fit.err:
            self.skipTest("no LAPACK here")
        self.assertEqual(fit.code, 0, fit.err)
        row = run("predict", table, "--arch", "1,2,3,0,0,0", "--json").json()["networks"][0]["metrics"]
        self.assertAlmostEqual(float(row["accuracy_cifar10"]), 10, delta=0.01)

    def test_a_guessed_column_names_the_others(self):
        answer = run("evaluate", "nasbench201/edgegpu", "--truth", "nasbench201")
        self.assertIn('column accuracy_cifar10, the first that begins with "accuracy_"; --metric accuracy=COLUMN chooses '
                      "another: accuracy_cifar100, accuracy_imagenet16\n", answer.err)

    def test_the_script_gives_what_is_shipped(self):
        """The quickest of them; tests/full asks for all."""
        done = subprocess.run([sys.executable, os.path.join(ROOT, "data/fit_tables.py"), "--check", "accel_nasbench"],
                              capture_output=True, text=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("accel_nasbench/fitted.json is what the truth gives", done.stdout)


main()

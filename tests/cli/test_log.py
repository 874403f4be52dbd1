#!/usr/bin/env python3
"""solve --log, --start, --gap and the limits, on instances that are easy and on some that are too hard to prove."""
import json
import random
import re
import signal
import subprocess
import time
from decimal import Decimal

from command import EDGEGPU, MATHNAS, ROOT, CommandTest, Table, main

ROW = re.compile(r"^ *(\d+\.\d{3}) +(\d+) +(\S+) +(\S+) +(\S+)(?:  (better [a-z]+(?:, better [a-z]+)?))?$")
HEADER = "   seconds   search nodes        incumbent            bound              gap"


def hard(nodes, blocks, limits, seed, resolution="0.5"):
    """A table of weakly correlated value and weights, and its limits: no proof in hours at 100 x 20 x 10."""
    source = random.Random(seed)
    weights = [[[source.randint(1, 1000) for _ in range(blocks)] for _ in range(nodes)] for _ in range(limits)]
    value = [[sum(w[i][j] for w in weights) // limits + source.randint(0, 40) for j in range(blocks)] for i in range(nodes)]
    metrics = [{"name": "value", "unit": "points", "better": "higher", "resolution": Decimal(resolution), "base": 0, "values": value}]
    for k, weight in enumerate(weights):
        metrics.append({"name": f"w{k}", "unit": "g", "better": "lower", "resolution": 1, "base": 0, "values": weight})
    names = [f"b{j}" for j in range(blocks)]
    table = {"format": "mathnas-table", "version": 1, "name": f"hard{seed}", "metrics": metrics}
    table["nodes"] = [{"name": f"n{i}", "blocks": names} for i in range(nodes)]
    capacities = [(sum(map(min, w)) + sum(map(max, w))) // 2 for w in weights]
    return json.dumps(table, default=float), [f"--limit=w{k}<={c}" for k, c in enumerate(capacities)]


class Log(CommandTest):
    def lines(self, err):
        """The rows as (seconds, nodes, incumbent, bound, gap, what), after checking the frame; and the last line."""
        lines = err.splitlines()
        header = lines.index(HEADER)
        rows, at = [], header + 1
        while at < len(lines) and ROW.match(lines[at]):
            seconds, nodes, incumbent, bound, gap, what = ROW.match(lines[at]).groups()
            number = lambda text: None if text == "-" else Decimal(text)
            rows.append((float(seconds), int(nodes), number(incumbent), number(bound), number(gap), what))
            at += 1
        return lines[:header], rows, lines[at]

    def test_states_the_problem_and_the_outcome(self):
        result = self.succeed("solve", EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=5000", "--limit", "energy<=20000",
                              "--fix", "edge 0->1=skip_connect", "--rule", '{"at_most": 2, "of": [["edge 0->2", "none"]]}',
                              "--threads", 1, "--log")
        before, rows, last = self.lines(result.err)
        self.assertEqual(before, ["nasbench201/edgegpu: 6 nodes, 30 blocks, 15625 networks",
                                  "maximize accuracy, 2 limits, 1 rule, 1 fixed, 0 forbidden, 1 thread"])
        objective = re.search(r"objective (\S+), proved", result.out).group(1)
        self.assertRegex(last, rf"^optimal after \d+\.\d{{3}} s and \d+ search nodes: objective {re.escape(objective)}$")
        self.assertEqual(rows[-1][2:5], (Decimal(objective), Decimal(objective), 0))

    def test_values_have_the_objective_s_unit_and_sign(self):
        table = Table("data/nasbench201/edgegpu.json")
        least = min(table.value("latency", n) for n in table.networks() if table.value("accuracy", n) >= 39)
        for engine in ["search", "scan"]:
            result = self.succeed("solve", EDGEGPU, "--minimize", "latency", "--limit", "accuracy>=39", "--log", "--engine", engine)
            _, rows, last = self.lines(result.err)
            self.assertEqual(rows[-1][2:5], (least, least, 0))
            self.assertIn(f"objective {least.normalize():f}", last)
            for _, _, incumbent, bound, gap, _ in rows:
                if incumbent is not None and bound is not None:
                    self.assertEqual(gap, incumbent - bound)

    def test_rows_improve_and_come_each_second(self):
        table, limits = hard(100, 20, 10, 1)
        result = self.fail_with(5, "stopped at the time limit", "solve", self.write("hard.json", table), "--maximize", "value",
                                *limits, "--log", "--time-limit", 3, "--json")
        _, rows, last = self.lines(result.err)
        answer = result.json()
        self.assertGreaterEqual(len(rows), 3)
        for before, row in zip(rows, rows[1:]):
            self.assertGreaterEqual(row[:2], before[:2])
            self.assertGreaterEqual(row[2], before[2])
            self.assertLessEqual(row[3], before[3])
            self.assertEqual(row[4], row[3] - row[2])
            self.assertEqual(row[5] or "", ", ".join((["better network"] if row[2] > before[2] else []) + (["better bound"] if row[3] < before[3] else [])))
            self.assertLess(row[0] - before[0], 2.5)
        self.assertEqual((rows[-1][2], rows[-1][3]), (answer["objective"], answer["bound"]))
        self.assertRegex(last, r"^time_limit after \S+ s and \d+ search nodes: objective \S+, no network is better than \S+$")
        widths = {len(line.split("  better")[0].rstrip()) for line in result.err.splitlines() if ROW.match(line)}
        self.assertEqual(widths, {len(HEADER)}, "columns are aligned")

    def test_json_stays_one_object_and_quiet_silences(self):
        result = self.succeed("solve", EDGEGPU, "--maximize", "accuracy", "--log", "--json")
        self.assertEqual(result.json()["status"], "optimal")
        self.assertEqual(self.succeed("solve", EDGEGPU, "--maximize", "accuracy", "--log", "--quiet").err, "")

    def test_infeasible(self):
        result = self.fail_with(4, "infeasible", "solve", EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=5", "--log")
        self.assertRegex(self.lines(result.err)[2], r"^infeasible after \S+ s and \d+ search nodes: no network meets the limits and rules$")

    def test_a_signal_ends_it_with_the_best_so_far(self):
        table, limits = hard(100, 20, 10, 2)
        for number in [signal.SIGINT, signal.SIGTERM]:
            arguments = [MATHNAS, "solve", self.write("hard.json", table), "--maximize", "value", *limits, "--log", "--json"]
            process = subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
            time.sleep(1)
            process.send_signal(number)
            start = time.monotonic()
            out, err = process.communicate(timeout=60)
            self.assertLess(time.monotonic() - start, 5)
            self.assertEqual(process.returncode, 130, err)
            answer = json.loads(out, parse_float=Decimal)
            self.assertEqual(answer["status"], "interrupted")
            self.assertEqual(answer["gap"], answer["bound"] - answer["objective"])
            self.assertIn("interrupted after", self.lines(err)[2])


class Start(CommandTest):
    ask = ["solve", EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=5000"]

    def test_changes_no_answer(self):
        plain = self.succeed(*self.ask, "--json").json()
        best = ",".join(map(str, plain["arch"]))
        for start in [best, "0,0,0,0,0,0", plain["arch_str"], "3,3,3,3,3,3"]:
            answer = self.succeed(*self.ask, "--json", "--start", start).json()
            self.assertEqual((answer["arch"], answer["objective"]), (plain["arch"], plain["objective"]), start)

    def test_one_that_breaks_a_limit_is_a_note(self):
        result = self.succeed(*self.ask, "--start", "3,3,3,3,3,3")
        self.assertEqual(result.err, "mathnas solve: --start is not used: it breaks the limit latency<=5000: its value is 7894.878751\n")
        self.assertEqual(self.succeed(*self.ask, "--start", "3,3,3,3,3,3", "--quiet").err, "")
        result = self.fail_with(4, ["infeasible", "--start is not used"], *self.ask[:-1], "latency<=5", "--start", "3,3,3,3,3,3")

    def test_one_that_breaks_a_rule_of_the_table_is_a_note(self):
        nodes = [{"name": n, "blocks": ["x", "y"]} for n in "ab"]
        metric = {"name": "m", "unit": "", "better": "higher", "resolution": 1, "base": 0, "values": [[1, 2], [1, 2]]}
        rule = {"if": ["a", "x"], "then": ["b", "x"]}
        table = {"format": "mathnas-table", "version": 1, "name": "t", "nodes": nodes, "metrics": [metric], "rules": [rule]}
        path = self.write("t.json", json.dumps(table))
        result = self.succeed("solve", path, "--maximize", "m", "--start", "x,y")
        self.assertIn("--start is not used: it breaks the rule", result.err)
        self.fail_with(2, "breaks the rule", "predict", path, "--arch", "x,y")

    def test_on_several_tables(self):
        tables = ["supervit/192", "supervit/288"]
        ask = ["solve", *tables, "--maximize", "accuracy", "--limit", "flops<=400000000", "--json"]
        plain = self.succeed(*ask).json()
        for start in [",".join(map(str, plain["arch"])), ",".join("0" for _ in plain["arch"])]:
            answer = self.succeed(*ask, "--start", start).json()
            self.assertEqual((answer["arch"], answer["table"]), (plain["arch"], plain["table"]))

    def test_is_the_least_of_a_stopped_solve(self):
        table, limits = hard(100, 20, 10, 3)
        path = self.write("hard.json", table)
        first = self.fail_with(5, "time limit", "solve", path, "--maximize", "value", *limits, "--time-limit", 2, "--json").json()
        start = ",".join(map(str, first["arch"]))
        for limit in [["--node-limit", 1], ["--time-limit", "0.000001"], ["--node-limit", 100000]]:
            answer = self.fail_with(5, "stopped", "solve", path, "--maximize", "value", *limits, *limit, "--start", start, "--json").json()
            self.assertGreaterEqual(answer["objective"], first["objective"], limit)

    def test_usage(self):
        for start, words in [("1,2", "expected 6 blocks"), ("9,0,0,0,0,0", "has no block"), ("", "expected 6 blocks")]:
            self.fail_with(2, ["--start", words], *self.ask, "--start", start)
        self.fail_with(2, "sweep does not take --start (solve does)", "sweep", EDGEGPU, "--maximize", "accuracy", "--grid",
                       "latency=5000:6000:3", "--start", "0,0,0,0,0,0")
        self.fail_with(2, "does not take --log", "sweep", EDGEGPU, "--log")


class Distinct(CommandTest):
    def test_networks_of_equal_metrics_count_once(self):
        ask = ["solve", "supervit/192", "supervit/192", "--minimize", "flops", "--top", 3, "--json"]
        archs = lambda *more: [s["arch"] for s in self.succeed(*ask, *more).json()["solutions"]]
        plain, distinct = archs(), archs("--distinct-metrics")
        self.assertEqual(plain[0], plain[1])
        self.assertEqual(distinct[:2], [plain[0], plain[2]])
        self.fail_with(2, "engine \"scan\"", *ask, "--distinct-metrics", "--engine", "scan")
        self.fail_with(2, "sweep does not take --distinct-metrics", "sweep", EDGEGPU, "--maximize", "accuracy", "--distinct-metrics")


class Limits(CommandTest):
    def test_gap_is_met_by_the_true_optimum(self):
        table, limits = hard(20, 9, 3, 4)
        ask = ["solve", self.write("t.json", table), "--maximize", "value", *limits, "--json"]
        optimum = self.succeed(*ask).json()["objective"]
        for gap in ["0", "0.5", "3", "20", "1000"]:
            answer = self.succeed(*ask, "--gap", gap).json()
            self.assertIn(answer["status"], ["optimal", "gap_limit"])
            self.assertLessEqual(answer["gap"], Decimal(gap))
            self.assertLessEqual(optimum - answer["objective"], Decimal(gap))
            self.assertGreaterEqual(answer["bound"], optimum)

    def test_node_limit(self):
        table, limits = hard(20, 9, 3, 5)
        ask = ["solve", self.write("t.json", table), "--maximize", "value", *limits, "--json"]
        optimum = self.succeed(*ask).json()["objective"]
        for nodes in [1, 10, 50]:
            answer = self.fail_with(5, "stopped at the node limit", *ask, "--node-limit", nodes).json()
            self.assertEqual(answer["status"], "node_limit")
            self.assertGreaterEqual(answer["bound"], optimum)
            self.assertTrue(answer["objective"] is None or answer["objective"] <= optimum)


if __name__ == "__main__":
    main()

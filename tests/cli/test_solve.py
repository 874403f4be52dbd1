#!/usr/bin/env python3
"""solve: exact answers against enumeration in decimals, output, conflicts, stops."""
import random
from decimal import Decimal

from command import EDGEGPU, CommandTest, Table, main, run

TX2GPU = "mobilenetv3/tx2gpu"


class Oracle:
    """All networks of a table with their metrics; the best by enumeration, ties to the smallest network."""

    def __init__(self, name):
        self.table = Table(f"data/{name}.json")
        self.networks = list(self.table.networks())
        self.values = {m: [self.table.value(m, n) for n in self.networks] for m in self.table.metrics}

    def meeting(self, limits):
        rows = range(len(self.networks))
        for metric, sign, bound in limits:
            values = self.values[metric]
            rows = [i for i in rows if (values[i] <= bound if sign == "<=" else values[i] >= bound)]
        return rows

    def best(self, metric, maximize, limits, count=1):
        values = self.values[metric]
        return sorted(self.meeting(limits), key=lambda i: (-values[i] if maximize else values[i], self.networks[i]))[:count]


class Solve(CommandTest):
    def test_equals_enumeration(self):
        seed = 11
        source = random.Random(seed)
        for name in ["nasbench201/edgegpu", "nasbench201/fpga", "mobilenetv3/tx2cpu"]:
            oracle = Oracle(name)
            metrics = list(oracle.table.metrics)
            for number in range(25):
                limits = []
                for metric in source.sample(metrics, source.randint(0, min(3, len(metrics)))):
                    low, high = min(oracle.values[metric]), max(oracle.values[metric])
                    bound = (low + (high - low) * Decimal(source.random())).quantize(Decimal("0.0000001"))
                    limits.append((metric, source.choice(["<=", ">="]), bound))
                objective, maximize, top = source.choice(metrics), source.random() < 0.5, source.randint(1, 4)
                arguments = ["solve", name, "--maximize" if maximize else "--minimize", objective, "--json", "--top", top]
                arguments += ["--limit=" + metric + sign + str(bound) for metric, sign, bound in limits]
                label = f"seed {seed}, {arguments}"
                result = run(*arguments)
                answer = result.json()
                best = oracle.best(objective, maximize, limits, top)
                if not best:
                    self.assertEqual((result.code, answer["status"]), (4, "infeasible"), label)
                    continue
                self.assertEqual((result.code, answer["status"]), (0, "optimal"), label + result.err)
                self.assertEqual([tuple(s["arch"]) for s in answer["solutions"]], [oracle.networks[i] for i in best], label)
                self.assertEqual([s["objective"] for s in answer["solutions"]], [oracle.values[objective][i] for i in best], label)
                for metric in metrics:
                    self.assertEqual(answer["metrics"][metric], oracle.values[metric][best[0]], label)

    def test_json_fields(self):
        answer = self.succeed("solve", EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=5000", "--json").json()
        self.assertEqual(answer["status"], "optimal")
        self.assertEqual(answer["bound"], answer["objective"])
        self.assertEqual(answer["gap"], 0)
        self.assertEqual(answer["device"], "cpu")
        self.assertEqual(answer["blocks"][answer["arch"].index(3)], "nor_conv_3x3")
        self.assertGreaterEqual(answer["search_nodes"], 0)
        self.assertGreater(answer["seconds"], 0)
        self.assertNotIn("solutions", answer)
        self.assertNotIn("conflict", answer)

    def test_scan_on_the_emulated_device(self):
        """The kernels' answer is the CPU's; a scaled accuracy has none, which a note says."""
        question = ["solve", EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=6000", "--limit", "energy<=30000", "--top", "7",
                    "--engine", "scan", "--json"]
        cpu, simt = (self.succeed(*question, "--device", device) for device in ["cpu", "simt"])
        self.assertEqual(simt.json()["solutions"], cpu.json()["solutions"])
        self.assertEqual((simt.json()["device"], simt.json()["engine"]), ("simt", "scan"))
        self.assertNotIn("CPU", simt.err)
        scaled = self.succeed(*question, "--scale", "reciprocal", "--device", "simt")
        self.assertEqual(scaled.json()["device"], "cpu")
        self.assertIn("the scan has no kernel for scaled metrics: the CPU runs it", scaled.err)

    def test_fewer_than_k_is_no_error(self):
        answer = self.succeed("solve", EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=4100", "--top", "50", "--json").json()
        self.assertEqual(len(answer["solutions"]), len(Oracle(EDGEGPU).meeting([("latency", "<=", Decimal(4100))])))
        self.assertEqual(answer["solutions"][0]["arch"], answer["arch"])

    def test_engines_agree(self):
        for arguments in [["--limit", "latency<=5500"], ["--limit", "latency<=5500", "--scale", "reciprocal"], ["--limit", "accuracy>=0"]]:
            answers = []
            for engine in ["search", "scan", "auto"]:
                answer = self.succeed("solve", EDGEGPU, "--maximize", "accuracy", *arguments, "--engine", engine, "--json", "--top", "5").json()
                answers.append([s["arch"] for s in answer["solutions"]])
            self.assertEqual(answers[0], answers[1])
            self.assertEqual(answers[0], answers[2])

    def test_expressions(self):
        oracle = Oracle(EDGEGPU)
        score = [a - l * 2 / 1000 for a, l in zip(oracle.values["accuracy"], oracle.values["latency"])]
        best = max(range(len(score)), key=lambda i: (score[i], [-b for b in oracle.networks[i]]))
        answer = self.succeed("solve", EDGEGPU, "--maximize", "accuracy - 0.002*latency", "--json").json()
        self.assertEqual((answer["objective"], tuple(answer["arch"])), (score[best], oracle.networks[best]))
        limited = self.succeed("solve", EDGEGPU, "--maximize", "latency", "--limit", "accuracy-0.002*latency>=20", "--json").json()
        meeting = [i for i in range(len(score)) if score[i] >= 20]
        self.assertEqual(limited["objective"], max(oracle.values["latency"][i] for i in meeting))
        self.fail_with(2, "no metric \"speed\"", "solve", EDGEGPU, "--maximize", "accuracy - speed")
        self.fail_with(2, "must stand alone", "solve", EDGEGPU, "--maximize", "accuracy - latency", "--scale", "reciprocal")

    def test_fix_forbid_rule(self):
        oracle = Oracle(EDGEGPU)
        base = ["solve", EDGEGPU, "--maximize", "accuracy", "--json"]

        def best(admits):
            rows = [i for i in range(len(oracle.networks)) if admits(oracle.networks[i])]
            return list(oracle.networks[min(rows, key=lambda i: (-oracle.values["accuracy"][i], oracle.networks[i]))])

        self.assertEqual(self.succeed(*base, "--fix", "edge 0->1=none").json()["arch"], best(lambda n: n[0] == 0))
        self.assertEqual(self.succeed(*base, "--fix", "0=0", "--forbid", "5=3").json()["arch"], best(lambda n: n[0] == 0 and n[5] != 3))
        rule = '{"if": ["edge 0->1", "nor_conv_3x3"], "then": ["edge 2->3", ["none", "skip_connect"]]}'
        self.assertEqual(self.succeed(*base, "--rule", rule).json()["arch"], best(lambda n: n[0] != 3 or n[5] in (0, 1)))
        rule = '{"at_most": 1, "of": [["edge 0->1", "nor_conv_3x3"], ["edge 0->2", "nor_conv_3x3"], ["edge 2->3", "nor_conv_3x3"]]}'
        self.assertEqual(self.succeed(*base, "--rule", rule).json()["arch"], best(lambda n: (n[0] == 3) + (n[1] == 3) + (n[5] == 3) <= 1))
        rule = '{"equal": ["edge 0->1", "edge 0->3"]}'
        self.assertEqual(self.succeed(*base, "--rule", rule).json()["arch"], best(lambda n: n[0] == n[3]))
        self.fail_with(2, "no node \"edge 9\"", *base, "--fix", "edge 9=none")
        self.fail_with(2, "no block \"conv\"", *base, "--fix", "edge 0->1=conv")
        for text in ["none", "=none", "edge 0->1="]:
            self.fail_with(2, "expected NODE=BLOCK", *base, "--forbid", text)
        for text in ["", "{", "{}", "3", '{"if": ["edge 0->1", "none"]}', '{"if": ["edge 9", "none"], "then": ["edge 0->1", "none"]}']:
            self.fail_with(2, "--rule", *base, "--rule", text)

    def test_infeasible_limits_are_named_with_the_nearest_values(self):
        oracle = Oracle(EDGEGPU)
        limits = [("latency", "<=", Decimal(4500)), ("accuracy", ">=", Decimal(35)), ("energy", "<=", Decimal(40000))]
        texts = ["latency <= 4500", "accuracy>=35", "energy<=40000"]
        arguments = ["solve", EDGEGPU, "--maximize", "accuracy"] + [f"--limit={t}" for t in texts]
        result = self.fail_with(4, ["infeasible", "latency <= 4500", "accuracy>=35", "nearest"], *arguments, "--json", "--quiet")
        answer = result.json()
        self.assertEqual(answer["status"], "infeasible")
        self.assertEqual(answer["conflict"], texts[:2])
        for name in ["objective", "bound", "gap", "arch", "blocks", "metrics"]:
            self.assertIsNone(answer[name])
        fastest = min(oracle.values["latency"][i] for i in oracle.meeting(limits[1:]))
        best = max(oracle.values["accuracy"][i] for i in oracle.meeting([limits[0], limits[2]]))
        self.assertEqual(answer["nearest"], {texts[0]: fastest, texts[1]: best})
        self.assertNotIn("energy", result.err)
        self.fail_with(4, "whatever the limits", "solve", EDGEGPU, "--maximize", "accuracy", "--fix", "0=1", "--fix", "0=2")

    def test_limits_round_inwards(self):
        oracle = Oracle(EDGEGPU)
        value = sorted(oracle.values["latency"])[5000]
        for bound, includes in [(value, True), (value + Decimal("0.0000009"), True), (value - Decimal("0.0000001"), False)]:
            answer = self.succeed("solve", EDGEGPU, "--maximize", "latency", f"--limit=latency<={bound}", "--json").json()
            self.assertEqual(answer["objective"] == value, includes, bound)

    def test_bad_limits(self):
        for limit in ["latency", "latency<5", "latency<=", "latency<=x", "<=5", "latency<=5<=6", "speed<=4", "latency<=1e999", "latency=5"]:
            self.fail_with(2, "limit", "solve", EDGEGPU, "--maximize", "accuracy", "--limit", limit)
        self.fail_with(2, "found both", "solve", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency")
        self.fail_with(2, "found neither", "solve", EDGEGPU)
        self.fail_with(2, "gap", "solve", EDGEGPU, "--maximize", "accuracy", "--gap", "-1")
        self.fail_with(2, "engine", "solve", EDGEGPU, "--maximize", "accuracy", "--engine", "magic")

    def test_union_of_tables_is_the_best_of_each(self):
        names = ["supervit/192", "supervit/224", "supervit/256", "supervit/288"]
        for limit in ["flops<=200000000", "flops<=400000000", "flops<=900000000"]:
            union = self.succeed("solve", *names, "--maximize", "accuracy", "--limit", limit, "--json").json()
            single = [run("solve", name, "--maximize", "accuracy", "--limit", limit, "--json").json() for name in names]
            feasible = [(answer["objective"], -i) for i, answer in enumerate(single) if answer["status"] == "optimal"]
            best = max(feasible)
            self.assertEqual((union["objective"], union["table"]), (best[0], names[-best[1]]))
        self.fail_with(2, "different metrics", "solve", EDGEGPU, TX2GPU, "--maximize", "accuracy")
        self.fail_with(2, "supertransformer", "solve", "supertransformer/xeon", "--maximize", "accuracy")

    def test_rules_of_the_table_hold(self):
        answer = self.succeed("solve", "supertransformer/xeon", "--minimize", "latency", "--json").json()
        self.assertEqual(answer["arch"][7:], [36, 37, 37, 37, 37])

    def test_gap_stops_early_with_success(self):
        answer = self.succeed("solve", EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=5000", "--gap", "1000", "--json").json()
        self.assertIn(answer["status"], ["optimal", "gap_limit"])
        self.assertLessEqual(answer["gap"], 1000)

    def test_text_is_readable(self):
        text = self.succeed("solve", TX2GPU, "--maximize", "accuracy", "--limit", "latency<=60").out
        self.assertTrue(text.startswith("optimal\nnetwork "))
        self.assertIn("unit 1 = ", text)
        self.assertIn(" ms\n", text)
        self.assertIn("proved optimal", text)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""export: every network of a small space is feasible in the file just when the question admits it, at the same objective.

Tables, rules and questions are random, and judged here in fractions; the files are read by models.py. Solvers that read the files:
tests/full/test_exported.py.
"""
import itertools
import json
import os
import random
from fractions import Fraction

from command import EDGEGPU, CommandTest, main, run
from models import READERS, ones_of, read_lp, read_mps, read_opb

SOLVE = [EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=5000"]


class RandomTable:
    """A small table with rules of every kind, and its question, both as the command takes them and to be judged here."""

    def __init__(self, source, shape=None):
        self.source = source
        self.blocks = shape or [[f"b{i}" for i in source.sample(range(4), source.randint(1, 3))] for _ in range(source.randint(2, 4))]
        self.resolutions = {"a": "0.001", "b": "1", "c": "0.25"}
        self.metrics = {name: (self.number(name), [[self.number(name) for _ in node] for node in self.blocks]) for name in self.resolutions}
        self.rules = [self.rule() for _ in range(source.randint(0, 2))]

    def number(self, metric):
        most = self.source.choice([0, 5, 5, 10**6])
        return Fraction(self.resolutions[metric]) * self.source.randint(-most, most)

    def choice(self):
        node = self.source.randrange(len(self.blocks))
        some = self.source.sample(range(len(self.blocks[node])), self.source.randint(1, len(self.blocks[node])))
        return [node, some if len(some) > 1 or self.source.random() < 0.5 else some[0]]

    def rule(self):
        kind = self.source.choice(["then", "then_not", "at_most", "equal"])
        if kind == "equal":
            return {"equal": self.source.sample(range(len(self.blocks)), 2)}
        if kind == "at_most":
            return {"at_most": self.source.randint(0, 2), "of": [self.choice() for _ in range(self.source.randint(1, 4))]}
        return {"if": self.choice(), kind: self.choice()}

    def holds(self, choice, network):
        node, blocks = choice
        return network[node] in (blocks if isinstance(blocks, list) else [blocks])

    def admits(self, rule, network):
        if "equal" in rule:
            a, b = rule["equal"]
            return self.blocks[a][network[a]] == self.blocks[b][network[b]]
        if "at_most" in rule:
            return sum(self.holds(choice, network) for choice in rule["of"]) <= rule["at_most"]
        then = self.holds(rule.get("then") or rule.get("then_not"), network)
        return not self.holds(rule["if"], network) or then == ("then" in rule)

    def networks(self):
        return itertools.product(*(range(len(node)) for node in self.blocks))

    def value(self, expression, network):
        return sum(f * (base + sum(row[b] for row, b in zip(values, network)))
                   for f, (base, values) in ((f, self.metrics[name]) for f, name in expression))  # fmt: skip

    def text(self, name):
        def decimal(value):
            return f"{value.numerator * 10**3 // value.denominator / 1000:.3f}"  # all resolutions are whole numbers of 0.001

        metrics = [f'{{"name": "{metric}", "unit": "", "better": "lower", "resolution": {self.resolutions[metric]}, "base": {decimal(base)}, '
                   f'"values": [{", ".join("[" + ", ".join(map(decimal, row)) + "]" for row in values)}]}}'
                   for metric, (base, values) in self.metrics.items()]  # fmt: skip
        nodes = [{"name": f"node {i}", "blocks": blocks} for i, blocks in enumerate(self.blocks)]
        return (f'{{"format": "mathnas-table", "version": 1, "name": "{name}", "nodes": {json.dumps(nodes)}, '
                f'"metrics": [{", ".join(metrics)}], "rules": {json.dumps(self.rules)}}}')  # fmt: skip


class Question:
    """Objective, limits, fixed and forbidden blocks and rules over some tables of one shape."""

    def __init__(self, source, tables):
        self.source, self.tables = source, tables
        self.maximize = source.random() < 0.5
        self.objective = self.expression()
        self.arguments = ["--maximize" if self.maximize else "--minimize", self.words(self.objective)]
        self.limits, self.rules, self.allowed = [], [], [[True] * len(node) for node in tables[0].blocks]
        for _ in range(source.randint(0, 2)):
            self.add_limit()
        if source.random() < 0.4:
            self.restrict(source.random() < 0.3)
        if source.random() < 0.5:
            self.rules.append(tables[0].rule())
            self.arguments += ["--rule", json.dumps(self.rules[-1])]

    def expression(self):
        if self.source.random() < 0.6:
            return [(Fraction(1), self.source.choice("abc"))]
        return [(Fraction(self.source.randint(-30, 30), 10), name) for name in self.source.sample("abc", 2)]

    def words(self, expression):
        if expression[0][0] == 1 and len(expression) == 1:
            return expression[0][1]
        return "".join(f"{'-' if f < 0 else '+'}{float(abs(f))}*{name}" for f, name in expression)

    def add_limit(self):
        expression, sense = self.expression(), self.source.choice(["<=", ">="])
        table = self.source.choice(self.tables)
        bound = table.value(expression, [self.source.randrange(len(node)) for node in table.blocks])
        bound += self.source.choice([0, 0, Fraction(1, 10**6), -Fraction(1, 10**6), 3])
        self.limits.append((expression, sense, bound))
        self.arguments += ["--limit", f"{self.words(expression)}{sense}{float(bound):.7f}"]

    def restrict(self, keep):
        node = self.source.randrange(len(self.allowed))
        block = self.source.randrange(len(self.allowed[node]))
        self.arguments += ["--fix" if keep else "--forbid", f"{node}={block}"]
        self.allowed[node] = [a and (b == block) == keep for b, a in enumerate(self.allowed[node])]

    def admits(self, table, network):
        values = ((table.value(e, network), sense, bound) for e, sense, bound in self.limits)
        return (all(self.allowed[node][block] for node, block in enumerate(network))
                and all(value <= bound if sense == "<=" else value >= bound for value, sense, bound in values)
                and all(table.admits(rule, network) for rule in table.rules + self.rules))  # fmt: skip


class Export(CommandTest):
    def export(self, name, *arguments):
        path = self.path(name)
        self.succeed("export", *arguments, "--output", path)
        with open(path, encoding="utf-8") as file:
            return file.read()

    def compare(self, program, question, label):
        tables = question.tables
        for index, table in enumerate(tables):
            for network in table.networks():
                ones, broken = ones_of(network, index, len(tables)), None
                broken = program.broken(ones)
                self.assertEqual(broken is None, question.admits(table, network), f"{label}, table {index}, {network}: row {broken}")
                self.assertEqual(program.value(ones), table.value(question.objective, network), f"{label}, {network}")
        self.assertEqual(program.maximize, question.maximize, label)
        if len(program.variables) > 9:
            return
        networks = [ones_of(network, i, len(tables)) for i, table in enumerate(tables) for network in table.networks()]
        for bits in range(1 << len(program.variables)):  # nothing but networks
            ones = {name for i, name in enumerate(program.variables) if bits >> i & 1}
            self.assertTrue(ones in networks or program.broken(ones) is not None, f"{label}: {ones}")

    def test_files_admit_the_networks_of_the_question_at_their_objective(self):
        seed, made = 20251125, 0
        while made < 60:
            source = random.Random(f"{seed} {made}")
            tables = [RandomTable(source)]
            tables += [RandomTable(source, tables[0].blocks) for _ in range(source.choice([0, 0, 1, 2]))]
            if any(not any(all(t.admits(rule, n) for rule in t.rules) for n in t.networks()) for t in tables):
                seed += 1  # a table whose rules exclude everything is refused
                continue
            question = Question(source, tables)
            paths = [self.write(f"table{i}.json", table.text(f"t{i}")) for i, table in enumerate(tables)]
            for form, read in READERS.items():
                numbered = ["--numbered"] if form == "opb" and made % 2 else []
                label = f"seed {seed} {made}: export {form} {question.arguments} {[t.rules for t in tables]}"
                self.compare(read(self.export(f"problem.{form}", *paths, *question.arguments, *numbered)), question, label)
            made += 1

    def test_names_constant_and_comments(self):
        program = read_lp(self.export("a.lp", *SOLVE))
        self.assertEqual(program.variables, [f"x_{node}_{block}" for node in range(6) for block in range(5)])
        self.assertEqual(program.constant, Fraction("40.78"))
        self.assertEqual(program.objective["x_0_1"], Fraction("-4.383333"))
        self.assertEqual(program.rows["limit_0"][2], -711000000)  # 5000 less the base 5711, in multiples of 0.000001
        self.assertIn("limit_0: latency <= 5000, in multiples of 0.000001", program.comments)
        large = read_lp(self.export("e.lp", *SOLVE, "--limit", "energy<=26000"))  # past 10^9 multiples: in uJ
        self.assertEqual((large.rows["limit_1"][0]["x_0_1"], large.rows["limit_1"][2]), (Fraction("-1352.092154"), 26000 - 23834))
        self.assertIn("limit_1: energy <= 26000, in its unit", large.comments)
        union = read_lp(self.export("b.lp", "supervit/192", "supervit/224", "--maximize", "accuracy"))
        self.assertEqual(union.rows["one_table"], ({"table_0": 1, "table_1": 1}, "=", 1))
        self.assertEqual(union.constant, 0)
        self.assertIn("table_1: supervit/224", union.comments)
        opb = read_opb(self.export("c.opb", EDGEGPU, "--minimize", "latency"))
        self.assertIn("objective = 5711 + 0.000001 * VALUE, where VALUE is this file's minimum", opb.comments)
        numbered = self.export("d.opb", EDGEGPU, "--minimize", "latency", "--numbered")
        self.assertRegex(numbered, r"\nmin: (\+|-)\d+ x\d+ ")
        self.assertNotRegex(numbered.split("min:")[1], "x_")

    def test_formats_agree(self):
        for arguments in [SOLVE, ["supertransformer/xeon", "--minimize", "latency", "--limit", "bleu>=25"]]:
            lp, mps = read_lp(self.export("a.lp", *arguments)), read_mps(self.export("a.mps", *arguments))
            self.assertEqual((lp.objective, lp.constant, lp.maximize), (mps.objective, mps.constant, mps.maximize))
            self.assertEqual(lp.rows, {name: tuple(row) for name, row in mps.rows.items()})
            self.assertEqual(lp.variables, mps.variables)

    def test_table_rules_are_rows(self):
        program = read_lp(self.export("a.lp", "supertransformer/xeon", "--minimize", "latency"))
        self.assertTrue(any(name.startswith("rule_") for name in program.rows))
        answer = self.succeed("solve", "supertransformer/xeon", "--minimize", "latency", "--json").json()
        self.assertIsNone(program.broken(ones_of(answer["arch"])))
        self.assertEqual(program.value(ones_of(answer["arch"])), Fraction(answer["objective"]))

    def test_rules_within_a_node_are_tight(self):
        """One half of each of two blocks may not pass where the blocks are forbidden."""
        for rule, forbidden in [({"if": [0, [1, 2]], "then": [0, [2, 3]]}, ["x_0_1"]), ({"if": [0, [1, 2]], "then_not": [0, [2, 3]]}, ["x_0_2"])]:
            rows = read_lp(self.export("a.lp", *SOLVE, "--rule", json.dumps(rule))).rows
            self.assertEqual(rows["rule_0"], ({name: 1 for name in forbidden}, "<=", 0))
        rows = read_lp(self.export("a.lp", *SOLVE, "--rule", '{"if": [0, 1], "then": [0, [1, 2]]}')).rows
        self.assertNotIn("rule_0", rows)  # it excludes nothing

    def test_scaled_accuracy_is_refused_with_a_way_out(self):
        words = ["is scaled", "no linear program", "--scale none"]
        self.fail_with(2, ["objective", *words], "export", *SOLVE, "--scale", "reciprocal", "--output", self.path("a.lp"))
        limited = [EDGEGPU, "--minimize", "latency", "--limit", "accuracy>=30"]
        self.fail_with(2, ["limit", *words], "export", *limited, "--scale", "reciprocal", "--output", self.path("a.lp"))
        self.assertFalse(os.path.exists(self.path("a.lp")))
        self.export("a.lp", *SOLVE, "--scale", "none")
        self.export("a.lp", EDGEGPU, "--minimize", "latency", "--scale", "reciprocal")

    def test_infeasible_questions_are_written_too(self):
        program = read_lp(self.export("a.lp", *SOLVE, "--fix", "0=0", "--fix", "0=1"))
        self.assertEqual(program.rows["forbidden_0"], ({f"x_0_{block}": 1 for block in range(5)}, "=", 0))

    def test_empty_sums(self):
        text = ('{"format": "mathnas-table", "version": 1, "name": "t", "nodes": [{"name": "n", "blocks": ["a", "b"]}], "metrics": [{"name": '
                '"zero", "unit": "", "better": "lower", "resolution": 1, "base": 3, "values": [[0, 0]]}]}')  # fmt: skip
        path = self.write("t.json", text)
        for form, read in READERS.items():
            program = read(self.export(f"t.{form}", path, "--minimize", "zero", "--limit", "zero<=2", "--limit", "zero<=5"))
            self.assertEqual(program.value({"x_0_1"}), 3)
            self.assertIsNotNone(program.broken({"x_0_1"}))

    def test_numbers_past_doubles_are_told(self):
        text = ('{"format": "mathnas-table", "version": 1, "name": "t", "nodes": [{"name": "n", "blocks": ["a", "b"]}, {"name": "m", "blocks": ["a", '
                '"b"]}], "metrics": [{"name": "big", "unit": "", "better": "lower", "resolution": 1, "base": 1, "values": '
                '[[9007199254740991, 3], [9007199254740992, 7]]}]}')  # fmt: skip
        path = self.write("t.json", text)
        for form in READERS:
            result = self.succeed("export", path, "--minimize", "big", "--output", self.path(f"t.{form}"))
            self.assertEqual("2^53" in result.err, form != "opb", form)
            with open(self.path(f"t.{form}"), encoding="utf-8") as file:
                written = file.read()
            self.assertEqual("2^53" in written, form != "opb")
            self.assertIn("9007199254740991", written)
        self.assertNotIn("2^53", self.succeed("export", *SOLVE, "--output", self.path("a.lp")).err)

    def test_format_by_name_or_option(self):
        lp = self.export("a.lp", *SOLVE)
        self.assertEqual(self.succeed("export", *SOLVE, "--output", "-", "--format", "lp").out, lp)
        self.assertEqual(self.export("plain", *SOLVE, "--format", "lp"), lp)
        self.assertEqual(self.export("other.mps", *SOLVE, "--format", "lp"), lp)
        self.succeed("export", *SOLVE, "--output", "/dev/null", "--format", "mps")
        for output in ["-", "/dev/null", self.path("a.txt"), ".lp", self.path("a.lp.gz")]:
            self.fail_with(2, ["ends in .lp, .mps or .opb", "--format"], "export", *SOLVE, "--output", output)
        self.fail_with(2, "--format: expected lp, mps or opb", "export", *SOLVE, "--output", self.path("a.lp"), "--format", "cplex")

    def test_mistakes(self):
        output = ["--output", self.path("x.lp")]
        self.fail_with(2, "expected --output", "export", *SOLVE)
        self.fail_with(2, "found neither", "export", EDGEGPU, *output)
        self.fail_with(2, "found both", "export", *SOLVE, "--minimize", "latency", *output)
        self.fail_with(2, "no metric \"speed\"", "export", EDGEGPU, "--maximize", "speed", *output)
        self.fail_with(2, "--numbered is for the format opb", "export", *SOLVE, *output, "--numbered")
        self.fail_with(2, "empty text", "export", *SOLVE, "--output", "")
        self.fail_with(2, "without values", "export", "spaces/nasbench201", "--maximize", "accuracy", *output)
        self.fail_with(2, "both want standard output", "export", *SOLVE, "--json", "--output", "-", "--format", "lp")
        self.fail_with(2, "does not take --top", "export", *SOLVE, *output, "--top", "3")
        self.fail_with(3, "no table", "export", "no/table", "--maximize", "accuracy", *output)
        self.assertEqual(os.listdir(self.folder), [])

    def test_whole_or_nothing(self):
        self.fail_with(1, "cannot be written", "export", *SOLVE, "--output", self.path("no/folder/a.lp"))
        self.fail_with(1, "cannot be written", "export", *SOLVE, "--output", "/dev/full", "--format", "lp")
        os.mkdir(self.path("folder.lp"))
        self.fail_with(1, "cannot be written", "export", *SOLVE, "--output", self.path("folder.lp"))
        self.assertEqual(os.listdir(self.folder), ["folder.lp"])
        old = self.write("old.lp", "old")
        self.fail_with(2, "must stand alone", "export", EDGEGPU, "--maximize", "accuracy+latency", "--scale", "reciprocal", "--output", old)
        self.assertEqual(self.bytes("old.lp"), b"old")

    def test_json(self):
        answer = self.succeed("export", *SOLVE, "--output", self.path("a.mps"), "--json").json()
        self.assertEqual(answer, {"status": "done", "output": self.path("a.mps"), "format": "mps", "variables": 30, "rows": 7, "inexact": False})
        failed = run("export", *SOLVE, "--json")
        self.assertEqual((failed.code, failed.json()["status"]), (2, "error"))
        self.assertEqual(self.succeed("export", *SOLVE, "--output", self.path("a.mps"), "--quiet").err, "")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""import: the literature's knapsack instances become tables whose answer is that of plain enumeration; mistakes name their line."""
import gzip
import itertools
import json
import os
import random
import shlex
from decimal import Decimal

from command import CommandTest, main, run

SMALL = "2 2\n10 8\n2\n5 3 4\n7 6 5\n3\n1 1 1\n2 2 2\n9 9 1\n"


class Instance:
    """Classes of items (value, weights), capacities; `write` gives it in each of the forms that files have."""

    def __init__(self, source, equal=False):
        self.source = source
        self.decimals = source.choice([0, 0, 1, 3])
        count = source.randint(1, 3)
        items = source.randint(1, 4)
        self.classes = [[self.numbers(count + 1) for _ in range(items if equal else source.randint(1, 4))] for _ in range(source.randint(1, 5))]
        loads = [sum(group[source.randrange(len(group))][k + 1] for group in self.classes) for k in range(count)]
        self.capacities = [load + source.choice([0, 0, 3, Decimal("0.0004"), -Decimal("0.5")]) for load in loads]

    def numbers(self, count):
        return [Decimal(self.source.randint(-3, 40)).scaleb(-self.decimals) for _ in range(count)]

    def write(self, form):
        head = {"counts": f"{len(self.classes)} {len(self.capacities)}", "numbers": f"{len(self.classes)} {len(self.capacities)}",
                "khan": f"{len(self.classes)} {len(self.classes[0])} {len(self.capacities)}"}[form]  # fmt: skip
        lines = [head, " ".join(map(str, self.capacities))]
        for number, group in enumerate(self.classes):
            lines.append({"counts": f"{len(group)}", "numbers": f"{number + 1} {len(group)}", "khan": f"{number + 1}"}[form])
            lines += [" ".join(map(str, item)) for item in group]
        return "\n".join(lines) + "\n"

    def dress(self, text):
        """The same with comments, empty lines, other spaces and line ends."""
        lines = []
        for line in text.splitlines():
            lines += self.source.choice([[], [], [""], ["# about 3 items"], ["  // 1 2"], ["\t"]])
            lines.append(self.source.choice(["", "  "]) + line.replace(" ", self.source.choice([" ", "\t", "   "])) + self.source.choice(["", " ", "  % 4 5"]))
        return self.source.choice(["\n", "\r\n"]).join(lines) + self.source.choice(["", "\n", "\n\n# end\n"])

    def best(self):
        feasible = []
        for network in itertools.product(*(range(len(group)) for group in self.classes)):
            sums = [sum(group[item][k] for group, item in zip(self.classes, network)) for k in range(len(self.capacities) + 1)]
            if all(load <= capacity for load, capacity in zip(sums[1:], self.capacities)):
                feasible.append((-sums[0], network))
        return min(feasible) if feasible else None


class Import(CommandTest):
    def read(self, text, name="I07.txt"):
        with open(self.path(name), "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return self.succeed("import", "--mmkp", self.path(name), "--output", self.path("table.json"))

    def refuse(self, words, text):
        path = self.write("bad.txt", text)
        self.fail_with(3, words, "import", "--mmkp", path, "--output", self.path("bad.json"))
        self.assertFalse(os.path.exists(self.path("bad.json")))

    def test_solved_instances_equal_enumeration(self):
        seed = 731
        for number in range(60):
            source = random.Random(f"{seed} {number}")
            form = source.choice(["counts", "numbers", "khan"])
            instance = Instance(source, equal=form == "khan")
            text = instance.dress(instance.write(form))
            label = f"seed {seed} {number}:\n{text}"
            limits = shlex.split(self.read(text).out)
            self.assertEqual(limits[::2], ["--limit"] * len(instance.capacities), label)
            result = run("solve", self.path("table.json"), "--maximize", "value", *limits, "--json")
            best = instance.best()
            if best is None:
                self.assertEqual(result.code, 4, label)
                continue
            self.assertEqual(result.code, 0, label + result.err)
            answer = result.json()
            self.assertEqual((-Decimal(answer["objective"]), tuple(answer["arch"])), best, label)

    def test_table_and_limits(self):
        result = self.read(SMALL)
        self.assertEqual((result.out, result.err), ("--limit 'w0<=10' --limit 'w1<=8'\n", ""))
        with open(self.path("table.json"), encoding="utf-8") as file:
            table = json.load(file)
        self.assertEqual(table["name"], "I07")
        self.assertEqual(table["nodes"], [{"name": "class 0", "blocks": ["0", "1"]}, {"name": "class 1", "blocks": ["0", "1", "2"]}])
        self.assertEqual([(m["name"], m["better"], m["resolution"]) for m in table["metrics"]], [("value", "higher", 1), ("w0", "lower", 1), ("w1", "lower", 1)])
        self.assertEqual(table["metrics"][1]["values"], [[3, 6], [1, 2, 9]])
        answer = self.succeed("solve", self.path("table.json"), "--maximize", "value", *shlex.split(result.out), "--json").json()
        self.assertEqual((answer["objective"], answer["arch"]), (9, [1, 1]))

    def test_forms_say_the_same(self):
        expected = self.read(SMALL).out, self.bytes("table.json")
        numbered = SMALL.replace("\n2\n5", "\n1 2\n5").replace("\n3\n1", "\n2 3\n1")
        from_zero = SMALL.replace("\n2\n5", "\n0 2\n5").replace("\n3\n1", "\n1 3\n1")
        flowing = SMALL.replace("\n", " ")
        marked = b"\xef\xbb\xbf" + SMALL.encode()
        for text in [numbered, from_zero, flowing, marked, SMALL.replace("5 3 4", "5.0 +3 4e0"), gzip.compress(SMALL.encode())]:
            self.assertEqual((self.read(text).out, self.bytes("table.json")), expected, text)

    def test_equal_classes_as_in_the_first_library(self):
        for heads in [(1, 2), (0, 1), (2, 2)]:  # numbers of the classes from 1 or 0, or their items
            text = f"2 2 1\n9\n{heads[0]}\n5 3\n7 6\n{heads[1]}\n1 1\n2 2\n"
            self.assertEqual(self.read(text).out, "--limit 'w0<=9'\n")
            self.assertEqual(len(self.succeed("predict", self.path("table.json"), "--all").rows()), 4)

    def test_decimals_set_the_resolution_of_their_column(self):
        self.assertEqual(self.read("1 2\n10.75 4\n2\n1.5 2.25 1\n2 3 1\n").out, "--limit 'w0<=10.75' --limit 'w1<=4'\n")
        with open(self.path("table.json"), encoding="utf-8") as file:
            metrics = json.load(file, parse_float=Decimal)["metrics"]
        self.assertEqual([str(m["resolution"]) for m in metrics], ["0.1", "0.01", "1"])
        self.assertEqual(self.read("1 1\n10.75\n1\n1 2\n").out, "--limit 'w0<=10'\n")  # whole weights: the same limit

    def test_what_follows_the_instance_is_told(self):
        for rest, words in [("3 1\n4\n", ["perhaps another instance", "3 words", "line 10", "\"3\""]),
                            ("\n\nSolutions by HEU:\n 1 2 3\n", ["left aside what follows: 6 words", "line 12", "\"Solutions\""])]:  # fmt: skip
            result = self.read(SMALL + rest)
            for word in ["I07.txt", "first instance (2 classes)", "ends on line 9", *words]:
                self.assertIn(word, result.err)
            self.assertEqual(result.out, "--limit 'w0<=10' --limit 'w1<=8'\n")
        self.assertEqual(self.read(SMALL + "# a comment\n\n").err, "")
        answer = run("import", "--mmkp", self.write("two.txt", SMALL + SMALL), "--output", self.path("t.json"), "--json").json()
        self.assertIn("perhaps another instance", answer["note"])

    def test_mistakes_name_line_expected_and_found(self):
        for text, words in [
            ("", ["bad.txt: no numbers"]),
            ("# nothing\n\n", ["no numbers"]),
            ("5\n", ["bad.txt:1: one number on the first line", "N M"]),
            ("x 2\n", ["bad.txt:1: number of classes", "from 1 to 100000", "found \"x\""]),
            ("0 2\n", ["found \"0\""]),
            ("2 -1\n", ["number of capacities", "found \"-1\""]),
            ("2.5 1\n", ["found \"2.5\""]),
            ("1 99999\n", ["from 1 to 4095"]),
            ("2 2\n10\n", ["bad.txt:3: capacity 2 of 2: expected a number, found the end of the file"]),
            ("2 2\n10 ten\n", ["bad.txt:2: capacity 2 of 2", "found \"ten\""]),
            (SMALL.replace("7 6 5", "7 6 five"), ["bad.txt:5: class 1 of 2, item 2 of 2, weight 2 of 2", "found \"five\""]),
            (SMALL.replace("7 6 5", "7,1 6 5"), ["bad.txt:5", "value", "found \"7,1\""]),
            (SMALL.replace("9 9 1\n", ""), ["bad.txt:9: class 2 of 2, item 3 of 3, value: expected a number, found the end of the file"]),
            (SMALL.replace("9 9 1", "9 9 \x80"), ["bad.txt:9", "found \"??\""]),
            (SMALL.replace("\n3\n", "\n0\n"), ["bad.txt:6: class 2 of 2, number of items", "from 1 to 65535", "found \"0\""]),
            ("2 2 1\n9\n1\n5 3\n7 6\n7\n1 1\n2 2\n", ["bad.txt:6: class 2 of 2: expected its number, found \"7\""]),
            (SMALL.replace("7 6 5", "7 6 1e-19"), ["bad.txt:5", "18 decimals"]),
            (SMALL.replace("7 6 5", "7 6 1e16"), ["bad.txt:5", "2^53"]),
            (SMALL.replace("10 8", "10 1e30"), ["bad.txt:2: capacity 2 of 2", "2^62"]),
            (SMALL.replace("7 6 5", "7 6 nan"), ["found \"nan\""]),
            ("100000 4095\n" + "1 " * 50, ["end of the file"]),
        ]:  # fmt: skip
            self.refuse(words, text)
        self.fail_with(3, ["nothing.txt", "cannot be opened"], "import", "--mmkp", self.path("nothing.txt"), "--output", self.path("x.json"))
        self.fail_with(3, "found a folder", "import", "--mmkp", self.folder, "--output", self.path("x.json"))

    def test_usage(self):
        path = self.write("a.txt", SMALL)
        self.fail_with(2, "expected --mmkp FILE", "import", "--output", self.path("x.json"))
        self.fail_with(2, "expected --output", "import", "--mmkp", path)
        self.fail_with(2, "--mmkp", "import", path, "--output", self.path("x.json"))
        self.fail_with(2, "both want standard output", "import", "--mmkp", path, "--output", "-", "--json")
        self.fail_with(2, "does not take --limit", "import", "--mmkp", path, "--output", self.path("x.json"), "--limit", "w0<=1")

    def test_whole_or_nothing(self):
        path = self.write("a.txt", SMALL)
        self.fail_with(1, "cannot be written", "import", "--mmkp", path, "--output", self.path("no/x.json"))
        self.fail_with(1, "cannot be written", "import", "--mmkp", path, "--output", "/dev/full")
        self.assertEqual(os.listdir(self.folder), ["a.txt"])

    def test_standard_output_takes_the_table(self):
        file = self.read(SMALL), self.bytes("table.json")
        result = self.succeed("import", "--mmkp", self.path("I07.txt"), "--output", "-")
        self.assertEqual((result.out.encode(), result.err), (file[1], file[0].out))

    def test_json(self):
        answer = self.succeed("import", "--mmkp", self.write("a.txt", SMALL), "--output", self.path("x.json"), "--json").json()
        self.assertEqual(answer, {"status": "done", "output": self.path("x.json"), "name": "a", "nodes": 2, "limits": ["w0<=10", "w1<=8"], "note": None})

    def test_strange_file_names(self):
        for name in [".hidden", "a b\"c\\.txt", "é.v2.txt", ".txt"]:
            self.read(SMALL, name)
            self.assertEqual(self.succeed("info", self.path("table.json"), "--json").json()["admissible"], 6, name)

    def test_exported_instances_have_the_same_optimum(self):
        from models import ones_of, read_lp

        for number in range(10):
            instance = Instance(random.Random(f"export {number}"))
            limits = shlex.split(self.read(instance.write("counts")).out)
            program = read_lp(self.succeed("export", self.path("table.json"), "--maximize", "value", *limits, "--output", "-", "--format", "lp").out)
            feasible = [ones_of(n) for n in itertools.product(*(range(len(g)) for g in instance.classes)) if not program.broken(ones_of(n))]
            best = instance.best()
            self.assertEqual(max(map(program.value, feasible), default=None), None if best is None else -best[0])


if __name__ == "__main__":
    main()

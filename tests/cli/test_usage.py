#!/usr/bin/env python3
"""Options, help, mistakes, exit codes: what every subcommand shares."""
import json
import os
import random
import shlex

from command import EDGEGPU, CommandTest, main, run

SUBCOMMANDS = ["info", "predict", "solve", "sweep", "pareto", "export", "import", "evaluate", "plot"]
SOLVE = ["solve", EDGEGPU, "--maximize", "accuracy"]


class Usage(CommandTest):
    def test_version_and_help_are_results(self):
        self.assertRegex(self.succeed("--version").out, r"^mathnas \d+\.\d+\.\d+\n$")
        text = self.succeed("--help").out
        for name in SUBCOMMANDS:
            self.assertIn(f"  {name} ", text)

    def test_each_subcommand_has_help_with_examples(self):
        for name in SUBCOMMANDS:
            text = self.succeed(name, "--help").out
            self.assertTrue(text.startswith(f"mathnas {name} "), name)
            self.assertIn("Examples:", text)
            self.assertTrue(max(map(len, text.split("Examples:")[0].split("\n"))) <= 130, name)

    def test_every_example_in_help_is_accepted(self):
        for name in ["info", "predict", "solve", "pareto", "export", "evaluate"]:
            for line in run(name, "--help").out.split("Examples:\n")[1].strip().split("\n"):
                words = shlex.split(line)[1:]
                if "--output" in words:
                    place = words.index("--output") + 1
                    words[place] = self.path(words[place])
                self.succeed(*words)

    def test_nothing_given_shows_how(self):
        result = self.fail_with(2, "SUBCOMMAND")
        self.assertEqual(result.out, "")

    def test_unknown_subcommand_names_those_that_exist(self):
        self.fail_with(2, ["unknown subcommand \"sovle\"", "did you mean solve?"], "sovle", EDGEGPU)
        for name in ["train", "search", "dynamic"]:
            self.fail_with(2, [f"unknown subcommand \"{name}\"", "info, predict, solve, sweep, pareto, export, import, plan, fit, evaluate, plot"], name)

    def test_unknown_option_suggests_the_nearest(self):
        self.fail_with(2, "did you mean --maximize?", "solve", EDGEGPU, "--maximise", "accuracy")
        self.fail_with(2, "unknown option --zzzzzzzzz", *SOLVE, "--zzzzzzzzz")
        self.fail_with(2, "unknown option -m", "solve", EDGEGPU, "-m", "accuracy")

    def test_option_forms(self):
        a = self.succeed(*SOLVE, "--limit", "latency<=5000", "--json").json()
        b = self.succeed("solve", "--maximize=accuracy", "--limit=latency<=5000", "--json", "--", EDGEGPU).json()
        self.assertEqual(a["arch"], b["arch"])
        self.fail_with(2, "--json takes no value", *SOLVE, "--json=1")
        self.fail_with(2, "--limit: expected E<=V", *SOLVE, "--limit")

    def test_single_options_are_given_once(self):
        self.fail_with(2, "--maximize was given twice", *SOLVE, "--maximize", "accuracy")
        self.fail_with(2, "--top was given twice", *SOLVE, "--top=1", "--top", "2")

    def test_common_values_are_checked(self):
        for threads in ["0", "-1", "x", "1.5", "", "99999999999999999999"]:
            self.fail_with(2, "--threads", *SOLVE, "--threads", threads)
        self.fail_with(2, "--progress: expected auto, none or json", *SOLVE, "--progress", "bar")
        self.fail_with(2, "--device: expected", *SOLVE, "--device", "gpu")
        for device in ["auto", "cpu"]:
            self.assertEqual(self.succeed(*SOLVE, "--json", "--device", device).json()["device"], "cpu")

    def test_json_is_one_object_also_on_failure(self):
        for arguments, code in [
            (["solve", EDGEGPU], 2),
            (["solve", EDGEGPU, "--maximize", "nothing"], 2),
            (["solve", "no/table", "--maximize", "accuracy"], 3),
            (["predict", EDGEGPU], 2),
            (["predict", EDGEGPU, "--arch", "9,9"], 2),
            (["pareto", EDGEGPU, "--maximize", "accuracy"], 2),
            (["sweep", EDGEGPU, "--maximize", "accuracy"], 2),
            (["evaluate", EDGEGPU], 2),
            (["export", EDGEGPU, "--maximize", "accuracy"], 2),
            (["import", "--mmkp", "nothing.txt", "--output", "x.json"], 3),
            (["plot", "nothing.csv", "--output", "x.svg"], 3),
            (["nothing"], 2),
            ([*SOLVE, "--threads", "none"], 2),
            ([*SOLVE, "--device", "cuda:999999"], 1),
        ]:
            result = run(*arguments, "--json")
            self.assertEqual(result.code, code, arguments)
            answer = result.json()
            self.assertEqual(answer["status"], "error")
            self.assertIn(answer["error"], result.err)

    def test_json_stays_json_whatever_bytes_are_given(self):
        for argument in [b"\xff\xfe", "é" * 400, b"\xc3", "\x01\"\\"]:
            result = run(*SOLVE, "--json", "--limit", argument if isinstance(argument, str) else os.fsdecode(argument))
            self.assertEqual((result.code, result.json()["status"]), (2, "error"))

    def test_missing_table_lists_where_it_was_looked_for(self):
        self.fail_with(3, ["no table \"nasbench201/phone\"", "looked in"], "info", "nasbench201/phone")
        self.fail_with(3, "no table \"\"", "info", "")
        self.fail_with(3, "", "info", self.folder)

    def test_shipped_tables_are_found_from_anywhere(self):
        for name in ["nasbench201/fpga", "mobilenetv3/tx2cpu", "supervit/192", "supertransformer/titanxp", "spaces/nasbench201"]:
            self.succeed("info", name)
        self.fail_with(3, "looked in " + self.folder, "info", "nothing/here", env={"MATHNAS_DATA": self.folder})

    def test_malformed_tables_name_file_and_line(self):
        broken = self.write("broken.json", '{"format": "mathnas-table",\n "version": 1,\n "name": }')
        self.fail_with(3, ["broken.json:3"], "info", broken)
        self.fail_with(3, "broken.json", "solve", broken, "--maximize", "accuracy")

    def test_progress_as_json_lines(self):
        result = self.succeed("predict", EDGEGPU, "--all", "--output", "/dev/null", "--progress", "json")
        lines = [json.loads(line) for line in result.err.splitlines()]
        self.assertEqual(lines[-1]["done"], 15625)
        self.assertEqual(self.succeed("predict", EDGEGPU, "--all", "--output", "/dev/null").err, "")

    def test_hundred_random_malformed_commands_are_explained(self):
        """Whatever is typed: a sentence, a known exit code, valid JSON, no crash."""
        seed = 20240607
        source = random.Random(seed)
        options = ["--maximize", "--minimize", "--limit", "--fix", "--forbid", "--rule", "--top", "--gap", "--grid", "--limits", "--scale",
                   "--time-limit", "--node-limit", "--engine", "--arch", "--archs", "--random", "--seed", "--shard", "--epsilon", "--reference",
                   "--memory", "--format", "--numbered", "--mmkp", "--truth", "--metric", "--subset", "--x", "--threads", "--device", "--progress", "--all", "--names", "--resume",
                   "--json", "--quiet", "--", "-", "--=", "---", "--limit=", "--é"]
        values = ["", "accuracy", "latency<=", "latency<=x", "<=5", ">=", "accuracy>=1e400", "latency<=-99999999999999999999999", "=", "a=b",
                  "edge 0->1=", "=none", "{", "{}", "[]", '{"if": 3}', "1/0", "0/3", "9/3", "nan", "inf", "1e999", "-1", "0", "1",
                  "99999999999999999999", "latency=1:2", "latency=1:2:0", "latency=a:b:c", "latency=1:2:3:4", "reciprocal", "power=1",
                  "power=,", "|none~0|", "1,2,3", "accuracy=nothing", "\x01", "%s%n%d", "é", "x" * 5000, "accuracy - accuracy", "2*", "*latency",
                  "accuracy+latency<=3", "cuda:x", "/dev/null", "none"]
        for number in range(150):
            arguments = [source.choice(SUBCOMMANDS)]
            if source.random() < 0.8:
                arguments.append(source.choice([EDGEGPU, "mobilenetv3/tx2gpu", "spaces/nasbench201"]))
            for _ in range(source.randint(0, 5)):
                arguments.append(source.choice(options))
                if source.random() < 0.7:
                    arguments.append(source.choice(values))
            result = run(*arguments, timeout=60)
            label = f"seed {seed}, command {number}: {arguments}: {result.err[-500:]}"
            self.assertIn(result.code, [0, 1, 2, 3, 4], label)
            if result.code not in [0]:
                self.assertNotEqual(result.err, "", label)
            self.assertNotIn("Sanitizer", result.err, label)
            if "--json" in arguments and "--help" not in arguments and ("--" not in arguments or arguments.index("--json") < arguments.index("--")):
                json.loads(result.out)


if __name__ == "__main__":
    main()

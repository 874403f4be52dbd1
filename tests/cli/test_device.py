#!/usr/bin/env python3
"""--device and --profile: the kernels on the CPU (simt) answer as the CPU does; what cannot run is a sentence or a note."""
import os
import re
import shutil

from command import EDGEGPU, MATHNAS, CommandTest, main, run

FOLDER = os.path.dirname(MATHNAS)
TABLES = [EDGEGPU, "mobilenetv3/tx2gpu", "supertransformer/xeon", "supervit/224"]


class Device(CommandTest):
    def test_predictions_are_the_same_bytes(self):
        for table in TABLES:
            arguments = ["predict", table, "--random", "3000", "--seed", "5"]
            cpu = self.succeed(*arguments, "--device", "cpu")
            simt = self.succeed(*arguments, "--device", "simt")
            self.assertEqual(cpu.out, simt.out, table)
            self.assertEqual(simt.err, "", table)
            files = [self.path("cpu.npy"), self.path("simt.npy")]
            for device, path in zip(["cpu", "simt"], files):
                self.succeed(*arguments, "--device", device, "--output", path)
            with open(files[0], "rb") as a, open(files[1], "rb") as b:
                self.assertEqual(a.read(), b.read(), table)

    def test_whole_space(self):
        outs = {self.succeed("predict", EDGEGPU, "--all", "--device", device).out for device in ["auto", "cpu", "simt"]}
        self.assertEqual(len(outs), 1)
        self.assertEqual(outs.pop().count("\n"), 15626)

    def test_scaled_predictions(self):
        for scale in ["reciprocal", "power=0.001,0.3", "none"]:
            arguments = ["predict", EDGEGPU, "--random", "500", "--scale", scale]
            self.assertEqual(self.succeed(*arguments).out, self.succeed(*arguments, "--device", "simt").out, scale)

    def test_json_says_what_ran(self):
        arch = ["predict", EDGEGPU, "--arch", "3,3,0,1,2,4", "--json"]
        for device, ran in [("auto", "cpu"), ("cpu", "cpu"), ("simt", "simt")]:
            answer = self.succeed(*arch, "--device", device).json()
            self.assertEqual(answer["device"], ran)
            self.assertEqual(len(answer["networks"]), 1)

    def test_what_has_no_kernel_runs_on_the_cpu_with_a_note(self):
        solve = ["solve", EDGEGPU, "--maximize", "accuracy", "--limit", "latency<=6000", "--json"]
        cpu, simt = self.succeed(*solve), self.succeed(*solve, "--device", "simt")
        self.assertEqual(cpu.json()["arch"], simt.json()["arch"])
        self.assertEqual(simt.json()["device"], "cpu")
        self.assertEqual(simt.err, "--device simt: the search has no kernel yet: the CPU runs it\n")
        self.assertEqual(cpu.err, "")
        self.assertEqual(self.succeed(*solve, "--device", "simt", "--quiet").err, "")
        front = ["pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency"]
        self.assertEqual(self.succeed(*front).out, self.succeed(*front, "--device", "simt").out)
        self.assertIn("info has no kernel yet", self.succeed("info", EDGEGPU, "--device", "simt").err)

    def test_a_refused_request_is_not_said_to_have_run(self):
        result = run("predict", EDGEGPU, "--arch", "9,9,9,9,9,9", "--device", "simt")
        self.assertEqual(result.code, 2)
        self.assertNotIn("the CPU runs it", result.err)

    def test_profile(self):
        result = self.succeed("predict", EDGEGPU, "--random", "1000", "--device", "simt", "--profile")
        self.assertRegex(result.err, r"(?m)^kernel +launches +seconds +bytes +networks$")
        row = re.search(r"(?m)^predict +(\d+) +([\d.]+) +(\d+) +(\d+)$", result.err)
        self.assertEqual((row.group(1), row.group(4)), ("1", "1000"))
        self.assertGreater(float(row.group(2)), 0)
        self.assertGreaterEqual(int(row.group(3)), 1000 * (6 + 5 * 8))
        self.assertIn("device: simt\n", result.err)
        self.assertIn("device: cpu\n", self.succeed("predict", EDGEGPU, "--random", "9", "--profile").err)
        self.fail_with(2, "info does not take --profile", "info", EDGEGPU, "--profile")

    def test_names(self):
        for device in ["", "gpu", "cuda:", "cuda:x", "simt:1"]:
            self.fail_with(2, "--device: expected auto, cpu, cuda, cuda:N or simt", "info", EDGEGPU, "--device", device)

    def test_a_missing_plugin_is_an_error_that_says_where_it_was_looked_for(self):
        """A copy of the command alone in a folder."""
        command = shutil.copy(MATHNAS, self.path("mathnas"))
        result = os.popen(f"'{command}' info data/{EDGEGPU}.json --device simt 2>&1; echo $?").read()
        self.assertIn("libmathnas_simt.so was not found in ", result)
        self.assertIn(os.path.dirname(command), result)
        self.assertEqual(result.split()[-1], "1")
        named = os.popen(f"MATHNAS_PLUGINS='{FOLDER}' '{command}' predict data/{EDGEGPU}.json --arch 0,0,0,0,0,0 --device simt --json").read()
        self.assertIn('"device": "simt"', named)
        alone = os.popen(f"'{command}' predict data/{EDGEGPU}.json --arch 0,0,0,0,0,0 --json --device auto").read()
        self.assertIn('"device": "cpu"', alone)

    def test_a_gpu_runs_or_is_refused_with_a_sentence(self):
        for device in ["cuda", "cuda:0", "cuda:999999"]:
            result = run("predict", EDGEGPU, "--arch", "0,0,0,0,0,0", "--json", "--device", device)
            if result.code == 0:
                self.assertTrue(result.json()["device"].startswith("cuda:"))
            else:
                self.assertEqual(result.code, 1)
                self.assertRegex(result.json()["error"], "^--device " + device + ": (libmathnas_cuda.so was not found|GPU |device )")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Full disks, closed pipes, signals: results arrive whole, or the command says why not."""
import os
import signal
import subprocess
import time

from command import EDGEGPU, MATHNAS, ROOT, CommandTest, main, run

COMMANDS = [
    ["info", EDGEGPU], ["info", EDGEGPU, "--json"], ["predict", EDGEGPU, "--all"], ["predict", EDGEGPU, "--all", "--json"],
    ["predict", EDGEGPU, "--arch", "0,0,0,0,0,0"], ["solve", EDGEGPU, "--maximize", "accuracy"], ["solve", EDGEGPU, "--maximize", "accuracy", "--json"],
    ["sweep", EDGEGPU, "--maximize", "accuracy", "--grid", "latency=4000:8000:20000"],
    ["pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency"],
    ["pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency", "--output", "-"],
    ["evaluate", EDGEGPU, "--truth", "nasbench201"], ["--help"], ["--version"], ["solve", "--help"],
]


class Output(CommandTest):
    def test_full_disk_on_standard_output(self):
        for arguments in COMMANDS:
            with open("/dev/full", "w", encoding="utf-8") as full:
                result = run(*arguments, stdout=full)
            self.assertEqual(result.code, 1, arguments)
            self.assertIn("No space left on device", result.err, arguments)

    def test_full_disk_by_output(self):
        for arguments in [["predict", EDGEGPU, "--all"], ["sweep", EDGEGPU, "--maximize", "accuracy", "--grid", "latency=4000:8000:20000"],
                          ["pareto", EDGEGPU, "--maximize", "accuracy", "--minimize", "latency"]]:
            self.fail_with(1, "No space left on device", *arguments, "--output", "/dev/full")

    def test_closed_pipe(self):
        for arguments in COMMANDS:
            reader, writer = os.pipe()
            os.close(reader)
            with os.fdopen(writer, "w") as pipe:
                result = run(*arguments, stdout=pipe)
            self.assertEqual(result.code, 1, arguments)
            self.assertIn("Broken pipe", result.err, arguments)

    def test_reader_that_leaves_early(self):
        process = subprocess.Popen([MATHNAS, "predict", "supervit/192", "--all"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        self.assertIn(b"Broken pipe", process.stderr.read())
        process.stderr.close()
        self.assertEqual(process.wait(60), 1)

    def test_failed_files_leave_nothing(self):
        self.fail_with(1, "", "predict", EDGEGPU, "--all", "--output", self.path("no/dir/x.csv"))
        os.mkdir(self.path("folder"))
        self.fail_with(1, "folder", "predict", EDGEGPU, "--all", "--output", self.path("folder"))
        self.assertEqual(os.listdir(self.folder), ["folder"])

    def interrupt(self, arguments, number, after):
        process = subprocess.Popen([MATHNAS, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(after)
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        return process.returncode, out.decode(), err.decode()

    def test_interrupted_prediction_leaves_nothing(self):
        for number in [signal.SIGINT, signal.SIGTERM]:
            code, _, err = self.interrupt(["predict", "supervit/192", "--all", "--output", self.path("all.csv")], number, 0.4)
            self.assertEqual(code, 130, err)
            self.assertIn("interrupted", err)
            self.assertEqual(os.listdir(self.folder), [])

    def test_interrupted_scan(self):
        """A scan of a space too large to finish."""
        arguments = ["solve", "supertransformer/xeon", "--maximize", "bleu", "--limit", "latency<=250", "--limit", "bleu<=26.123", "--engine", "scan", "--json"]
        code, out, err = self.interrupt(arguments, signal.SIGINT, 0.5)
        if code != 0:  # it may have been quick enough
            self.assertEqual(code, 130, err)
            self.assertIn('"status": "interrupted"', out)

    def test_no_control_sequences_in_pipes(self):
        for arguments in COMMANDS:
            result = run(*arguments)
            self.assertNotIn("\x1b", result.out + result.err)


if __name__ == "__main__":
    main()

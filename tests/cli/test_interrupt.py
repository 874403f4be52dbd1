#!/usr/bin/env python3
"""SIGINT and SIGTERM end every subcommand: exit 130, one sentence, nothing half written.

What computes is caught at work. What reads is caught at a pipe that nobody writes into, so that no time needs to be guessed.
"""
import gzip
import csv
import json
import os
import random
import signal
import subprocess
import time

from command import EDGEGPU, MATHNAS, ROOT, CommandTest, main

SIGNALS = [signal.SIGINT, signal.SIGTERM]
ACCEL = os.path.join(ROOT, "data", "accel_nasbench", "truth.csv.gz")


class Interrupt(CommandTest):
    def start(self, *arguments):
        return subprocess.Popen([MATHNAS, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process, number):
        """Signals it; its output and how long it went on."""
        process.send_signal(number)
        sent = time.monotonic()
        out, err = process.communicate(timeout=60)
        return out.decode(), err.decode(), time.monotonic() - sent

    def check(self, arguments, process, number, kept=()):
        out, err, took = self.finish(process, number)
        self.assertEqual(process.returncode, 130, (arguments, err))
        self.assertIn(f"mathnas {arguments[0]}: interrupted", err)
        self.assertLess(took, 5, arguments)  # hardly anything, but on a loaded machine
        self.assertEqual(sorted(os.listdir(self.folder)), sorted(kept), arguments)
        if "--json" in arguments:
            self.assertEqual(json.loads(out), {"status": "error", "error": "interrupted"})
        else:
            self.assertEqual(out, "")

    def measured(self, count):
        """Rows of NAS-Bench-201's truth, with accuracies alone."""
        with gzip.open(os.path.join(ROOT, "data", "nasbench201", "truth.csv.gz"), "rt", newline="") as file:
            rows = list(csv.DictReader(file))
        names = [name for name in rows[0] if name.startswith(("edge ", "accuracy_"))]
        lines = [",".join(row[name] for name in names) for row in random.Random(1).sample(rows, count)]
        self.write("measured.csv", "\n".join([",".join(names), *lines]) + "\n")
        return self.path("measured.csv")

    def test_fits_and_plans_at_work(self):
        measured = self.measured(1500)
        fit = ["fit", "--space", "nasbench201", "--measurements", measured, "--output", self.path("table.json")]
        plan = ["plan", "--output", self.path("plan.csv"), "--space"]
        commands = [
            fit,
            [*fit, "--augment", "classes", "--method", "ridge", "--terms", "pairs", "--json"],
            [*fit, "--method", "process", "--terms", "triples"],
            [*plan, "nasbench201", "--count", "2000"],
            [*plan, "nasbench201", "--measurements", measured, "--count", "500", "--json"],
            [*plan, "nasbench201", "--measurements", measured, "--method", "ei", "--count", "3000"],
            [*plan, "supertransformer/xeon", "--method", "d-optimal", "--count", "1000"],
        ]
        for i, arguments in enumerate(commands):
            process = self.start(*arguments)
            time.sleep(0.3)
            self.assertIsNone(process.poll(), ("was done before the signal", arguments))
            self.check(arguments, process, SIGNALS[i % 2], ["measured.csv"])

    def test_the_old_table_stays(self):
        self.write("table.json", "old")
        arguments = ["fit", "--space", "nasbench201", "--measurements", self.measured(1500), "--output", self.path("table.json")]
        process = self.start(*arguments)
        time.sleep(0.3)
        self.check(arguments, process, signal.SIGTERM, ["measured.csv", "table.json"])
        self.assertEqual(self.bytes("table.json"), b"old")

    def test_whatever_reads(self):
        pipe = self.path("pipe.csv")
        os.mkfifo(pipe)
        output = ["--output", self.path("out.json")]
        commands = [
            ["info", pipe, "--classes"],
            ["info", pipe, "--json"],
            ["predict", EDGEGPU, "--archs", pipe, "--output", self.path("out.csv")],
            ["solve", pipe, "--maximize", "accuracy", "--json"],
            ["sweep", pipe, "--maximize", "accuracy", "--grid", "latency=1:2:3", "--output", self.path("out.csv")],
            ["pareto", pipe, "--maximize", "accuracy", "--minimize", "latency"],
            ["export", pipe, "--maximize", "accuracy", "--output", self.path("out.lp")],
            ["import", "--mmkp", pipe, *output],
            ["plan", "--space", pipe],
            ["plan", "--space", "nasbench201", "--measurements", pipe, "--json"],
            ["fit", "--space", "nasbench201", "--measurements", pipe, *output],
            ["evaluate", EDGEGPU, "--truth", pipe],
            ["evaluate", EDGEGPU, "--truth", pipe, "--json"],
        ]
        for i, arguments in enumerate(commands):
            process = self.start(*arguments)
            deadline, writer = time.monotonic() + 60, None
            while writer is None and time.monotonic() < deadline:
                try:  # there is a reader once the command has opened the pipe
                    writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
                except OSError:
                    time.sleep(0.002)
            self.assertIsNotNone(writer, arguments)
            self.check(arguments, process, SIGNALS[i % 2], ["pipe.csv"])
            os.close(writer)


if __name__ == "__main__":
    main()

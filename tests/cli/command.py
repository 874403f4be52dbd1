"""What the command's tests share: running it, reading its answers, counting.

MATHNAS names the command; it is run from the root of the repository.
"""
import csv
import io
import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from decimal import Decimal

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MATHNAS = os.path.realpath(os.environ.get("MATHNAS", os.path.join(ROOT, "build", "mathnas")))
EDGEGPU = "nasbench201/edgegpu"

# The whole suite on another device (tests/test_command_simt.sh): what has no kernel says so in a note and runs on the CPU.
DEVICE = os.environ.get("MATHNAS_TEST_DEVICE", "")
DEVICE_NOTE = re.compile(rf"(?m)^(mathnas \w+: )?--device {DEVICE}: .* has no kernel yet: the CPU runs it\n")


class Result:
    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr

    def json(self):
        return json.loads(self.out, parse_float=Decimal)

    def rows(self):
        return list(csv.DictReader(io.StringIO(self.out)))


def run(*arguments, env=None, **options):
    """Runs the command; standard error is a pipe, as in scripts."""
    environment = dict(os.environ, **(env or {}))
    completed = subprocess.run(
        [MATHNAS, *on_device(list(map(str, arguments)))],
        stdin=subprocess.DEVNULL,
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="surrogateescape",
        cwd=ROOT,
        env=environment,
        timeout=options.pop("timeout", 300),
    )
    completed.stderr = DEVICE_NOTE.sub("", completed.stderr or "") if DEVICE else completed.stderr
    return Result(completed)


def on_device(arguments):
    """The same on the device that the suite is run for; what says a device itself, or asks for no work, stays."""
    if not DEVICE or not arguments or arguments[0].startswith("-") or {"--device", "--help"} & set(arguments):
        return arguments
    return [arguments[0], "--device", DEVICE, *arguments[1:]]


def read_rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def load(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return json.load(file, parse_float=Decimal, parse_int=Decimal)


class Table:
    """A table without rules and scale, computed here with decimals: the oracle."""

    def __init__(self, path):
        data = load(path)
        self.nodes = [node["name"] for node in data["nodes"]]
        self.blocks = [[b if isinstance(b, str) else b["name"] for b in node["blocks"]] for node in data["nodes"]]
        self.metrics = {}
        for metric in data["metrics"]:
            self.metrics[metric["name"]] = (Decimal(metric.get("base", 0)), metric["values"])
        self.better = {metric["name"]: metric["better"] for metric in data["metrics"]}

    def networks(self):
        return itertools.product(*(range(len(blocks)) for blocks in self.blocks))

    def value(self, metric, network):
        base, values = self.metrics[metric]
        return base + sum(values[node][block] for node, block in enumerate(network))


class CommandTest(unittest.TestCase):
    maxDiff = 2000

    def setUp(self):
        self.folder_handle = tempfile.TemporaryDirectory()
        self.folder = self.folder_handle.name

    def tearDown(self):
        self.folder_handle.cleanup()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def bytes(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def succeed(self, *arguments, **options):
        result = run(*arguments, **options)
        self.assertEqual(result.code, 0, f"{arguments}: {result.err}")
        return result

    def fail_with(self, code, words, *arguments, **options):
        """The exit code, and a sentence on standard error that holds the words."""
        result = run(*arguments, **options)
        self.assertEqual(result.code, code, f"{arguments}: {result.err}{result.out}")
        for word in [words] if isinstance(words, str) else words:
            self.assertIn(word, result.err, f"{arguments}")
        return result


def main():
    """Prints failures, and the count that tests/run.sh reads."""
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    stream = io.StringIO()
    result = unittest.TextTestRunner(stream=stream, verbosity=0).run(suite)
    failed = len(result.failures) + len(result.errors)
    if failed:
        print(stream.getvalue())
    print(f"{result.testsRun - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)

#!/usr/bin/env python3
"""sweep: rows against single solves, grids and files, parts and resuming."""
import os
import random
import signal
import subprocess
import time
from decimal import ROUND_FLOOR, Decimal

from command import EDGEGPU, MATHNAS, ROOT, CommandTest, main, read_rows, run

BASE = ["sweep", EDGEGPU, "--maximize", "accuracy"]
GRID = ["--grid", "latency=4000:8500:20000"]
NODES = [f"edge {edge}" for edge in ["0->1", "0->2", "1->2", "0->3", "1->3", "2->3"]]


class Rows(CommandTest):
    def test_every_row_equals_a_solve(self):
        rows = self.succeed(*BASE, "--grid", "latency=3900:7000:7", "--grid", "energy=16000:30000:4", "--limit", "flops<=150000000").rows()
        self.assertEqual(len(rows), 28)
        for row in rows:
            answer = run("solve", EDGEGPU, "--maximize", "accuracy", "--limit", "flops<=150000000", "--limit",
                         f"latency<={row['latency<=']}", "--limit", f"energy<={row['energy<=']}", "--json").json()
            self.assertEqual(row["status"], answer["status"])
            if answer["status"] == "optimal":
                self.assertEqual([int(row[node]) for node in NODES], answer["arch"])
                for name, value in answer["metrics"].items():
                    self.assertEqual(Decimal(row[name]), value)
            else:
                self.assertTrue(all(row[name] == "" for name in NODES + ["accuracy", "arch_str", "index"]))

    def test_columns(self):
        header = self.succeed(*BASE, "--grid", "latency=5000:6000:2").out.splitlines()[0]
        self.assertEqual(header, "latency<=,status," + ",".join(NODES) + ",accuracy,latency,energy,flops,params,arch_str,index")

    def test_grid_values(self):
        """lo + floor(i (hi - lo) / (COUNT - 1)) in multiples of the resolution; the last grid varies fastest."""
        unit = Decimal("0.000001")
        rows = self.succeed(*BASE, "--grid", "latency=5000:6000:7", "--grid", "accuracy=1:0:3").rows()
        for i, row in enumerate(rows):
            a, b = divmod(i, 3)
            wanted = Decimal(5000) + (a * Decimal(1000) / 6 / unit).to_integral_value(ROUND_FLOOR) * unit
            self.assertEqual(Decimal(row["latency<="]), wanted)
            self.assertEqual(Decimal(row["accuracy>="]), 1 - Decimal(b) / 2)
        single = self.succeed(*BASE, "--grid", "latency=5000:6000:1").rows()
        self.assertEqual([row["latency<="] for row in single], ["5000"])
        rows = self.succeed(*BASE, "--grid", "accuracy - 0.001*latency>=10:20:3").rows()
        self.assertEqual([row["accuracy - 0.001*latency>="] for row in rows], ["10", "15", "20"])

    def test_bad_grids(self):
        for grid in ["latency", "latency=1:2", "latency=1:2:0", "latency=1:2:-1", "latency=1:2:x", "latency=1:2:3:4", "latency=a:2:3", "latency=1:b:3",
                     "speed=1:2:3", "=1:2:3", "accuracy-latency=1:2:3", "latency==1:2:3", "latency=1:2:99999999999999999999"]:
            self.fail_with(2, "--grid", *BASE, "--grid", grid)
        self.fail_with(2, "two limits vary", *BASE, "--grid", "latency=1:2:3", "--grid", "latency=1:2:3")
        self.fail_with(2, "64 bits", *BASE, "--grid", "latency=1:2:9999999999", "--grid", "energy=1:2:9999999999")
        self.fail_with(2, "found neither", *BASE)
        path = self.write("limits.csv", "latency<=\n5000\n")
        self.fail_with(2, "found both", *BASE, "--grid", "latency=1:2:3", "--limits", path)

    def test_file_of_limits(self):
        path = self.write("limits.csv", "latency<=,accuracy>=\n5000,\n,30\n,\n4000,10\n 5000 ,29.5\n")
        rows = self.succeed(*BASE, "--limits", path).rows()
        self.assertEqual([(r["latency<="], r["accuracy>="], r["status"]) for r in rows],
                         [("5000", "", "optimal"), ("", "30", "optimal"), ("", "", "optimal"), ("4000", "10", "infeasible"),
                          ("5000", "29.5", "optimal")])
        self.assertEqual(rows[2]["accuracy"], "40.78")
        for text, words in [("latency\n5\n", "expected a limit"), ("latency<=\nx\n", "limits.csv:2"), ("latency<=\n5,6\n", "limits.csv:2"),
                            ("speed<=\n5\n", "limits.csv:1"), ("latency<=\n", "no rows"), ("", "limits.csv"), ("latency<=,latency<=\n1,2\n", "limits.csv")]:
            self.fail_with(3, words, *BASE, "--limits", self.write("limits.csv", text))
        self.fail_with(3, "missing.csv", *BASE, "--limits", self.path("missing.csv"))

    def test_options_that_do_not_apply(self):
        for option in ["--top", "--gap", "--node-limit"]:
            self.fail_with(2, f"does not take {option}", *BASE, *GRID, option, "2")
        for option in ["--certificate", "--start"]:
            self.fail_with(2, option, *BASE, *GRID, option, "2")

    def test_the_emulated_device_writes_the_same_bytes(self):
        for options in [["--grid", "latency=2000:8000:23", "--grid", "energy=5000:50000:19"], ["--grid", "accuracy=10:40:50"]]:
            files = []
            for device in ["cpu", "simt"]:
                path = self.path(f"{device}.csv")
                sweep = self.succeed("sweep", EDGEGPU, "--minimize", "flops", *options, "--output", path, "--device", device)
                self.assertNotIn("the CPU runs it", sweep.err)
                with open(path, "rb") as file:
                    files.append(file.read())
            self.assertEqual(files[0], files[1])

    def test_threads_do_not_matter(self):
        outputs = [self.succeed("sweep", name, "--maximize", goal, "--grid", grid, "--threads", threads).out
                   for threads in ["1", "2", "7"]
                   for name, goal, grid in [(EDGEGPU, "accuracy", "latency=4000:8500:3000")]]
        self.assertEqual(len(set(outputs)), 1)

    def test_union_names_the_table(self):
        rows = self.succeed("sweep", "supervit/192", "supervit/224", "--maximize", "accuracy", "--grid", "flops=100000000:500000000:9").rows()
        for row in rows[3:]:
            answer = run("solve", "supervit/192", "supervit/224", "--maximize", "accuracy", "--limit", f"flops<={row['flops<=']}", "--json").json()
            self.assertEqual(row["table"], answer["table"])
            self.assertEqual(Decimal(row["accuracy"]), answer["objective"])

    def test_scaled_accuracy(self):
        for row in self.succeed(*BASE, "--scale", "reciprocal", "--grid", "latency=4500:7000:5").rows():
            answer = run("solve", EDGEGPU, "--maximize", "accuracy", "--scale", "reciprocal", "--limit", f"latency<={row['latency<=']}", "--json").json()
            self.assertEqual([int(row[node]) for node in NODES], answer["arch"])

    def test_shards_join_to_the_whole(self):
        whole = self.succeed(*BASE, "--grid", "latency=4000:8500:101").out.splitlines()
        joined = []
        for i in range(1, 8):
            part = self.succeed(*BASE, "--grid", "latency=4000:8500:101", "--shard", f"{i}/7").out.splitlines()
            self.assertEqual(part[0], whole[0])
            joined += part[1:]
        self.assertEqual(joined, whole[1:])
        for shard in ["0/3", "4/3", "1", "a/b", "1/0", "", "1/2/3"]:
            self.fail_with(2, "--shard", *BASE, *GRID, "--shard", shard)

    def test_json_summary(self):
        result = self.succeed(*BASE, "--grid", "latency=4000:8500:50", "--output", self.path("s.csv"), "--json").json()
        rows = read_rows(self.path("s.csv"))
        self.assertEqual((result["status"], result["rows"]), ("done", 50))
        self.assertEqual(result["infeasible"], sum(row["status"] == "infeasible" for row in rows))
        self.fail_with(2, "--json", *BASE, *GRID, "--json")
        self.fail_with(2, "--json", *BASE, *GRID, "--json", "--output", "-")

    def test_names(self):
        row = self.succeed(*BASE, "--grid", "latency=9000:9000:1", "--names").rows()[0]
        self.assertEqual(row["edge 0->3"], "skip_connect")


class Resume(CommandTest):
    def full(self):
        self.succeed(*BASE, *GRID, "--output", self.path("full.csv"))
        return self.bytes("full.csv")

    def resume(self, *arguments):
        return run(*BASE, *(arguments or GRID), "--output", self.path("part.csv"), "--resume", "--json")

    def files(self):
        return sorted(name for name in os.listdir(self.folder) if name.startswith("part"))

    def test_any_beginning_is_continued_to_the_same_bytes(self):
        full = self.full()
        source = random.Random(5)
        header = full.index(b"\n") + 1
        for size in [0, 1, header - 1, header, header + 1, len(full) - 1, len(full)] + [source.randrange(len(full)) for _ in range(8)]:
            with open(self.path("part.csv.part"), "wb") as file:
                file.write(full[:size])
            result = self.resume()
            self.assertEqual(result.code, 0, (size, result.err))
            self.assertEqual(self.bytes("part.csv"), full, size)
            self.assertEqual(self.files(), ["part.csv"])

    def test_without_a_part_it_begins_anew(self):
        full = self.full()
        self.assertEqual(self.resume().code, 0)
        self.assertEqual(self.bytes("part.csv"), full)

    def test_part_of_another_request(self):
        full = self.full()
        others = [
            ["--grid", "latency=4000:8500:20001"], ["--grid", "latency=4000:8501:20000"], ["--grid", "energy=4000:8500:20000"],
            [*GRID, "--limit", "energy<=25000"], [*GRID, "--fix", "0=1"], [*GRID, "--scale", "reciprocal"], [*GRID, "--names"],
            ["--grid", "latency=4000:8500:20000", "--grid", "energy=1:2:2"], ["--grid", "latency=4000:8500:100"],
            [*GRID, "--shard", "2/2"], [*GRID, "--forbid", "edge 2->3=nor_conv_3x3"],
        ]
        for other in others:
            with open(self.path("part.csv.part"), "wb") as file:
                file.write(full[:len(full) * 2 // 3])
            result = self.resume(*other)
            self.assertEqual(result.code, 3, (other, result.out, result.err))
            self.assertIn("another request", result.err)
            self.assertEqual(self.bytes("part.csv.part"), full[:len(full) * 2 // 3])
        result = run("sweep", EDGEGPU, "--minimize", "energy", *GRID, "--output", self.path("part.csv"), "--resume")
        self.assertEqual(result.code, 3)

    def test_request_beside_the_part_tells_what_rows_cannot(self):
        """A limit that never binds leaves all rows equal; the words beside the part still differ."""
        self.succeed(*BASE, "--grid", "latency=4000:8500:2000", "--output", self.path("whole.csv"))
        self.assertIn(self.stop_early(["--grid", "latency=4000:8500:2000000"]), [5, 130])
        self.assertEqual(self.files(), ["part.csv.part", "part.csv.part.request"])
        result = self.resume("--grid", "latency=4000:8500:2000000", "--limit", "energy<=99999999")
        self.assertEqual(result.code, 3)
        self.assertIn("another request", result.err)

    def stop_early(self, grid):
        return run(*BASE, *grid, "--output", self.path("part.csv"), "--time-limit", "0.05").code

    def test_time_limit_keeps_the_part(self):
        grid = ["--grid", "latency=4000:8500:1000000"]
        result = run(*BASE, *grid, "--output", self.path("part.csv"), "--time-limit", "0.05", "--json")
        self.assertEqual(result.code, 5, result.err)
        self.assertIn("--resume", result.err)
        self.assertEqual(result.json()["status"], "time_limit")
        self.assertEqual(self.files(), ["part.csv.part", "part.csv.part.request"])

    def interrupted_run(self, number, grid):
        """Starts a sweep, sends the signal once rows have been written; returns the exit code."""
        process = subprocess.Popen([MATHNAS, *BASE, *grid, "--output", self.path("part.csv")], cwd=ROOT, stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL)
        part = self.path("part.csv.part")
        deadline = time.time() + 60
        while time.time() < deadline and process.poll() is None and not (os.path.exists(part) and os.path.getsize(part) > 100000):
            time.sleep(0.002)
        process.send_signal(number)
        code = process.wait(60)
        process.stderr.close()
        return code

    def test_signals_keep_a_part_that_resumes_to_the_same_bytes(self):
        grid = ["--grid", "latency=4000:8500:30000", "--scale", "reciprocal"]  # a search a row: long enough to be caught
        self.succeed(*BASE, *grid, "--output", self.path("full.csv"))
        full = self.bytes("full.csv")
        for number, code in [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)]:
            self.assertEqual(self.interrupted_run(number, grid), code)
            self.assertIn("part.csv.part", self.files())
            self.assertFalse(os.path.exists(self.path("part.csv")))
            result = self.resume(*grid)
            self.assertEqual(result.code, 0, result.err)
            self.assertGreater(result.json()["resumed"], 0)
            self.assertTrue(self.bytes("part.csv") == full, number)
            self.assertEqual(self.files(), ["part.csv"])
            os.remove(self.path("part.csv"))

    def test_a_new_request_replaces_an_old_part(self):
        self.stop_early(["--grid", "latency=4000:8500:2000000"])
        self.succeed(*BASE, *GRID, "--output", self.path("part.csv"))
        self.assertEqual(self.files(), ["part.csv"])

    def test_direct_outputs(self):
        self.succeed(*BASE, *GRID, "--output", "/dev/null")
        self.assertFalse(os.path.exists("/dev/null.part"))
        self.succeed(*BASE, *GRID, "--output", "/dev/null", "--resume")
        self.fail_with(2, "--resume", *BASE, *GRID, "--resume")

    def test_the_old_file_stays_until_the_new_one_is_complete(self):
        self.write("part.csv", "old")
        self.stop_early(["--grid", "latency=4000:8500:2000000"])
        self.assertEqual(self.bytes("part.csv"), b"old")


if __name__ == "__main__":
    main()

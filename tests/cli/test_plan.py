#!/usr/bin/env python3
"""plan: which networks to measure."""
import csv
import io

from command import CommandTest, main, read_rows, run

SPACE = ["plan", "--space", "nasbench201"]


class Plan(CommandTest):
    def nodes(self, row):
        return tuple(int(row[name]) for name in row if name.startswith("edge "))

    def measured(self, networks):
        """A file of measurements of these rows: more convolutions are better."""
        header = [name for name in networks[0] if name.startswith("edge ")] + ["accuracy_cifar10"]
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(header)
        for i, row in enumerate(networks):
            blocks = self.nodes(row)
            writer.writerow([*blocks, 60 + 4 * blocks.count(3) + 2 * blocks.count(2) + 0.01 * i])
        return self.write("measured.csv", out.getvalue())

    def test_each_method_writes_its_networks(self):
        for method, count in [("paper", 25), ("random", 25), ("d-optimal", 25), ("orthogonal", 25), ("imse", 25)]:
            result = self.succeed(*SPACE, "--method", method, "--seed", 5, "--output", self.path("plan.csv"))
            rows = read_rows(self.path("plan.csv"))
            self.assertEqual(len(rows), count, method)
            self.assertEqual(list(rows[0])[6:], ["arch_str", "index"])
            self.assertEqual(len({self.nodes(row) for row in rows}), count)
            self.assertIn(f"{method}, {count} networks", result.err)
            first = self.bytes("plan.csv")
            self.succeed(*SPACE, "--method", method, "--seed", 5, "--threads", 1, "--output", self.path("plan.csv"))
            self.assertEqual(self.bytes("plan.csv"), first, method)
        self.succeed(*SPACE, "--method", "all", "--quiet", "--output", self.path("plan.csv"))
        self.assertEqual(len({self.nodes(row) for row in read_rows(self.path("plan.csv"))}), 15625)

    def test_a_plan_is_read_as_networks(self):
        self.succeed(*SPACE, "--method", "random", "--count", 7, "--names", "--output", self.path("plan.csv"))
        answer = self.succeed("predict", "nasbench201/edgegpu", "--archs", self.path("plan.csv"), "--json").json()
        again = self.succeed(*SPACE, "--method", "random", "--count", 7, "--json").json()
        self.assertEqual([n["arch"] for n in answer["networks"]], [n["arch"] for n in again["networks"]])
        self.assertEqual((again["method"], again["count"]), ("random", 7))

    def test_the_next_batch_is_new(self):
        self.succeed(*SPACE, "--count", 20, "--output", self.path("first.csv"))
        first = read_rows(self.path("first.csv"))
        measured = self.measured(first)
        for method in [None, "adaptive", "ei", "imse", "random", "d-optimal"]:
            options = ["--method", method] if method else []
            result = self.succeed(*SPACE, *options, "--measurements", measured, "--count", 6, "--output", self.path("next.csv"))
            rows = read_rows(self.path("next.csv"))
            self.assertEqual(len(rows), 6)
            self.assertFalse({self.nodes(row) for row in rows} & {self.nodes(row) for row in first}, method)
            self.assertIn(f"{method or 'adaptive'}, 6 networks", result.err)

    def test_expected_improvement_looks_for_the_best(self):
        """More 3x3 convolutions are better: the proposals have more of them than the space has on average."""
        self.succeed(*SPACE, "--count", 30, "--output", self.path("first.csv"))
        measured = self.measured(read_rows(self.path("first.csv")))
        self.succeed(*SPACE, "--method", "ei", "--measurements", measured, "--count", 5, "--metric", "accuracy_cifar10",
                     "--output", self.path("next.csv"))
        counts = [self.nodes(row).count(3) for row in read_rows(self.path("next.csv"))]
        self.assertGreaterEqual(sum(counts) / len(counts), 3)

    def test_mistakes(self):
        self.fail_with(2, "--space SPACE", "plan")
        self.fail_with(2, ["expected one of paper", "best"], *SPACE, "--method", "best")
        self.fail_with(2, "expected measurements", *SPACE, "--method", "ei")
        self.fail_with(2, "leave the count out", *SPACE, "--method", "paper", "--count", 3)
        self.fail_with(2, "25 networks", *SPACE, "--method", "orthogonal", "--count", 24)
        self.fail_with(2, "at most", *SPACE, "--method", "random", "--count", 6000)
        self.fail_with(2, "--count", *SPACE, "--count", 0)
        self.fail_with(2, "both want standard output", *SPACE, "--json", "--output", "-")
        self.fail_with(3, "nowhere", "plan", "--space", "nowhere")
        self.fail_with(3, "missing.csv", *SPACE, "--measurements", self.path("missing.csv"))
        measured = self.write("measured.csv", "number,accuracy_cifar10\n7,80\n4000,90\n9000,85\n")
        self.fail_with(2, "no metric", *SPACE, "--measurements", measured, "--metric", "accuracy_svhn")
        power = self.write("power.csv", "number,accuracy_cifar10,power\n7812,80,1\n11718,90,2\n11717,85,3\n")
        self.fail_with(2, "--metric 'power:UNIT:higher'", *SPACE, "--measurements", power)
        self.succeed(*SPACE, "--measurements", power, "--metric", "power:W:lower", "--count", 2, "--output", self.path("next.csv"))
        self.fail_with(2, "only the methods adaptive and ei", *SPACE, "--metric", "accuracy_cifar10")
        self.fail_with(1, "no/such", *SPACE, "--method", "random", "--output", "/no/such/plan.csv")
        self.assertEqual(run("plan", "--help").code, 0)


if __name__ == "__main__":
    main()

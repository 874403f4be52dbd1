#!/usr/bin/env python3
"""info and predict: values, forms of networks, output files."""
import array
import gzip
import json
import struct
from decimal import Decimal

from command import DEVICE, EDGEGPU, CommandTest, Table, main, read_rows, run

SPACE = 15625
TX2GPU = "mobilenetv3/tx2gpu"


def read_npy(path):
    with open(path, "rb") as file:
        data = file.read()
    assert data[:6] == b"\x93NUMPY"
    length = struct.unpack("<H", data[8:10])[0]
    header = eval(data[10:10 + length].decode())  # a literal dictionary
    values = array.array("d")
    values.frombytes(data[10 + length:])
    return header, values


def write_npy(path, rows, code="B", descr="|u1"):
    header = "{'descr': '%s', 'fortran_order': False, 'shape': (%d, %d), }" % (descr, len(rows), len(rows[0]))
    header += " " * (-(10 + len(header) + 1) % 64) + "\n"
    with open(path, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode())
        for row in rows:
            file.write(struct.pack("<%d%s" % (len(row), code), *row))


class Info(CommandTest):
    def test_counts_networks_by_limits_and_rules(self):
        """As filtering the predictions of the whole space does, on the CPU and under the emulator."""
        rows = self.succeed("predict", EDGEGPU, "--all").rows()
        first = next(iter(rows[0]))
        limits = ["--limit", "latency<=5000", "--limit", "energy>=12000.5", "--fix", f"{first}=1"]
        expected = sum(Decimal(row["latency"]) <= 5000 and Decimal(row["energy"]) >= Decimal("12000.5") and
                       row[first] == "1" for row in rows)
        self.assertGreater(expected, 10)
        for device in ["cpu", "simt"]:
            answer = self.succeed("info", EDGEGPU, *limits, "--device", device, "--json").json()
            self.assertEqual(int(answer["feasible"]), expected)
        self.assertIn(f"{expected} of them meet the limits", self.succeed("info", EDGEGPU, *limits).out)
        self.assertNotIn("feasible", self.succeed("info", EDGEGPU, "--json").json())

    def test_known_answer_of_the_published_documentation(self):
        """MathNAS's example: 79.3 % and 68.9 ms."""
        network = self.succeed("info", TX2GPU, "--arch", "3,4,4,4,3", "--json").json()["network"]
        self.assertEqual(round(network["metrics"]["accuracy"], 1), Decimal("79.3"))
        self.assertEqual(round(network["metrics"]["latency"], 1), Decimal("68.9"))
        self.assertIsNone(network["flops"])

    def test_text_says_what_the_table_holds(self):
        text = self.succeed("info", EDGEGPU).out
        for word in ["6 nodes", "edge 0->1", "nor_conv_3x3", "latency", "lower  is better", "15625 networks", "from 4061.553749 to 8249.258852"]:
            self.assertIn(word, text)
        self.assertIn("obey the rules", self.succeed("info", "supertransformer/xeon").out)

    def test_long_names_stay_in_columns(self):
        """Names of any length, counted in characters; 4-digit numbers of blocks."""
        nodes = [{"name": "Ü-Stufe", "blocks": ["a", "b"]}, {"name": "stage", "blocks": [f"b{i}" for i in range(1200)]}]
        metrics = []
        for name, unit in [("a", "%"), ("latency_of_a_device_with_a_long_name", "microseconds")]:
            values = [[1, 2], list(range(1200))]
            metrics.append({"name": name, "unit": unit, "better": "lower", "resolution": 1, "base": 0, "values": values})
        table = {"format": "mathnas-table", "version": 1, "name": "t", "nodes": nodes, "metrics": metrics}
        text = self.succeed("info", self.write("t.json", json.dumps(table)), "--arch", "1,7").out
        for words in [" blocks: ", "lower  is better", " = b"]:
            columns = {line.index(words) for line in text.splitlines() if words in line}
            self.assertEqual(len(columns), 1, text)
        last = text.splitlines()[-2:]
        self.assertEqual([line.split()[1] for line in last], ["9", "9"])
        self.assertEqual(last[0].index(" 9 "), last[1].index(" 9 "), text)

    def test_json_holds_everything(self):
        info = self.succeed("info", EDGEGPU, "--json", "--arch", "|none~0|+|none~0|none~1|+|none~0|none~1|none~2|").json()
        self.assertEqual([node["name"] for node in info["nodes"]][:2], ["edge 0->1", "edge 0->2"])
        self.assertEqual(info["nodes"][0]["blocks"][3]["name"], "nor_conv_3x3")
        self.assertEqual(info["nodes"][0]["blocks"][3]["kernel"], 3)
        self.assertEqual(info["networks"], SPACE)
        accuracy = info["metrics"][0]
        self.assertEqual((accuracy["name"], accuracy["unit"], accuracy["better"]), ("accuracy", "%", "higher"))
        self.assertEqual(accuracy["resolution"], Decimal("0.000001"))
        self.assertEqual(info["network"]["arch"], [0] * 6)
        self.assertEqual(info["network"]["flops"], 7783040)

    def test_spaces_serve_too(self):
        info = self.succeed("info", "spaces/nasbench201", "--json", "--arch", "0,0,0,0,0,1").json()
        self.assertEqual(info["format"], "mathnas-space")
        self.assertEqual(info["network"]["blocks"][5], "skip_connect")
        self.fail_with(2, "space without values", "predict", "spaces/nasbench201", "--all")

    def test_function_classes(self):
        """Counts of NAS-Bench-201 and NAS-Bench-Macro; a space without a skeleton, also one past 64 bits; the sentence for people."""
        for name, classes, functions, constant in [
                ("spaces/nasbench201", 5425, 4930, 341), ("nasbench201/edgegpu", 5425, 4930, 341),
                ("spaces/nasbench_macro", 3969, 3969, 0), ("mobilenetv3/tx2gpu", 3125, 3125, 0),
                ("spaces/fbnet", 9**22, 9**22, 0)]:
            answer = self.succeed("info", name, "--classes", "--json").json()
            self.assertEqual(answer["classes"], {"count": classes, "functions": functions, "constant": constant}, name)
        self.assertNotIn("classes", self.succeed("info", EDGEGPU, "--json").json())
        text = self.succeed("info", "spaces/nasbench201", "--classes").out
        self.assertIn("5425 function classes: 4930 functions, told apart by live operations", text)
        self.assertIn("341 networks have no path from input to output", text)
        self.assertIn("3969 function classes\n", self.succeed("info", "spaces/nasbench_macro", "--classes").out)
        self.assertIn("every network is a function class of its own", self.succeed("info", "spaces/fbnet", "--classes").out)

    def test_classes_of_too_large_a_space_are_refused(self):
        with open("data/spaces/nasbench_macro.json", encoding="utf-8") as file:
            space = json.load(file)
        stage = space["network"]["stages"][2]
        stage["layers"] += 9
        space["nodes"] += [dict(space["nodes"][-1], name=f"more{i}") for i in range(9)]
        path = self.write("deep.json", json.dumps(space))
        self.fail_with(2, "129140163 networks; function classes are counted among 20000000 at most", "info", path, "--classes")
        self.assertEqual(self.succeed("info", path, "--json", "--arch", ",".join("0" * 17)).json()["network"]["flops"], 7713280)

    def test_costs_follow_from_the_skeleton(self):
        """Half the channels, one cell a stage: no block says its cost, the stages do."""
        with open("data/spaces/nasbench201.json", encoding="utf-8") as file:
            space = json.load(file)
        for node in space["nodes"]:
            for block in node["blocks"]:
                del block["flops"], block["params"]
        network = space["network"]
        network["stem"]["channels"] = 8
        for stage in network["stages"]:
            stage.update(cells=1, channels=stage["channels"] // 2)
        del space["metrics"]
        answer = self.succeed("info", self.write("half.json", json.dumps(space)), "--arch", "3,3,3,3,3,3", "--json").json()["network"]
        cells = sum(6 * 9 * c * c * p * p for c, p in [(8, 32), (16, 16), (32, 8)])
        reductions = sum((9 * c * d + 9 * d * d + c * d) * p * p for c, d, p in [(8, 16, 16), (16, 32, 8)])
        self.assertEqual(answer["flops"], 27 * 8 * 32 * 32 + cells + reductions + 32 * 10)
        text = self.succeed("info", "spaces/nasbench201", "--arch", "3,3,3,3,3,3").out
        self.assertIn("flops         220119680 FLOPs", text)
        self.assertIn("params        1531546 parameters", text)

    def test_range_is_that_of_all_networks(self):
        for name in ["nasbench201/fpga", TX2GPU]:
            table = Table(f"data/{name}.json")
            for metric in self.succeed("info", name, "--json").json()["metrics"]:
                values = [table.value(metric["name"], network) for network in table.networks()]
                self.assertEqual((metric["smallest"], metric["largest"]), (min(values), max(values)))


class Predict(CommandTest):
    def test_whole_space_equals_sums_in_decimals(self):
        for name in ["nasbench201/edgegpu", "mobilenetv3/raspberrypi"]:
            table = Table(f"data/{name}.json")
            rows = self.succeed("predict", name, "--all").rows()
            networks = list(table.networks())
            self.assertEqual(len(rows), len(networks))
            for network, row in zip(networks, rows):
                self.assertEqual(tuple(int(row[node]) for node in table.nodes), network)
                for metric in table.metrics:
                    self.assertEqual(Decimal(row[metric]), table.value(metric, network))

    def test_one_network_in_every_form(self):
        arch = "1,2,3,4,0,1"
        row = self.succeed("predict", EDGEGPU, "--arch", arch, "--output", "-").rows()[0]
        encoded, index = row["arch_str"], row["index"]
        self.assertEqual(encoded, "|skip_connect~0|+|nor_conv_1x1~0|nor_conv_3x3~1|+|avg_pool_3x3~0|none~1|skip_connect~2|")
        wanted = {"networks": [{"arch": [1, 2, 3, 4, 0, 1], "metrics": {
            name: Decimal(row[name]) for name in ["accuracy", "latency", "energy", "flops", "params"]}}]}
        if DEVICE:
            wanted["device"] = DEVICE  # only said when asked for
        names = "skip_connect,nor_conv_1x1,nor_conv_3x3,avg_pool_3x3,none,skip_connect"
        for form in [arch, names, encoded, " 1, 2 ,3,4,0,1 "]:
            self.assertEqual(self.succeed("predict", EDGEGPU, "--arch", form, "--json").json(), wanted)
        number = 0
        for block in arch.split(","):
            number = number * 5 + int(block)
        for column, value in [("arch_str", encoded), ("arch", f'"{arch}"'), ("number", number), ("index", index)]:
            path = self.write("one.csv", f"{column}\n{value}\n")
            self.assertEqual(self.succeed("predict", EDGEGPU, "--archs", path, "--json").json(), wanted, column)

    def test_text_of_one_network(self):
        text = self.succeed("predict", TX2GPU, "--arch", "3,4,4,4,3").out
        self.assertIn("accuracy     79.296425 %", text)

    def test_files_of_networks(self):
        rows = [[1, 2, 3, 4, 0, 1], [0, 0, 0, 0, 0, 0], [4, 4, 4, 4, 4, 4]]
        head = ",".join(f"edge {a}" for a in ["0->1", "0->2", "1->2", "0->3", "1->3", "2->3"])
        text = head + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)
        plain = self.write("nets.csv", text)
        with gzip.open(self.path("nets.csv.gz"), "wt") as file:
            file.write(text)
        write_npy(self.path("nets.npy"), rows)
        write_npy(self.path("wide.npy"), rows, "q", "<i8")
        wanted = self.succeed("predict", EDGEGPU, "--archs", plain).out
        self.assertEqual(len(wanted.splitlines()), 4)
        for name in ["nets.csv.gz", "nets.npy", "wide.npy"]:
            self.assertEqual(self.succeed("predict", EDGEGPU, "--archs", self.path(name)).out, wanted, name)

    def test_bad_networks_say_where(self):
        self.fail_with(2, "expected 6 blocks", "predict", EDGEGPU, "--arch", "1,2,3")
        self.fail_with(2, "has no block \"9\"", "predict", EDGEGPU, "--arch", "1,2,3,4,0,9")
        path = self.write("nets.csv", "arch\n\"1,2,3,4,0,1\"\n\"1,2,3,4,0,7\"\n")
        self.fail_with(3, "nets.csv:3", "predict", EDGEGPU, "--archs", path)
        write_npy(self.path("bad.npy"), [[1, 2, 3, 4, 0, 9]])
        self.fail_with(3, "bad.npy", "predict", EDGEGPU, "--archs", self.path("bad.npy"))
        self.fail_with(3, "nothing.csv", "predict", EDGEGPU, "--archs", self.path("nothing.csv"))

    def test_rules_hold_everywhere(self):
        stopped = "0,0,0,0,0,0,0,36,0,0,0,0"
        self.fail_with(2, "breaks the rule", "predict", "supertransformer/xeon", "--arch", stopped)
        self.succeed("predict", "supertransformer/xeon", "--arch", "0,0,0,0,0,0,0,36,37,37,37,37")
        rows = self.succeed("predict", "supertransformer/xeon", "--random", "2000", "--seed", "3").rows()
        for row in rows:
            blocks = [int(row[f"decoder {layer}"]) for layer in range(2, 7)]
            ended = False
            for layer, block in enumerate(blocks):
                self.assertEqual(block == 37, ended, row)
                ended = ended or block >= 36

    def test_npy_output(self):
        self.succeed("predict", EDGEGPU, "--all", "--output", self.path("all.npy"))
        header, values = read_npy(self.path("all.npy"))
        self.assertEqual(header["shape"], (SPACE, 5))
        rows = self.succeed("predict", EDGEGPU, "--all").rows()
        for i in [0, 1, 777, SPACE - 1]:
            for k, name in enumerate(["accuracy", "latency", "energy", "flops", "params"]):
                self.assertEqual(values[5 * i + k], float(rows[i][name]))
        self.fail_with(2, "numbers only", "predict", EDGEGPU, "--all", "--names", "--output", self.path("x.npy"))

    def test_random_networks_depend_on_the_seed_only(self):
        a = self.succeed("predict", EDGEGPU, "--random", "500", "--seed", "7").out
        self.assertEqual(a, self.succeed("predict", EDGEGPU, "--random", "500", "--seed", "7", "--threads", "1").out)
        self.assertNotEqual(a, self.succeed("predict", EDGEGPU, "--random", "500", "--seed", "8").out)
        counts = [0] * 5
        for row in self.succeed("predict", EDGEGPU, "--random", "20000", "--seed", "1").rows():
            counts[int(row["edge 1->2"])] += 1
        self.assertTrue(all(3700 < count < 4300 for count in counts), counts)

    def test_names_read_back(self):
        named = self.succeed("predict", EDGEGPU, "--random", "50", "--names").out
        path = self.write("named.csv", named)
        self.assertEqual(self.succeed("predict", EDGEGPU, "--archs", path, "--names").out, named)

    def test_scaled_accuracy(self):
        """base + sum * mean / F by its definition, arXiv 2311.04943 section 3, rounded half up."""
        table = Table("data/nasbench201/edgegpu.json")
        networks = list(table.networks())
        flops = [table.value("flops", network) for network in networks]
        mean = sum(flops) / len(flops)
        rows = self.succeed("predict", EDGEGPU, "--all", "--scale", "reciprocal").rows()
        base = table.metrics["accuracy"][0]
        for i in range(0, SPACE, 97):
            exact = base + (table.value("accuracy", networks[i]) - base) * mean / flops[i]
            self.assertAlmostEqual(float(rows[i]["accuracy"]), float(exact), delta=2e-6)
        power = self.succeed("predict", EDGEGPU, "--all", "--scale", "power=332.1,-0.3").rows()
        for i in range(0, SPACE, 97):
            exact = float(base) + float(table.value("accuracy", networks[i]) - base) * 332.1 * float(flops[i]) ** -0.3
            self.assertAlmostEqual(float(power[i]["accuracy"]), exact, delta=2e-6)
        self.assertEqual(self.succeed("predict", EDGEGPU, "--all", "--scale", "none").out, self.succeed("predict", EDGEGPU, "--all").out)
        for scale in ["", "half", "reciprocal=", "reciprocal=0", "reciprocal=-5", "power=1", "power=0,1", "power=x,y"]:
            self.fail_with(2, "scale", "predict", EDGEGPU, "--all", "--scale", scale)
        self.fail_with(2, "no metric \"flops\"", "predict", TX2GPU, "--all", "--scale", "reciprocal")

    def test_exactly_one_source(self):
        self.fail_with(2, "found none", "predict", EDGEGPU)
        self.fail_with(2, "found several", "predict", EDGEGPU, "--all", "--random", "3")
        self.fail_with(2, "--seed goes with --random", "predict", EDGEGPU, "--all", "--seed", "3")
        self.fail_with(2, "--random", "predict", EDGEGPU, "--random", "0")

    def test_output_and_json(self):
        self.fail_with(2, "standard output", "predict", EDGEGPU, "--all", "--json", "--output", "-")
        result = self.succeed("predict", EDGEGPU, "--arch", "0,0,0,0,0,0", "--json", "--output", self.path("one.csv"))
        self.assertEqual(len(result.json()["networks"]), 1)
        self.assertEqual(len(read_rows(self.path("one.csv"))), 1)
        self.fail_with(2, "compressed", "predict", EDGEGPU, "--all", "--output", self.path("x.csv.gz"))
        self.fail_with(1, "no/such", "predict", EDGEGPU, "--all", "--output", self.path("no/such/file.csv"))


if __name__ == "__main__":
    main()

"""The parts of a table or space, its predictions, and the checks that hold for every one of them.

A document is a dict with the keys of the table format, version 1. A network is a list of block indices, one a node.
"""

import random
from decimal import Decimal

MICRO = Decimal("0.000001")
ONE = Decimal(1)


class Failed(Exception):
    """A published fact that the generated files contradict; its text is the sentence a person needs."""


def expect(condition, sentence):
    if not condition:
        raise Failed(sentence)


def document(kind, name, nodes, metrics, **optional):
    """`kind` is "table" or "space"; `optional` holds encoding, rules, network, source."""
    result = {"format": f"mathnas-{kind}", "version": 1, "name": name}
    if "encoding" in optional:
        result["encoding"] = optional.pop("encoding")
    return {**result, "nodes": nodes, "metrics": metrics, **optional}


def metric(name, unit, better, resolution, **values):
    """`values` are base and values for a table, nothing for a space."""
    return {"name": name, "unit": unit, "better": better, "resolution": resolution, **values}


def block_names(node):
    return [block if isinstance(block, str) else block["name"] for block in node["blocks"]]


def by_node(rows, column):
    """The source's values of one column, [node][block]; its rows run through the nodes' blocks in order."""
    values = []
    for row in rows:
        if row["block"] == "0":
            values.append([])
        place = (len(values) - 1, len(values[-1]))
        expect((int(row["node"]), int(row["block"])) == place, f"row {row} is out of order")
        values[-1].append(Decimal(row[column]))
    return values


def negated(values):
    """Drops as contributions; 0 - x rather than -x, which would write -0.0."""
    return [[0 - value for value in row] for row in values]


def metric_of(table, name):
    return next(entry for entry in table["metrics"] if entry["name"] == name)


def predict(table, name, network):
    entry = metric_of(table, name)
    return entry["base"] + sum(row[block] for row, block in zip(entry["values"], network))


def find_block(node, **attributes):
    """The index of the one block of `node` with these attributes."""
    found = [index for index, block in enumerate(node["blocks"])
             if not isinstance(block, str) and all(block[key] == value for key, value in attributes.items())]
    expect(len(found) == 1, f'node "{node["name"]}": {len(found)} blocks with {attributes}, expected 1')
    return found[0]


def check_shape(path, table):
    """Names are unique and free of separators, values are as many as blocks, rules name what exists."""
    nodes = table["nodes"]
    blocks = {node["name"]: block_names(node) for node in nodes}
    expect(len(blocks) == len(nodes), f"{path}: two nodes with one name")
    for name, names in blocks.items():
        expect(len(set(names)) == len(names), f'{path}: node "{name}" has two blocks with one name')
        expect(not set(",=") & set("".join(names) + name), f'{path}: node "{name}": a name holds "," or "="')
    for entry in table["metrics"]:
        if table["format"] == "mathnas-table":
            expect([len(row) for row in entry["values"]] == [len(names) for names in blocks.values()],
                   f'{path}: metric "{entry["name"]}": not one value for each block')
    for rule in table.get("rules", []):
        for node, chosen in rule.values():
            expect(set(as_list(chosen)) <= set(blocks.get(node, [])), f"{path}: the rule {rule} names a missing block")


def as_list(blocks):
    return [blocks] if isinstance(blocks, str) else blocks


def successors(table, position):
    """For each block of node `position`, the blocks of the next node that the rules between these two nodes allow."""
    here, there = table["nodes"][position], table["nodes"][position + 1]
    names = block_names(there)
    allowed = []
    for block in block_names(here):
        chosen = {here["name"]: block}
        allowed.append([index for index, name in enumerate(names)
                        if all(holds(rule, {**chosen, there["name"]: name}) for rule in table.get("rules", []))])
    return allowed


def holds(rule, chosen):
    """Whether a rule {"if": ..., "then": ...} holds; a rule about a node that `chosen` leaves open does."""
    (if_node, if_blocks), (then_node, then_blocks) = rule["if"], rule["then"]
    if if_node not in chosen or then_node not in chosen:
        return True
    return chosen[if_node] not in as_list(if_blocks) or chosen[then_node] in as_list(then_blocks)


def count_networks(table):
    """How many networks the rules allow; every rule must speak of neighbouring nodes."""
    ways = [1] * len(table["nodes"][-1]["blocks"])
    for position in reversed(range(len(table["nodes"]) - 1)):
        ways = [sum(ways[block] for block in following) for following in successors(table, position)]
    return sum(ways)


def random_networks(table, count, seed):
    """`count` networks that keep the rules, each node drawn evenly from what the node before it allows."""
    draw = random.Random(seed)
    following = [successors(table, position) for position in range(len(table["nodes"]) - 1)]
    for _ in range(count):
        network = [draw.randrange(len(table["nodes"][0]["blocks"]))]
        for allowed in following:
            network.append(draw.choice(allowed[network[-1]]))
        yield network


def check_formula(path, table, formula, seed=2023, count=1000, tolerance=Decimal(0)):
    """Predictions equal the published formula, evaluated on the source's own rows, on `count` random networks."""
    for network in random_networks(table, count, seed):
        for name, expected in formula(network).items():
            found = predict(table, name, network)
            expect(abs(found - expected) <= tolerance,
                   f"{path}: network {network} (seed {seed}): {name} {found}, the published formula gives {expected}")

"""Reads what export writes, with none of its code: LP, MPS and OPB files as 0-1 programs in exact fractions.

The readers know the part of each format that its standard (CPLEX's, the competitions') describes and that a problem of this kind needs.
"""
import re
from fractions import Fraction


class Program:
    """Minimise or maximise constant + sum(objective * x), every row sum(terms * x) <=, >=, = right, all x 0 or 1."""

    def __init__(self):
        self.maximize = False
        self.constant = Fraction(0)
        self.objective = {}
        self.rows = {}  # name: (terms, sense, right)
        self.variables = []
        self.comments = []

    def value(self, ones):
        return self.constant + sum(self.objective.get(name, 0) for name in ones)

    def broken(self, ones):
        """The first row that a set of variables at 1 breaks, or None."""
        for name, (terms, sense, right) in self.rows.items():
            total = sum(terms.get(variable, 0) for variable in ones)
            if not {"<=": total <= right, ">=": total >= right, "=": total == right}[sense]:
                return name
        return None


def read_terms(tokens):
    """[+|-] [number] name ... and constants: ({name: coefficient}, constant)."""
    terms, constant, sign, number = {}, Fraction(0), 1, None
    for token in tokens:
        if token in "+-":
            if number is not None:
                constant, number = constant + sign * number, None
            sign = 1 if token == "+" else -1
        elif re.fullmatch(r"\d+(\.\d+)?", token):
            assert number is None, tokens
            number = Fraction(token)
        else:
            assert re.fullmatch(r"[a-z][a-z0-9_]*", token) and token not in terms, token
            terms[token], sign, number = sign * (1 if number is None else number), 1, None
    return terms, constant + (sign * number if number is not None else 0)


def read_lp(text):
    program, section, statements = Program(), None, {"objective": "", "rows": "", "binaries": ""}
    for line in text.splitlines():
        assert len(line) <= 560, line
        if line.startswith("\\"):
            program.comments.append(line[1:].strip())
        elif line in ("Maximize", "Minimize"):
            program.maximize, section = line == "Maximize", "objective"
        elif line in ("Subject To", "Binaries", "End"):
            section = {"Subject To": "rows", "Binaries": "binaries", "End": None}[line]
        else:
            statements[section] += line + "\n"
    assert section is None
    name, objective = statements["objective"].split(":")
    assert name == " objective"
    program.objective, program.constant = read_terms(objective.split())
    for name, row in re.findall(r"^ (\w+):([^:]*)(?=\n \w+:|\Z)", statements["rows"], re.MULTILINE):
        left, sense, right = re.fullmatch(r"(.*) (<=|>=|=) (-?\d+(?:\.\d+)?)\s*", row, re.DOTALL).groups()
        terms, constant = read_terms(left.split())
        assert constant == 0 and name not in program.rows, row
        program.rows[name] = terms, sense, Fraction(right)
    assert len(program.rows) == statements["rows"].count(":")
    program.variables = statements["binaries"].split()
    return program


def read_mps(text):
    program, section, objective = Program(), None, None
    senses, binaries = {"L": "<=", "G": ">=", "E": "="}, set()
    for line in text.splitlines():
        if line.startswith("*"):
            program.comments.append(line[1:].strip())
            continue
        fields = line.split()
        if not line.startswith(" "):
            section = fields[0]
        elif section == "ROWS" and fields[0] == "N":
            assert objective is None
            objective = fields[1]
        elif section == "ROWS":
            assert fields[1] not in program.rows
            program.rows[fields[1]] = [{}, senses[fields[0]], 0]
        elif section == "COLUMNS" and fields[1] == "'MARKER'":
            assert fields[2] in ("'INTORG'", "'INTEND'")
        elif section == "COLUMNS":
            name, row, value = fields
            if name not in program.variables[-1:]:
                assert name not in program.variables, name  # a column's entries stand together
                program.variables.append(name)
            target = program.objective if row == objective else program.rows[row][0]
            assert name not in target, line
            target[name] = Fraction(value)
        elif section == "RHS" and fields[1] == objective:
            program.constant = -Fraction(fields[2])
        elif section == "RHS":
            program.rows[fields[1]][2] = Fraction(fields[2])
        else:
            assert section == "BOUNDS" and fields[0] == "BV", line
            binaries.add(fields[2])
    assert section == "ENDATA" and binaries == set(program.variables)
    if objective == "minus_objective":  # the file minimises
        program.maximize, program.constant = True, -program.constant
        program.objective = {name: -value for name, value in program.objective.items()}
    return program


def read_opb(text):
    program, statements = Program(), []
    for line in text.splitlines():
        if line.startswith("*"):
            program.comments.append(line[1:].strip())
        else:
            assert line.endswith(" ;")
            statements.append(line[:-2].split())
    counts = re.fullmatch(r"#variable= (\d+) #constraint= (\d+)", program.comments[0]).groups()
    first, *rows = statements
    assert first.pop(0) == "min:"
    integer = r"[+-]?\d+"

    def terms(words):
        assert all(re.fullmatch(integer, word) for word in words[::2]) and len(words) % 2 == 0, words
        assert len(set(words[1::2])) == len(words) // 2, words
        return {name: int(number) for number, name in zip(words[::2], words[1::2])}

    minimised = terms(first)
    for i, row in enumerate(rows):
        assert row[-2] in (">=", "=") and re.fullmatch(integer, row[-1]), row
        program.rows[i] = terms(row[:-2]), row[-2], int(row[-1])
    names = {}
    for comment in program.comments:
        found = re.fullmatch(r"(x\d+) = (\w+)", comment)
        if found:
            names[found[1]] = found[2]
    constant, sign, step = re.search(r"objective = (-?[\d.]+) ([+-]) ([\d.]+) \* VALUE", "\n".join(program.comments)).groups()
    factor = Fraction(step) * (1 if sign == "+" else -1)
    program.maximize, program.constant = sign == "-", Fraction(constant)
    program.objective = {names.get(name, name): factor * value for name, value in minimised.items()}
    program.rows = {key: ({names.get(n, n): v for n, v in row[0].items()}, *row[1:]) for key, row in program.rows.items()}
    program.variables = sorted({name for row in program.rows.values() for name in row[0]} | set(program.objective))
    assert len(program.rows) == int(counts[1]) and len(program.variables) <= int(counts[0])
    return program


READERS = {"lp": read_lp, "mps": read_mps, "opb": read_opb}


def ones_of(network, table=0, tables=1):
    """The variables that are 1 for a network."""
    if tables == 1:
        return {f"x_{node}_{block}" for node, block in enumerate(network)}
    return {f"x_{table}_{node}_{block}" for node, block in enumerate(network)} | {f"table_{table}"}

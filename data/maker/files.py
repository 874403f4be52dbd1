"""Reads data/source/, and turns documents into the bytes of the shipped files.

Numbers pass as decimal text: CSV cells and JSON numbers become Decimal, and a Decimal is written with the digits it
has, so that no binary fraction ever touches a published value.
"""

import csv
import gzip
import io
import json
import struct
from collections import namedtuple
from decimal import Decimal
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "source"

Csv = namedtuple("Csv", "header rows")
Numbers = namedtuple("Numbers", "values")       # uint16, written as NumPy's .npy


def read_csv(name):
    """The rows of source/`name`, a list of {column: text}; a name ending in .gz is unpacked."""
    open_file = gzip.open if name.endswith(".gz") else open
    with open_file(SOURCE / name, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rounded(text):
    """A measured time with at most six digits after the point, for sources that print all 17 of a double; "" stays ""."""
    if not text:
        return ""
    value = format(Decimal(text).quantize(Decimal("0.000001")), "f")
    return value.rstrip("0").rstrip(".")


def read_json(name):
    return json.loads((SOURCE / name).read_text(encoding="utf-8"), parse_float=Decimal)


def render(document):
    """The bytes of one file: a table or a space (a dict) as JSON, a Csv gzip-packed, Numbers as .npy."""
    if isinstance(document, Csv):
        return packed(document)
    if isinstance(document, Numbers):
        return npy(document.values)
    return document_text(document).encode("ascii")


def npy(values):
    """Format version 1.0 of NumPy: magic, header padded to 64 bytes, little-endian uint16."""
    header = f"{{'descr': '<u2', 'fortran_order': False, 'shape': ({len(values)},), }}"
    header += " " * (-(len(header) + 11) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack(f"<H{len(header)}s{len(values)}H", len(header), header.encode(), *values)


def packed(document):
    """RFC 4180 text with plain line feeds, in a gzip member without name and time, the same on every run."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(document.header)
    writer.writerows(document.rows)
    return packed_text(text.getvalue())


def packed_text(text):
    packed_bytes = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed_bytes, mtime=0) as file:
        file.write(text.encode("ascii"))
    return packed_bytes.getvalue()


def document_text(document):
    """JSON whose lines are what a person compares: a node, a node's row of values, a rule, each on its own line."""
    lines = []
    for key, value in document.items():
        if key in ("nodes", "rules"):
            lines.append(f'  "{key}": ' + listing(map(inline, value), "  "))
        elif key == "metrics":
            lines.append('  "metrics": ' + listing(map(metric_text, value), "  "))
        elif key == "network":
            members = [f'    "{name}": {inline(member)}' for name, member in value.items()]
            lines.append('  "network": {\n' + ",\n".join(members) + "\n  }")
        else:
            lines.append(f'  "{key}": {inline(value)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def metric_text(metric):
    if "values" not in metric:
        return inline(metric)
    head = inline({key: value for key, value in metric.items() if key != "values"})
    return head[:-1] + ',\n     "values": ' + listing(map(inline, metric["values"]), "     ") + "}"


def listing(texts, indent):
    return "[\n" + ",\n".join(indent + "  " + text for text in texts) + "\n" + indent + "]"


def inline(value):
    """One line of JSON; a Decimal in plain notation, never with an exponent."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        raise TypeError(f"{value!r} is a binary fraction; values are Decimal")
    return json.dumps(value)

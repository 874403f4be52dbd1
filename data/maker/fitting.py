"""Runs the built command `mathnas fit` on measured networks, and turns what it fits into metrics of a shipped table.

A fit is not arithmetic on decimals: the last digits of a process depend on how the processor's linear algebra rounds. So
latent values are kept to six digits after the point and standard errors to three significant ones, and a table that was
made elsewhere counts as the same when all of its numbers are within a tolerance (`differs`).
"""

import json
import os
import subprocess
import tempfile
from decimal import Decimal
from pathlib import Path

from maker.files import document_text
from maker.table import Failed, expect

DATA = Path(__file__).resolve().parent.parent
LATENT = Decimal("0.000001")
TOLERANCE = Decimal("0.002")       # of a number, or of 1 where it is smaller


def command():
    path = Path(os.environ.get("MATHNAS", DATA.parent / "build" / "mathnas"))
    expect(path.exists(), f"{path} is missing: run make first, or set MATHNAS to the command")
    return str(path)


def read_space(space):
    return json.loads((DATA / "spaces" / f"{space}.json").read_text(encoding="utf-8"), parse_float=Decimal)


def fit(space, columns, rows, truth_networks, method, terms):
    """[(metric, figures)] fitted to `rows` of the space's truth, whose first columns are the nodes. truth_networks: how many
    networks of the truth they stand for."""
    with tempfile.TemporaryDirectory() as folder:
        measured, made = Path(folder) / "measured.csv", Path(folder) / "table.json"
        measured.write_text("\n".join(",".join(map(str, row)) for row in [columns, *rows]) + "\n", encoding="ascii")
        done = subprocess.run([command(), "fit", "--space", str(DATA / "spaces" / f"{space}.json"), "--measurements",
                               str(measured), "--method", method, "--terms", terms, "--output", str(made), "--json"],
                              capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"{space}: mathnas fit: {done.stderr.strip()}")
        table = json.loads(made.read_text(encoding="utf-8"), parse_float=Decimal)
    figures = json.loads(done.stdout)["metrics"]
    return [(kept(entry, space, truth_networks), figure)
            for entry, figure in zip(table["metrics"], figures, strict=True)]


def kept(entry, space, truth_networks):
    """A fitted metric as it is shipped: short numbers, and the truth that it was fitted to."""
    short = {key: value for key, value in entry.items() if key not in ("fitted", "values")}
    link = short.get("link")
    latent = rounded_latent if link else lambda value: value
    short["base"] = latent(entry["base"])
    if link:
        short["link"] = {**link, "latent_resolution": LATENT,
                         "knots": [[rounded_latent(at), value] for at, value in link["knots"]]}
    if "errors" in short:
        short["errors"] = [[three_digits(value) for value in row] for row in short["errors"]]
    if "factors" in short:
        short["factors"] = [short_factor(factor, latent) for factor in short["factors"]]
    short["fitted"] = {**entry["fitted"], "measurements": f"{space}/truth.csv.gz", "networks": truth_networks}
    return {**short, "values": [[latent(value) for value in row] for row in entry["values"]]}


def short_factor(factor, latent):
    short = {"nodes": factor["nodes"], "values": [latent(value) for value in factor["values"]]}
    if "errors" in factor:
        short["errors"] = [three_digits(value) for value in factor["errors"]]
    return short


def rounded_latent(value):
    return Decimal(value).quantize(LATENT).normalize() + 0


def three_digits(value):
    return Decimal(f"{value:.3g}").normalize() + 0


# ---- comparison -----------------------------------------------------------------------------------------------------

def read_shipped(path, unpack):
    return json.loads(unpack(path), parse_float=Decimal) if path.exists() else None


def differs(made, shipped, place=""):
    """"" when the shipped document is the one made, up to the tolerance; else where they first differ."""
    if isinstance(made, dict) and isinstance(shipped, dict) and made.keys() == shipped.keys():
        pairs = ((f"{place}.{key}", made[key], shipped[key]) for key in made)
    elif isinstance(made, list) and isinstance(shipped, list) and len(made) == len(shipped):
        pairs = ((f"{place}[{at}]", *pair) for at, pair in enumerate(zip(made, shipped)))
    elif is_number(made) and is_number(shipped):
        return "" if abs(made - shipped) <= TOLERANCE * max(1, abs(shipped)) else f"{place}: {made} and {shipped}"
    else:
        return "" if made == shipped else f"{place}: not the same"
    return next((found for found in (differs(*rest, name) for name, *rest in pairs) if found), "")


def is_number(value):
    return isinstance(value, (int, Decimal)) and not isinstance(value, bool)


def as_read(document):
    """The document as a reader of its file sees it: what is made and what is shipped are then of the same types."""
    return json.loads(document_text(document), parse_float=Decimal)

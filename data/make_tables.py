#!/usr/bin/env python3
"""Makes every table, space and ground truth of data/ from data/source/.

    python3 data/make_tables.py            writes them, after checking them against all that was published
    python3 data/make_tables.py --check    makes them in a temporary folder and compares: exit 1 when one differs

Tables that are fitted to the ground truths are made from these files by fit_tables.py, with the built command.

One module of maker/ for each search space, which offers
    build()            -> {path: document}
    formulas()         -> {path of a table: the published formula}
    verify(documents)  -> lines that say which published facts came out
Output is the same byte for byte on every run. Only the standard library is needed.
"""

import argparse
import gzip
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from maker import (accel_nasbench, fbnet, mobilenetv3, nasbench201, nasbench_macro,      # noqa: E402
                   supertransformer, supervit, transnas_micro)
from maker.files import render                                                          # noqa: E402
from maker.table import Failed, check_formula, check_shape, count_networks              # noqa: E402

DATA = Path(__file__).resolve().parent
SPACES = (nasbench201, nasbench_macro, transnas_micro, accel_nasbench, fbnet, mobilenetv3, supervit, supertransformer)


def make(folder):
    """Writes every file below `folder`, none when a check fails; returns their paths and the lines to print."""
    files, report = {}, []
    for space in SPACES:
        documents, formulas = space.build(), space.formulas()
        for path, document in documents.items():
            if isinstance(document, dict):
                report.append(checked(path, document, formulas.get(path)))
            files[path] = render(document)
        report += space.verify(documents)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return list(files), report


def checked(path, document, formula):
    check_shape(path, document)
    line = f"{path}: {len(document['nodes'])} nodes, {count_networks(document)} networks"
    if formula is None:
        return line
    check_formula(path, document, formula)
    return line + ", 1000 random predictions equal the published formula"


def differing(paths, made):
    """The files that are missing from data/, or whose content (unpacked, for .gz) is not what was just made."""
    def content(path):
        return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return [path for path in paths if not (DATA / path).exists() or content(DATA / path) != content(made / path)]


def compare():
    with tempfile.TemporaryDirectory() as folder:
        paths, report = make(Path(folder))
        different = differing(paths, Path(folder))
    if different:
        raise Failed(f"not what data/source/ gives: {', '.join(different)}; run python3 data/make_tables.py")
    return report + [f"{len(paths)} files are what data/source/ gives"]


def main():
    parser = argparse.ArgumentParser(description="Makes the files of data/ from data/source/.")
    parser.add_argument("--check", action="store_true", help="compare with the files of data/ instead of writing them")
    arguments = parser.parse_args()
    try:
        report = compare() if arguments.check else make(DATA)[1]
    except Failed as failure:
        print(f"make_tables.py: {failure}", file=sys.stderr)
        return 1
    print("\n".join(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())

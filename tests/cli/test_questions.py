#!/usr/bin/env python3
"""The questions of tests/questions, each with its answers from enumeration, through the command: by the search and by the scan.

They are what test_differential leaves in BUILD/logs when it finds a wrong answer, shrunk: copy the file here and the fault is watched.
Keys: comment, tables (the JSON of each), arguments, solutions (best first; none: infeasible).
"""
import glob
import json
import os
from decimal import Decimal

from command import ROOT, CommandTest, main, run


def table_texts(text):
    """The tables as they are written: no digit may be lost."""
    decoder, texts = json.JSONDecoder(), []
    at = text.index("[", text.index('"tables"')) + 1
    while True:
        at = text.index("{", at)
        end = decoder.raw_decode(text, at)[1]
        texts.append(text[at:end])
        at = end
        if text[at:].lstrip()[0] == "]":
            return texts


class Questions(CommandTest):
    def check(self, path, engine):
        with open(path, encoding="utf-8") as file:
            text = file.read()
        question, tables = json.loads(text, parse_float=Decimal, parse_int=Decimal), table_texts(text)
        names = [self.write(f"table{index}.json", table) for index, table in enumerate(tables)]
        result = run(question["arguments"][0], *names, *question["arguments"][1:], "--engine", engine, "--json")
        label = f"{os.path.basename(path)}, {engine}: {result.err}"
        answer, solutions = result.json(), question["solutions"]
        self.assertEqual(answer["status"], "optimal" if solutions else "infeasible", label)
        if not solutions:
            return
        found = answer.get("solutions", [answer])
        self.assertEqual([s["arch"] for s in found], [s["arch"] for s in solutions], label)
        self.assertEqual([Decimal(s["objective"]) for s in found], [s["objective"] for s in solutions], label)
        if len(tables) > 1:
            self.assertEqual([s["table"] for s in found], [s["table"] for s in solutions], label)

    def test_answers_are_those_of_enumeration(self):
        paths = sorted(glob.glob(os.path.join(ROOT, "tests", "questions", "*.json")))
        self.assertTrue(paths)
        for path in paths:
            for engine in ["search", "scan"]:
                with self.subTest(path=path, engine=engine):
                    self.check(path, engine)


if __name__ == "__main__":
    main()

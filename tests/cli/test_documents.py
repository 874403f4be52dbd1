#!/usr/bin/env python3
"""The documents hold: every ```console block prints what it shows, every ```json block is a table, every link leads somewhere.

In a block, lines that begin with "$ " are typed, in order, in one folder; what follows is their output, standard error behind standard
output. A line "..." stands for any lines left out. Times and numbers of search nodes differ from run to run and are not compared.
"""
import glob
import os
import re
import shutil
import subprocess

from command import MATHNAS, ROOT, CommandTest, main

DOCUMENTS = [os.path.relpath(path, ROOT) for pattern in ("*.md", "docs/*.md", "data/*.md", "bench/*.md", "bench/results/*.md")
             for path in sorted(glob.glob(os.path.join(ROOT, pattern)))]


def read(document):
    with open(os.path.join(ROOT, document), encoding="utf-8") as file:
        return file.read()


def blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def outside_blocks(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def comparable(lines):
    masked = (re.sub(r"\d+(\.\d+)?(e-\d+)? s\b", "TIME", line) for line in lines)
    return [re.sub(r"\d+ search nodes", "N search nodes", line).rstrip() for line in masked]


def fits(shown, printed):
    """Whether the lines shown, with "..." for any run of lines, are those printed."""
    if not shown:
        return not printed
    if shown[0] == "...":
        return any(fits(shown[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    return bool(printed) and shown[0] == printed[0] and fits(shown[1:], printed[1:])


def anchors(document):
    titles = re.findall(r"^#+ (.*)$", outside_blocks(read(document)), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


class Documents(CommandTest):
    def steps(self, block):
        """Commands with the lines shown behind each."""
        command = None
        for line in block.splitlines() + ["$ "]:
            if line.startswith("$ "):
                if command:
                    yield command, shown
                command, shown = line[2:], []
            else:
                shown.append(line)

    def type(self, command):
        environment = dict(os.environ, PATH=os.path.dirname(MATHNAS) + os.pathsep + os.environ["PATH"])
        completed = subprocess.run(["bash", "-c", command], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", timeout=120)
        return (completed.stdout + completed.stderr).splitlines()

    def test_commands_print_what_is_shown(self):
        os.symlink(os.path.join(ROOT, "data"), self.path("data"))
        wrong = []
        for document in DOCUMENTS:
            for block in blocks(read(document), "console"):
                for command, shown in self.steps(block):
                    if " plot " in command and not shutil.which("gnuplot"):
                        continue
                    printed = self.type(command)
                    if not fits(comparable(shown), comparable(printed)):
                        wrong.append("\n".join([f"{document}: $ {command}", "printed:", *printed]))
        self.assertFalse(wrong, "\n".join(wrong))

    def test_tables_shown_are_tables(self):
        for document in DOCUMENTS:
            for block in blocks(read(document), "json"):
                self.succeed("info", self.write("shown.json", block))

    def test_links_lead_somewhere(self):
        wrong = []
        for document in DOCUMENTS:
            for target in re.findall(r"\]\(([^)\s]+)\)", outside_blocks(read(document))):
                if re.match(r"[a-z]+:", target):
                    continue
                path, _, anchor = target.partition("#")
                place = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
                if not os.path.exists(os.path.join(ROOT, place)) or (anchor and anchor not in anchors(place)):
                    wrong.append(f"{document}: {target}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    main()

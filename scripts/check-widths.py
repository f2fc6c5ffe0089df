#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks that a terminal shows the documents and the program's source as they are: a line of prose or C has at most 100
columns, tabs being 8. Tables and what is typed or printed may be longer."""

import pathlib
import subprocess
import sys

COLUMNS_MAX = 100


def markdown(lines):
    """Lines of prose, numbered; those of fenced and indented code and of tables are left out."""
    fenced = False
    behind_blank = True
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced and not line.startswith("|") and not (behind_blank and line.startswith("    ")):
            yield number, line
            behind_blank = not line


def manual(lines):
    """Lines of prose, numbered; macros and displays that are not filled are left out."""
    literal = False
    for number, line in enumerate(lines, 1):
        if line.startswith((".Bd -literal", ".Bd -unfilled")):
            literal = True
        elif line.startswith(".Ed"):
            literal = False
        elif not literal and not line.startswith("."):
            yield number, line


def config(lines):
    """Comments that have a line of their own."""
    return [(number, line) for number, line in enumerate(lines, 1) if line.lstrip().startswith("#")]


def source(lines):
    """All of it: clang-format keeps code narrow, but leaves comments alone."""
    return enumerate(lines, 1)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    kinds = {"*.md": markdown, "docs/man/*": manual, "docs/*.yaml": config,
             **{f"{part}/*.{end}": source for part in ("app", "lib") for end in "ch"}}
    found = 0
    for pattern, prose in kinds.items():
        listed = subprocess.run(["git", "ls-files", pattern], cwd=root, check=True, capture_output=True, text=True)
        for name in listed.stdout.splitlines():
            for number, line in prose((root / name).read_text(encoding="utf-8").splitlines()):
                columns = len(line.expandtabs(8))
                if columns > COLUMNS_MAX:
                    print(f"{name}:{number}: {columns} columns; at most {COLUMNS_MAX} are shown")
                    found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

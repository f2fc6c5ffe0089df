#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Checks what the compiler can't: rooms include only what stands on their own floor or below, every source file bans
last what is banned, a file (of tests and scripts, too) is one noun's worth of lines, and no comment bends the code that it
stands behind."""

import ast
import pathlib
import re
import sys

LINES_MAX = 400
CODE = {".c", ".h", ".py", ".sh"}
INCLUDE = re.compile(r'^#include [<"]([^">]+)[">]', re.MULTILINE)
# clang-format breaks a declaration in two for a comment that has no room behind it.
BROKEN = re.compile(r"^\t*(?!else|do\b|return)[a-zA-Z_][\w ,*]*\n\t+[\w\[][^;={}\n]*; */\*", re.MULTILINE)
FLOORS = re.compile(r"^floors = (\[.*?^\])", re.MULTILINE | re.DOTALL)


def read_floors(root):
    """The number of each room's floor, as lib/meson.build lists them. A room may include itself and those below."""
    listed = FLOORS.search((root / "lib/meson.build").read_text(encoding="utf-8"))
    return {room: number for number, rooms in enumerate(ast.literal_eval(listed[1])) for room in rooms}


def long_files(root):
    for path in sorted(path for folder in ("app", "lib", "scripts", "tests") for path in (root / folder).rglob("*")):
        lines = path.read_text(encoding="utf-8").count("\n") if path.suffix in CODE else 0
        if lines > LINES_MAX:
            yield f"{path.relative_to(root)}: {lines} lines; more than {LINES_MAX} is more than one noun"


def findings(root):
    floor = read_floors(root)
    yield from long_files(root)
    for path in sorted(root.glob("lib/**/*.[ch]")) + sorted(root.glob("app/**/*.[ch]")):
        name = path.relative_to(root)
        text = path.read_text(encoding="utf-8")
        includes = INCLUDE.findall(text)
        if path.suffix == ".c" and (not includes or includes[-1] != "core/banned.h"):
            yield f"{name}: the last include is not core/banned.h"
        for broken in BROKEN.finditer(text):
            number = text.count("\n", 0, broken.start()) + 1
            yield f"{name}:{number}: a comment breaks the declaration in two; it stands above what it speaks of"
        if name.parts[0] != "lib":
            continue
        room = name.parts[1]
        if room not in floor:
            yield f"{name}: room {room} has no floor in lib/meson.build"
            continue
        for include in includes:
            other = include.split("/")[0]
            if other in floor and other != room and floor[other] >= floor[room]:
                yield f"{name}: includes {include} of a floor that is not below"


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    found = list(findings(root))
    for finding in found:
        print(finding)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

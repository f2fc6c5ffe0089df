#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""uninstall.py BUILD PREFIX [DESTDIR]: takes away what install.sh with the same words put there, and nothing else,
whatever was installed elsewhere since."""

import json
import pathlib
import subprocess
import sys


def introspect(build, what):
    done = subprocess.run(["meson", "introspect", what, build], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"uninstall: {build} is not configured, so what it installs is not known; `make` configures it")
    return json.loads(done.stdout)


def installed(build, prefix):
    """Paths of files under prefix; meson knows directories by their name alone."""
    configured = next(one["value"] for one in introspect(build, "--buildoptions") if one["name"] == "prefix")
    for source, target in introspect(build, "--installed").items():
        path, target = pathlib.Path(source), pathlib.Path(target)
        if target.is_relative_to(configured):
            target = pathlib.Path(prefix) / target.relative_to(configured)
        if path.is_dir():
            yield from (target / file.relative_to(path) for file in path.rglob("*") if file.is_file())
        else:
            yield target


def empty_parents(path, stage):
    """Directories that are of no use any more: of a staging all, of a system those that are sluice's own."""
    for parent in path.parents:
        if parent == stage or not (stage or "sluice" in parent.parts):
            return
        yield parent


def main(build, prefix, stage=""):
    if not prefix.startswith("/"):
        sys.exit(f"uninstall: PREFIX is to be an absolute path, as /usr/local is; not \"{prefix}\"")
    stage = pathlib.Path(stage).absolute() if stage else None
    removed = 0
    for file in installed(build, prefix):
        path = stage / file.relative_to("/") if stage else file
        if not path.is_file():
            continue
        path.unlink()
        removed += 1
        print(f"uninstall: {path}")
        for parent in empty_parents(path, stage):
            try:
                parent.rmdir()
            except OSError:
                break
    if not removed:
        print(f"uninstall: nothing of sluice's is under {stage or ''}{prefix}")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(*sys.argv[1:])

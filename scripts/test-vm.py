#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""test-vm.py BUILD [PYTEST'S OPTIONS]: the scenarios of tests/vm, in guests of QEMU. The last line counts them; exit 1
if one failed, was skipped, or none ran: what can't run here is a failure."""

import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    results = build / "pytest-vm.xml"
    results.unlink(missing_ok=True)
    environment = {**os.environ, "SLUICE_BUILD": str(build), "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "-rs",
                    f"--junitxml={results}", *sys.argv[2:], ROOT / "tests" / "vm"], cwd=ROOT, env=environment,
                   check=False)
    if not results.exists():
        print("0 passed, 1 failed")
        return 1
    suite = xml.etree.ElementTree.parse(results).getroot().find("testsuite")
    failed = sum(int(suite.get(kind)) for kind in ("failures", "errors", "skipped"))
    passed = int(suite.get("tests")) - failed
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())

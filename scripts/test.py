#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""test.py BUILD: every test of a build: unit tests through meson, scenario and live tests through pytest. The last
line counts their cases; what was not run is said with its reason. Exit 1 if one failed or none ran."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PASSED = re.compile(r"^\[  PASSED  \] (\d+) test", re.MULTILINE)
FAILED = re.compile(r"^\[  FAILED  \] [^:\n]+: (\d+) test|^ *(\d+) FAILED TEST", re.MULTILINE)


def unit_tests(build):
    """Cases that passed and failed; a program that died counts as one that failed."""
    log = build / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--quiet", "--print-errorlogs"], check=False)
    passed = failed = 0
    for line in log.read_text(encoding="utf-8").splitlines() if log.exists() else []:
        result = json.loads(line)
        text = (result.get("stdout") or "") + (result.get("stderr") or "")
        cases = sum(int(count) for count in PASSED.findall(text))
        wrong = max([int(a or b) for a, b in FAILED.findall(text)], default=0)
        good = result["result"] in ("OK", "EXPECTEDFAIL")
        print(f"{result['name']}: {cases} passed, {wrong} failed" + ("" if good else f": {result['result']}"))
        passed += cases
        failed += wrong if good else max(wrong, 1)
    return passed, failed


def scenario_tests(build):
    results = build / "pytest.xml"
    results.unlink(missing_ok=True)
    environment = {**os.environ, "SLUICE_BUILD": str(build), "PYTHONDONTWRITEBYTECODE": "1",
                   "LSAN_OPTIONS": f"suppressions={ROOT / 'tests' / 'lsan.supp'}:print_suppressions=0",
                   "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", "-rs",
                           f"--junitxml={results}", f"--ignore={ROOT / 'tests' / 'vm'}", ROOT / "tests"], cwd=ROOT,
                          env=environment, check=False)
    if not results.exists():
        return 0, 1, []
    suite = xml.etree.ElementTree.parse(results).getroot().find("testsuite")
    total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    reasons = {skip.get("message") for skip in suite.iter("skipped")}
    if done.returncode not in (0, 1):
        failed = max(failed, 1)
    return total - failed - skipped, failed, [f"{skipped} tests were NOT RUN: {reason}" for reason in reasons]


@contextlib.contextmanager
def loadable_device(build):
    """DPDK loads no driver from below a directory that everyone may write to, as where a clone in /tmp lies: it is
    given a copy."""
    device = build / "tests" / "device" / "net_test.so"
    if not any(folder.stat().st_mode & stat.S_IWOTH for folder in device.parents):
        yield
        return
    with tempfile.TemporaryDirectory(dir="/run", prefix="sluice-test-") as folder:
        os.environ["SLUICE_TEST_DEVICE"] = shutil.copy(device, folder)
        yield


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    with loadable_device(build):
        passed, failed = unit_tests(build)
        more, wrong, left_out = scenario_tests(build)
    for line in left_out:
        print(line)
    print(f"{passed + more} passed, {failed + wrong} failed")
    return 0 if failed + wrong == 0 and passed and more else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""test.py BUILD [--built]: every test of a build: unit tests through meson, scenario and live tests through pytest, several files
at a time. The last line counts their cases; what was not run is said with its reason, and of a file in which something
failed all that pytest said, and where its files are. --built: without files whose tests run nothing that was built, which
another build of it has run. Exit 1 if a test failed or none ran."""

import collections
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
PASSED = re.compile(r"^\[  PASSED  \] (\d+) test", re.MULTILINE)
FAILED = re.compile(r"^\[  FAILED  \] [^:\n]+: (\d+) test|^ *(\d+) FAILED TEST", re.MULTILINE)
# A file that takes longer has failed.
FILE_SECONDS = 1800
# In which pytest ends what its tests have started.
END_SECONDS = 30


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


class Scenarios:
    """One file of tests, in a pytest of its own: what its tests share is as if no other ran."""

    def __init__(self, path, build, directory):
        self.name = path.stem.removeprefix("test_")
        self.path = path
        self.results = build / "pytest" / f"{self.name}.xml"
        self.directory = directory / self.name
        self.log = directory / f"{self.name}.log"
        text = path.read_text(encoding="utf-8")
        self.live = "pytest.mark.live" in text
        self.unbuilt = "pytest.mark.unbuilt" in text
        self.process = None

    def start(self, environment):
        self.began = time.monotonic()
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short", f"--basetemp={self.directory}",
                 f"--junitxml={self.results}", self.path], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT)

    def has_ended(self):
        if time.monotonic() - self.began > FILE_SECONDS:
            self.process.send_signal(signal.SIGINT)
            self.end()
        return self.process.poll() is not None

    def end(self):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=END_SECONDS)
        self.process.kill()

    def counts(self):
        """Cases that passed and failed, and why which were skipped; a pytest that died counts as one that failed."""
        passed = failed = 0
        skipped = []
        if self.results.exists():
            suite = xml.etree.ElementTree.parse(self.results).getroot().find("testsuite")
            failed = int(suite.get("failures")) + int(suite.get("errors"))
            skipped = [skip.get("message") for skip in suite.iter("skipped")]
            passed = int(suite.get("tests")) - failed - len(skipped)
        if self.process.returncode:
            failed = max(failed, 1)
        if self.process.returncode not in (0, 1):
            print(f"{self.name}: pytest ended with {self.process.returncode}")
        print(f"{self.name}: {passed} passed, {failed} failed, {time.monotonic() - self.began:.0f} s", flush=True)
        if failed:
            print(self.log.read_text(encoding="utf-8", errors="replace"), end="")
            print(f"{self.name}: its files are in {self.directory}", flush=True)
        else:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.log.unlink()
        return passed, failed, skipped


def scenario_tests(build, built):
    """Long files first. One at a time of those whose tests are live: they have the machine's interfaces and mounts. Many
    tests wait for something, so there is one file more at a time than there are cores."""
    shutil.rmtree(build / "pytest", ignore_errors=True)
    environment = {**os.environ, "SLUICE_BUILD": str(build), "PYTHONDONTWRITEBYTECODE": "1",
                   "LSAN_OPTIONS": f"suppressions={ROOT / 'tests' / 'lsan.supp'}:print_suppressions=0",
                   "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
    directory = pathlib.Path(tempfile.mkdtemp(prefix="sluice-"))
    paths = sorted((ROOT / "tests").glob("test_*.py"), key=lambda path: -path.stat().st_size)
    waiting = [Scenarios(path, build, directory) for path in paths]
    for one in [one for one in waiting if built and one.unbuilt]:
        waiting.remove(one)
        print(f"{one.name}: left out, since it runs nothing that was built")
    running, passed, failed, reasons = [], 0, 0, collections.Counter()
    try:
        while waiting or running:
            for one in list(waiting):
                if len(running) <= len(os.sched_getaffinity(0)) and not (one.live and any(other.live for other in running)):
                    waiting.remove(one)
                    running.append(one)
                    one.start(environment)
            for one in [one for one in running if one.has_ended()]:
                running.remove(one)
                more, wrong, skipped = one.counts()
                passed, failed = passed + more, failed + wrong
                reasons.update(skipped)
            time.sleep(0.1)
    except KeyboardInterrupt:
        # They have heard it, too.
        for one in running:
            one.end()
        shutil.rmtree(directory, ignore_errors=True)
        raise
    with contextlib.suppress(OSError):
        directory.rmdir()
    return passed, failed, [f"{count} tests were NOT RUN: {reason}" for reason, count in reasons.items()]


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
        more, wrong, left_out = scenario_tests(build, "--built" in sys.argv[2:])
    for line in left_out:
        print(line)
    print(f"{passed + more} passed, {failed + wrong} failed")
    return 0 if failed + wrong == 0 and passed and more else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("test: interrupted")

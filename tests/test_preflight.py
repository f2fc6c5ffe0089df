# SPDX-License-Identifier: BSD-3-Clause
"""`check` and the start of `run`: what this machine lacks, in one line each and as JSON; and leave to go without an
IOMMU, which is told wherever someone looks. Other machines are made up in tests/unit/test_preflight*.c."""

import json
import os
import re
import subprocess

import pytest

from lib.daemon import Daemon, STAMP
from lib.offline import ROOT, Run, SLUICED, config, write_config

ABSENT = "0000:7f:1f.7"
LINE = re.compile(r"^\S+config\.yaml:(?:(\d+):(\d+):)? (refused|warning|note): (\w+): ([^;]+); ([^;]+); mend: (.+) \[([a-z-]+)\]$")


def check(what, directory, *options, code=0):
    """Lines of `check` as the parts of LINE, and the same as JSON."""
    path = write_config(directory / "config.yaml", {**what, "run-dir": str(directory)})
    text = Run([SLUICED, "check", path, *options], directory)
    result = Run([SLUICED, "check", "--json", path, *options], directory)
    assert text.code == result.code == code, text.err
    assert not result.err
    lines = [LINE.match(line) for line in text.err.splitlines()]
    assert all(lines), text.err
    return lines, json.loads(result.out)


def test_a_device_that_is_not_there(tmp_path):
    what = config({"a": {"vdev": "net_null"}, "wan": {"pci": ABSENT}}, memory={"packets": 8191})
    lines, result = check(what, tmp_path, code=1)
    codes = {line.group(8): line for line in lines}
    assert codes["device-missing"].group(3, 4) == ("refused", "wan")
    finding = next(one for one in result["findings"] if one["code"] == "device-missing")
    assert finding["severity"] == "refused" and finding["subject"] == "wan" and ABSENT in finding["what"]
    assert finding["field"] == "ports.wan.pci" and "lspci" in finding["mend"] and finding["why"]
    assert (finding["line"], finding["column"]) == tuple(map(int, codes["device-missing"].group(1, 2)))
    # The same findings, in the same order and words, but for warnings about load, which come and go.
    assert [line.group(3, 4, 5, 6, 7, 8) for line in lines] == [
        tuple(one[key] for key in ("severity", "subject", "what", "why", "mend", "code")) for one in result["findings"]]
    assert result["valid"] is True and result["runs_here"] is False and result["unsafe"] is False
    refused = [one for one in result["findings"] if one["severity"] == "refused"]
    assert len(result["errors"]) == len(refused)
    assert any(error["field"] == "ports.wan.pci" and ABSENT in error["message"] for error in result["errors"])


def test_all_is_told_at_once(tmp_path):
    """Files, interfaces, devices and cores."""
    what = config({"x": {"pcap": {"in": "missing.pcap"}}, "y": {"af-xdp": "no-such-if"}, "z": {"pci": ABSENT}},
                  memory={"packets": 8191, "hugepages": False}, workers=[1000])
    path = write_config(tmp_path / "config.yaml", {**what, "run-dir": str(tmp_path)})
    run = Run([SLUICED, "check", path], tmp_path)
    assert run.code == 1
    for words in ("missing.pcap", "[interface-missing]", "[device-missing]", "[core-missing]", "[hugepages-off]"):
        assert words in run.err, run.err
    result = json.loads(Run([SLUICED, "check", "--json", path], tmp_path).out)
    assert any("missing.pcap" in error["message"] for error in result["errors"])
    assert {"interface-missing", "device-missing", "core-missing"} <= {one["code"] for one in result["findings"]}


def test_a_good_config_has_nothing_to_say(tmp_path):
    lines, result = check(config({"a": {"vdev": "net_null"}}), tmp_path)
    assert not lines
    assert result["runs_here"] is True and result["errors"] == [] and result["findings"] == [] and result["notice"] == ""
    assert result["memory_bytes"] > 8191 * 2048


def test_memory_of_headers_and_dedups(tmp_path):
    """A dedup remembers half a million packets where it isn't told otherwise, and twice that fits into its table."""
    ports = {"a": {"vdev": "net_null"}}
    rules = [{"name": "one", "actions": [{"dedup": {"window": "1ms"}},
                                         {"mirror": "a", "with": [{"dedup": {"window": "1s", "entries": 5_000_000}}]}]}]
    _, none = check(config(ports), tmp_path)
    _, some = check(config(ports, rules), tmp_path)
    assert none["dedups_bytes"] == 0 and none["headers_bytes"] == some["headers_bytes"] > 4095 * 256
    assert 5_500_000 * 32 < some["dedups_bytes"] < 5_500_000 * 40
    text = Run([SLUICED, "check", write_config(tmp_path / "some.yaml", config(ports, rules))], tmp_path).out
    assert f"2 dedups take {some['dedups_bytes'] / (1 << 20):.1f} MiB" in text, text


def test_too_few_hugepages_are_a_note(tmp_path):
    """Unless they are asked for: then it is refused."""
    ports = {"a": {"vdev": "net_null"}}
    lines, result = check(config(ports, memory={"packets": 16_000_000}), tmp_path)
    assert [line.group(3, 8) for line in lines] == [("note", "hugepages-slower")]
    assert "hugepages" in result["notice"] and result["runs_here"] is True and result["errors"] == []
    lines, result = check(config(ports, memory={"packets": 16_000_000, "hugepages": True}), tmp_path, code=1)
    assert [line.group(3, 8) for line in lines] == [("refused", "hugepages-few")]
    assert re.search(r"echo \d+ \| sudo tee /sys/\S+/nr_hugepages", result["findings"][0]["mend"])


def test_an_invalid_config_has_no_findings(tmp_path):
    path = write_config(tmp_path / "config.yaml", "version: 1\nports: { a: { pcy: x } }\n")
    run = Run([SLUICED, "check", "--json", path], tmp_path)
    assert run.code == 2
    result = json.loads(run.out)
    assert result["valid"] is False and result["runs_here"] is False and result["findings"] == [] and result["errors"]


def test_run_starts_nothing_on_a_machine_that_is_refused(tmp_path):
    what = config({"a": {"pcap": {"out": "a.pcap"}}, "y": {"af-xdp": "no-such-if"}, "z": {"pci": ABSENT}},
                  memory={"packets": 16383, "hugepages": False}, **{"run-dir": str(tmp_path / "run")})
    run = Run([SLUICED, "run", write_config(tmp_path / "config.yaml", what)], tmp_path)
    assert run.code == 1
    for code in ("interface-missing", "device-missing", "hugepages-off"):
        assert re.search(rf"^{STAMP} sluiced: error: .*; mend: .* \[{code}\]$", run.err, re.MULTILINE), run.err
    assert "dpdk" not in run.err.lower(), "the EAL was not reached"
    assert not (tmp_path / "a.pcap").exists() and not (tmp_path / "run" / "control.sock").exists()


def test_run_logs_what_could_be_better(tmp_path):
    """On a machine whose hugepages are all in use, as the daemon sees it."""
    (tmp_path / "zero").write_text("0\n", encoding="ascii")
    counts = "/sys/kernel/mm/hugepages/*/free_hugepages /sys/devices/system/node/node*/hugepages/*/free_hugepages"
    used_up = ["unshare", "--mount", "sh", "-ec",
               f'for f in {counts}; do mount --bind {tmp_path}/zero "$f"; done; exec "$@"', "sh"]
    with Daemon(config({"a": {"vdev": "net_null"}}, memory={"packets": 8191, "hugepages": "auto"}), tmp_path,
                before=used_up) as daemon:
        daemon.stop()
        assert "[hugepages-slower]" in daemon.text()


def test_check_needs_no_privileges(tmp_path):
    os.chmod(tmp_path, 0o755)
    for parent in list(tmp_path.parents)[:3]:
        if parent.stat().st_uid == os.geteuid() and str(parent).startswith("/tmp/"):
            os.chmod(parent, parent.stat().st_mode | 0o055)
    what = config({"wan": {"pci": ABSENT}}, memory={"packets": 8191})
    path = write_config(tmp_path / "config.yaml", what)
    os.chmod(path, 0o644)
    run = Run(["setpriv", "--reuid=65534", "--clear-groups", "--no-new-privs", "--bounding-set=-all", SLUICED, "check",
               path], "/")
    assert run.code == 1 and "[device-missing]" in run.err, run.err


@pytest.mark.parametrize("words", [["offline", "x.yaml", "--unsafe-no-iommu"], ["bench", "--unsafe-no-iommu"],
                                   ["check", "x.yaml", "--unsafe-no-iommu=yes"], ["check", "x.yaml", "--unsafe"]])
def test_leave_is_given_in_full_and_where_it_means_something(words, tmp_path):
    write_config(tmp_path / "x.yaml", config({"a": {"vdev": "net_null"}}))
    run = Run([SLUICED, *words], tmp_path)
    assert run.code == 2 and not run.out, run.err


def test_leave_to_go_without_an_iommu_is_told(tmp_path):
    what = config({"a": {"vdev": "net_null"}})
    _, result = check(what, tmp_path, "--unsafe-no-iommu")
    assert result["unsafe"] is True
    with Daemon(what, tmp_path, options=("--unsafe-no-iommu",)) as daemon:
        assert daemon.call("status")["unsafe"] is True
        assert "UNSAFE" in daemon.sluice("status").stdout
        assert json.loads(daemon.sluice("status", "--json").stdout)["unsafe"] is True
        report = daemon.stop()
        assert "UNSAFE: started with --unsafe-no-iommu" in report
        assert re.search(rf"^{STAMP} sluiced: warning: .*--unsafe-no-iommu", daemon.text(), re.MULTILINE), daemon.text()


def test_whoever_did_not_ask_is_not_told(tmp_path):
    with Daemon(config({"a": {"vdev": "net_null"}}), tmp_path) as daemon:
        assert daemon.call("status")["unsafe"] is False
        assert "UNSAFE" not in daemon.sluice("status").stdout
        assert "UNSAFE" not in daemon.stop() and "unsafe" not in daemon.text()


def test_every_code_is_in_the_table():
    """Codes of the source, and rows of docs/preflight.md, are the same."""
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", (ROOT / "docs" / "preflight.md").read_text(encoding="utf-8"), re.MULTILINE))
    rows -= {"severity", "code", "subject"}
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "lib" / "host").glob("*.c"))
    source += (ROOT / "app" / "sluiced" / "check.c").read_text(encoding="utf-8")
    codes = set(re.findall(r'"((?:iommu|device|driver|group|vfio|no-iommu|interrupts|hugepages|memlock|dma|interface|core'
                           r'|numa|run-dir|allow|vdev|packet|capability|capture|holders|rules)-[a-z-]+)"', source)) | {"no-iommu", "run-dir"}
    codes -= {"vfio-pci", "vfio-noiommu", "af-xdp", "iommu-support"}
    assert codes == rows


@pytest.mark.parametrize("kind, words", [("file", "is no directory"), ("link", "is a link that leads nowhere"),
                                         ("below", "is no directory"), ("new", None), ("there", None)])
def test_run_dir(kind, words, tmp_path):
    path = tmp_path / "run"
    if kind in ("file", "below"):
        path.touch()
    elif kind == "link":
        path.symlink_to("nowhere")
    elif kind == "there":
        path.mkdir()
    what = {**config({"in": "dns.pcap"}), "run-dir": str(path / "a/b" if kind in ("below", "new") else path)}
    result = subprocess.run([SLUICED, "check", "--json", write_config(tmp_path / "config.yaml", what)], capture_output=True,
                            text=True, check=False)
    found = [one for one in json.loads(result.stdout)["findings"] if one["code"] == "run-dir"]
    assert result.returncode == (1 if words else 0), result
    assert [words in one["what"] and one["field"] == "run-dir" for one in found] == [True] * bool(words)


SET = {"set": {"ttl": 3}}


@pytest.mark.parametrize("actions, told", [
    ([SET, {"mirror": "ids"}, {"forward": "tap"}], "mirror: ids"),
    ([{"mirror": "tap"}, {"mirror": "tools", "with": [{"push": {"vlan": 3}}]}, {"forward": "tap"}], "mirror: tools"),
    ([{"mirror": "tap"}, {"edit": "own"}, {"forward": "ids"}], "forward: ids"),
    ([SET, {"forward": "ids"}], None),
    ([{"mirror": "ids", "with": [{"slice": 64}]}, SET, {"forward": "tap"}], None),
    ([{"mirror": "ids"}, {"forward": "tools"}], None),
])
def test_edited_copies_for_a_port_without_chains(actions, told, tmp_path):
    """What is edited where it lies, and what is not written, is not copied."""
    what = config({"ids": {"af-xdp": "lo"}, "tap": {"null": {}}}, [{"name": "r", "actions": actions}], edits={"own": [SET]},
                  groups={"tools": ["tap", "ids"]}, memory={"packets": 8191, "hugepages": False})
    path = write_config(tmp_path / "config.yaml", {**what, "run-dir": str(tmp_path)})
    result = json.loads(Run([SLUICED, "check", "--json", path], tmp_path).out)
    notes = [finding for finding in result["findings"] if finding["code"] == "interface-chains"]
    assert len(notes) == (told is not None)
    for note in notes:
        assert (note["severity"], note["subject"]) == ("note", "ids") and "edit-flat" in note["why"]
        assert told in path.read_text(encoding="utf-8").splitlines()[note["line"] - 1]

# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced bench paths`: what it says, and that nothing of it is left behind. Never how fast anything is."""

import json
import os
import subprocess
import time
import xml.etree.ElementTree

import pytest

from lib.offline import SLUICED

WAYS = {
    "frames": {"write", "sendmmsg", "uring-send", "uring-send-zc", "tpacket-v3", "af-xdp", "af-xdp-zc", "sluice"},
    "datagrams": {"sendmmsg", "zerocopy", "uring-send", "uring-send-zc", "uring-zc-fixed"},
    "stream": {"read-write", "sendfile", "splice", "mmap-send", "zerocopy", "uring-send", "uring-send-zc"},
}
NOT_HERE = {("frames", "uring-send-zc"), ("frames", "af-xdp-zc")}  # no driver of a veth has them
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="namespaces need root")


def links():
    return {(link["ifindex"], link["ifname"]) for link in
            json.loads(subprocess.run(["ip", "-j", "link"], check=True, capture_output=True, text=True).stdout)}


def namespaces():
    return subprocess.run(["ip", "netns"], check=True, capture_output=True, text=True).stdout


def bench(*words, timeout=200, **options):
    return subprocess.run([SLUICED, "bench", "paths", *words], capture_output=True, text=True, timeout=timeout, **options)


@pytest.fixture(scope="module", name="once")
def _once(tmp_path_factory):
    """The result of a run of two sizes, and the picture's path."""
    picture = tmp_path_factory.mktemp("paths") / "paths.svg"
    done = bench("--sizes", "64,9000", "--repeats", "2", "--ms", "2", "--json", "--svg", str(picture))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), picture


def test_every_way_has_a_row_for_each_size(once):
    result, _ = once
    assert {(row["job"], row["way"], row["size"]) for row in result["rows"]} == {
        (job, way, size) for job, ways in WAYS.items() for way in ways for size in (64, 9000)}
    assert len(result["rows"]) == 2 * sum(map(len, WAYS.values()))


def test_what_was_sent_arrived_or_there_is_a_reason(once):
    for row in once[0]["rows"]:
        if row["sent"] != row["received"] or not row["sent"]:
            assert row["reason"], row
        else:
            assert row["reason"] is None, row
    measured = {(row["job"], row["way"]) for row in once[0]["rows"] if row["size"] == 64 and row["received"]}
    assert measured == {(job, way) for job, ways in WAYS.items() for way in ways} - NOT_HERE


def test_figures_are_of_that_run(once):
    result, _ = once
    assert result["version"] == 1 and result["repeats"] == 2 and result["copy_ns_per_byte"] > 0
    assert set(result["machine"]) == {"processor", "cores", "kernel", "date"}
    for row in result["rows"]:
        if not row["sent"]:
            assert "cpu_ns" not in row
            continue
        for name in ("cpu_ns", "far_cpu_ns", "pps", "gbps"):
            assert 0 <= row[name]["least"] <= row[name]["median"] <= row[name]["most"], row


def test_copies_are_told(once):
    """A veth delivers a stream here, for which the kernel copies; what nobody receives it need not."""
    rows = {(row["job"], row["way"]): row["copied"] for row in once[0]["rows"] if row["size"] == 64 and "copied" in row}
    times = {way: copied["times"]["median"] for way, copied in rows.items()}
    for way in (("stream", "zerocopy"), ("stream", "uring-send-zc"), ("frames", "af-xdp")):
        assert rows[way]["how"] == "told by the kernel" and times[way] == 1
        assert rows[way]["bytes"] > 0
    for way in (("datagrams", "zerocopy"), ("datagrams", "uring-send-zc"), ("datagrams", "uring-zc-fixed")):
        assert rows[way]["how"] == "told by the kernel" and times[way] == 0
        assert rows[way]["bytes"] == 0
    assert times["stream", "read-write"] == 2 and times["stream", "sendfile"] == 0
    assert rows["stream", "read-write"]["how"] == "by construction"
    assert rows["frames", "sluice"]["counted_bytes"] == 0 and times["frames", "sluice"] == 2


def test_where_zero_copy_pays(once):
    crossings = {(crossing["job"], crossing["way"]): crossing for crossing in once[0]["crossings"]}
    assert "copied" in crossings["stream", "zerocopy"]["reason"]
    assert "measured" not in crossings["stream", "zerocopy"]
    assert crossings["frames", "uring-send-zc"]["reason"] == "not supported here"
    for way in (("datagrams", "zerocopy"), ("stream", "sendfile")):
        for name in ("measured", "least", "most", "model"):
            size = crossings[way][name]
            assert size in ("all", "none") or size >= 64, crossings[way]


def test_the_picture_is_one(once):
    root = xml.etree.ElementTree.parse(once[1]).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    for ways in WAYS.values():
        assert all(any(way in text for text in texts) for way in ways)
    assert all("nan" not in (element.get("points") or "") for element in root.iter())


def test_tables_for_people():
    done = bench("--sizes", "64", "--repeats", "1", "--ms", "1")
    assert done.returncode == 0, done.stderr
    assert "AF_PACKET has no zero-copy send" in done.stdout and "veth's driver has no zero-copy mode" in done.stdout
    assert "1.00 told" in done.stdout and "measured at one size alone" in done.stdout


@pytest.mark.live  # it looks at all of the machine's interfaces, and others make some
def test_nothing_is_left_behind_even_when_killed():
    before = links(), namespaces()
    assert bench("--sizes", "64", "--repeats", "1", "--ms", "1").returncode == 0
    assert (links(), namespaces()) == before
    with subprocess.Popen([SLUICED, "bench", "paths", "--ms", "1000"], stdout=subprocess.DEVNULL) as running:
        children = f"/proc/{running.pid}/task/{running.pid}/children"
        deadline = time.monotonic() + 60
        while not (born := open(children, encoding="ascii").read().split()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        time.sleep(0.5)
        running.kill()
    deadline = time.monotonic() + 60
    while os.path.exists(f"/proc/{born[0]}"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert (links(), namespaces()) == before


@pytest.mark.parametrize("words, said", [
    (["--sizes", "63"], "a size is 64 to 65536 bytes, not: 63"),
    (["--sizes", "64,64"], "sizes are to ascend"),
    (["--repeats", "10"], "--repeats takes 1 to 9, not: 10"),
    (["--ms", "0"], "--ms takes 1 to 10000, not: 0"),
    (["more"], "one word too many: more"),
    (["--frames"], "unknown option"),
])
def test_wrong_words(words, said):
    done = bench(*words)
    assert done.returncode == 2 and said in done.stderr and not done.stdout


def test_it_says_that_it_needs_root():
    done = bench(user=65534, group=65534, extra_groups=[])
    assert done.returncode == 1 and "so it needs root" in done.stderr and not done.stdout


def test_help():
    done = bench("--help")
    assert done.returncode == 0 and all(f"--{word} " in done.stdout for word in ("sizes", "repeats", "ms", "quick", "svg", "json"))

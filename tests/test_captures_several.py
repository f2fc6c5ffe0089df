# SPDX-License-Identifier: BSD-3-Clause
"""Many captures as one: merged by time or in a row, more of them than there are descriptors and memory for."""

import resource

import pytest

from lib import capture
from lib.capture import Packet
from lib.daemon import Daemon
from lib.layouts import compressed, ethernet, NS, START
from lib.offline import Run, SLUICED, write_config
from lib.reading import Read, reading, same_packets, WAYS


def few_descriptors():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def parts(tmp_path, count=3, directory="all"):
    """Captures of which each goes on where the one before ended, or lies before it, by name."""
    (tmp_path / directory).mkdir()
    files, packets = [], []
    for part in range(count):
        start = START + (count - part) * NS
        packets.append([Packet(start + number * 1000, ethernet(part * 100 + number), 60) for number in range(10)])
        files.append(capture.write(tmp_path / directory / f"part-{part:03}.pcap", packets[part]))
    return files, packets


def write_all(tmp_path, packets):
    """A capture of each list of packets."""
    (tmp_path / "all").mkdir(exist_ok=True)
    return [capture.write(tmp_path / "all" / f"{part:03}.pcap", some) for part, some in enumerate(packets)]


def merged(packets):
    return sorted((packet for part in packets for packet in part), key=lambda packet: packet.time)


def in_row(packets, gap):
    line = []
    for part in packets:
        shift = line[-1].time + gap - part[0].time if line else 0
        line += [packet._replace(time=packet.time + shift) for packet in part]
    return line


@pytest.mark.parametrize("way", WAYS)
def test_several(tmp_path, way):
    """A list, a glob and a directory are the same files, by name; beside them may lie what is none."""
    files, packets = parts(tmp_path)
    (tmp_path / "all" / "notes.txt").write_text("no capture")
    (tmp_path / "all" / "below").mkdir()
    capture.write(tmp_path / "all" / "below" / "part-9.pcap", [ethernet(9)])
    for what in (files, tmp_path / "all", tmp_path / "all" / "part-*.pcap", [files[0], tmp_path / "all" / "part-00[12].pcap"]):
        same_packets(Read(tmp_path, way, what), merged(packets), what)
        read = Read(tmp_path, way, what, order="sequential", gap="5ms")
        same_packets(read, in_row(packets, 5_000_000), what)
    same_packets(Read(tmp_path, way, files[::-1], order="sequential"), in_row(packets[::-1], 0))


@pytest.mark.parametrize("links", ["refuse", "convert"])
def test_a_part_of_a_row(tmp_path, links):
    """Places are counted along all files, from the first packet of the first one; whether files stay in memory or stream."""
    _, packets = parts(tmp_path, 5)
    row = in_row(packets, 5_000_000)
    since = [packet.time - row[0].time for packet in row]
    for keys, wanted in (({"from": "#15"}, row[14:]), ({"from": "#11", "until": "#31"}, row[10:30]), ({"from": "#50"}, row[49:]),
                         ({"from": "6ms"}, [packet for packet, time in zip(row, since) if time >= 6_000_000]),
                         ({"until": "6ms"}, [packet for packet, time in zip(row, since) if time < 6_000_000])):
        read = Read(tmp_path, "replay", tmp_path / "all", order="sequential", gap="5ms", **{"other-links": links}, **keys)
        assert read.code == 0 and wanted, (keys, read.err)
        same_packets(read, wanted, keys)


@pytest.mark.parametrize("way", WAYS)
def test_several_that_are_none(tmp_path, way):
    (tmp_path / "empty").mkdir()
    for what, words in ((tmp_path / "none-*.pcap", "no file has such a name"), (tmp_path / "none.pcap", "No such file"),
                        (tmp_path / "empty", "is a directory without a capture in it")):
        read = Read(tmp_path, way, what)
        assert read.code == 1 and words in read.err, read.err


@pytest.mark.parametrize("order", ["merged", "sequential"])
@pytest.mark.parametrize("way", WAYS)
def test_hundreds(tmp_path, way, order):
    """No descriptor for each, and no memory: 400 files with 64 descriptors in 8 MiB."""
    _, packets = parts(tmp_path, 400)
    read = Read(tmp_path, way, tmp_path / "all", order=order, limit=few_descriptors)
    assert read.code == 0, read.err
    same_packets(read, merged(packets) if order == "merged" else in_row(packets, 0))


@pytest.mark.parametrize("way", WAYS)
def test_many_at_once(tmp_path, way):
    """Files that all lie in each other, more than a replay's memory has blocks for."""
    packets = [[Packet(START + number * 1_000_000 + part * 1000, ethernet(part * 100 + number), 60) for number in range(20)]
               for part in range(100)]
    write_all(tmp_path, packets)
    read = Read(tmp_path, way, tmp_path / "all")
    assert read.code == 0, read.err
    same_packets(read, merged(packets))


@pytest.mark.parametrize("packing", ["none", "gzip"])
@pytest.mark.parametrize("way", WAYS)
def test_many_at_once_with_few_descriptors(tmp_path, way, packing):
    """Files that all lie in each other are open while they are read, and no longer."""
    packets = [[Packet(START + number * 1_000_000 + part * 1000, ethernet(part), 60) for number in range(10)] for part in range(150)]
    for path in write_all(tmp_path, packets):
        path.write_bytes(compressed(packing, path.read_bytes()))
    read = Read(tmp_path, way, tmp_path / "all", limit=few_descriptors)
    assert read.code == 0, read.err
    same_packets(read, merged(packets))


def test_more_at_once_than_blocks(tmp_path):
    """A replay takes 2 MiB for each of the files that lie in each other. It says so when they are more than it has, and takes
    what others hold of what comes later before that."""
    packets = [[Packet(START + number * 1_000_000 + part * 1000, ethernet(part, 60000), 60014) for number in range(80)]
               for part in range(6)]
    write_all(tmp_path, packets)
    few = reading("replay", tmp_path / "all", memory="8MiB")
    run = Run([SLUICED, "offline", write_config(tmp_path / "few.yaml", few)], tmp_path)
    assert run.code == 1 and "5 captures or more lie in each other in time" in run.err, run.err
    assert "`memory: 20MiB` is enough" in run.err
    same_packets(Read(tmp_path, "replay", tmp_path / "all", memory="14MiB"), merged(packets))
    packets += [[packet._replace(time=packet.time + part * 1000) for packet in packets[0]] for part in range(6, 20)]
    write_all(tmp_path, packets)
    same_packets(Read(tmp_path, "replay", tmp_path / "all", limit=few_descriptors, memory="44MiB"), merged(packets))


@pytest.mark.parametrize("sandbox", ["on", {"opener": "off"}])
@pytest.mark.parametrize("what", ["all", "all/*.pcap", "*/part-*.pcap"])
def test_links_and_later_files_in_the_sandbox(tmp_path, what, sandbox):
    """Links that lead elsewhere, more files than stay open, and those that come between two starts."""
    files, _ = parts(tmp_path, 20, "elsewhere")
    (tmp_path / "config" / "all").mkdir(parents=True)
    for file in files:
        (tmp_path / "config" / "all" / file.name).symlink_to(file)
    config_of = reading("replay", tmp_path / "config" / what, start="manual", pace="top")
    config_of = {**config_of, "ports": {"wan": {"null": {}}}, "sandbox": sandbox}
    with Daemon(config_of, tmp_path / "config") as daemon:
        for count in (20, 20, 21):
            if count > 20:
                (tmp_path / "config" / "all" / "part-999.pcap").write_bytes(files[0].read_bytes())
            daemon.call("replay.start", name="one")
            daemon.until(lambda status: status["replays"]["one"]["state"] not in ("opening", "running"))
            told = daemon.call("replay.list")["replays"]["one"]
            assert (told["state"], told["sent"]) == ("done", 10 * count), told
        daemon.stop()

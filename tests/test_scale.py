# SPDX-License-Identifier: BSD-3-Clause
"""Ten thousand rules and 256 filters: compiled soon, and each packet taken by the right one."""

import json
import subprocess
import time

from lib import capture
from lib.offline import SLUICED, config, offline, out, write_config

MANY = 10_000
COMPILE_SECONDS = 5


def udp(number):
    source = (0x0A000000 + number).to_bytes(4, "big")
    header = b"\x45\0\0\x24\0\0\0\0\x40\x11\0\0" + source + b"\xc0\0\2\1"
    return bytes(12) + b"\x08\0" + header + (1024 + number).to_bytes(2, "big") + b"\0\x35\0\x10\0\0" + bytes(8)


def address(number):
    return ".".join(str(byte) for byte in (0x0A000000 + number).to_bytes(4, "big"))


def test_ten_thousand_rules(tmp_path):
    """Rule i takes packet i; every third mirrors, every fifth drops, packets come shuffled."""
    order = [number * 7919 % MANY for number in range(MANY)]
    capture.write(tmp_path / "in.pcap", [udp(number) for number in order])
    rules = []
    for number in range(MANY):
        actions = [{"mirror": "b"}] if number % 3 == 0 else []
        actions.append("drop" if number % 5 == 0 else {"forward": "a"})
        rules.append({"name": f"r{number}", "actions": actions,
                      "match": {"src": address(number), "protocol": "udp", "src-port": 1024 + number}})
    what = config({"in": {"pcap": {"in": "in.pcap"}}, "a": out("a"), "b": out("b")}, rules)
    began = time.monotonic()
    run = offline(what, tmp_path)
    took = time.monotonic() - began
    assert all(run.report["rules"][f"r{number}"]["packets"] == 1 for number in range(MANY))
    assert [p.data for p in run.sent["a"]] == [udp(number) for number in order if number % 5]
    assert [p.data for p in run.sent["b"]] == [udp(number) for number in order if number % 3 == 0]
    # Under a sanitizer everything is several times slower, and nobody compiles rules there in earnest.
    sanitized = b"__asan_init" in subprocess.run(["nm", "-D", SLUICED], capture_output=True, check=False).stdout
    assert took < COMPILE_SECONDS * (10 if sanitized else 1), took


def test_256_filters(tmp_path):
    """Filter i counts packet i and lets it pass on; the last one of all takes it."""
    capture.write(tmp_path / "in.pcap", [udp(number) for number in range(300)])
    rules = [{"name": f"f{number}", "filter": f"udp src port {1024 + number}", "actions": []} for number in range(128)]
    rules += [{"name": f"f{number}", "filter": f"src host {address(number)} and not tcp", "actions": [{"forward": "a"}]}
              for number in range(128, 256)]
    run = offline(config({"in": {"pcap": {"in": "in.pcap"}}, "a": out("a")}, rules), tmp_path)
    assert all(run.report["rules"][f"f{number}"]["packets"] == 1 for number in range(256))
    assert [p.data for p in run.sent["a"]] == [udp(number) for number in range(128, 256)]


def test_check_of_ten_thousand_rules_is_quick(tmp_path):
    rules = [{"name": f"r{number}", "match": {"src": address(number)}, "actions": ["drop"]} for number in range(MANY)]
    path = write_config(tmp_path / "config.yaml", config({"x": {"vdev": "net_null"}}, rules))
    began = time.monotonic()
    done = subprocess.run([SLUICED, "check", "--json", path], capture_output=True, check=True)
    assert time.monotonic() - began < COMPILE_SECONDS
    assert json.loads(done.stdout)["valid"] is True

# SPDX-License-Identifier: BSD-3-Clause
"""Ten thousand rules, 256 filters, lists of ten thousand prefixes: compiled soon, each packet taken by the right rule."""

import json
import os
import random
import resource
import subprocess

from lib import capture
from lib.daemon import Daemon, PLUGINS, check_status, test_ports
from lib.offline import SLUICED, Run, config, offline, out, write_config

MANY = 10_000
COMPILE_SECONDS = 5
LISTS_SECONDS, LISTS_BYTES = 2, 200 << 20


def is_sanitized():
    return b"__asan_init" in subprocess.run(["nm", "-D", SLUICED], capture_output=True, check=False).stdout


def processor_time():
    """Seconds that ended children computed: what they waited for a core says nothing of them."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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
    before = processor_time()
    run = offline(what, tmp_path)
    took = processor_time() - before
    assert all(run.report["rules"][f"r{number}"]["packets"] == 1 for number in range(MANY))
    assert [p.data for p in run.sent["a"]] == [udp(number) for number in order if number % 5]
    assert [p.data for p in run.sent["b"]] == [udp(number) for number in order if number % 3 == 0]
    # Under a sanitizer everything is several times slower, and nobody compiles rules there in earnest.
    assert took < COMPILE_SECONDS * (10 if is_sanitized() else 1), took


def test_256_filters(tmp_path):
    """Filter i counts packet i and lets it pass on; the last one of all takes it."""
    capture.write(tmp_path / "in.pcap", [udp(number) for number in range(300)])
    rules = [{"name": f"f{number}", "filter": f"udp src port {1024 + number}", "actions": []} for number in range(128)]
    rules += [{"name": f"f{number}", "filter": f"src host {address(number)} and not tcp", "actions": [{"forward": "a"}]}
              for number in range(128, 256)]
    run = offline(config({"in": {"pcap": {"in": "in.pcap"}}, "a": out("a")}, rules), tmp_path)
    assert all(run.report["rules"][f"f{number}"]["packets"] == 1 for number in range(256))
    assert [p.data for p in run.sent["a"]] == [udp(number) for number in range(128, 256)]


def test_as_many_targets_as_one_packet_may_have(tmp_path):
    """59,968 references to each packet, of which a device keeps 60,000: none is freed before the last is given back."""
    rules = [{"name": f"r{number}", "actions": [{"mirror": "tap"} for _ in range(64)]} for number in range(937)]
    what = config(test_ports(wan="rx=20", tap="hold=60000"), rules, idle="sleep")
    with Daemon(what, tmp_path, PLUGINS) as daemon:
        status = daemon.until(lambda status: status["ports"]["tap"]["tx_packets"] == 20 * 937 * 64, 60)
        check_status(status)
        assert status["drops"]["default"] == 20
        daemon.stop()


def test_check_of_ten_thousand_rules_is_quick(tmp_path):
    rules = [{"name": f"r{number}", "match": {"src": address(number)}, "actions": ["drop"]} for number in range(MANY)]
    path = write_config(tmp_path / "config.yaml", config({"x": {"vdev": "net_null"}}, rules))
    before = processor_time()
    done = subprocess.run([SLUICED, "check", "--json", path], capture_output=True, check=True)
    assert processor_time() - before < COMPILE_SECONDS * (10 if is_sanitized() else 1)
    assert json.loads(done.stdout)["valid"] is True


class Lists:
    """A rule's lists, as a config has them and as sets: 10,000 prefixes, 1,000 VLANs, 100 ports."""

    def __init__(self, chance, key, ipv6):
        self.key, self.ipv6 = key, ipv6
        self.prefixes = chance.sample(range(1 << 22), 10_000)  # the first 24 bits, or 64 of IPv6
        self.vlans, self.ports = chance.sample(range(4095), 1000), chance.sample(range(65536), 100)
        self.sets = [frozenset(values) for values in (self.prefixes, self.vlans, self.ports)]

    def match(self):
        def written(prefix):
            if self.ipv6:
                return f"2001:db8:{prefix >> 16:x}:{prefix & 0xffff:x}::/64"
            return f"{prefix >> 16}.{prefix >> 8 & 255}.{prefix & 255}.0/24"

        return {self.key: [written(prefix) for prefix in self.prefixes], "vlan": self.vlans, "dst-port": self.ports}

    def frame(self, chance, wrong):
        """What the lists hold, but for one of them, or for none."""
        prefix, vlan, port = chance.choice(self.prefixes), chance.choice(self.vlans), chance.choice(self.ports)
        prefix, vlan, port = prefix ^ (wrong == "prefix"), vlan ^ (wrong == "vlan"), port ^ (wrong == "port")
        return (self.key, self.ipv6, prefix, vlan, port), tagged(self.key, self.ipv6, prefix, vlan, port)

    def hold(self, key, ipv6, prefix, vlan, port):
        prefixes, vlans, ports = self.sets
        return (self.key, self.ipv6) == (key, ipv6) and prefix in prefixes and vlan in vlans and port in ports


def tagged(key, ipv6, prefix, vlan, port):
    if ipv6:
        address = (0x20010DB8_00000000 | prefix).to_bytes(8, "big") + bytes(8)
        header = b"\x60\0\0\0\0\x08\x11\x40"
    else:
        address, header = (prefix << 8 | 7).to_bytes(4, "big"), b"\x45\0\0\x1c\0\0\0\0\x40\x11\0\0"
    other = bytes([9] * len(address))
    addresses = address + other if key == "src" else other + address
    return (bytes(12) + b"\x81\0" + vlan.to_bytes(2, "big") + (b"\x86\xdd" if ipv6 else b"\x08\0") + header + addresses
            + b"\0\1" + port.to_bytes(2, "big") + b"\0\x08\0\0" + bytes(8))


def measured(command, directory):
    """CPU seconds and the most bytes resident of a command that ends well."""
    with open(directory / "output", "wb") as output:
        process = subprocess.Popen([str(word) for word in command], cwd=directory, stdout=output, stderr=output)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (directory / "output").read_text()[-2000:]
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def test_long_lists_add(tmp_path):
    """Eight rules of 10^9 combinations each, among them ones that pass packets on, and what each of them takes."""
    chance = random.Random(9)
    lists = [Lists(chance, "src" if number % 2 else "dst", number % 4 > 1) for number in range(8)]
    passing = [number in (2, 5) for number in range(8)]
    frames = [chance.choice(lists).frame(chance, chance.choice(["prefix", "vlan", "port", None, None, None]))
              for _ in range(6000)]
    rules = [{"name": f"r{number}", "match": one.match(), "actions": [] if passing[number] else ["drop"]}
             for number, one in enumerate(lists)]
    wanted = [0] * 9
    for key, _ in frames:
        for number, one in enumerate(lists):
            if one.hold(*key):
                wanted[number] += 1
                if not passing[number]:
                    break
        else:
            wanted[8] += 1
    capture.write(tmp_path / "in.pcap", [frame for _, frame in frames])
    what = config({"in": {"pcap": {"in": "in.pcap"}}, "a": out("a")}, rules, {"forward": "a"})
    run = offline(what, tmp_path)
    assert [run.report["rules"][name]["packets"] for name in [*(rule["name"] for rule in rules), "default"]] == wanted
    assert min(wanted) > 100, wanted

    seconds, most = measured([SLUICED, "offline", "config.yaml"], tmp_path)
    write_config(tmp_path / "none.yaml", {**what, "rules": []})
    base_seconds, base = measured([SLUICED, "offline", "none.yaml"], tmp_path)
    assert most - base < LISTS_BYTES, (most, base)
    assert seconds - base_seconds < LISTS_SECONDS * (10 if is_sanitized() else 1), (seconds, base_seconds)


def test_bench_of_long_lists(tmp_path):
    """What docs/performance.md gives figures of."""
    for name in ("flood-10000", "flood-lists"):
        run = Run([SLUICED, "bench", name, "--json"], tmp_path)
        assert run.code == 0, run.err
        assert json.loads(run.out)[name]["cycles"]["best"] > 0

# SPDX-License-Identifier: BSD-3-Clause
"""What the machine takes for a million packets: with counters of a made-up machine, laid over /sys/class in a mount
namespace, under the sandbox as in life."""

import os
import re

import pytest

from lib.daemon import Daemon, PLUGINS, test_ports
from lib.offline import config
from lib.prometheus import Text

pytestmark = pytest.mark.live  # mounts

LAID_OVER = ["unshare", "--mount", "sh", "-ec",
             'mount -t overlay none -o "lowerdir=$1:/sys/class" /sys/class; shift; exec "$@"', "sh"]


class Machine:
    """RAPL's counters in a directory."""

    def __init__(self, path):
        self.path = path

    def zone(self, zone, name, microjoules):
        directory = self.path / "powercap" / zone
        directory.mkdir(parents=True, exist_ok=True)
        for file, text in (("name", name), ("max_energy_range_uj", 262143328850), ("energy_uj", microjoules)):
            # In place: it is open.
            with open(directory / file, "w", encoding="ascii") as out:
                out.write(f"{text}\n")


def pipeline():
    return config(test_ports(source="rx=1000", sink=""), [], default={"forward": "sink"}, idle="sleep")


def metrics(daemon):
    return Text(daemon.sluice("metrics").stdout)


def test_joules_for_a_million_packets(tmp_path):
    machine = Machine(tmp_path / "class")
    machine.zone("intel-rapl:0", "package-0", 262143328850 - 1000000)
    machine.zone("intel-rapl:0:0", "core", 5)
    machine.zone("intel-rapl:1", "package-1", 7000000)
    with Daemon(pipeline(), tmp_path, PLUGINS, before=[*LAID_OVER, machine.path]) as daemon:
        daemon.until(lambda status: status["ports"]["source"]["rx_packets"] == 1000)
        status = daemon.call("status")
        assert status["energy"] == {"source": "rapl", "counters": ["package-0", "package-1"], "joules": 0.0,
                                    "per_million_packets": 0.0, "why": None}
        assert status["sandbox"]["on"]
        machine.zone("intel-rapl:0", "package-0", 1500000)  # it began anew meanwhile
        machine.zone("intel-rapl:1", "package-1", 7500000)
        for method in ("status", "snapshot"):
            energy = daemon.call(method)["energy"]
            assert energy["joules"] == pytest.approx(3) and energy["per_million_packets"] == pytest.approx(3000)
        assert re.search(r"^energy +3 J since the start, 3e\+03 J for a million packets, .* \(rapl: package-0, package-1\)$",
                         daemon.sluice("status").stdout, re.MULTILINE)
        told = metrics(daemon)
        assert told.get("sluice_energy_joules_total") == pytest.approx(3)
        assert told.get("sluice_energy_per_million_packets_joules") == pytest.approx(3000)
        daemon.stop()


def test_none(tmp_path):
    """Neither here nor in a tree that has directories and nothing in them."""
    (tmp_path / "class" / "powercap").mkdir(parents=True)
    (tmp_path / "class" / "hwmon").mkdir()
    with Daemon(pipeline(), tmp_path, PLUGINS, before=[*LAID_OVER, tmp_path / "class"]) as daemon:
        why = "no energy counter on this machine: no RAPL, no hwmon"
        assert daemon.call("status")["energy"] == {"source": None, "counters": [], "joules": None,
                                                   "per_million_packets": None, "why": why}
        assert why in daemon.sluice("status").stdout
        assert not any("energy" in name for name in metrics(daemon).types)
        daemon.stop()


def test_one_that_can_not_be_read(tmp_path):
    """It is said, and in place of a part of the energy there is nothing."""
    machine = Machine(tmp_path / "class")
    machine.zone("intel-rapl:0", "package-0", 1)
    machine.zone("intel-rapl:1", "package-1", 1)
    os.unlink(machine.path / "powercap/intel-rapl:1/energy_uj")
    with Daemon(pipeline(), tmp_path, PLUGINS, before=[*LAID_OVER, machine.path]) as daemon:
        energy = daemon.call("status")["energy"]
        assert energy["source"] is None and energy["joules"] is None
        assert energy["why"] == "/sys/class/powercap/intel-rapl:1/energy_uj: No such file or directory"
        daemon.stop()

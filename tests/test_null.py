# SPDX-License-Identifier: BSD-3-Clause
"""Ports that are nothing: they take whatever they are sent, count it, and give nothing."""

from lib import capture
from lib.daemon import Daemon, check_status
from lib.offline import config, offline

FRAMES = [bytes(14), bytes(60), bytes(9000)] * 100


def to_nothing(tmp_path):
    """One mirror to a port, and all to a group of two."""
    path = capture.write(tmp_path / "in.pcap", FRAMES)
    return config({"in": {"pcap": {"in": str(path)}}, "one": {"null": {}}, "two": {"null": {}}, "three": {"null": {}}},
                  [{"name": "all", "actions": [{"mirror": "one"}, {"forward": "both"}]}],
                  groups={"both": ["two", "three"]}, idle="sleep")


def check_ports(ports):
    taken = {name: port["tx_packets"] for name, port in ports.items()}
    assert taken["one"] == taken["two"] + taken["three"] == len(FRAMES), taken
    assert ports["one"]["tx_bytes"] == sum(map(len, FRAMES))
    assert all(ports[name]["rx_packets"] == 0 for name in ("one", "two", "three")), ports


def test_offline(tmp_path):
    check_ports(offline(to_nothing(tmp_path), tmp_path).report["ports"])


def test_live(tmp_path):
    """Nothing is lost on the way there, and each is a device of its own."""
    with Daemon(to_nothing(tmp_path), tmp_path) as daemon:
        status = daemon.until(lambda status: status["ports"]["one"]["tx_packets"] == len(FRAMES))
        check_ports(status["ports"])
        ports = daemon.call("ports")["ports"]
        assert all(ports[name]["state"] == "up" for name in ("one", "two", "three")), ports
        # Neither these nor a capture have the speed of the device in their place.
        assert not any(port["speed"] for port in ports.values()), ports
        assert not any(status["drops"].values()), status["drops"]
        assert daemon.sluice("drops", "--nonzero").stdout.splitlines()[1].split() == ["nothing", "0"]
        check_status(status)
        # As a person writes it, unquoted; what is shown can be applied again.
        shown = daemon.sluice("config", "show").stdout
        assert "  one: { null: {} }\n" in shown
        (tmp_path / "shown.yaml").write_text(shown, encoding="utf-8")
        done = daemon.sluice("config", "diff", str(tmp_path / "shown.yaml"))
        assert done.returncode == 0, done.stdout + done.stderr
        daemon.stop()

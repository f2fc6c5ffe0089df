# SPDX-License-Identifier: BSD-3-Clause
"""Changes that are refused, or fail on their way: everything is as it was."""

import re
import shutil

import pytest
import yaml

from lib import capture
from lib.changes import base, check, descriptors, LINE, mirror, NOTHING, replay
from lib.daemon import Daemon, PLUGINS, Refused

pytestmark = pytest.mark.usefixtures("dns_beside")

FAILURES = ("probe", "info", "configure", "rx-queue", "tx-queue", "start")


@pytest.mark.parametrize("failure", FAILURES)
def test_devices_that_do_not_open(tmp_path, failure):
    """In whatever step: what was opened before is closed, what was closed for it is opened again, and goes on with its file."""
    bad = {"vdev": f"net_test9,fail={failure}"}
    hand = {"one": replay("c", pace="top", start="manual")}
    kept = {"c": {"pcap": {"out": "c.pcap"}}}
    with Daemon(base(kept, replays=hand), tmp_path, PLUGINS) as daemon:
        files = descriptors(daemon)
        daemon.order("start")
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] == len(LINE))
        for ports in ({**kept, "d": NOTHING, "e": bad}, {"d": {"pcap": {"in": "dns.pcap"}}, "c": bad}):
            with pytest.raises(Refused, match=r"port [ec]: "):
                daemon.apply(base(ports, replays={**hand, "two": replay("a")}))
            assert descriptors(daemon) == files
        assert list(daemon.call("status")["ports"]) == ["source", "a", "c"]
        daemon.order("start")
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] == 2 * len(LINE))
        check(daemon, losses=("port-down",))
        daemon.stop()
    assert len(capture.read(tmp_path / "c.pcap")) == 2 * len(LINE)


def test_a_capture_that_is_missing_takes_nothing_out(tmp_path):
    """It is found out before the port that would read it is closed."""
    with Daemon(base({"c": NOTHING}, [mirror("c")]), tmp_path, PLUGINS) as daemon:
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] > 1000)
        for word in ("nowhere.pcap", "daemon.yaml"):
            with pytest.raises(Refused, match=word):
                daemon.apply(base({"c": {"pcap": {"in": word}}}))
        check(daemon)
        daemon.stop()


def test_what_is_refused_changes_nothing(tmp_path):
    forever = {"one": replay("c", pace="2000pps", loops="forever")}
    nowhere = {"pcap": {"in": str(tmp_path / "nowhere.pcap")}}
    with Daemon(base({"c": NOTHING}, [mirror("c")], replays=forever), tmp_path, PLUGINS) as daemon:
        sent = daemon.until(lambda status: status["replays"]["one"]["sent"] > 200)["replays"]["one"]["sent"]
        shown = daemon.call("config.show")["text"]
        for what, words in ((base({"c": NOTHING, "d": NOTHING, "e": nowhere}, replays=forever), "nowhere.pcap"),
                            (base({"c": nowhere}), "nowhere.pcap"),
                            (base({"c": NOTHING, "d": NOTHING}, replays={"one": replay("c", file="no.pcap")}), "no.pcap"),
                            (base({"d": {"vdev": "net_nosuch"}}), "net_nosuch"),
                            (base(memory={"packets": 16383, "hugepages": False}), "memory"),
                            (base({"d": NOTHING}, [{"name": "x", "filter": "no such word", "actions": []}]), "can't parse filter")):
            with pytest.raises(Refused) as refused:
                daemon.apply(what)
            assert words in str(refused.value.error), refused.value.error
        assert daemon.call("config.show")["text"] == shown
        status = check(daemon, losses=("port-down",))
        assert status["applied"] == 0 and list(status["ports"]) == ["source", "a", "c"]
        assert status["replays"]["one"]["sent"] > sent and status["replays"]["one"]["state"] == "running"
        mirrored = status["ports"]["c"]["tx_packets"]
        daemon.until(lambda status: status["ports"]["c"]["tx_packets"] > mirrored + 1000)
        daemon.stop()


def test_the_sandbox_says_what_needs_a_restart(tmp_path):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        for port, kind, once in (({"vdev": "net_tap0,iface=tap7"}, "vdev", "{ keep: [vdev] }` or `sandbox: off"),
                                 ({"af-xdp": "lo"}, "af-xdp", "{ keep: [af-xdp] }"), ({"pci": "0000:00:03.0"}, "pci", None)):
            hint = f", or once with `sandbox: {once}`" if once else ""
            with pytest.raises(Refused, match=f"port c: .*{kind}.* restart it with this config{re.escape(hint)}$"):
                daemon.apply(base({"c": port}))
        daemon.stop()


def test_the_reserve_says_what_would_do(tmp_path):
    """Of what comes the arena and the headers count; the number in the refusal does, and one step less does not."""
    small = {"packets": 8191, "hugepages": False, "reserve": "2MiB"}
    with Daemon(base(memory=small), tmp_path, PLUGINS) as daemon:
        with pytest.raises(Refused) as refused:
            daemon.apply(base(memory=small, replays={"one": replay("a")}))
        number = int(re.search(r"restart with reserve: (\d+)MiB", str(refused.value.error)).group(1))
        assert daemon.apply(base({"c": NOTHING}, memory=small))["begun"]["ports"] == ["c"]
        daemon.stop()
    for reserve, does in ((number, True), (number - 2, False)):
        memory = {**small, "reserve": f"{reserve}MiB"}
        with Daemon(base(memory=memory), tmp_path, PLUGINS) as daemon:
            what = base(memory=memory, replays={"one": replay("a")})
            if does:
                daemon.apply(what)
                # What it took is there for the next when it has ended.
                daemon.apply(base(memory=memory))
                daemon.apply(what)
            else:
                with pytest.raises(Refused, match="memory.reserve"):
                    daemon.apply(what)
            daemon.stop()


def test_small_files_share_what_they_take_of_the_reserve(tmp_path):
    """A directory of them is no dearer than one file of their bytes."""
    (tmp_path / "small").mkdir()
    for number in range(60):
        shutil.copy(capture.fixture("dns.pcap"), tmp_path / "small" / f"{number}.pcap")
    memory = {"packets": 8191, "hugepages": False, "reserve": "32MiB"}
    with Daemon(base(memory=memory), tmp_path, PLUGINS) as daemon:
        daemon.apply(base(memory=memory, replays={"one": {"file": str(tmp_path / "small"), "to": "a", "pace": "top"}}))
        status = daemon.until(lambda status: status["replays"]["one"]["state"] == "done")
        assert status["replays"]["one"]["sent"] == 60 * len(LINE)
        assert daemon.call("replay.list")["replays"]["one"]["memory"] <= 4 << 20
        daemon.stop()


def test_check_opens_nothing(tmp_path):
    with Daemon(base(), tmp_path, PLUGINS) as daemon:
        before = descriptors(daemon)
        what = daemon.directory / "other.yaml"
        what.write_text(yaml.dump({**base({"c": {"pcap": {"out": "never.pcap"}}},
                                                        replays={"one": replay("a")}),
                                                 "run-dir": str(daemon.run_dir)}))
        assert daemon.call("config.check", file=str(what))["valid"] is True
        assert not (tmp_path / "never.pcap").exists()
        assert descriptors(daemon) == before
        daemon.stop()

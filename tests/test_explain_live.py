# SPDX-License-Identifier: BSD-3-Clause
"""`sluice explain` asks a daemon under traffic, says what is so at the moment, and changes nothing by it."""

import json
import subprocess

import pytest

from lib import capture
from lib.daemon import Client, Daemon, PLUGINS, Refused, test_ports
from lib.offline import SLUICE, config, write_config

WEB = "tcp 10.0.0.6:43211 > 192.0.2.1:443"
DNS = "udp 10.0.0.6:43211 > 192.0.2.1:53"


def site(**more):
    return config(
        {**test_ports(source="rx=endless", t0="", t1="", tap="")}, groups={"tools": ["t0", "t1"]}, idle="sleep",
        rules=[
            {"name": "dns", "match": {"protocol": "udp", "dst-port": 53},
             "actions": [{"dedup": {"window": "1s"}}, {"mirror": "tap"}, {"forward": "tools"}]},
            {"name": "web", "match": {"protocol": "tcp", "dst-port": [80, 443]},
             "actions": [{"police": "10pps"}, {"sample": 5}, {"set": {"ttl": -1}}, {"forward": "tools"}]}],
        default={"forward": "t0"}, **more)


@pytest.fixture(name="daemon")
def daemon_fixture(tmp_path):
    with Daemon(site(), tmp_path, PLUGINS) as daemon:
        yield daemon


def explain(daemon, *words, code=0):
    done = subprocess.run([SLUICE, "--socket", daemon.run_dir, "--json", "explain", *map(str, words)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code, (done.stdout, done.stderr)
    return json.loads(done.stdout.splitlines()[0])


def test_it_says_what_runs(daemon):
    answer = explain(daemon, WEB)
    assert answer["agrees"] and answer["port"] == "source" and answer["decides"]["rule"] == "web"
    assert answer["config"] == str(daemon.path)
    assert [gate["passes"] for gate in answer["gates"]] == [True, True]
    assert answer["leaves"][0]["port"] == answer["group"]["member"]
    name = capture.fixture("mixed.pcap")
    answer = explain(daemon, f"{name}#3", "--port", "tap")
    assert (answer["packet"]["file"], answer["packet"]["record"], answer["port"]) == (str(name), 3, "tap")
    assert answer["packet"]["bytes"] == capture.read(name)[2].data.hex()


def test_the_cost_is_measured_where_it_is_asked_for(daemon):
    """Beside a worker, and nothing changes by it either."""
    before = daemon.call("rules")["rules"]["web"]
    cost = explain(daemon, WEB, "--cost")["cost"]
    assert 0 < cost["classify_cycles"] < 1e6 and 0 <= cost["act_cycles"] < 1e6
    assert "cost" not in explain(daemon, WEB) and daemon.call("rules")["rules"]["web"] == before
    with pytest.raises(Refused, match="must be a boolean"):
        daemon.call("explain", packet=WEB, cost="yes")


def test_links_are_as_they_are(daemon):
    member = explain(daemon, WEB)["group"]["member"]
    daemon.call("port.down", name=member)
    answer = explain(daemon, WEB)
    assert answer["group"]["flow_of"] == member != answer["group"]["member"] and answer["agrees"]
    answer = explain(daemon, WEB, "--down", answer["group"]["member"])
    assert answer["drop"]["reason"] == "no-member" and answer["agrees"]
    answer = explain(daemon, DNS, "--port", "tap", "--down", "tap")
    assert answer["mirrors"][0]["drop"]["reason"] == "port-down"


def test_another_config(daemon, tmp_path):
    what = site()
    what["rules"].pop()
    other = write_config(tmp_path / "other.yaml", {**what, "run-dir": str(daemon.run_dir)})
    answer = explain(daemon, WEB, "--with", other)
    assert answer["with"]["same"] is False and answer["with"]["decides"]["rule"] == "default"
    assert answer["with"]["config"] == str(other) and answer["with"]["agrees"]
    assert explain(daemon, WEB, "--with", daemon.path)["with"]["same"] is True


def test_it_says_of_which_config(daemon):
    """A file may have been written or applied since: what counts is what runs, and since when."""
    before = explain(daemon, WEB)["running"]
    assert before == {key: daemon.call("status")["config"][key] for key in ("file", "way", "uid", "pid", "since")}
    assert before["way"] == "start" and before["file"] == str(daemon.path)
    daemon.call("config.apply", text=json.dumps({**site(), "run-dir": str(daemon.run_dir), "default": "drop"}))
    after = explain(daemon, WEB)["running"]
    assert (after["file"], after["way"]) == (None, "apply") and after["since"] > before["since"]
    text = subprocess.run([SLUICE, "--socket", daemon.run_dir, "explain", WEB], capture_output=True, text=True, timeout=60,
                          check=True).stdout
    assert f"config    a text, applied {after['since']}" in text


def counted(daemon):
    """All that rules, gates and ports counted, and what is in pools."""
    snapshot = daemon.call("snapshot")
    return {key: snapshot[key] for key in ("rules", "policers", "dedups", "drops", "copies", "memory") if key in snapshot}


def test_nothing_changes(tmp_path):
    """Where no packet comes, everything that is counted, and the gates themselves, are as before."""
    quiet = site()
    quiet["ports"].update(test_ports(source=""))
    with Daemon(quiet, tmp_path, PLUGINS) as daemon:
        before, told = counted(daemon), [explain(daemon, words) for words in (WEB, DNS)]
        with Client(daemon.socket) as client:
            for _ in range(50):
                for words in (WEB, DNS):
                    assert client.call("explain", packet=words)["agrees"] is True
        assert counted(daemon) == before
        # The bucket was not emptied, the sample counts no further, and the dedup knows no equal packet.
        again = [explain(daemon, words) for words in (WEB, DNS)]
        assert [answer["gates"] for answer in again] == [answer["gates"] for answer in told]
        assert all(gate["passes"] for answer in again for gate in answer["gates"])


def test_traffic_goes_on_and_the_books_balance(daemon):
    received = daemon.call("status")["ports"]["source"]["rx_packets"]
    with Client(daemon.socket) as client:
        for number in range(30):
            answer = client.call("explain", packet=WEB if number % 2 else DNS)
            assert answer["agrees"] is True, answer
    # Thirty answers may be had before a worker gets its core.
    status = daemon.until(lambda status: status["ports"]["source"]["rx_packets"] > received, what="traffic goes on")
    assert status["ledger"]["balanced"] and status["rules"]["web"]["packets"] == 0


def test_configs_come_meanwhile(daemon, tmp_path):
    """Each answer is of one config, whole."""
    other = site()
    other["rules"] = other["rules"][:1]
    texts = [json.dumps({**what, "run-dir": str(daemon.run_dir)}) for what in (other, site())]
    with Client(daemon.socket) as applies, Client(daemon.socket) as asks:
        for number in range(6):
            applies.call("config.apply", text=texts[number % 2])
            answer = asks.call("explain", packet=WEB)
            assert answer["agrees"] and answer["decides"]["rule"] == ("web" if number % 2 else "default")


def test_who_only_reads_may_ask(daemon):
    with Client(f"{daemon.run_dir}/stats.sock") as client:
        assert client.call("explain", packet=WEB)["agrees"]
        with pytest.raises(Refused):
            client.call("explain", packet=WEB, file=str(daemon.path))


@pytest.mark.parametrize("params, field, says", [
    ({"packet": "tcp 10.0.0.1"}, "packet", "two addresses are needed"),
    ({"packet": WEB, "port": "sourse"}, "port", 'did you mean "source"?'),
    ({"packet": WEB, "down": ["nothing-like-it"]}, "down", "`ports` lists them"),
    ({"packet": WEB, "near": -1}, "near", "must be an integer"),
    ({}, "packet", "needs `packet`")])
def test_what_is_wrong_is_said(daemon, params, field, says):
    with pytest.raises(Refused) as refused:
        daemon.call("explain", **params)
    assert refused.value.error["data"]["field"] == field and says in refused.value.error["message"]


def test_the_client_says_what_is_wrong(daemon, tmp_path):
    capture.write(tmp_path / "in.pcap", [capture.Packet(0, bytes(40000), 40000)])
    for words, code, says in ((["in.pcap"], 2, "say which record"), (["in.pcap#0"], 2, "numbered from 1"),
                              (["in.pcap#2"], 1, "there is no record 2"), (["in.pcap#1"], 1, "a request is for 32000"),
                              ([WEB, "--port", "x", "--all"], 2, "leave --port out"),
                              ([WEB, "--near", "101"], 2, "from 0 to 100")):
        done = subprocess.run([SLUICE, "--socket", daemon.run_dir, "explain", *words], cwd=tmp_path, capture_output=True,
                              text=True, timeout=60, check=False)
        assert (done.returncode, done.stdout) == (code, ""), words
        assert says in done.stderr, (words, done.stderr)

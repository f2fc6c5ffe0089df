# SPDX-License-Identifier: BSD-3-Clause
"""A real Prometheus scrapes a real daemon: every expression of the dashboard, of the alerts and of the document means
something to it; and alerts come when they should."""

import json
import re
import subprocess

import pytest
import yaml

from lib.daemon import Daemon, PLUGINS, test_ports
from lib.exporter import Exporter
from lib.offline import ROOT, SLUICE, config
from lib.prometheus_server import Prometheus

METRICS = ROOT / "docs" / "metrics"
ALERTS = METRICS / "alerts.yml"
# Names that are not of what aggregates or functions are called: metrics.
NAME = re.compile(r"\bsluice_[a-z0-9_]+")
# What Grafana puts in their places.
GRAFANA = {"$__rate_interval": "5m", "$__interval": "1m", "$instance": ".*"}


def listed():
    text = subprocess.run([SLUICE, "metrics", "--list"], capture_output=True, text=True, check=True).stdout
    names = {}
    for line in text.splitlines():
        if line.startswith("| `"):
            cells = line.split(" | ")
            name = cells[0].split("`")[1]
            for suffix in ("_bucket", "_sum", "_count") if cells[1] == "histogram" else ("",):
                names[name + suffix] = set(re.findall("`([a-z_]+)`", cells[2])) | {"instance", "job", "le"}
    return names


def dashboard():
    return json.loads((METRICS / "dashboard.json").read_text(encoding="utf-8"))


def panels():
    return [(panel["title"], target["expr"]) for panel in dashboard()["panels"] for target in panel.get("targets", ())]


def alerts():
    rules = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"][0]["rules"]
    return [(rule["alert"], rule["expr"]) for rule in rules]


def answers():
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8").split("## Questions and expressions")[1]
    return re.findall(r"^\| ([a-z ,]+) \| `(.+)` \|$", page.split("\n## ")[0], re.MULTILINE)


def annotations():
    return [(note["name"], note["expr"]) for note in dashboard()["annotations"]["list"] if "expr" in note]


ALL = [*panels(), *alerts(), *answers(), *annotations()]


def filled(expression):
    for word, text in GRAFANA.items():
        expression = expression.replace(word, text)
    return expression


def test_there_are_some_of_each():
    assert len(panels()) > 25 and len(alerts()) > 15 and len(answers()) > 7 and len(annotations()) == 1


@pytest.mark.parametrize("name, expression", ALL, ids=[name for name, _ in ALL])
def test_names_and_labels_are_there(name, expression):
    """Prometheus itself takes a name or a label that nobody has for one that is not there yet."""
    names = listed()
    found = NAME.findall(expression)
    assert found
    for metric in found:
        assert metric in names, name
    labels = {word for words in re.findall(r"by \(([^)]*)\)", expression) for word in re.split(", *", words)}
    labels |= set(re.findall(r'[{,]([a-z_]+)(?:=~?|!=|!~)"', expression))
    assert labels <= set.union(*(names[metric] for metric in found)), name


def test_panels_of_the_dashboard_lie_side_by_side():
    taken, ids = set(), set()
    for panel in dashboard()["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and place["x"] + place["w"] <= 24 and panel["id"] not in ids, panel["title"]
        taken |= cells
        ids.add(panel["id"])
        assert panel["type"] == "row" or panel["description"]


def test_promtool_on_alerts():
    for words in (["check", "rules", "--lint=all", ALERTS], ["test", "rules", ROOT / "tests" / "alerts_test.yml"]):
        done = subprocess.run(["promtool", *words], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_tested():
    tested = (ROOT / "tests" / "alerts_test.yml").read_text(encoding="ascii")
    for name, _ in alerts():
        assert f'"{name}"' in tested, name


@pytest.fixture(name="what", scope="module")
def pipeline():
    ports = test_ports(source="rx=endless,tells=1", sink="hold=64", other="")
    ports["lan"] = {"vdev": "net_null0,size=64"}
    rules = [{"name": "thin", "from": ["other"], "actions": [{"sample": 10}, {"forward": "sink"}]},
             {"name": "once", "from": ["lan"], "actions": [{"dedup": {"window": "10ms"}}, {"forward": "sink"}]},
             {"name": "slow", "match": {"protocol": "udp"}, "actions": [{"police": "half"}, {"slice": 60}, {"forward": "other"}]}]
    replay = {"file": str(ROOT / "pcap-fixtures" / "dns.pcap"), "to": "sink", "pace": "1kpps", "loops": 100_000}
    return config(ports, rules, replays={"morning": replay}, idle="sleep", policers={"half": {"rate": "1Mbps"}})


def test_a_real_prometheus(what, tmp_path):
    with Daemon(what, tmp_path, PLUGINS) as daemon, Exporter(daemon.run_dir) as exporter, \
            Prometheus(tmp_path, [exporter.port], [ALERTS]) as prometheus:
        prometheus.until("count_over_time(sluice_up[5m]) > 3 and sluice_up == 1")
        (_, count), = prometheus.until("scrape_samples_scraped > 0")
        assert count == len(exporter.metrics().samples)
        for name, expression in [*panels(), *answers()]:
            if name == "why" or "speed_bytes" in expression:
                prometheus.query(filled(expression))
            else:
                prometheus.until(filled(expression))
        for name, expression in [*alerts(), *annotations()]:
            prometheus.query(filled(expression))
        assert prometheus.query('ALERTS{severity="critical"}') == []
        loaded = [rule["name"] for group in prometheus.ask("rules")["groups"] for rule in group["rules"]]
        assert loaded == [name for name, _ in alerts()]
        # What goes wrong is seen: a port that is taken out, and what was sent there.
        daemon.call("port.down", name="other")
        prometheus.until('sum(rate(sluice_dropped_packets_total{reason="port-down",kind="loss"}[5m])) > 0')
        prometheus.until('ALERTS{alertname="SluicePacketsLost",reason="port-down"}')
        assert prometheus.until('sluice_port_state{port="other",state="stopped"} == 1')
        # And a daemon that is gone, and left its sockets.
        daemon.kill()
        prometheus.until("sluice_up == 0")
        prometheus.until('ALERTS{alertname="SluiceDown",alertstate="pending"}')

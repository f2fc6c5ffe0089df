#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""test-joints.py: whether what docs/architecture.md says can be added by a row, or by a folder and a line, still is: a
drop reason, a copy reason, a counter, a config key, a method, an edit, a gate, a stage and a kind of target. In a copy of
the tree each is added so, and by no other edit, with the files in scripts/joints; what is built of it is run, and has to
show them. The last line counts them."""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
START_SECONDS = 60

# What is added: edits, each with the file, the one line behind which something is put, and what that is.
EDITS = {
    "a drop reason": [
        ("lib/stage/reasons.h", "#define DROP_REASON_TABLE(X)",
         '\tX(JOINT, "joint", LOSS, "the first of a burst", "nothing") \\\n')],
    "a copy reason": [
        ("lib/stage/reasons.h", "#define COPY_REASON_TABLE(X)", '\tX(JOINT, "joint", COPY, "it looked", "nothing") \\\n')],
    "a counter": [
        ("lib/stage/tally.h", "struct tally_port {", "\tuint64_t joint;\n"),
        ("lib/engine/counters.c", "const struct counter snapshot_port_counts[] = {",
         '\tPORT(NUMBER, "joint", counts.joint),\n')],
    "a counter of a rule": [
        ("lib/stage/tally.h", "struct tally_rule {", "\tuint64_t joint;\n"),
        ("lib/engine/counters.c", "const struct counter snapshot_rule_counts[] = {",
         '\tRULE(NUMBER, "joint", joint),\n')],
    "a config key": [
        ("lib/config/config.h", "	enum config_idle idle;", "\tuint16_t joint;\n"),
        ("lib/config/config.c", '{"idle", &key_word', '\t{"joint", &key_number, AT(joint), .high = 9, .otherwise = "0"},\n')],
    "a method": [
        ("lib/control/methods.c", "const struct method method_table[] = {",
         '\t{.name = "joint", .text = "says so", .answer = answer_joint},\n')],
    "an edit": [
        ("lib/config/action.h", "	CONFIG_STAMP,", "\tCONFIG_FLIP,\n"),
        ("lib/config/action.h", "		struct config_stamp *stamp;", "\t\tstruct config_flip *flip;\n"),
        ("lib/config/edit.h", "#define CONFIG_STRIP_MAX", "\nstruct config_flip {\n\tuint8_t bits;\n};\n"),
        ("lib/config/key.h", "extern const struct key_map key_stamp_map, key_dedup_map;", "extern const struct key_map key_flip_map;\n"),
        ("lib/config/action.c", "} rows[] = {",
         '\t[CONFIG_FLIP] = {{"flip", &key_owned, OWNS(flip), .map = &key_flip_map, .what = "{ flip: { bits: 1 } }",\n'
         '\t\t\t  .required = "bits"}, CONFIG_IS_EDIT},\n'),
        ("lib/config/meson.build", "'edit_stamp.c',", "    'edit_flip.c',\n"),
        ("lib/edit/op.h", "void edit_trim(struct frame *frame);",
         "void edit_make_flip(const struct config_action *action, struct edit_op *op);\n"
         "void edit_look_flip(const struct edit_op *op, struct frame *frames, unsigned count);\n"
         "void edit_run_flip(const struct edit_op *op, const struct edit_moment *moment, struct frame *frames,\n"
         "\t\t   unsigned count);\n"),
        ("lib/edit/rows.c", "static const struct edit_kind kinds[] = {",
         "\t[CONFIG_FLIP] = {edit_make_flip, edit_look_flip, edit_run_flip, EDIT_WRITES},\n"),
        ("lib/edit/meson.build", "'stamp.c',", "    'flip.c',\n")],
    # Of one that has no value; its function is below.
    "a gate": [
        ("lib/config/action.h", "	CONFIG_DEDUP,", "\tCONFIG_NARROW,\n"),
        ("lib/config/action.c", "} rows[] = {", '\t[CONFIG_NARROW] = {{"narrow", .what = "narrow"}, CONFIG_IS_GATE},\n'),
        ("lib/stage/reasons.h", "#define DROP_REASON_TABLE(X)",
         '\tX(TOO_WIDE, "too-wide", POLICY, "it was too wide", "nothing") \\\n'),
        ("lib/stage/tally.h", "	uint64_t policed, duplicate, sampled_out;", "\tuint64_t too_wide;\n"),
        ("lib/stage/tally.c", "const struct tally_acted_row tally_acted_rows[TALLY_ACTED] = {",
         "\tMEMBER(too_wide) = {1u << CONFIG_NARROW, DROP_TOO_WIDE},\n"),
        ("lib/engine/counters.c", "const struct counter snapshot_acted_counts[] = {", '\tACTED("too_wide", too_wide),\n'),
        ("lib/gate/plan.c", "	[CONFIG_DEDUP] = set_dedup,", "\t[CONFIG_NARROW] = set_narrow,\n"),
        ("lib/gate/look.c", "	[CONFIG_DEDUP] = look_at_equal,", "\t[CONFIG_NARROW] = look_at_narrow,\n")],
    "a stage": [
        ("lib/meson.build", "['classify', ", "  ['joint'],\n"),
        ("lib/engine/rooms.h", "X(classify)", "\tX(joint) \\\n")],
    # Its section, too, since names are config.
    "a kind of target": [
        ("lib/engine/rooms.h", "#define ROOMS_TARGET_TABLE(X)", "\tX(joint) \\\n"),
        ("lib/config/action.h", "	X(PORT, port) ", "\tX(JOINT, joint) \\\n"),
        ("lib/config/config.h", "enum config_idle {", "\nstruct config_joint {\n\tchar *name;\n\tuint8_t depth;\n};\n"),
        ("lib/config/config.h", "	struct config_group *groups;",
         "\tstruct config_joint *joints;\n\tunsigned joint_count;\n"),
        ("lib/config/key.h", "extern const struct key_map key_stamp_map, key_dedup_map;", "extern const struct key_type key_joints;\nextern const struct key_map key_joint;\n"),
        ("lib/config/config.c", '{"groups", &key_groups}', '\t{"joints", &key_joints},\n'),
        ("lib/config/meson.build", "'group.c',", "    'joint.c',\n")],
}

# A method has a function, too; it stands before the table.
FUNCTION = """static void
answer_joint(struct method_daemon *daemon, struct call *call)
{
\tcall->result = json_pack("{s:b}", "joint", 1);
}

"""

# And so has a gate, before the table that it is in.
GATE = """static uint32_t
narrow_pass(const struct gate *gate, void *memory, struct burst *burst, uint32_t packets)
{
\tfor (unsigned i = 0; i < burst->count; i++) {
\t\tif (rte_pktmbuf_pkt_len(burst->packets[i]) > 100)
\t\t\tpackets &= ~(1u << i);
\t}
\treturn packets;
}

static int
set_narrow(struct build *build, const struct config_action *action, const struct place *place, struct gate *gate)
{
\tgate->pass = narrow_pass;
\treturn 0;
}

"""

LOOK = """static void
look_at_narrow(const struct search *search, const struct gate *gate, const struct config_action *action,
\t       struct gate_look *look)
{
\tlook->passes = rte_pktmbuf_pkt_len(search->burst->packets[0]) <= 100;
}

"""

CONFIG = """version: 1
run-dir: run
memory: {{ packets: 8191, hugepages: false }}
ports:
  in: {{ {source} }}
  out: {{ {sink} }}
rules:
  - {{ name: tcp, match: {{ protocol: tcp }}, actions: [ {before}{{ forward: {end} }} ] }}
default: {{ forward: out }}
"""


def put(path, anchor, text, before=False):
    """Behind the only line with the anchor, or before it."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    found = [number for number, line in enumerate(lines) if anchor in line]
    if len(found) != 1:
        raise SystemExit(f"test-joints: {path}: {len(found)} lines have {anchor!r}, where there should be one")
    lines.insert(found[0] + (not before), text)
    path.write_text("".join(lines), encoding="utf-8")


def grow(tree):
    """A copy of what git knows, with what is to be added."""
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\n")
    for name in names:
        if name and (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tree / name)
    for name, anchor, text in (edit for edits in EDITS.values() for edit in edits):
        put(tree / name, anchor, text)
    put(tree / "lib/control/methods.c", "const struct method method_table[] = {", FUNCTION, before=True)
    put(tree / "lib/gate/plan.c", "/* By verb. 0, or -ENOMEM. */", GATE, before=True)
    put(tree / "lib/gate/plan.c", "#include <errno.h>", "#include <rte_mbuf.h>\n")
    put(tree / "lib/gate/look.c", "/* By verb, as they are set in plan.c. */", LOOK, before=True)
    shutil.copytree(ROOT / "scripts/joints", tree / "lib", dirs_exist_ok=True)


def build(tree):
    """The daemon. Without optimization, which is what takes long."""
    for command in (["meson", "setup", "build", "--buildtype", "plain", "-Dtests=false"],
                    ["ninja", "-C", "build", "app/sluiced/sluiced"], ["/usr/bin/python3", "scripts/check-floors.py"]):
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode:
            raise SystemExit(f"{done.stdout[-4000:]}{done.stderr}test-joints: {' '.join(command)} failed")
    return tree / "build/app/sluiced/sluiced"


def offline(sluiced, directory, more="", end="out", before=""):
    """The report of a run with more in its config, whose first rule forwards there, and has that before it."""
    source = f'pcap: {{ in: {json.dumps(str(ROOT / "pcap-fixtures/mixed.pcap"))} }}'
    text = CONFIG.format(source=source, sink="pcap: { out: out.pcap }", end=end, before=before) + more
    (directory / "config.yaml").write_text(text, encoding="utf-8")
    done = subprocess.run([sluiced, "offline", "--json", "config.yaml"], cwd=directory, capture_output=True, text=True,
                          timeout=120, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr}


def explained(sluiced, directory):
    """Each packet of the last run's capture, as it is explained by its config."""
    done = subprocess.run([sluiced, "explain", "config.yaml", f"{ROOT}/pcap-fixtures/mixed.pcap#1-500", "--json"],
                          cwd=directory, capture_output=True, text=True, timeout=120, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


class Daemon:
    """One that runs on endless traffic, whose default is the target."""

    def __init__(self, sluiced, directory):
        self.text = CONFIG.format(source="vdev: net_null0", sink="vdev: net_null1", end="out", before="").replace(
            "default: { forward: out }", "default: { forward: hole }") + "joints: { hole: {} }\n"
        (directory / "config.yaml").write_text(self.text, encoding="utf-8")
        self.socket = directory / "run/control.sock"
        self.process = subprocess.Popen([sluiced, "run", "config.yaml"], cwd=directory, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        end = time.monotonic() + START_SECONDS
        while not self.socket.exists() and self.process.poll() is None and time.monotonic() < end:
            time.sleep(0.1)

    def ask(self, method, **params):
        """What is answered."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(START_SECONDS)
                client.connect(str(self.socket))
                client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
                return json.loads(client.makefile().readline())
        except OSError as error:
            return {"failed": str(error)}

    def apply(self, *changes):
        """Of a config with other words in it."""
        text = self.text
        for old, new in changes:
            text = text.replace(old, new)
        return self.ask("config.apply", text=text, directory=str(self.socket.parent.parent))

    def seen(self):
        """Where packets of a look went."""
        look = self.ask("look.begin").get("result", {}).get("look")
        packets, end = [], time.monotonic() + START_SECONDS
        while look is not None and not packets and time.monotonic() < end:
            packets = self.ask("look.read", look=look).get("result", {}).get("packets", [])
            time.sleep(0.1)
        return [packet["out"] + packet["drops"] for packet in packets]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(START_SECONDS)


def live(sluiced, directory):
    """What a daemon says of the target: before and after an apply, of a look, and of the method."""
    with Daemon(sluiced, directory) as daemon:
        before = daemon.ask("status").get("result", {})
        same = daemon.apply().get("result", {})
        other = daemon.apply(("hole: {}", "hole: { depth: 3 }")).get("result", {})
        after, seen = daemon.ask("status").get("result", {}), daemon.seen()
        gone = daemon.apply(("joints: { hole: {} }", ""), ("forward: hole", "forward: out")).get("result", {})
        return {"before": before, "same": same, "other": other, "after": after, "gone": gone,
                "ended": daemon.ask("status").get("result", {}), "seen": seen, "method": daemon.ask("joint")}


def main():
    with tempfile.TemporaryDirectory(prefix="sluice-joints-") as name:
        directory = pathlib.Path(name)
        tree = directory / "tree"
        tree.mkdir()
        grow(tree)
        sluiced = build(tree)
        plain, written = offline(sluiced, directory), (directory / "out.pcap").read_bytes()
        staged = offline(sluiced, directory, "joint: 1\n")
        aimed = offline(sluiced, directory, "joints: { hole: {} }\n", "hole")
        holes = explained(sluiced, directory)
        text = (directory / "config.yaml").read_text(encoding="utf-8")
        (directory / "other.yaml").write_text(text.replace("forward: hole", "forward: out"), encoding="utf-8")
        moved = subprocess.run([sluiced, "diff", "config.yaml", "other.yaml", "--on", f"{ROOT}/pcap-fixtures/mixed.pcap",
                                "--json"], cwd=directory, capture_output=True, text=True, timeout=120, check=False)
        edited = offline(sluiced, directory, before="{ flip: { bits: 255 } }, ")
        flipped = (directory / "out.pcap").read_bytes()
        gated = offline(sluiced, directory, before="narrow, ")
        narrow = explained(sluiced, directory)
        ran = live(sluiced, directory)
    taken = staged.get("drops", {}).get("joint")
    hole = aimed.get("joints", {}).get("hole", {})
    holed = aimed.get("drops", {}).get("joint", 0) + hole.get("ended", 0) + hole.get("held", 0)
    stopped = gated.get("drops", {}).get("too-wide")
    others = sum(one != other for one, other in zip(written, flipped)) if len(written) == len(flipped) else None
    results = {
        "a drop reason is told": taken is not None,
        "a copy reason is told": bool(taken) and staged["copies"]["joint"]["packets"] == taken,
        "a counter is told": bool(taken) and staged["ports"]["in"]["joint"] == taken,
        "a counter of a rule is told": bool(taken) and staged["rules"]["tcp"]["joint"] == taken,
        "a config key switches a stage on": bool(taken) and staged["ledger"]["balanced"],
        "a config without it runs without": plain.get("drops", {}).get("joint") == 0,
        "a kind of target takes packets": bool(holed) and holed == aimed["rules"]["tcp"]["packets"] and
                                          0 not in (hole["ended"], hole["held"], aimed["drops"]["joint"]) and
                                          aimed["ledger"]["balanced"] and aimed["ledger"]["held"] == 0,
        "what it took goes on over an apply": all(
            ran[when]["joints"]["hole"]["programs"] == programs and ran[when]["ledger"]["balanced"]
            for when, programs in (("before", 1), ("after", 3))) and
            0 < ran["before"]["joints"]["hole"]["ended"] <= ran["after"]["joints"]["hole"]["ended"],
        "and is in the ledger behind its end": "joints" not in ran["ended"] and ran["ended"]["ledger"]["balanced"] and
                                               ran["ended"]["ledger"]["out"] > ran["ended"]["ports"]["out"]["tx_packets"],
        "an apply says what became of it": [ran[what].get(fate, {}).get("joints") for what, fate in (
            ("same", "kept"), ("other", "changed"), ("gone", "ended"))] == 3 * [["hole"]],
        "an edit is made": bool(others) and others == edited["rules"]["tcp"]["packets"] and
                           edited["rules"]["tcp"]["unedited"] == 0,
        "a gate stops packets": bool(stopped) and stopped == gated["rules"]["tcp"]["too_wide"] and
                                stopped < gated["rules"]["tcp"]["packets"] and gated["ledger"]["balanced"],
        "a target is explained": len(holes) == 500 and all(one["agrees"] for one in holes) and
                                 any(leaves["port"] == "hole" for one in holes for leaves in one["leaves"]),
        "a target is seen": {where for out in ran["seen"] for where in out} == {"hole", "joint"},
        "a target is compared": moved.returncode == 1 and '"forward hole"' in moved.stdout,
        "a gate is explained": len(narrow) == 500 and all(one["agrees"] for one in narrow) and
                               any((one["drop"] or {}).get("reason") == "too-wide" for one in narrow),
        "a method answers": ran["method"].get("result") == {"joint": True},
    }
    for what, good in results.items():
        print(f"{what}: {'ok' if good else 'FAILED'}")
    if not all(results.values()):
        print(*(json.dumps(what)[:2000] for what in (plain, staged, aimed, edited, gated, ran, moved.stdout)), sep="\n")
    print(f"{sum(results.values())} passed, {len(results) - sum(results.values())} failed")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

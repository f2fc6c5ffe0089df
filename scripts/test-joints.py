#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""test-joints.py: whether a drop reason, a stage and a method are still added by what docs/architecture.md says, and no
more. In a copy of the tree each is added with one edit, besides a stage's folder; what is built of it is run, and has to
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

# Each: the file, the one line behind which something is put, and what that is.
EDITS = [
    ("lib/stage/reasons.h", "#define DROP_REASON_TABLE(X)",
     '\tX(JOINT, "joint", LOSS, "the first of a burst", "nothing") \\\n'),
    ("lib/engine/rooms.h", "X(classify)", "\tX(joint) \\\n"),
    ("lib/meson.build", "['classify', ", "  ['joint'],\n"),
    ("lib/control/method.c", "static const struct method table[] = {",
     '\t{.name = "joint", .text = "says so", .answer = answer_joint},\n'),
]

# A method has a function, too; it stands before the table.
FUNCTION = """static void
answer_joint(struct method_daemon *daemon, struct call *call)
{
\tcall->result = json_pack("{s:b}", "joint", 1);
}

"""

MESON = """joint_lib = static_library('joint', files('joint.c'), include_directories: root, dependencies: [exit_dep, dpdk])
joint_dep = declare_dependency(link_with: joint_lib, include_directories: root, dependencies: [exit_dep, dpdk])
stage_deps += joint_dep
"""

# Takes the first packet of each burst of several, where the first rule is called joint; elsewhere there is no such step.
STAGE = """/* SPDX-License-Identifier: BSD-3-Clause */
#include <rte_mbuf.h>
#include <string.h>

#include "exit/exit.h"
#include "stage/stage.h"

#include "core/banned.h"

extern const struct stage joint_stage;

static int
joint_compile(const struct stage_env *env, void **state, struct error_list *errors)
{
\tif (env->config->rule_count && strcmp(env->config->rules[0].name, "joint") == 0)
\t\t*state = (void *)(uintptr_t)&joint_stage;
\treturn 0;
}

static void
joint_run(const void *state, void *local, struct burst *burst)
{
\tif (burst->count < 2)
\t\treturn;
\tburst->bytes -= rte_pktmbuf_pkt_len(burst->packets[0]);
\texit_drop(burst, burst->packets, 1, DROP_JOINT);
\tburst->count--;
\tfor (unsigned i = 0; i < burst->count; i++) {
\t\tburst->packets[i] = burst->packets[i + 1];
\t\tif (!burst->uniform)
\t\t\tburst->verdicts[i] = burst->verdicts[i + 1];
\t}
}

static void
joint_release(void *state)
{
}

const struct stage joint_stage = {
\t.name = "joint",
\t.compile = joint_compile,
\t.run = joint_run,
\t.release = joint_release,
};
"""

CONFIG = """version: 1
run-dir: run
memory: {{ packets: 8191, hugepages: false }}
ports:
  in: {{ {source} }}
  out: {{ {sink} }}
rules:
  - {{ name: {rule}, match: {{ protocol: tcp }}, actions: [ {{ forward: out }} ] }}
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
    for name, anchor, text in EDITS:
        put(tree / name, anchor, text)
    put(tree / "lib/control/method.c", "static const struct method table[] = {", FUNCTION, before=True)
    folder = tree / "lib/joint"
    folder.mkdir()
    (folder / "meson.build").write_text(MESON, encoding="utf-8")
    (folder / "joint.c").write_text(STAGE, encoding="utf-8")


def build(tree):
    """The daemon. Without optimization, which is what takes long."""
    for command in (["meson", "setup", "build", "--buildtype", "plain", "-Dtests=false"],
                    ["ninja", "-C", "build", "app/sluiced/sluiced"], ["/usr/bin/python3", "scripts/check-floors.py"]):
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, timeout=900, check=False)
        if done.returncode:
            raise SystemExit(f"{done.stdout[-4000:]}{done.stderr}test-joints: {' '.join(command)} failed")
    return tree / "build/app/sluiced/sluiced"


def offline(sluiced, directory, rule):
    """The report of a run whose first rule is called so."""
    source = f'pcap: {{ in: {json.dumps(str(ROOT / "pcap-fixtures/mixed.pcap"))} }}'
    (directory / "config.yaml").write_text(CONFIG.format(source=source, sink="pcap: { out: out.pcap }", rule=rule),
                                           encoding="utf-8")
    done = subprocess.run([sluiced, "offline", "--json", "config.yaml"], cwd=directory, capture_output=True, text=True,
                          timeout=120, check=False)
    return json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr}


def ask(sluiced, directory, method):
    """What a running daemon answers."""
    (directory / "config.yaml").write_text(CONFIG.format(source="vdev: net_null0", sink="vdev: net_null1", rule="any"),
                                           encoding="utf-8")
    path = directory / "run/control.sock"
    with subprocess.Popen([sluiced, "run", "config.yaml"], cwd=directory, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as daemon:
        try:
            end = time.monotonic() + START_SECONDS
            while not path.exists() and daemon.poll() is None and time.monotonic() < end:
                time.sleep(0.1)
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(START_SECONDS)
                client.connect(str(path))
                client.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method}).encode() + b"\n")
                return json.loads(client.makefile().readline())
        except OSError as error:
            return {"failed": str(error)}
        finally:
            daemon.terminate()


def main():
    with tempfile.TemporaryDirectory(prefix="sluice-joints-") as name:
        directory = pathlib.Path(name)
        tree = directory / "tree"
        tree.mkdir()
        grow(tree)
        sluiced = build(tree)
        with_stage, without = offline(sluiced, directory, "joint"), offline(sluiced, directory, "other")
        answer = ask(sluiced, directory, "joint")
    taken, spared = (report.get("drops", {}).get("joint") for report in (with_stage, without))
    results = {
        "a drop reason is told": taken is not None,
        "a stage takes packets": bool(taken) and with_stage["ledger"]["balanced"],
        "a config that has no use for it runs without": "drops" in without and not spared,
        "a method answers": answer.get("result") == {"joint": True},
    }
    for what, good in results.items():
        print(f"{what}: {'ok' if good else 'FAILED'}")
    if not all(results.values()):
        print(json.dumps(with_stage)[:2000], json.dumps(without)[:2000], json.dumps(answer), sep="\n")
    print(f"{sum(results.values())} passed, {len(results) - sum(results.values())} failed")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())

# SPDX-License-Identifier: BSD-3-Clause
"""The words that the client knows, and those that bash offers."""

import os
import re
import subprocess

from lib.offline import ROOT, SLUICE


def commands():
    text = subprocess.run([SLUICE, "--help"], capture_output=True, text=True, check=True).stdout
    return re.findall(r"^  sluice ([a-z]+(?: [a-z]+)?)", text, re.MULTILINE)


def options():
    text = subprocess.run([SLUICE, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"--[a-z][a-z-]*", text))


def complete(*words):
    """What bash offers for the last of the words."""
    script = ("source /usr/share/bash-completion/bash_completion; source app/sluice/completion.bash; "
              "COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}; "
              "COMP_TYPE=9; COMP_KEY=9; _sluice; printf '%s\\n' \"${COMPREPLY[@]}\"")
    environment = {**os.environ, "PATH": f"{SLUICE.parent}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script, "bash", "sluice", *words], cwd=ROOT, capture_output=True, text=True,
                          env=environment, check=True)
    return done.stdout.split()

# SPDX-License-Identifier: BSD-3-Clause
"""`sluiced explain`, asked by tests."""

import json

from lib import capture
from lib.offline import SLUICED, Run


def packets_of(names, most=None):
    return [packet for name in names for packet in capture.read(capture.fixture(name))[:most]]


def explained(directory, packet, *options, code=0, where="config.yaml"):
    """The answers, one a record and port."""
    run = Run([SLUICED, "explain", directory / where, packet, "--json", *options], directory)
    assert run.code == code, run.out[-2000:] + run.err
    assert "Sanitizer" not in run.err, run.err
    return [json.loads(line) for line in run.out.splitlines()]

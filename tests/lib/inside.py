# SPDX-License-Identifier: BSD-3-Clause
"""The packet in a tunnel, and the number that the tunnel has, for the oracle of rules: from the words of sluice.yaml(5)
alone. A tunnel is what `strip` would take off."""

import struct
from typing import NamedTuple, Optional

from lib import edits, edits_tunnels, layers

# Question: PPPoE and tags with a type of their own are stripped, but are no tunnels to `match`.
KINDS = ("mpls", "vxlan", "geneve", "gre", "erspan", "gtp-u", "ipip")
IDS = ("vni", "teid", "key", "label", "session")


class Inside(NamedTuple):
    kind: str
    ids: dict  # by name, one at most
    frame: bytes
    bare: bool  # an IP packet, which stands behind a link header that is not its own


def _ids(kind, frame):
    """Question: a label is the outermost; ERSPAN I has no session, and GRE without a key none."""
    found = layers.read(frame)
    if kind == "mpls":
        return {"label": layers.number(frame[found.link_end:found.link_end + 4]) >> 12}
    at = found.network.end
    if kind in ("vxlan", "geneve"):
        return {"vni": layers.number(frame[at + 12:at + 15])}
    if kind == "gtp-u":
        return {"teid": layers.number(frame[at + 12:at + 16])}
    if kind == "ipip":
        return {}
    flags, protocol = struct.unpack_from(">HH", frame, at)
    if kind == "gre":
        start = at + 4 + 4 * bool(flags & 0x8000)
        return {"key": layers.number(frame[start:start + 4])} if flags & 0x2000 else {}
    numbered = protocol == edits_tunnels.ERSPAN_3 or flags & 0x1000
    start = at + 4 + 4 * sum(bool(flags & bit) for bit in (0x8000, 0x2000, 0x1000)) + 2
    return {"session": layers.number(frame[start:start + 2]) & 0x3FF} if numbered else {}


def look(frame) -> Optional[Inside]:
    """The outermost tunnel. Question: one that can't be stripped, since it was cut or has no packet in it, is none."""
    whole = edits.Frame(frame, len(frame))
    for kind in KINDS:
        stripped = edits_tunnels.TUNNELS[kind](whole)
        if stripped:
            return Inside(kind, _ids(kind, frame), stripped.data, not frame.endswith(stripped.data))
    return None

# SPDX-License-Identifier: BSD-3-Clause
"""What mirrors with edits of their own put on a wire, and whether it came."""

from lib import actions, edits

SHORTEST = 60  # a card pads what is shorter


def mirrors(port, lists):
    return [{"mirror": port, "with": one} for one in lists]


def shapes(frames, lists):
    """What a port gets of these frames by so many mirrors, in its order."""
    return [actions.Shape(*(actions.edited(one, edits.Frame(frame, len(frame)), edits.Context(entropy=entropy))[0]
                            for entropy in (0, -1))) for frame in frames for one in lists]


def check_wire(name, got, want, padded=False):
    for number, (frame, shape) in enumerate(zip(got, want)):
        length = len(shape.low.data)
        assert len(frame) == (max(length, SHORTEST) if padded else length), (name, number, len(frame), length)
        assert shape.fits(frame[:length], shape.low.wire), (name, number, frame.hex(), shape.low.data.hex())
    assert len(got) == len(want), name


def copied(status):
    """Packets of which something was copied, by reason."""
    return {name: copy["packets"] for name, copy in status["copies"].items() if copy["packets"]}

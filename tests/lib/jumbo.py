# SPDX-License-Identifier: BSD-3-Clause
"""Frames that lie in many buffers where these are small."""

LONGEST = 9014
MTU = LONGEST - 14


def frame_of(length):
    """An IPv6 frame of a transport that nobody knows."""
    body = bytes(number * 7 % 256 for number in range(length - 54))
    return (bytes.fromhex("020000000002" "020000000001" "86dd" "60000000") + len(body).to_bytes(2, "big") +
            b"\xfd\x40" + bytes.fromhex("20010db8000000000000000000000001" "20010db8000000000000000000000002") + body)


def frames(room, longest=LONGEST):
    """About as long as so many buffers."""
    lengths = [count * room + more for count in range(54 // room + 1, longest // room + 1) for more in (-4, -3, -1, 0, 1)]
    return [frame_of(length) for length in [*lengths, longest] if 60 <= length <= longest]

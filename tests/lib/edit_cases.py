# SPDX-License-Identifier: BSD-3-Clause
"""Frames before and after one list of edits, written by hand: (name, words, before, after). An after of None: the edit finds
nothing to do. Bits in hex; what stands in parts is joined. `|` separates headers for the eye alone."""

MACS = "020000000002 020000000001"
DNS = "1000 0035 000c 5df0 61626364"
IP = "4500 0020 0001 0000 4011 .... 0a000001 0a000002"

# SPDX-License-Identifier: BSD-3-Clause
"""Where a device of tests/device sits: what it is told goes through a FIFO."""

import os


class Slot:
    def __init__(self, path):
        self.path = path
        os.mkfifo(path)

    def order(self, text):
        with open(self.path, "w", encoding="ascii") as fifo:
            fifo.write(text + "\n")

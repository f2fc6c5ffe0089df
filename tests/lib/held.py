# SPDX-License-Identifier: BSD-3-Clause
"""A worker that stands still, as if its driver did not return."""

import contextlib
import ctypes
import os

PTRACE_DETACH, PTRACE_SEIZE, PTRACE_INTERRUPT, WALL = 17, 0x4206, 0x4207, 0x40000000


def threads(daemon):
    """Each thread's /proc status as a dict."""
    for number in os.listdir(f"/proc/{daemon.process.pid}/task"):
        with open(f"/proc/{daemon.process.pid}/task/{number}/status", encoding="ascii") as status:
            yield dict(line.split(":\t", 1) for line in status.read().splitlines())


@contextlib.contextmanager
def held(daemon):
    """Holds the worker's thread, and it alone, as a driver that does not return would."""
    number = next(int(thread["Pid"]) for thread in threads(daemon) if thread["Name"].startswith("pmd-"))
    library = ctypes.CDLL(None, use_errno=True)
    library.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
    library.ptrace.restype = ctypes.c_long
    assert library.ptrace(PTRACE_SEIZE, number, None, None) == 0, os.strerror(ctypes.get_errno())
    try:
        assert library.ptrace(PTRACE_INTERRUPT, number, None, None) == 0
        os.waitpid(number, WALL)
        yield
    finally:
        library.ptrace(PTRACE_DETACH, number, None, None)

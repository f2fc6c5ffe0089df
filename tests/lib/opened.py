# SPDX-License-Identifier: BSD-3-Clause
"""Who opens what: inotify(7), which Python's library lacks."""

import contextlib
import ctypes
import os
import struct

_LIBC = ctypes.CDLL(None, use_errno=True)
_OPEN, _ACCESS, _MODIFY = 0x20, 0x1, 0x2


class Watch:
    """Everything in some directories, and they themselves."""

    def __init__(self, *directories):
        self.fd = _LIBC.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.fd >= 0
        self.names = {}
        for directory in directories:
            number = _LIBC.inotify_add_watch(self.fd, os.fsencode(directory), _OPEN | _ACCESS | _MODIFY)
            assert number >= 0, os.strerror(ctypes.get_errno())
            self.names[number] = str(directory)

    def taken(self):
        """The paths that were opened, read or written since it was last asked."""
        found = set()
        with contextlib.suppress(BlockingIOError):
            while True:
                data = os.read(self.fd, 65536)
                while data:
                    number, _, _, length = struct.unpack_from("iIII", data)
                    found.add(os.path.join(self.names[number], os.fsdecode(data[16:16 + length].rstrip(b"\0"))))
                    data = data[16 + length:]
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.fd)

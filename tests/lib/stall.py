# SPDX-License-Identifier: BSD-3-Clause
"""A disk that stops to answer when it is told to: a file system of the kernel's FUSE protocol (fuse_kernel.h, 7.31),
served by a thread. Its files are those of a directory; while it stalls, what the kernel asks for stays with it."""

import ctypes
import errno
import os
import select
import stat
import struct
import subprocess
import threading

LIBC = ctypes.CDLL(None, use_errno=True)
ROOT = 1
INIT, LOOKUP, GETATTR, OPEN, READ, STATFS, RELEASE = 26, 1, 3, 14, 15, 17, 18
OPENDIR, RELEASEDIR, ACCESS = 27, 29, 34
WITHOUT_ANSWER = (2, 42)  # FORGET, BATCH_FORGET
IN_HEADER = struct.Struct("<IIQQIIIHH")
OUT_HEADER = struct.Struct("<IiQ")
LARGEST = 1 << 20
KEPT_SECONDS = 3600


def obstacle():
    """Why there can't be such a disk here, or None."""
    if os.geteuid() != 0:
        return "only root mounts file systems"
    return None if os.path.exists("/dev/fuse") else "this kernel has no FUSE"


class StallingDisk:
    """Mounts the files of a directory at a path. They are not to change."""

    def __init__(self, files, path):
        self.path = path
        self.nodes = {ROOT + 1 + number: files / name for number, name in enumerate(sorted(os.listdir(files)))}
        self.answers = threading.Event()
        self.answers.set()
        self.kernel = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
        path.mkdir()
        options = f"fd={self.kernel},rootmode=40000,user_id=0,group_id=0,allow_other"
        if LIBC.mount(b"sluice-test", str(path).encode(), b"fuse", 6, options.encode()) != 0:
            raise OSError(ctypes.get_errno(), "mount")
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def stall(self):
        self.answers.clear()

    def go_on(self):
        self.answers.set()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answers.set()
        subprocess.run(["umount", "--lazy", self.path], check=True)
        self.thread.join(10)
        os.close(self.kernel)

    def serve(self):
        while True:
            select.select([self.kernel], [], [])
            # A question stays with the kernel until it goes on: who waits for that can still be killed.
            self.answers.wait()
            try:
                request = os.read(self.kernel, LARGEST + 4096)
            except OSError as error:
                if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                    continue
                return  # unmounted
            _, operation, unique, node, *_ = IN_HEADER.unpack_from(request)
            if operation in WITHOUT_ANSWER:
                continue
            failure, payload = self.answer(operation, node, request[IN_HEADER.size:])
            try:
                os.write(self.kernel, OUT_HEADER.pack(OUT_HEADER.size + len(payload), -failure, unique) + payload)
            except OSError:
                pass  # whoever asked is gone

    def attributes(self, node):
        about = os.stat(self.nodes[node]) if node != ROOT else None
        mode, size = (stat.S_IFDIR | 0o755, 4096) if about is None else (stat.S_IFREG | 0o644, about.st_size)
        blocks = size + 511 >> 9
        return struct.pack("<QQQQQQIIIIIIIIII", node, size, blocks, 0, 0, 0, 0, 0, 0, mode, 1, 0, 0, 0, 4096, 0)

    def answer(self, operation, node, body):
        """An errno and what the answer holds."""
        if operation == INIT:
            major, minor, ahead, _ = struct.unpack_from("<IIII", body)
            limits = (16, 12, LARGEST, 1, 256, 0)
            return 0, struct.pack("<IIIIHHIIHHI7I", major, min(minor, 31), ahead, 0, *limits, *[0] * 8)
        if operation == LOOKUP:
            name = body.rstrip(b"\0").decode()
            found = [number for number, path in self.nodes.items() if path.name == name]
            if not found:
                return errno.ENOENT, b""
            return 0, struct.pack("<QQQQII", found[0], 0, KEPT_SECONDS, KEPT_SECONDS, 0, 0) + self.attributes(found[0])
        if operation == GETATTR:
            return 0, struct.pack("<QII", KEPT_SECONDS, 0, 0) + self.attributes(node)
        if operation in (OPEN, OPENDIR):
            return 0, struct.pack("<QII", 0, 0, 0)
        if operation == READ:
            _, offset, size = struct.unpack_from("<QQI", body)
            with open(self.nodes[node], "rb") as file:
                file.seek(offset)
                return 0, file.read(size)
        if operation == STATFS:
            return 0, struct.pack("<QQQQQIIII6I", 0, 0, 0, 2, 0, 4096, 255, 4096, *[0] * 7)
        return (0, b"") if operation in (RELEASE, RELEASEDIR, ACCESS) else (errno.ENOSYS, b"")

# SPDX-License-Identifier: BSD-3-Clause
"""Network namespaces that stand for machines, each on a veth whose other end sluice takes. Names are unique to
the process, and all is removed at the end whatever happened."""

import itertools
import os
import subprocess

NUMBERS = itertools.count()


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True, timeout=120,
                          **options).stdout


class Machine:
    """A namespace with one interface eth0; `.interface` is the end that is left to sluice."""

    def __init__(self, address, neighbours=()):
        number = next(NUMBERS)
        self.name = f"sluice-{os.getpid()}-{number}"
        self.interface = f"sl{os.getpid() % 100000}x{number}"
        self.address = address
        run("ip", "netns", "add", self.name)
        try:
            run("ip", "link", "add", self.interface, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            for line in ("link set lo up", "link set eth0 up", f"addr add {address}/24 dev eth0"):
                run("ip", "-n", self.name, *line.split())
            # Nothing but the test's own traffic: no router solicitations, no address detection.
            run("ip", "netns", "exec", self.name, "sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=1")
            run("sysctl", "-qw", f"net.ipv6.conf.{self.interface}.disable_ipv6=1")
            # veth leaves checksums and segmentation to a card; sluice hands frames on as they are.
            run("ip", "netns", "exec", self.name, "ethtool", "-K", "eth0", "tx", "off")
            run("ip", "link", "set", self.interface, "up")
        except BaseException:
            self.remove()
            raise

    def run(self, *words, **options):
        return run("ip", "netns", "exec", self.name, *words, **options)

    def start(self, *words):
        return subprocess.Popen(["ip", "netns", "exec", self.name, *map(str, words)], stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def port(self):
        return {"af-xdp": self.interface}

    def remove(self):
        subprocess.run(["ip", "link", "del", self.interface], check=False, capture_output=True)
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

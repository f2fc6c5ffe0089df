# SPDX-License-Identifier: BSD-3-Clause
"""The page in a guest that no device was given and none may change."""

PAGE = 4096
PATTERN = bytes((i * 31 + 7) % 256 for i in range(PAGE))


class Canary:
    def __init__(self, guest):
        self.guest = guest
        guest.do("rm -f /tmp/ask; touch /tmp/ask; (tail -f /tmp/ask | canary > /tmp/canary) &")
        self.address = int(guest.until("head -n 1 /tmp/canary | grep ."), 16)

    def changed(self):
        """How many of its bytes are not what they were."""
        lines = int(self.guest.do("wc -l < /tmp/canary; echo >> /tmp/ask"))
        return int(self.guest.until(f"[ $(wc -l < /tmp/canary) -gt {lines} ] && tail -n 1 /tmp/canary"))

    def page(self):
        """The page as QEMU finds it at the address that the device is told: none of the guest's words are taken for
        where it lies, or what is in it."""
        path = self.guest.directory / "canary"
        self.guest.tell("pmemsave", val=self.address, size=PAGE, filename=str(path))
        return path.read_bytes()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.guest.run("kill $(pidof canary tail)")

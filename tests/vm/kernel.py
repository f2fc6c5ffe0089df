# SPDX-License-Identifier: BSD-3-Clause
"""Debian's kernel: its package is fetched and unpacked below the build directory, and never installed."""

import functools
import pathlib
import re
import shutil
import subprocess

MODULE_DEPENDS = re.compile(rb"\0depends=([^\0]*)\0")
APT = ["-o", "APT::Sandbox::User=root", "-o", "Debug::NoLocking=1"]


def _package():
    """The package of the newest kernel that apt knows."""
    told = subprocess.run(["apt-cache", "depends", "--important", "linux-image-amd64"], capture_output=True, text=True,
                          check=False).stdout
    found = re.search(r"Depends: (linux-image-\d\S*)", told)
    return found.group(1) if found else None


def _fetch(directory):
    package = _package()
    if not package:
        # No lists: a fresh machine on which no package was missing.
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        package = _package()
    if not package:
        raise RuntimeError("apt knows no linux-image-amd64: are Debian's lists there? Try `apt-get update`")
    making = directory / "making"
    shutil.rmtree(making, ignore_errors=True)
    making.mkdir(parents=True)
    fetch = ["apt-get", *APT, "download", "-qq"]
    if subprocess.run([*fetch, package], cwd=making, check=False).returncode != 0:
        # Lists that are older than the mirror name packages that it no longer has.
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run([*fetch, _package()], cwd=making, check=True)
    for archive in making.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", archive, making], check=True)
        archive.unlink()
    making.rename(directory / "kernel")


class Kernel:
    """The image and the modules of one kernel, from directory/kernel, which is made if it is not there."""

    def __init__(self, directory):
        if not (directory / "kernel").exists():
            _fetch(directory)
        self.root = directory / "kernel"
        self.image = next((self.root / "boot").glob("vmlinuz-*"))
        self.release = self.image.name.removeprefix("vmlinuz-")

    @functools.cached_property
    def _paths(self):
        folder = self.root / "lib" / "modules" / self.release
        return {path.stem.replace("-", "_"): path.relative_to(folder) for path in folder.rglob("*.ko")}

    def _needs(self, name):
        found = MODULE_DEPENDS.search((self.folder / self._paths[name]).read_bytes())
        return [word.replace("-", "_") for word in found.group(1).decode().split(",") if word] if found else []

    @property
    def folder(self):
        return self.root / "lib" / "modules" / self.release

    def install(self, root, names):
        """Puts these modules and all that they need below root, with the list by which modprobe finds them."""
        target = pathlib.Path(root, "usr/lib/modules", self.release)
        wanted, lines = [name.replace("-", "_") for name in names], {}
        while wanted:
            name = wanted.pop()
            if name in lines:
                continue
            needs = self._needs(name)
            wanted += needs
            lines[name] = needs
            (target / self._paths[name]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folder / self._paths[name], target / self._paths[name])

        def all_needs(name):
            """What must be there before name, nearest first, as modprobe goes through it backwards."""
            found = []
            for need in lines[name]:
                found += [word for word in [need, *all_needs(need)] if word not in found]
            return found

        target.mkdir(parents=True, exist_ok=True)
        text = "".join(f"{self._paths[name]}: {' '.join(str(self._paths[need]) for need in all_needs(name))}\n"
                       for name in lines)
        (target / "modules.dep").write_text(text)

# SPDX-License-Identifier: BSD-3-Clause
"""The initramfs that a guest boots: busybox, the built sluice, the libraries and DPDK drivers that it loads, the
kernel's modules."""

import os
import pathlib
import re
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIBRARY = re.compile(r"(/\S+) \(0x")
DRIVERS = ["bus_pci", "bus_vdev", "mempool_ring", "net_e1000", "net_vmxnet3", "net_null", "net_ring"]
MODULES = ["vfio", "vfio_iommu_type1", "vfio_pci", "uio_pci_generic", "e1000e", "vmxnet3", "vxlan", "geneve", "ip_gre",
           "ip6_gre", "ipip", "ip6_tunnel"]
PASSWD = "root:x:0:0:root:/root:/bin/sh\nsluice:x:990:990:sluice:/:/bin/sh\n"
GROUP = "root:x:0:\nsluice:x:990:\n"


def _tool(name):
    path = shutil.which(name)
    if not path:
        raise RuntimeError(f"{name} is missing: `scripts/setup.sh --vm` installs it")
    return path


class Image:
    """A folder that becomes a cpio archive. Folders that Debian merges into /usr are links, as on a real system."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        shutil.rmtree(self.root, ignore_errors=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (self.root / "usr" / name).mkdir(parents=True, exist_ok=True)
            (self.root / name).symlink_to(f"usr/{name}")
        for name in ("dev", "proc", "sys", "tmp", "run", "root", "etc", "var"):
            (self.root / name).mkdir()
        (self.root / "var" / "run").symlink_to("/run")
        self.add_text("/etc/passwd", PASSWD)
        self.add_text("/etc/group", GROUP)

    def _place(self, path):
        path = str(path).lstrip("/")
        if path.split("/")[0] in ("bin", "sbin", "lib", "lib64"):
            path = "usr/" + path
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def add_text(self, path, text):
        self._place(path).write_text(text)

    def add_file(self, source, path):
        place = self._place(path)
        place.unlink(missing_ok=True)
        shutil.copyfile(os.path.realpath(source), place)
        place.chmod(0o755)

    def _add_library(self, path):
        """A library where it really lies, and a link from where it is looked for: what is loaded under both names must
        be one file."""
        real, place = os.path.realpath(path), self._place(path)
        if not place.exists():
            self.add_file(real, real)
        if not place.exists():
            place.symlink_to(real)

    def add_program(self, source, path):
        """A program or a shared object, and every library that it is linked with."""
        self.add_file(source, path)
        told = subprocess.run(["ldd", source], capture_output=True, text=True, check=False).stdout
        for library in LIBRARY.findall(told):
            self._add_library(library)

    def add_busybox(self):
        busybox = _tool("busybox")
        self.add_file(busybox, "/usr/bin/busybox")
        for line in subprocess.run([busybox, "--list-full"], capture_output=True, text=True,
                                   check=True).stdout.split():
            place = self._place(line)
            if not place.exists() and not place.is_symlink():
                place.symlink_to("/usr/bin/busybox")

    def add_drivers(self, names):
        folder = max(pathlib.Path("/usr/lib/x86_64-linux-gnu/dpdk").glob("pmds-*"))
        for name in names:
            # The version's own file is what DPDK looks for; the plain name comes with the headers.
            source = next(folder.glob(f"librte_{name}.so.*.*"))
            self.add_program(source, folder / source.name)

    def write(self, path):
        names = subprocess.run(["find", ".", "-print0"], cwd=self.root, capture_output=True, check=True).stdout
        with open(path, "wb") as out:
            subprocess.run(["cpio", "--null", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=self.root, input=names,
                           stdout=out, check=True)
        return path


def make(build, directory, kernel, files):
    """The archive for every guest; files: paths in the guest -> sources."""
    image = Image(directory / "root")
    image.add_busybox()
    image.add_file(HERE / "init", "/init")
    for name in ("sluiced", "sluice"):
        image.add_program(build / "app" / name / name, f"/usr/bin/{name}")
    for name in ("setpriv", "strace", "iperf3"):
        image.add_program(_tool(name), f"/usr/bin/{name}")
    # In place of busybox's, which knows neither tunnels nor namespaces.
    image.add_program(_tool("ip"), "/usr/sbin/ip")
    image.add_drivers(DRIVERS)
    kernel.install(image.root, MODULES)
    for path, source in files.items():
        image.add_file(source, path)
    return image.write(directory / "initramfs")

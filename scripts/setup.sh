#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Installs the Debian packages that sluice needs and are missing; quick when none is.
#   setup.sh          what building and running needs
#   setup.sh --tests  also what tests, lint and benchmarks need
#   setup.sh --vm     what the tests in a guest need; the guest's kernel is fetched by them and not installed
set -eu

build="gcc git libc6-dev libcap-dev libdpdk-dev libjansson-dev libmicrohttpd-dev libpcap-dev
	libseccomp-dev libsystemd-dev liblz4-dev liblzma-dev liburing-dev libyaml-dev libzstd-dev make meson ninja-build pkg-config
	systemtap-sdt-dev zlib1g-dev"
tests="bash-completion bpftrace busybox-static clang clang-format clang-tidy codespell cppcheck dpdk dpdk-dev ethtool iperf3
	iproute2 iputils-ping libclang-rt-14-dev libcmocka-dev lz4 mandoc nftables procps prometheus python3 python3-pyflakes python3-pyte
	python3-pytest python3-scapy python3-yaml shellcheck socat systemd tcpdump tcpreplay tmux tshark udev zstd"
vm="busybox-static cpio iperf3 iproute2 librte-net-e1000-23 librte-net-vmxnet3-23 python3 python3-pytest python3-yaml
	qemu-system-x86 strace util-linux"

case ${1:-} in
--tests) wanted="$build $tests" ;;
--vm) wanted="$build $vm" ;;
*) wanted=$build ;;
esac

# shellcheck disable=SC2086 # lists of words are what is meant, here and below
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null | sed -n 's/^installed //p')
missing=
for package in $wanted; do
	case "
$installed
" in
	*"
$package
"*) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "setup: packages are missing; install them once: sudo apt-get install --no-install-recommends$missing" >&2
	exit 1
fi
echo "setup: installing$missing"
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086
if ! { apt-get update && apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "setup: apt-get could not install the packages; its last words are above" >&2
	exit 1
fi
# Tests run it by themselves; nobody asked for a server.
case "$missing " in
*" prometheus "*) systemctl disable --now prometheus >/dev/null 2>&1 || true ;;
esac
echo "setup: done"

#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# sluice-bind: gives network cards to vfio-pci, from which sluice drives them, and back to the kernel. Plain POSIX sh
# that needs nothing beyond busybox. All devices named are checked first; if one is refused, none is touched.
# What a device was before is kept in /run/sluice-bind, since no binding outlives a boot either.
set -eu
PATH=$PATH:/usr/sbin:/sbin

# Beside this file in the source tree, in the share directory of an installation.
here=$(dirname "$(readlink -f "$0")")
parts=$here
[ -r "$parts/carriers.sh" ] || parts=$here/../share/sluice

# Tests lay a tree of their own below this directory.
root=${SLUICE_BIND_ROOT:-}
devices=$root/sys/bus/pci/devices
drivers=$root/sys/bus/pci/drivers
interfaces=$root/sys/class/net
proc=$root/proc
records=$root/run/sluice-bind

usage() {
	cat <<'END'
usage: sluice-bind [--force] CARD ...   give network cards to vfio-pci
       sluice-bind --undo CARD ...      give them back to the drivers they had
       sluice-bind --status             list the network cards and who drives them
       sluice-bind --help

A CARD is an address as `lspci -D` shows it, 0000:03:00.0, or an interface as
`ip link` shows it.
--force binds even the card that carries the default route or an SSH session.
END
}

say() { echo "sluice-bind: $*"; }
complain() { echo "sluice-bind: $*" >&2; }

misused() {
	complain "$*; \`sluice-bind --help\` shows what can be said"
	exit 2
}

# --- what a device is ---

value() { { cat "$1"; } 2>/dev/null || true; }
target() { [ ! -L "$1" ] || basename "$(readlink "$1")"; }
driver_of() { target "$devices/$1/driver"; }
group_of() { target "$devices/$1/iommu_group"; }

# The network interfaces that the kernel makes of a device, a virtio card's among them, whose interface hangs deeper.
interfaces_of() {
	home=$(readlink -f "$devices/$1")
	for entry in "$interfaces"/*; do
		[ -e "$entry/device" ] || continue
		case $(readlink -f "$entry/device")/ in
		"$home"/*) basename "$entry" ;;
		esac
	done
}

has_class() {
	case $(value "$devices/$1/class") in
	"0x$2"*) return 0 ;;
	esac
	return 1
}

# PCI's base classes of network controllers and of bridges.
is_network() { has_class "$1" 02; }
is_bridge() { has_class "$1" 06; }

# ADDRESS or INTERFACE -> the address that sysfs uses, or nothing.
address_of() {
	case $1 in
	*/* | .* | '') return ;;
	esac
	for candidate in "$1" "0000:$1"; do
		[ ! -e "$devices/$candidate" ] || { echo "$candidate"; return; }
	done
	[ -e "$interfaces/$1/device" ] || return 0
	place=$(readlink -f "$interfaces/$1/device")
	while [ -n "$place" ] && [ "$place" != / ]; do
		candidate=$(basename "$place")
		[ ! -e "$devices/$candidate" ] || { echo "$candidate"; return; }
		place=$(dirname "$place")
	done
}

# shellcheck source=scripts/carriers.sh
. "$parts/carriers.sh"

# --- what is refused ---

remedy="turn the IOMMU on: VT-d or AMD-Vi in the firmware's settings, and intel_iommu=on on the kernel's command line"

# The other devices of an IOMMU group, bridges aside, which carry no data of their own: lines "ADDRESS (DRIVER)".
group_mates() {
	for mate in "$devices/$1/iommu_group/devices"/*; do
		mate=$(basename "$mate")
		[ -e "$devices/$mate" ] || continue
		[ "$mate" != "$1" ] || continue
		! is_bridge "$mate" || continue
		owner=$(driver_of "$mate")
		echo "$mate (${owner:-no driver})"
	done
}

# Whether a device can be bound; says each reason why not.
acceptable() {
	good=true
	refuse() {
		complain "$address: $*"
		good=false
	}

	if ! is_network "$address"; then
		refuse "is no network card (PCI class $(value "$devices/$address/class")); \`sluice-bind --status\` lists those"
		return 1
	fi
	case $(driver_of "$address") in
	mlx4_core | mlx5_core | mana)
		refuse "keeps its kernel driver $(driver_of "$address"), beside which sluice drives it; nothing is to be bound"
		;;
	esac
	group=$(group_of "$address")
	if [ -z "$group" ]; then
		refuse "has no IOMMU group: nothing would keep it within the memory it is given; $remedy"
	elif [ "$(value "$root/sys/kernel/iommu_groups/$group/name")" = vfio-noiommu ]; then
		refuse "has no IOMMU behind it: group $group is of VFIO's unsafe no-IOMMU mode; $remedy"
	fi
	if ! $force; then
		for interface in $(interfaces_of "$address"); do
			why=$(carries "$carried" "$interface" | awk '{ all = all (NR > 1 ? ", and " : "") $0 } END { print all }')
			[ -z "$why" ] || refuse "its interface $interface $why; --force takes it all the same"
		done
		virtual=$(value "$devices/$address/sriov_numvfs")
		[ "${virtual:-0}" -eq 0 ] ||
			refuse "has $virtual virtual functions, which go when its driver does; --force takes it all the same"
	fi
	$good
}

# --- binding ---

# Sysfs answers a word that it does not take with an error of write(2), which the shell would tell in its own words.
put() { { echo "$1" >"$2"; } 2>/dev/null; }

# Five seconds.
wait_for() {
	tries=50
	until "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

has_driver() { [ "$(driver_of "$1")" = "$2" ]; }

release() { [ ! -e "$devices/$1/driver" ] || put "$1" "$devices/$1/driver/unbind"; }

field() { sed -n "s/^$1=//p" "$records/$2" 2>/dev/null || true; }

# Back to what the device's record says; to whatever the kernel finds where there is none.
restore() {
	before=$(field driver "$1")
	# An empty line clears an override.
	put "$(field override "$1")" "$devices/$1/driver_override" && release "$1" || return 1
	# The module may have been unloaded since.
	[ -z "$before" ] || [ -e "$drivers/$before" ] || modprobe "$before" 2>/dev/null || true
	put "$1" "$root/sys/bus/pci/drivers_probe" || true
	[ -z "$before" ] || wait_for has_driver "$1" "$before" || return 1
	rm -f "$records/$1"
}

bind() {
	before=$(driver_of "$1") group=$(group_of "$1")
	names=$(interfaces_of "$1" | tr '\n' ' ') names=${names% }
	override=$(value "$devices/$1/driver_override")
	[ "$override" != '(null)' ] || override=''
	printf 'driver=%s\noverride=%s\ninterface=%s\n' "$before" "$override" "$names" >"$records/$1"
	if ! put vfio-pci "$devices/$1/driver_override" || ! release "$1" ||
		! put "$1" "$root/sys/bus/pci/drivers_probe" || ! wait_for has_driver "$1" vfio-pci; then
		complain "$1: vfio-pci does not take it; \`dmesg | tail\` says why"
		restore "$1" || complain "$1: ${before:-the driver before} does not take it back either"
		return 1
	fi
	if ! wait_for test -e "$root/dev/vfio/$group"; then
		complain "$1: is bound to vfio-pci, but /dev/vfio/$group does not appear; is /dev a devtmpfs?"
		return 1
	fi
	say "$1: bound to vfio-pci, IOMMU group $group (was: ${before:-no driver}${names:+, interface $names})"
	group_mates "$1" | while read -r mate; do
		# Devices without a driver, or with one that moves no data, are no matter to the kernel.
		case $mate in
		*'(vfio-pci)' | *'(pci-stub)' | *'(no driver)') say "$1: shares group $group with $mate" ;;
		*) complain "$1: shares group $group with $mate; sluice needs all of a group: bind that too, or move the card" ;;
		esac
	done
}

# A tunnel or a virtual switch's port does not tell which card it uses.
warn_of_tunnels() {
	printf '%s\n' "$carried" | grep ' carries ' | while read -r name what; do
		[ "$name" != lo ] || continue
		[ -e "$interfaces/$name" ] || continue
		[ ! -e "$interfaces/$name/device" ] || continue
		[ -n "$(beneath "$name")" ] || complain "note: $name $what, and does not tell over which card"
	done
}

bind_all() {
	carried=$(carriers) wanted='' failed=false
	for word in "$@"; do
		address=$(address_of "$word")
		[ -n "$address" ] || address=$(recorded "$word")
		if [ -z "$address" ]; then
			complain "$word: no PCI device, and no interface of one, has that name; \`sluice-bind --status\` lists them"
			failed=true
		elif [ ! -e "$devices/$address" ]; then
			complain "$address: is gone from this machine"
			failed=true
		elif has_driver "$address" vfio-pci; then
			say "$address: is bound to vfio-pci already"
		elif acceptable; then
			wanted="$wanted $address"
		else
			failed=true
		fi
	done
	! $failed || exit 1
	[ -n "$wanted" ] || return 0
	warn_of_tunnels
	if [ ! -e "$drivers/vfio-pci" ] && ! { modprobe vfio-pci && wait_for test -e "$drivers/vfio-pci"; }; then
		complain "this kernel has no vfio-pci; Debian's linux-image-amd64 brings it, linux-image-cloud-amd64 does not"
		exit 1
	fi
	mkdir -p "$records"
	for address in $wanted; do
		bind "$address" || failed=true
	done
	# A service that starts next is to find the group's file with the owner that udev's rules give it.
	! command -v udevadm >/dev/null || udevadm settle --timeout=10 2>/dev/null || true
	! $failed
}

# --- and back ---

# The processes that have the device's group open: vfio-pci would wait for them without end.
users_of() {
	group=$(group_of "$1")
	nodes=$root/dev/vfio/${group:-none}
	for node in "$devices/$1/vfio-dev"/*; do
		nodes="$nodes $root/dev/vfio/devices/$(basename "$node")"
	done
	{ ls -l /dev/null "$proc"/[0-9]*/fd || true; } 2>/dev/null | awk -v nodes="$nodes" '
		BEGIN { count = split(nodes, list, " "); for (i = 1; i <= count; i++) wanted[list[i]] = 1 }
		/^\/.*:$/ { count = split($0, part, "/"); process = part[count - 1] }
		/ -> / && ($NF in wanted) { print process }' | sort -un | while read -r process; do
		echo "process $process ($(value "$proc/$process/comm"))"
	done
}

# The kernel has no interface any more of a card that was bound away, but the card's record names it.
recorded() {
	for record in "$records"/*; do
		[ -r "$record" ] || continue
		for name in $(field interface "$(basename "$record")"); do
			[ "$name" != "$1" ] || { basename "$record"; return; }
		done
	done
}

undo_all() {
	failed=false
	for word in "$@"; do
		address=$(address_of "$word")
		[ -n "$address" ] || address=$(recorded "$word")
		if [ -z "$address" ]; then
			complain "$word: no PCI device has that name, nor had an interface of one that was bound"
			failed=true
			continue
		fi
		if [ ! -e "$devices/$address" ]; then
			rm -f "$records/$address"
			say "$address: is gone from this machine; nothing to undo"
			continue
		fi
		if ! has_driver "$address" vfio-pci && [ ! -e "$records/$address" ]; then
			say "$address: is not bound to vfio-pci; nothing to undo"
			continue
		fi
		users=$(users_of "$address" | awk '{ all = all (NR > 1 ? ", " : "") $0 } END { print all }')
		if [ -n "$users" ]; then
			complain "$address: is in use by $users; end that first"
			failed=true
		elif restore "$address"; then
			before=$(driver_of "$address") names=$(interfaces_of "$address" | tr '\n' ' ') names=${names% }
			say "$address: back with ${before:-no driver}${names:+, interface $names}"
		else
			complain "$address: ${before:-its driver} does not take it back; \`dmesg | tail\` says why"
			failed=true
		fi
	done
	! $failed
}

# --- the table ---

# The device's name in Debian's pci.ids, or the numbers that stand for it.
name_of() {
	vendor=$(value "$devices/$1/vendor") kind=$(value "$devices/$1/device")
	{ cat "$root/usr/share/misc/pci.ids" || true; } 2>/dev/null |
		awk -v vendor="${vendor#0x}" -v kind="${kind#0x}" '
			/^[0-9a-f]/ { of_vendor = $1 == vendor }
			of_vendor && /^\t[0-9a-f]/ && $1 == kind { sub(/^\t[0-9a-f]+ +/, ""); name = $0 }
			END { print name ? name : vendor ":" kind }'
}

row() { printf '%-13s %-10s %-10s %5s %4s  %-32s %s\n' "$@" | sed 's/ *$//'; }

status() {
	carried=$(carriers)
	row ADDRESS INTERFACE DRIVER GROUP NODE NAME NOTE
	for address in "$devices"/*; do
		address=$(basename "$address")
		is_network "$address" || continue
		names=$(interfaces_of "$address" | tr '\n' ' ') names=${names% } note=''
		for interface in $names; do
			note=$note$(carries "$carried" "$interface" | awk '{ printf "%s%s", (NR > 1 ? ", " : ""), $0 }')
		done
		if [ -r "$records/$address" ]; then
			before=$(field driver "$address") was=$(field interface "$address")
			note="was: ${before:-no driver}${was:+, interface $was}"
		fi
		driver=$(driver_of "$address") group=$(group_of "$address") node=$(value "$devices/$address/numa_node")
		[ "${node:--1}" -ge 0 ] || node=-
		row "$address" "${names:--}" "${driver:--}" "${group:--}" "$node" "$(name_of "$address")" "$note"
	done
}

# --- the words ---

force=false mode=bind
while [ $# -gt 0 ]; do
	case $1 in
	--force) force=true ;;
	--undo) mode=undo ;;
	--status) mode=status ;;
	-h | --help)
		usage
		exit 0
		;;
	-*) misused "unknown option $1" ;;
	*) break ;;
	esac
	shift
done
for word in "$@"; do
	case $word in
	-*) misused "$word: options stand before the devices" ;;
	esac
done
if [ $mode = status ]; then
	[ $# -eq 0 ] || misused "--status takes no devices"
	status
	exit 0
fi
[ $# -gt 0 ] || misused "no device is named"
! { $force && [ $mode = undo ]; } || misused "--force goes with binding alone"
if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
	complain "only root binds devices: \`sudo sluice-bind ...\`"
	exit 1
fi
if [ $mode = undo ]; then
	undo_all "$@"
else
	bind_all "$@"
fi

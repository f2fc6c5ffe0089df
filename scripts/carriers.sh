#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# What must not be taken from a machine unasked: the interfaces that carry its default routes and its SSH sessions, and
# those beneath them. A part of sluice-bind, which gives it value(), that prints a file or nothing, and the places of
# /proc and /sys/class/net. carriers() makes the list, carries() picks one interface's lines from it.
: "${proc:=/proc}" "${interfaces:=/sys/class/net}"

# Lines "INTERFACE what it carries", from the kernel's own lists.
default_routes() {
	value "$proc/net/route" |
		awk 'NR > 1 && $2 == "00000000" && $8 == "00000000" { print $1, "the IPv4 default route" }'
	value "$proc/net/ipv6_route" |
		awk '$1 ~ /^0+$/ && $2 == "00" && $NF != "lo" { print $NF, "the IPv6 default route" }'
	# Those two show neither the other tables nor the further paths of a multipath route.
	command -v ip >/dev/null || return 0
	for family in 4 6; do
		{ ip -"$family" route show table all || ip -"$family" route show; } 2>/dev/null | awk -v family=$family '
			/^[^ \t]/ { of_default = $1 == "default" }
			of_default {
				for (i = 1; i < NF; i++)
					if ($i == "dev" && $(i + 1) != "lo")
						print $(i + 1), "the IPv" family " default route"
			}'
	done
}

# The ports at which SSH sessions end here: 22, and the one that this very session came in by. sudo takes the session's
# variable away, so the parents are asked as well.
ssh_ports() {
	echo "x x x 22"
	echo "${SSH_CONNECTION:-}"
	process=$$
	while [ "${process:-0}" -gt 1 ]; do
		value "$proc/$process/environ" | tr '\0' '\n' | sed -n 's/^SSH_CONNECTION=//p'
		process=$(value "$proc/$process/status" | sed -n 's/^PPid:[[:space:]]*//p')
	done
}

# Both ends of each established session are looked up in the routing table. Addresses keep the kernel's hexadecimal form:
# IPv4's in whatever byte order, as all are alike; IPv6's of sockets are turned round, word by word, to what its routes show.
ssh_sessions() {
	ports=$(ssh_ports | awk 'NF == 4 { print $4 }' | sort -u | tr '\n' ' ')
	for table in route ipv6_route if_inet6 tcp tcp6; do
		value "$proc/net/$table" | sed "s/^/$table /"
	done | awk -v ports="$ports" '
		function digit(c) { return index("0123456789ABCDEF", c) - 1 }
		function number(text,  n, i) {
			for (i = 1; i <= length(text); i++)
				n = n * 16 + digit(substr(text, i, 1))
			return n + 0
		}
		function both(a, b,  sum, bit) {
			for (bit = 8; bit >= 1; bit /= 2) {
				if (a >= bit && b >= bit)
					sum += bit
				a %= bit; b %= bit
			}
			return sum + 0
		}
		function within(address, net, mask,  i) {
			for (i = 1; i <= length(net); i++)
				if (both(digit(substr(address, i, 1)), digit(substr(mask, i, 1))) != digit(substr(net, i, 1)))
					return 0
			return 1
		}
		function ones(mask,  i, n, d) {
			for (i = 1; i <= length(mask); i++)
				for (d = digit(substr(mask, i, 1)); d > 0; d = int(d / 2))
					n += d % 2
			return n + 0
		}
		function prefix(bits,  i, mask) {
			for (i = 0; i < 32; i++) {
				mask = mask (bits >= 4 ? "F" : bits > 0 ? substr("8CE", bits, 1) : "0")
				bits -= 4
			}
			return mask
		}
		function turned(text,  i, result) {
			if (length(text) != 32)
				return text
			for (i = 0; i < 16; i++)
				result = result substr(text, int(i / 4) * 8 + (3 - i % 4) * 2 + 1, 2)
			return result
		}
		function add(name, net, mask) { name_at[n] = name; net_at[n] = net; mask_at[n] = mask; ones_at[n++] = ones(mask) }
		# The interfaces of the longest route to an address; several if the address is good on each, as in a multipath.
		function look_up(address,  i, best) {
			best = -1
			for (i = 0; i < n; i++)
				if (length(net_at[i]) == length(address) && ones_at[i] > best && \
				    within(address, net_at[i], mask_at[i]))
					best = ones_at[i]
			for (i = 0; i < n; i++)
				if (length(net_at[i]) == length(address) && ones_at[i] == best && \
				    within(address, net_at[i], mask_at[i]))
					print name_at[i], "an SSH session"
		}
		BEGIN {
			n = 0
			count = split(ports, list, " ")
			for (i = 1; i <= count; i++)
				wanted[list[i] + 0] = 1
		}
		$1 == "route" && $2 != "Iface" { add($2, $3, $9) }
		$1 == "ipv6_route" && $NF != "lo" { add($NF, toupper($2), prefix(number(toupper($3)))) }
		$1 == "if_inet6" { own[toupper($2)] = $NF }
		# State 01 is TCP_ESTABLISHED.
		($1 == "tcp" || $1 == "tcp6") && $5 == "01" {
			split($3, here, ":")
			if (!(number(here[2]) in wanted))
				next
			for (end = 3; end <= 4; end++) {
				split($end, part, ":")
				sub(/^0000000000000000FFFF0000/, "", part[1])
				address = turned(part[1])
				if (address in own)
					print own[address], "an SSH session"
				else if (address !~ /^FE80/)	# link-local: that route leads out of every interface
					look_up(address)
			}
		}'
}

# The interfaces beneath one: a bond's or a bridge's members, the card below a VLAN, and what is below those.
beneath() {
	for lower in "$interfaces/$1"/lower_*; do
		[ -L "$lower" ] || [ -e "$lower" ] || continue
		echo "${lower##*/lower_}"
		(beneath "${lower##*/lower_}")
	done
}

# Lines "INTERFACE reason", each once.
carriers() {
	{ default_routes; ssh_sessions; } | sort -u | while read -r name what; do
		echo "$name carries $what"
		for lower in $(beneath "$name"); do
			echo "$lower is part of $name, which carries $what"
		done
	done | sort -u
}

# carries LIST INTERFACE: its reasons.
carries() { printf '%s\n' "$1" | awk -v name="$2" '$1 == name { sub(/^[^ ]+ /, ""); print }'; }

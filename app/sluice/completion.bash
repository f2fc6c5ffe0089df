# SPDX-License-Identifier: BSD-3-Clause
# bash completion for sluice. A test holds its words against those of `sluice --help`.

# The socket that the words typed so far choose.
_sluice_socket() {
	local i
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--socket) printf '%s\n' --socket "${words[i + 1]}" ;;
		--socket=*) printf '%s\n' "${words[i]}" ;;
		esac
	done
}

# The result of a method, if there is a daemon.
_sluice_ask() {
	local socket
	mapfile -t socket < <(_sluice_socket)
	sluice "${socket[@]}" call "$@" 2>/dev/null
}

_sluice_methods() {
	_sluice_ask methods | grep -o '{"name":"[^"]*","text"' | cut -d '"' -f 4
}

_sluice_replays() {
	_sluice_ask replay.list | grep -o '"[^"]*":{"state":' | cut -d '"' -f 2
}

_sluice_captures() {
	_sluice_ask captures | grep -o '"[^"]*":{"state":' | cut -d '"' -f 2
}

# The first thousand: more is no help on a line.
_sluice_rules() {
	_sluice_ask rules '{"limit":1000}' | grep -o '"[^"]*":{"packets":[0-9]*,"bytes":[0-9]*,"actions":' | cut -d '"' -f 2
}

_sluice_ports() {
	_sluice_ask ports | grep -o '"[^"]*":{"rx_packets":' | cut -d '"' -f 2
}

# Of all ports: those of each come behind.
_sluice_reasons() {
	_sluice_ask drops | grep -o '"drops":{[^}]*}' | head -n 1 | grep -o '"[^"]*":[0-9]' | cut -d '"' -f 2
}

_sluice_workers() {
	_sluice_ask workers | grep -o '"core":[0-9]*' | cut -d : -f 2
}

_sluice() {
	local cur prev words cword i command=() options="--all --at --by --clock-error --cost --count --down --drops --duration --filter --follow --for --from --ignoring --in --json --latency --limit --list --live --loops --loss --near --nonzero --on --once --out --pace --paths --port --rate --rule --rules --snap --socket --sort --textfile --timeout --tolerance --top --until --watch --with --within --help --version"
	local paces="original 0.5x 2x 10x 100kpps 1Mpps 1Gbps 10Gbps-wire top"
	local -A values=([--top]="5 10 20" [--timeout]="5 30 60" [--watch]="1 2 5 10" [--pace]="$paces"
		[--loops]="2 10 forever" [--at]="+5s +1min" [--limit]="" [--near]="0 3 10" [--rules]="100 500 10000" [--duration]="" [--clock-error]=""
		[-n]="" [--snap]="64 256 65535" [--rate]="100 1000" [--for]="10 60" [--live]="10 60 tcp udp arp" [--port]="" [--rule]=""
		[--from]="-10min -1h" [--until]="+10s +10min" [--filter]="tcp udp arp"
		[--by]="flow source destination port rule"
		[--loss]="0 0.1% 1%" [--latency]="p99=50us p99.9=1ms" [--ignoring]="auto none mac vlan ttl dscp checksums nat" [--within]="1ms 100ms 1s" [--tolerance]="lost=0 lost=0,p99=50us")
	_init_completion -n = || return

	case $prev in
	--socket | --textfile | --with | --on | -w)
		_filedir
		return
		;;
	--port | --down)
		mapfile -t COMPREPLY < <(compgen -W "$(_sluice_ports)" -- "$cur")
		return
		;;
	--rule)
		mapfile -t COMPREPLY < <(compgen -W "$(_sluice_rules)" -- "$cur")
		return
		;;
	--sort)
		case " ${words[*]} " in
		*" ports "*) set -- name in in-bytes in-now out out-bytes out-now missed truncated ;;
		*" workers "*) set -- core packets now busy slept ;;
		*" drops "*) set -- name packets now ;;
		*" policers "*) set -- name passed over now ;;
		*" captures "*) set -- name stored held now ;;
		*" dedups "*) set -- name looked-at duplicates now ;;
		*" returns "*) set -- name sent lost ;;
		*) set -- name packets bytes now unedited policed duplicate sampled-out ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$*" -- "$cur")
		return
		;;
	esac
	if [ -n "${values[$prev]+known}" ]; then
		mapfile -t COMPREPLY < <(compgen -W "${values[$prev]}" -- "$cur")
		return
	fi
	case $cur in
	--socket=*)
		cur=${cur#*=}
		_filedir
		return
		;;
	--drops=*)
		mapfile -t COMPREPLY < <(compgen -W "$(_sluice_reasons)" -- "${cur#*=}")
		return
		;;
	-*)
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		return
		;;
	esac

	# The command's words so far, without options and their values.
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--socket | --sort | --textfile | --with | --port | --down | --on | -w) ((i++)) ;;
		-*) [ -z "${values[${words[i]}]+known}" ] || ((i++)) ;;
		*) command+=("${words[i]}") ;;
		esac
	done

	case "${command[*]}" in
	"") mapfile -t COMPREPLY < <(compgen -W "status ports bursts rules policers dedups captures returns workers drops memory metrics explain config port replay capture trace tap top talkers compare ndr rehearse wait call shutdown" -- "$cur") ;;
	config) mapfile -t COMPREPLY < <(compgen -W "show check diff apply save rollback reload" -- "$cur") ;;
	explain | compare | "compare "*) _filedir ;;
	"config check" | "config diff" | "config diff "* | "config apply") _filedir ;;
	port) mapfile -t COMPREPLY < <(compgen -W "up down" -- "$cur") ;;
	"port up" | "port down") mapfile -t COMPREPLY < <(compgen -W "$(_sluice_ports)" -- "$cur") ;;
	tap | ports | "ports "*) mapfile -t COMPREPLY < <(compgen -W "$(_sluice_ports)" -- "$cur") ;;
	drops | "drops "*) mapfile -t COMPREPLY < <(compgen -W "$(_sluice_reasons)" -- "$cur") ;;
	workers | "workers "*) mapfile -t COMPREPLY < <(compgen -W "$(_sluice_workers)" -- "$cur") ;;
	rules | "rules "*) mapfile -t COMPREPLY < <(compgen -W "$(_sluice_rules)" -- "$cur") ;;
	captures | "captures "*) mapfile -t COMPREPLY < <(compgen -W "$(_sluice_captures)" -- "$cur") ;;
	capture) mapfile -t COMPREPLY < <(compgen -W "read rotate trigger list wait" -- "$cur") ;;
	"capture read" | "capture read "*) _filedir ;;
	"capture rotate" | "capture trigger" | "capture list" | "capture wait")
		mapfile -t COMPREPLY < <(compgen -W "$(_sluice_captures)" -- "$cur")
		;;
	replay) mapfile -t COMPREPLY < <(compgen -W "list start stop pause resume seek pace" -- "$cur") ;;
	"replay list" | "replay list "* | "replay start" | "replay stop" | "replay pause" | "replay resume" | "replay seek" | "replay pace")
		mapfile -t COMPREPLY < <(compgen -W "$(_sluice_replays)" -- "$cur")
		;;
	"replay pace "*" "*) ;;
	"replay pace "*) mapfile -t COMPREPLY < <(compgen -W "$paces" -- "$cur") ;;
	ndr) mapfile -t COMPREPLY < <(compgen -W "$(_sluice_replays)" -- "$cur") ;;
	rehearse) mapfile -t COMPREPLY < <(compgen -W "100us 1ms 10ms" -- "$cur") ;;
	wait) mapfile -t COMPREPLY < <(compgen -W "running draining stopped" -- "$cur") ;;
	call) mapfile -t COMPREPLY < <(compgen -W "$(_sluice_methods)" -- "$cur") ;;
	esac
}

complete -F _sluice sluice

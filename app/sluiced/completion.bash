# SPDX-License-Identifier: BSD-3-Clause
# bash completion for sluiced. A test holds its words against those of `sluiced --help`, `sluiced explain --help`,
# `sluiced diff --help`, `sluiced bench paths --help` and `sluiced replay --help`.

_sluiced() {
	local cur prev words cword i command=""
	local commands="run offline check explain diff replay bench"
	local general="--json --expect --plugin --unsafe-no-iommu --log-level --help --version"
	local explain="--port --all --down --with --near --rules --cost --json --log-level --help"
	local paths="--sizes --repeats --ms --quick --svg --json --log-level --help"
	local diff="--on --traced --port --old-name --json --log-level --help"
	local replay="--to --server --clients --return --ignoring --within --edits --unique-per-loop --pace --loops --limit --duration --gap --max-gap --from --until --filter --order
		--other-links --late --truncated --tolerance --at --clock-error --memory --worker --hugepages --quiet --json --plugin --unsafe-no-iommu --log-level --help
		--intf1 --intf2 --unique-ip --loop --multiplier --pps --mbps --topspeed --loopdelay-ms --loopdelay-ns --maxsleep"
	local -A values=([--log-level]="error warning info debug" [--pace]="original 0.5x 2x 10x 100kpps 1Mpps 1Gbps 10Gbps-wire top"
		[--loops]="2 10 forever" [--order]="merged sequential" [--other-links]="refuse skip convert"
		[--hugepages]="auto true false" [--late]="catch-up shift drop" [--truncated]="drop send pad" [--at]="+5s +1min"
		[--sizes]="64,1514,9000" [--repeats]="1 3 5" [--ms]="20 100 500" [--limit]="" [--duration]="" [--gap]="" [--max-gap]="" [--from]="" [--until]="" [--filter]="" [--tolerance]=""
		[--clock-error]="" [--clients]="" [--edits]="" [--memory]="" [--worker]="" [--loop]="" [-l]="" [-L]="" [--multiplier]="" [-x]="" [--pps]="" [-p]=""
		[--mbps]="" [-M]="" [--loopdelay-ms]="" [--loopdelay-ns]="" [--maxsleep]="")
	_init_completion -n = || return

	case $prev in
	--svg)
		_filedir svg
		return
		;;
	--expect)
		_filedir -d
		return
		;;
	--plugin)
		_filedir
		return
		;;
	--with)
		_filedir yaml
		return
		;;
	--to | --server | --return | --intf1 | -i | --intf2 | -I)
		_filedir
		mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "null $(command ls /sys/class/net 2>/dev/null)" -- "$cur")
		return
		;;
	esac
	if [ -n "${values[$prev]+known}" ]; then
		mapfile -t COMPREPLY < <(compgen -W "${values[$prev]}" -- "$cur")
		return
	fi
	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--expect | --plugin | --log-level) ((i++)) ;;
		-*) ;;
		*)
			command=${words[i]}
			break
			;;
		esac
	done
	case $command/$cur in
	bench/-*) mapfile -t COMPREPLY < <(compgen -W "$([[ " ${words[*]} " == *" paths "* ]] && echo "$paths" || echo "$general")" -- "$cur") ;;
	diff/-*) mapfile -t COMPREPLY < <(compgen -W "$diff" -- "$cur") ;;
	explain/-*) mapfile -t COMPREPLY < <(compgen -W "$explain" -- "$cur") ;;
	replay/-*) mapfile -t COMPREPLY < <(compgen -W "$replay" -- "$cur") ;;
	*/-*) mapfile -t COMPREPLY < <(compgen -W "$general" -- "$cur") ;;
	/*) mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur") ;;
	bench/*) mapfile -t COMPREPLY < <(compgen -W paths -- "$cur") ;;
	*) _filedir ;;
	esac
}

complete -F _sluiced sluiced

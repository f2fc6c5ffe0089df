# SPDX-License-Identifier: BSD-3-Clause
# bash completion for sluice-exporter. A test holds its words against those of `sluice-exporter --help`.

_sluice_exporter() {
	local cur prev words cword
	_init_completion -n = || return

	case $prev in
	--socket) _filedir ;;
	--listen) mapfile -t COMPREPLY < <(compgen -W "9812 127.0.0.1:9812 [::1]:9812" -- "$cur") ;;
	--rules) mapfile -t COMPREPLY < <(compgen -W "100 500 10000" -- "$cur") ;;
	--timeout) mapfile -t COMPREPLY < <(compgen -W "1 3 10" -- "$cur") ;;
	*) mapfile -t COMPREPLY < <(compgen -W "--listen --rules --socket --timeout --help --version" -- "$cur") ;;
	esac
}

complete -F _sluice_exporter sluice-exporter

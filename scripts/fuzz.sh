#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# fuzz.sh DIR SECONDS: runs every fuzzer of a fuzz build that long, one a core at a time, from its committed corpus if it
# has one.
set -euo pipefail
dir=$1 seconds=$2
root=$(cd "$(dirname "$0")/.." && pwd)
export dir seconds root

# Its closing words, or the end of its log; what passed leaves a file that says so.
fuzz() {
	local fuzzer=$1 name work seeds dictionary
	name=$(basename "$fuzzer")
	work=$dir/corpus/$name
	mkdir -p "$work" "$dir/crashes"
	rm -f "$work.passed"
	seeds=$root/tests/fuzz/corpus/$name
	[ -d "$seeds" ] || seeds=
	dictionary=$root/tests/fuzz/${name#fuzz_}.dict
	[ -f "$dictionary" ] || dictionary=
	if ASAN_OPTIONS=detect_leaks=1 "$fuzzer" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 \
		-artifact_prefix="$dir/crashes/$name-" -print_final_stats=1 \
		${dictionary:+-dict="$dictionary"} "$work" ${seeds:+"$seeds"} \
		>"$work.log" 2>&1; then
		touch "$work.passed"
		echo "fuzz: $name for $seconds s: $(grep -E 'stat::number_of_executed_units' "$work.log" || true)"
	else
		echo "fuzz: $name: FAILED"$'\n'"$(tail -n 40 "$work.log")"
	fi
}
export -f fuzz

# Ninja keeps folders of that name beside them.
mapfile -t fuzzers < <(find "$dir/tests/fuzz" -maxdepth 1 -name 'fuzz_*' -type f -executable | sort)
[ ${#fuzzers[@]} -gt 0 ] || { echo "fuzz: none is built in $dir" >&2; exit 1; }
# shellcheck disable=SC2016 # the inner shell's $1
printf '%s\0' "${fuzzers[@]}" | xargs -0 -P "$(nproc)" -I{} bash -c 'fuzz "$1"' fuzz {}
passed=0
for fuzzer in "${fuzzers[@]}"; do
	[ ! -e "$dir/corpus/$(basename "$fuzzer").passed" ] || passed=$((passed + 1))
done
echo "$passed passed, $((${#fuzzers[@]} - passed)) failed"
[ "$passed" -gt 0 ] && [ "$passed" -eq ${#fuzzers[@]} ]

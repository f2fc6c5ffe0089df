#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# fuzz.sh DIR SECONDS: runs every fuzzer of a fuzz build that long, from its committed corpus if it has one.
set -eu
dir=$1 seconds=$2
root=$(cd "$(dirname "$0")/.." && pwd)
passed=0 failed=0
for fuzzer in "$dir"/tests/fuzz/fuzz_*; do
	if [ ! -f "$fuzzer" ] || [ ! -x "$fuzzer" ]; then
		continue # ninja keeps folders of that name beside them
	fi
	name=$(basename "$fuzzer")
	work=$dir/corpus/$name
	mkdir -p "$work" "$dir/crashes"
	seeds=$root/tests/fuzz/corpus/$name
	[ -d "$seeds" ] || seeds=
	dictionary=$root/tests/fuzz/${name#fuzz_}.dict
	[ -f "$dictionary" ] || dictionary=
	echo "fuzz: $name for $seconds s"
	if ASAN_OPTIONS=detect_leaks=1 "$fuzzer" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=20 \
		-artifact_prefix="$dir/crashes/$name-" -print_final_stats=1 \
		${dictionary:+-dict="$dictionary"} "$work" ${seeds:+"$seeds"} \
		>"$work.log" 2>&1; then
		grep -E 'stat::number_of_executed_units' "$work.log" || true
		passed=$((passed + 1))
	else
		tail -n 40 "$work.log"
		failed=$((failed + 1))
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

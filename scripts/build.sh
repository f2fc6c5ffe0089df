#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# build.sh DIR KIND [tests]: configures DIR once as one of the kinds below and builds it, with the tests if asked to.
set -eu
cd "$(dirname "$0")/.."
dir=$1 kind=$2 tests=false
[ "${3:-}" = tests ] && tests=true

configure() {
	case $kind in
	release) meson setup "$dir" --buildtype release -Dtests=$tests ;;
	sanitize) meson setup "$dir" --buildtype debugoptimized -Db_sanitize=address,undefined -Db_lundef=false \
		-Dtests=$tests ;;
	thread) meson setup "$dir" --buildtype debugoptimized -Db_sanitize=thread -Db_lundef=false -Dtests=$tests ;;
	faults) meson setup "$dir" --buildtype release -Dfaults=true -Dtests=false ;;
	fuzz) CC=clang meson setup "$dir" --buildtype debugoptimized -Db_sanitize=address,undefined \
		-Db_lundef=false -Dfuzz=true -Dtests=false ;;
	*)
		echo "build: no kind is called $kind" >&2
		return 2
		;;
	esac
}

log=$(mktemp)
trap 'rm -f "$log"' EXIT
if [ ! -e "$dir/build.ninja" ]; then
	echo "build: configuring $dir ($kind)"
	configure >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
elif $tests && [ ! -d "$dir/tests/unit" ]; then
	meson configure "$dir" -Dtests=true >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
fi
echo "build: compiling $dir"
ninja -C "$dir" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }

#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Style and static analysis, each tool from Debian. Prints what each finds, and a closing line that counts the tools.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1

passed=0 failed=0
check() {
	local name=$1 log began=$SECONDS
	shift
	log=$(mktemp)
	if "$@" >"$log" 2>&1; then
		passed=$((passed + 1))
		echo "lint: $name: ok, $((SECONDS - began)) s"
	else
		failed=$((failed + 1))
		cat "$log"
		echo "lint: $name: FAILED"
	fi
	rm -f "$log"
}

mapfile -t sources < <(git ls-files '*.c' '*.h')
mapfile -t units < <(git ls-files 'app/*.c' 'lib/*.c')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)
mapfile -t pythons < <(git ls-files '*.py')
mapfile -t pages < <(git ls-files 'docs/man/*')

compile() {
	local dir=$1 compiler=$2
	shift 2
	[ -e "$dir/build.ninja" ] || CC=$compiler meson setup "$dir" -Dwerror=true "$@" || return 1
	ninja -C "$dir"
}

tidy() {
	printf '%s\n' "${units[@]}" | xargs -P "$(nproc)" -n 4 clang-tidy -p build-lint/clang --quiet
}

pages_lint() {
	[ ${#pages[@]} -eq 0 ] && return 0
	! mandoc -Tlint -W warning "${pages[@]}" | grep .
}

words() {
	git ls-files ':!pcap-fixtures' ':!tests/fuzz/corpus' | xargs codespell -I scripts/codespell-words
}

# Once as it is released, once with what tests in a guest add, so that both are looked at.
check "gcc -Werror" compile build-lint/gcc gcc
check "clang -Werror" compile build-lint/clang clang -Dfaults=true
check clang-format clang-format --dry-run -Werror "${sources[@]}"
check clang-tidy tidy
check cppcheck cppcheck --quiet --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	--suppress=unknownMacro -j "$(nproc)" --std=c11 -D__x86_64__ -Ilib "${units[@]}"
check floors /usr/bin/python3 scripts/check-floors.py
check widths /usr/bin/python3 scripts/check-widths.py
check shellcheck shellcheck "${scripts[@]}"
check pyflakes /usr/bin/python3 -m pyflakes "${pythons[@]}"
check mandoc pages_lint
check codespell words

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

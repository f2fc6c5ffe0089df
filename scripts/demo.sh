#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# demo.sh BUILD: real captures through the pipeline of docs/demo/demo.yaml, and what to try next.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/demo
"$1/app/sluiced/sluiced" offline docs/demo/demo.yaml
cat <<END

What each tool would have seen is in build/demo/, for tcpdump or Wireshark. Next:
  change a rule in docs/demo/demo.yaml, and see its packets move: make run
  the same live, driven over its socket:                          README.md
  every test, then the speed of this machine:                     make test, make bench
END

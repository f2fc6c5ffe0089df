#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# demo.sh BUILD: real captures through the pipeline of docs/demo/demo.yaml, and what to try next.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/demo
"$1/app/sluiced/sluiced" offline docs/demo/demo.yaml
cat <<END

What each tool would have seen is in build/demo/. Next:
  tcpdump -nr build/demo/dns-log.pcap | head        look into one of them
  \$EDITOR docs/demo/demo.yaml && make run           change a rule, and see its packets move
  less README.md                                    the same live, and driven over its socket
END

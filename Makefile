# SPDX-License-Identifier: BSD-3-Clause
# The front door: each target says in one word what meson, scripts/ and tests/ do.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 60
BENCH ?= forward
# Whose code threads share: logs, a replay's reader and its packets, workers' counters.
THREAD_TESTS ?= spool look_ring reader reader_pcapng reader_records reader_seek reader_times collect handed store

# `make test SANITIZE=1` is `make test-sanitize`: the same tests of a build under ASan and UBSan.
ifeq ($(SANITIZE),1)
TEST_BUILD = $(BUILD)-sanitize
TEST_KIND = sanitize
TEST_WORDS = --built
else
TEST_BUILD = $(BUILD)
TEST_KIND = release
endif

.PHONY: all run test test-sanitize test-thread test-joints test-vm bench fuzz lint install uninstall clean setup setup-tests setup-vm help

all: setup
	@scripts/build.sh $(BUILD) release

run: all
	@scripts/demo.sh $(BUILD)

test: setup-tests
	@scripts/build.sh $(TEST_BUILD) $(TEST_KIND) tests
	@/usr/bin/python3 scripts/test.py $(TEST_BUILD) $(TEST_WORDS)

test-sanitize:
	@$(MAKE) --no-print-directory test SANITIZE=1

test-thread: setup-tests
	@scripts/build.sh $(BUILD)-thread thread tests
	@meson test -C $(BUILD)-thread --no-rebuild --quiet --print-errorlogs --timeout-multiplier 10 $(THREAD_TESTS)

test-joints: setup-tests
	@/usr/bin/python3 scripts/test-joints.py

test-vm: setup-vm
	@scripts/build.sh $(BUILD) release
	@scripts/build.sh $(BUILD)-faults faults
	@/usr/bin/python3 scripts/test-vm.py $(BUILD)

bench: setup-tests
	@[ -f scripts/bench/$(BENCH).py ] || { echo "bench: there is no BENCH=$(BENCH); there are" \
		$$(cd scripts/bench && grep -l '__main__' *.py | sed 's/[.]py//'); exit 2; } >&2
	@scripts/build.sh $(BUILD) release
	@/usr/bin/python3 scripts/bench/$(BENCH).py --sluiced $(BUILD)/app/sluiced/sluiced --json $(BUILD)/bench-$(BENCH).json \
		$(if $(L3FWD),--l3fwd $(L3FWD))

fuzz: setup-tests
	@scripts/build.sh $(BUILD)-fuzz fuzz
	@scripts/fuzz.sh $(BUILD)-fuzz $(FUZZ_SECONDS)

lint: setup-tests
	@scripts/lint.sh

install: all
	@scripts/install.sh $(BUILD) $(PREFIX) $(DESTDIR)

uninstall:
	@/usr/bin/python3 scripts/uninstall.py $(BUILD) $(PREFIX) $(DESTDIR)

clean:
	@rm -rf $(BUILD) $(BUILD)-sanitize $(BUILD)-thread $(BUILD)-faults $(BUILD)-fuzz $(BUILD)-lint

setup:
	@scripts/setup.sh

setup-tests:
	@scripts/setup.sh --tests

setup-vm:
	@scripts/setup.sh --vm

help:
	@echo "make                build into $(BUILD)/"
	@echo "make run            build, then the demo: real captures through a pipeline"
	@echo "make test           build, then every test"
	@echo "make test-sanitize  the same under ASan and UBSan (also: make test SANITIZE=1)"
	@echo "make test-thread    what threads share, under TSan (THREAD_TESTS=...)"
	@echo "make test-joints    what a stage, a method, a drop reason takes to add: added to a copy, and run"
	@echo "make test-vm        NICs, VFIO and the IOMMU, in a guest of QEMU"
	@echo "make bench          speed, against dpdk-testpmd in the same run (BENCH=replay: of replays;"
	@echo "                    BENCH=changes: of configs that are applied meanwhile; BENCH=edits: of edits and gates;"
	@echo "                    BENCH=metrics: of being scraped; BENCH=looks: of trace, top and explain;"
	@echo "                    BENCH=headroom: of what workers say that they could take;"
	@echo "                    BENCH=match: of knowing what came back; BENCH=ndr: how true sluice ndr is;"
	@echo "                    BENCH=capture: of captures that are written;"
	@echo "                    L3FWD=PATH: against DPDK's l3fwd too)"
	@echo "make fuzz           each fuzzer for a minute (FUZZ_SECONDS=N)"
	@echo "make lint           style and static analysis"
	@echo "make install        into PREFIX ($(PREFIX)), staged under DESTDIR"
	@echo "make uninstall      take that away again, from the same PREFIX and DESTDIR"
	@echo "make clean          remove what was built"

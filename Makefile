# SPDX-License-Identifier: BSD-3-Clause
# The front door: each target says in one word what meson, scripts/ and tests/ do.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: all run test test-sanitize bench fuzz lint install clean setup setup-tests help

all: setup
	@scripts/build.sh $(BUILD) release

run: all
	@scripts/demo.sh $(BUILD)

test: setup-tests
	@scripts/build.sh $(BUILD) release
	@scripts/test.sh $(BUILD)

test-sanitize: setup-tests
	@scripts/build.sh $(BUILD)-sanitize sanitize
	@scripts/test.sh $(BUILD)-sanitize

bench: setup-tests
	@scripts/build.sh $(BUILD) release
	@/usr/bin/python3 scripts/bench/run.py --sluiced $(BUILD)/app/sluiced/sluiced --json $(BUILD)/bench.json

fuzz: setup-tests
	@scripts/build.sh $(BUILD)-fuzz fuzz
	@scripts/fuzz.sh $(BUILD)-fuzz $(or $(FUZZ_SECONDS),60)

lint: setup-tests
	@scripts/lint.sh

install: all
	@meson configure $(BUILD) --prefix $(PREFIX)
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild --quiet

clean:
	@rm -rf $(BUILD) $(BUILD)-sanitize $(BUILD)-fuzz $(BUILD)-lint

setup:
	@scripts/setup.sh

setup-tests:
	@scripts/setup.sh --tests

help:
	@echo "make                build into $(BUILD)/"
	@echo "make run            build, then the demo: real captures through a pipeline"
	@echo "make test           build, then every test"
	@echo "make test-sanitize  the same under ASan and UBSan"
	@echo "make bench          speed, against dpdk-testpmd in the same run"
	@echo "make fuzz           each fuzzer for a minute (FUZZ_SECONDS=N)"
	@echo "make lint           style and static analysis"
	@echo "make install        into PREFIX ($(PREFIX)), staged under DESTDIR"
	@echo "make clean          remove what was built"

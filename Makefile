# SPDX-License-Identifier: MIT
# Thin: every target is one or two commands that can be typed by hand.

BUILD  ?= build
PREFIX ?= /usr/local
DESTDIR ?=
CMAKE_FLAGS ?=
JOBS   ?= $(shell nproc)

.PHONY: help build run test unit lint format bench soak fuzz torture coverage \
        docs install package clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## */\1	/p' $(MAKEFILE_LIST) | expand -t 12

build: ## both programs, in build/bin
	scripts/deps build
	cmake -S . -B $(BUILD) -G Ninja $(CMAKE_FLAGS) >/dev/null
	cmake --build $(BUILD) -j $(JOBS)

run: build ## the quick start: needs no server
	$(BUILD)/bin/mstreamd --config examples/quickstart.toml

test: ## all tests, against real servers that it starts
	scripts/deps test
	$(MAKE) build
	scripts/test --build $(BUILD)

unit: build ## the unit tests only
	scripts/test unit --build $(BUILD)

lint: ## format, sizes, include directions, clang-tidy
	scripts/deps lint
	$(MAKE) build
	scripts/lint --build $(BUILD)

format: ## rewrite C files with clang-format
	scripts/deps lint
	scripts/check-format --fix

bench: ## codec and end-to-end benchmarks
	scripts/deps test
	$(MAKE) build
	bench/run --build $(BUILD)

soak: ## integration tests that take minutes
	scripts/deps test
	$(MAKE) build
	scripts/test soak --build $(BUILD)

fuzz: ## every fuzz target for SECONDS (60)
	scripts/deps fuzz
	scripts/fuzz --seconds $(or $(SECONDS),60)

torture: build ## unit tests with every allocation failing in turn
	ctest --test-dir $(BUILD) -L torture --output-on-failure

coverage: ## line coverage of the unit tests
	scripts/deps coverage
	scripts/coverage

docs: build ## docs/reference.md from the option tables
	scripts/gen-reference --build $(BUILD)

install: build ## programs, manual pages, unit and example into PREFIX
	scripts/install-files "$(BUILD)" "$(DESTDIR)" "$(PREFIX)"

package: build ## a Debian package of the build
	packaging/build-deb "$(BUILD)"

clean: ## remove all build folders
	rm -rf build build-asan build-tsan build-fuzz build-coverage

# The one door. Each target is a few commands that can also be typed by hand.
.DEFAULT_GOAL := help
SHELL := /bin/bash

# Options for the program in `make run` and `make bench`, for example ARGS="--port 9000".
ARGS ?=
# How long `make fuzz` stays with each target.
FUZZ_SECONDS ?= 60
STRICT ?= 0

# rustup's tools are found even in a shell that has not been told of them.
export PATH := $(PATH):$(HOME)/.cargo/bin
XTASK := cargo xtask
# The program, and the libraries that it lends to programs on the desktop.
PACKAGES := -p selkies -p selkies-interposer -p selkies-udev-standin

.PHONY: help
help: ## What can be asked for
	@sed -n 's/^\([a-z0-9-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 14

.PHONY: run
run: ## Build everything, start a desktop, print the address (options: ARGS="...")
	scripts/install-deps build run
	$(MAKE) --no-print-directory web
	cargo build --locked --release $(PACKAGES)
	exec "$${CARGO_TARGET_DIR:-target}/release/selkies" --embedded $(ARGS)

.PHONY: build
build: ## Client and server, as they are released
	scripts/install-deps build
	$(MAKE) --no-print-directory web
	cargo build --locked --release $(PACKAGES)

.PHONY: web
web: ## The browser client
	scripts/npm-ci web
	scripts/web-build

.PHONY: test
test: ## Everything that has to pass (STRICT=1: a missing tool is a failure)
	scripts/install-deps build run test
	STRICT=$(STRICT) scripts/test

.PHONY: test-full
test-full: ## The same with larger random runs and fuzzing
	scripts/install-deps build run test
	STRICT=$(STRICT) FULL=1 scripts/test

.PHONY: check
check: ## What a change has to pass before anyone looks at it: seconds, not minutes
	scripts/install-deps build
	cargo fmt --all --check
	scripts/npm-ci web
	npm --prefix web run check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(XTASK) layers

.PHONY: fix
fix: ## What the formatters and linters can mend by themselves
	scripts/install-deps build
	cargo clippy --workspace --all-targets --fix --allow-dirty --allow-staged
	cargo fmt --all
	scripts/npm-ci web
	npm --prefix web run fix

.PHONY: generate
generate: ## Write the files that follow from the settings table and the wire
	scripts/install-deps build
	$(XTASK) generate

.PHONY: e2e
e2e: ## A real server, a real X server, a real browser
	scripts/install-deps build run test
	ONLY=web-install,web-build,build,e2e-tests STRICT=$(STRICT) scripts/test

.PHONY: bench
bench: ## How fast and how frugal it is on this machine (options: ARGS="...")
	scripts/install-deps build bench
	$(MAKE) --no-print-directory web
	cargo build --locked --release $(PACKAGES)
	exec "$${CARGO_TARGET_DIR:-target}/release/selkies" bench $(ARGS)

.PHONY: fuzz
fuzz: ## Each fuzz target for FUZZ_SECONDS
	scripts/fuzz $(FUZZ_SECONDS)

.PHONY: sizes
sizes: ## How long the files are
	$(XTASK) sizes

.PHONY: install-deps
install-deps: ## The Debian packages that building, running and testing need
	scripts/install-deps build run test

.PHONY: clean
clean: ## Everything that was built or downloaded into this folder
	cargo clean
	rm -rf web/dist web/node_modules e2e/node_modules e2e/out fuzz/target

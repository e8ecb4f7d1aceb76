# Everything a developer or CI does. `make help` lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
EMULATOR_VENV := .local/venv/emulator
SAM_VENV := .local/venv/sam
DENY_VENV := .local/venv/deny
STACK := $(EMULATOR_VENV)/bin/python tools/local/stack.py

# Read by the stack's scripts; give them on the command line or in the environment.
export PORT EMULATOR_PORT MT5_SIM_PORT EMULATOR AUTH SHIPPED STACK_DIR

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ── What the machine needs ───────────────────────────────────────────────────

.PHONY: setup
setup: $(EMULATOR_VENV)/ready $(SAM_VENV)/ready ## installs what is missing, under .local/ (nothing needs it typed first)
	@command -v cargo-nextest >/dev/null || { echo "installing cargo-nextest (some minutes)"; cargo install --locked cargo-nextest; }

.local/venv/%/ready: tools/local/requirements-%.txt
	@echo "installing the Python environment '$*' (a minute the first time)"
	@rm -rf .local/venv/$*
	@$(PYTHON) -m venv .local/venv/$*
	@.local/venv/$*/bin/pip install --quiet --disable-pip-version-check --requirement $<
	@touch $@

# ── The local stack ──────────────────────────────────────────────────────────

.PHONY: run
run: $(EMULATOR_VENV)/ready $(SAM_VENV)/ready ## the whole stack in the foreground; Ctrl-C stops it
	@exec $(STACK) run

.PHONY: up
up: $(EMULATOR_VENV)/ready $(SAM_VENV)/ready ## the same in the background; returns when ready
	@$(STACK) up

.PHONY: down
down: $(EMULATOR_VENV)/ready ## stops it
	@$(STACK) down

.PHONY: clock
clock: $(EMULATOR_VENV)/ready ## moves the stack's clock: make clock AHEAD=36h
	@$(STACK) operator clock --ahead "$(or $(AHEAD),$(error say how far: make clock AHEAD=36h))"

# ── Building and checking ────────────────────────────────────────────────────

.PHONY: build
build: ## builds the functions and tools for release
	@$(PYTHON) tools/local/build.py

.PHONY: test
test: setup ## every test: the workspace's, then the black-box ones against a stack of their own
	@$(EMULATOR_VENV)/bin/python tools/local/test.py

.PHONY: fmt
fmt: ## formats the code
	@cargo fmt --all

.PHONY: fmt-check
fmt-check: ## fails where the code is not formatted
	@cargo fmt --all --check

.PHONY: lint
lint: ## clippy, warnings denied
	@cargo clippy --locked --workspace --all-targets -- -D warnings

.PHONY: deny
deny: $(DENY_VENV)/ready ## licences, duplicates, sources and advisories of the dependencies
	@$(DENY_VENV)/bin/python tools/local/deny.py

.PHONY: sam-validate
sam-validate: $(SAM_VENV)/ready ## sam validate --lint of each template
	@for template in template.yaml $(wildcard infra/*.template.yaml); do \
	  AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 $(SAM_VENV)/bin/sam validate --lint --template "$$template"; \
	done

.PHONY: sam-check
sam-check: $(EMULATOR_VENV)/ready $(SAM_VENV)/ready ## builds what ships: size and glibc of each binary, each invoked in a container
	@$(EMULATOR_VENV)/bin/python tools/local/sam_check.py

.PHONY: bench
bench: build ## the benchmarks, and the functions' times to start; minutes, once all is built
	@cargo bench --locked -p accounts -p mt5-history -p signals -p web -p fn-accounts --bench '*' -- --max-time 5
	@cargo nextest run --locked --workspace -E 'test(/^costs::/)' --success-output immediate
	@cargo run --locked --profile bench --quiet -p coldstart -- --dir "$${CARGO_TARGET_DIR:-target}/local"

.PHONY: openapi
openapi: ## writes docs/openapi.json from the code
	@cargo run --locked --quiet -p openapi -- docs/openapi.json

.PHONY: clean
clean: ## removes what was built and the local stacks; installed tools stay
	@cargo clean
	@rm -rf .aws-sam .local/run .local/test .local/sam-check .local/mail .local/stack.json

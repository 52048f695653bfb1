# What people and CI run. `make` alone lists it.

PYTHON ?= python3
BIN := .venv/bin
OUTSIDE := tests/adapters tests/browser tests/crash
INSIDE := $(filter-out $(OUTSIDE) tests/data tests/fakes,$(patsubst %/.,%,$(wildcard tests/[a-z]*/.)))
LOCK = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header $(ARGS)

.PHONY: help setup up test lint unit tests-inside tests-outside sizes bench docs pictures lock clean
.DEFAULT_GOAL := help

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

setup: .venv/ready ## install everything into .venv; again only when the locks change

up: setup ## start Signalbox on this machine; Ctrl-C ends it (ARGS="--port 8322" hands options on)
	@exec $(BIN)/signalbox up $(ARGS)

test: lint unit ## everything that CI checks

lint: setup ## style, types, imports, unused code, dependencies
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture
	$(BIN)/deptry .

unit: setup ## the tests, with coverage; the domain and the commands must be covered wholly
	$(BIN)/coverage erase
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target tests-inside tests-outside
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage report --include='bot/domain/*,commands/*' --fail-under=100

# Both halves at once take little more than one: each waits much for what it starts.
tests-inside:
	$(BIN)/coverage run --parallel-mode -m pytest $(ARGS) $(INSIDE)

tests-outside:
	$(BIN)/coverage run --parallel-mode -m pytest $(ARGS) $(OUTSIDE)

sizes: setup ## how long modules and functions are
	@$(BIN)/python -m tests.architecture.sizes

bench: setup ## speed, against a plain anchor in the same run
	$(BIN)/python -m bench.commit
	$(BIN)/python -m bench.commit_postgres
	$(BIN)/python -m bench.dispatch
	$(BIN)/python -m bench.linear
	$(BIN)/python -m bench.slack

docs: setup ## write the pages that come from the code anew
	$(BIN)/python -m tests.architecture.pages

pictures: setup ## draw docs/pictures anew, by chromium
	$(BIN)/python -m tests.fakes.slack_pictures

lock: setup ## write the locks anew after a change of pyproject.toml (ARGS=--upgrade for newer versions)
	$(LOCK) --group build --output-file requirements.lock pyproject.toml
	$(LOCK) --group dev --constraints requirements.lock --output-file requirements-dev.lock pyproject.toml

clean: ## remove what make made
	rm -rf .venv build dist .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Two stamps: new locks mean a new environment, a changed project only a new entry point.
.venv/ready: .venv/locked pyproject.toml
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $@

.venv/locked: requirements-dev.lock
	@$(prepare)
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@touch $@

# Chromium is for the browser tests alone: without the right to install it, CI fails and a person
# goes on, with those tests skipped.
define prepare
need=; \
command -v git >/dev/null || need="$$need git"; \
$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || need="$$need python3 python3-venv"; \
can=$$([ "$$(id -u)" = 0 ] && command -v apt-get); \
if ! command -v chromium >/dev/null && { [ -n "$$can" ] || [ -n "$$CI" ]; }; then \
  need="$$need chromium"; \
fi; \
if [ -n "$$need" ]; then \
  if [ -n "$$can" ]; then \
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $$need; \
  else \
    echo "Missing:$$need. Install it (on Debian: sudo apt-get install$$need), then run make again." >&2; \
    exit 1; \
  fi; \
fi; \
$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' || { \
  echo "Signalbox needs Python 3.11 to 3.14; $(PYTHON) is $$($(PYTHON) -V 2>/dev/null || echo missing). Name another: make PYTHON=python3.12 setup" >&2; \
  exit 1; \
}
endef

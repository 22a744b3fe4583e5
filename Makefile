# Every target sets up what it needs; the first one takes a minute or two.
#   make run [-- FILE]   the window, on FILE or on the built-in demo (without a display: the same, off-screen)
#   make test            every test          make lint    ruff, mypy, import contracts
#   make bench           the benchmarks      make assets  rebuild the generated clips
#   make wheel           dist/*.whl          make check-wheel  a wheel installed elsewhere, alone

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# pip arguments of your own, for example PIP_ARGS="--extra-index-url https://download.pytorch.org/whl/cpu"
PIP_ARGS ?=

ARGS := $(filter-out run,$(MAKECMDGOALS))
ifneq (,$(filter run,$(MAKECMDGOALS)))
ifneq (,$(ARGS))
.PHONY: $(ARGS)
$(ARGS):
	@:
endif
endif

.PHONY: run test test-fast lint bench assets wheel check-wheel setup system clean
.DEFAULT_GOAL := run

system:
	@packaging/system-libraries

$(READY): pyproject.toml packaging/find-python
	@python="$$(packaging/find-python)" && { test -x $(BIN)/python || "$$python" -m venv $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -e '.[dev]'
	@touch $@

setup: system $(READY)

run: setup
	@$(BIN)/kinestate $(ARGS)

test: setup
	$(BIN)/python -m pytest

test-fast: setup
	$(BIN)/python -m pytest -m 'not slow'

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python tests/perf

assets: setup
	$(BIN)/python -m engine.motion.generate assets/clips

wheel: setup
	packaging/build-wheel $(abspath $(BIN)/python) dist

check-wheel: setup
	$(BIN)/python packaging/check-wheel

clean:
	rm -rf $(VENV) out build dist

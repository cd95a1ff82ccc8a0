# make demo   trains, evaluates and reports on this machine (about ten minutes after installation)
# make test   passes all tests
# Both make their own environment in .venv first, and reuse it until pyproject.toml or constraints.txt changes.
# Both fetch Lean 4 once (121 MB, into the user's cache), and go on without it where it cannot be had.

PYTHON ?= python3
BENCHMARKS ?=
VENV := .venv
READY := $(VENV)/.ready

.PHONY: demo test test-all lean check format clean
.DELETE_ON_ERROR:

demo: $(READY) lean
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" recipes/tiny/demo.sh $(BENCHMARKS)

test: $(READY) lean
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -n 2 --dist loadfile

test-all: $(READY) lean
	OMP_NUM_THREADS=1 $(VENV)/bin/pytest -m "slow or not slow" --timeout=1800

lean: $(READY)
	@$(VENV)/bin/llemma lean install || echo "going on without Lean: what needs it is skipped" >&2

check: $(READY)
	$(VENV)/bin/ruff check
	$(VENV)/bin/ruff format --check
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports

format: $(READY)
	$(VENV)/bin/ruff format
	$(VENV)/bin/ruff check --fix

clean:
	rm -rf $(VENV)

$(READY): pyproject.toml constraints.txt check_python.py
	@command -v $(PYTHON) >/dev/null || { echo "error: no $(PYTHON) here. Name a Python: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) check_python.py
	$(PYTHON) -m venv --clear $(VENV)
	PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 $(VENV)/bin/pip install --quiet --editable '.[dev]'
	@touch $@

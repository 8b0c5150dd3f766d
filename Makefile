# The two commands of the README, and the checks that CI runs besides.
# Needs Python 3.11 or newer with venv and pip; everything else is installed into .venv here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# `make test TESTS=tests/unit` runs a part.
TESTS ?= tests

.PHONY: run test coverage check lock clean

run: $(VENV)/.run
	$(BIN)/nisqdl run noise_vs_accuracy

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto $(TESTS)

# The same with the lines that no test reaches; tracing makes it half as long again.
coverage: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --cov=nisqdl --cov-report=term $(TESTS)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "nisqdl needs Python 3.11 or newer; name one: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python pyproject.toml constraints.txt
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.test: $(VENV)/.run
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test,check]'
	touch $@

# Writes the installed versions down; run it in a fresh environment after changing a dependency.
lock: $(VENV)/.test
	$(BIN)/python -m pip freeze --exclude-editable > constraints.txt

clean:
	rm -rf $(VENV) build dist .coverage* .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

# Speed and memory beside the peers, in an environment of their own; QUICK=1 is a short form.
BENCH := .venv-bench
PEERS := qiskit-machine-learning qiskit-aer pennylane pennylane-lightning tensorcircuit-ng jax qulacs

.PHONY: bench
bench: $(BENCH)/.ready
	$(BENCH)/bin/python -m benchmarks $(if $(QUICK),--quick)

$(BENCH)/.ready: benchmarks/constraints.txt pyproject.toml
	$(PYTHON) -m venv $(BENCH)
	PIP_CONSTRAINT=benchmarks/constraints.txt $(BENCH)/bin/python -m pip install --quiet --disable-pip-version-check -e . $(PEERS)
	touch $@

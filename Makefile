# The two commands of the README, and the checks that CI runs besides.
# Needs Python 3.11 or newer with venv and pip; everything else is installed into .venv here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# `make test TESTS=tests/unit` runs a part.
TESTS ?= tests

.PHONY: run test check lock clean

run: $(VENV)/.run
	$(BIN)/nisqdl run noise_vs_accuracy

test: $(VENV)/.test
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

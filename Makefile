# What a person types. Each target is one line of the list that `make` alone prints.

PYTHON ?= python3
PORT ?= 8000
VENV ?= .venv
NEWEST_PYTHON ?= python3.13

# One environment for each Python, so that two versions do not undo each other's.
VERSION = $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
TEST_VENV = .venv-test-$(VERSION)
NEWEST_VENV = .venv-newest-$(VERSION)

# Tests run in so many processes at once, one more than the cores as many of them wait; pytest by itself takes one.
# TEST_DATE=2028-02-29 before "make test" runs them on that day (tests/support/date/moving.py).
PROCESSES ?= $(shell $(PYTHON) -c 'import os; print(os.cpu_count() + 1)' 2>/dev/null || echo 2)
PYTEST = -m pytest --numprocesses $(PROCESSES) --maxprocesses 4

# Style, types, imports. The types of the settings are those of the embedded mode.
CHECK = $(TEST_VENV)/bin/ruff check . \
	&& env -u DATABASE_URL -u DATABASE_URL_FILE PCARE_MODE=embedded $(TEST_VENV)/bin/mypy \
	&& $(TEST_VENV)/bin/lint-imports --no-logo

# Prints everything a reader of the lock needs and nothing about the machine it was made on.
LOCK = uv pip compile pyproject.toml --universal --generate-hashes \
	--no-emit-index-url --no-header --no-annotate --upgrade --quiet

.DEFAULT_GOAL := help
.PHONY: help run test test-newest bench lint lock python test-venv

help: ## This list
	@echo "make run          the portal at http://127.0.0.1:8000/masuk/ (PORT=9000 for another port)"
	@echo "make test         all tests, on PostgreSQL, Valkey and Chromium (PYTHON=python3.13 for another Python)"
	@echo "make test-newest  the same on the newest Django"
	@echo "make bench        measures the portal"
	@echo "make lint         style, format, types and imports of the code"
	@echo "make lock         pins the requirements anew (needs uv)"

run: python
	@$(PYTHON) scripts/bootstrap.py --venv $(VENV) --requirements requirements.txt
	@exec $(VENV)/bin/python scripts/run.py "$(PORT)"

test: test-venv
	@$(TEST_VENV)/bin/python tests/support/programs.py
	@$(CHECK)
	@exec $(TEST_VENV)/bin/python $(PYTEST)

test-newest: PYTHON = $(NEWEST_PYTHON)
test-newest: python
	@$(PYTHON) scripts/bootstrap.py --venv $(NEWEST_VENV) --requirements requirements-newest.txt
	@$(NEWEST_VENV)/bin/python tests/support/programs.py
	@exec $(NEWEST_VENV)/bin/python $(PYTEST)

bench: test-venv
	@exec $(TEST_VENV)/bin/python -m benchmarks

lint: test-venv
	@$(TEST_VENV)/bin/ruff format --check .
	@$(CHECK)

# Django 5.2 is the long-term release the portal runs on; the newest one is only tested.
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	echo 'django<6' | $(LOCK) --python-version 3.11 -c /dev/stdin -o requirements.txt
	echo 'django<6' | $(LOCK) --python-version 3.11 --group test -c /dev/stdin -o requirements-test.txt
	echo 'django>=6.1' | $(LOCK) --python-version 3.13 --group test -c /dev/stdin -o requirements-newest.txt

test-venv: python
	@$(PYTHON) scripts/bootstrap.py --venv $(TEST_VENV) --requirements requirements-test.txt

# Run, not only looked up: a name can exist and still start nothing.
python:
	@$(PYTHON) -c pass >/dev/null 2>&1 || { \
		echo "'$(PYTHON)' does not run: install Python 3.11 or later, or name one with PYTHON=python3.12" >&2; exit 1; }

# Everything lives in .venv; nothing is needed but python3 (3.11 or newer) and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

# The tests start the command some hundred times: from compiled modules it takes a quarter of the time less.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test lint bench torture spark lock man release sbom clean

help: ## show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 8

run: $(READY) ## import everything in sample_data/ into the embedded sandbox
	@$(BIN)/importer run sample_data/* --region US --sandbox || [ $$? -eq 3 ]

# Three at a time on two cores: a third of the tests' time is waiting. Stealing keeps a module's tests, and what they share, together.
test: lint ## lint, types and tests
	@$(BIN)/pytest -n 3 --dist worksteal

lint: $(READY) ## lint and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bench: $(READY) ## time, memory and correctness, beside the script people write today (three quarters of an hour, 6 GB of disk)
	@$(BIN)/python -m tests.bench

torture: $(READY) ## 100,000 rows of known truth, and runs that are killed and resumed
	@$(BIN)/python -m tests.torture

spark: $(READY) ## install the client of Spark and an engine for this machine (500 MB), and run the tests that need them
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[spark]'
	@$(BIN)/pytest tests/pipeline/test_spark.py

lock: $(READY) ## pin the newest versions that pyproject.toml allows
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	  --no-header --group dev pyproject.toml --output-file requirements.lock

man: $(READY) ## print the man page, which the wheel has, too
	@$(BIN)/python -m importer.cli.man

release: $(READY) ## build wheel and sdist into dist/, twice with one hash, and check what is in them
	@rm -rf dist
	@$(BIN)/python -m hatchling build -d dist
	@$(BIN)/python -m hatchling build -d dist/again
	@for file in dist/*.*; do cmp "$$file" "dist/again/$${file#dist/}" || exit 1; done
	@rm -rf dist/again
	@$(PYTHON) -m venv $(VENV)/release
	@$(VENV)/release/bin/pip install --quiet --disable-pip-version-check check-wheel-contents pyroma twine
	@$(VENV)/release/bin/check-wheel-contents dist/*.whl
	@$(VENV)/release/bin/twine check --strict dist/*
	@$(VENV)/release/bin/pyroma --min=9 .
	@sha256sum dist/*

sbom: release ## a bill of materials (CycloneDX) and the licences of what the wheel installs, in dist/
	@$(PYTHON) -m venv --clear $(VENV)/installed
	@$(VENV)/installed/bin/pip install --quiet --disable-pip-version-check dist/*.whl
	@$(VENV)/installed/bin/pip uninstall --quiet --yes pip setuptools
	@$(VENV)/release/bin/pip install --quiet --disable-pip-version-check cyclonedx-bom pip-licenses
	@$(VENV)/release/bin/cyclonedx-py environment --output-reproducible --output-file dist/sbom.json $(VENV)/installed
	@$(VENV)/release/bin/pip-licenses --python=$(VENV)/installed/bin/python --format=markdown --with-system \
	  --output-file=dist/licences.md

clean: ## remove the environment, caches and runs
	rm -rf $(VENV) dist runs .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find importer tests -name __pycache__ -prune -exec rm -rf {} +

$(READY): requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (once)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

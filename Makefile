# Two commands for a new user: `make demo` and `make test`.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO_DATA := data/demo
SNAKEMAKE := $(BIN)/snakemake --profile profiles/local
# Library threads are settings of the jobs, not of the machine: equal bytes on any number of cores.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1

.PHONY: help demo demo-dry-run demo-sweep demo-baseline test test-slow test-cluster-smoke test-cluster check bench format docs clean

help:
	@echo "make demo           simulate four tiles, map them, cross-validate, report"
	@echo "make demo-dry-run   print the jobs of the demo"
	@echo "make demo-sweep     60 candidates on the demo's scene: 2 batch sizes, 3 rates, 4 folds and all tiles, 2 seeds"
	@echo "make demo-baseline  the demo's network beside a random forest and the scene's best rule"
	@echo "make test           format, lint, types and all tests but the slow ones"
	@echo "make test-slow      the slow tests"
	@echo "make test-cluster-smoke  the workflow on a real Slurm of one machine; needs root and Debian's slurm-wlm, munge"
	@echo "make test-cluster  the same, faults of jobs and of Slurm, PBS commands, the demo with all folds"
	@echo "make bench          benchmarks; writes benchmarks/results.json (some only: make bench TOPICS=preprocess)"
	@echo "make format         format the code"
	@echo "make docs           regenerate the pages and the schema that are made from the code"
	@echo "                    (PATCH=patch.nc: also the real patch beside the scene, see docs/simulation.md)"

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "tilefold needs Python >= 3.11 with venv: apt-get install python3 python3-venv, or PYTHON=python3.12 make demo"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "Python lacks venv: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

# Made anew where its code has changed: figures of an older scene are not those of this project.
$(DEMO_DATA)/truth/truth.json: $(wildcard workflow_scripts/tilefold/simulation/*.py) | $(VENV)/installed
	rm -rf $(DEMO_DATA)
	$(BIN)/tilefold simulate $(DEMO_DATA)

demo: $(DEMO_DATA)/truth/truth.json
	$(SNAKEMAKE) --configfile config/demo.yaml
	@echo
	@echo "map:        results/demo/maps/all/seed_0/classification.tif"
	@echo "fold table: results/demo/summary/folds.csv"
	@echo "report:     results/demo/report/index.html"

demo-dry-run: $(DEMO_DATA)/truth/truth.json
	$(SNAKEMAKE) --configfile config/demo.yaml --dry-run

demo-sweep: $(DEMO_DATA)/truth/truth.json
	$(SNAKEMAKE) --configfile config/demo.yaml config/sweep.yaml
	@echo
	@echo "candidates: results/sweep/summary/candidates.csv"
	@echo "report:     results/sweep/report/index.html"

demo-baseline: demo
	$(BIN)/tilefold baseline results/demo $(DEMO_DATA)

check: $(VENV)/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/snakefmt --check --compact-diff Snakefile rules
	$(BIN)/mypy

test: check
	$(BIN)/python -m pytest -m "not slow and not gpu and not cluster" --numprocesses 2 --dist loadfile --no-loadscope-reorder

test-slow: $(VENV)/installed
	$(BIN)/python -m pytest -m slow

test-cluster-smoke: $(VENV)/installed
	$(BIN)/python -m pytest -m cluster -k smoke --timeout 1800 tests/cluster

test-cluster: $(VENV)/installed
	$(BIN)/python -m pytest -m cluster --timeout 3600 tests/cluster

bench: $(VENV)/installed
	$(BIN)/python benchmarks/run.py $(TOPICS)

format: $(VENV)/installed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/snakefmt Snakefile rules

docs: demo
	$(BIN)/tilefold document --demo results/demo --scene $(DEMO_DATA) $(if $(PATCH),--patch $(PATCH))

clean:
	rm -rf results/demo $(DEMO_DATA) .snakemake

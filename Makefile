# `make` shows what there is. Every target sets up what it needs; all paths are relative, so that the folder's own
# path may hold spaces. ARGS is passed on: make test ARGS="tests/lake -k lease", make bench ARGS=quality.
.DEFAULT_GOAL := help
.PHONY: help demo test cluster-test yarn-test fault-test check format bench reference lock clean
ARGS ?=
PYTHON_BIN := .venv/bin/python

help:  ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

demo:  ## a project from raw files to predictions: house prices, or make demo ARGS=flights
	@scripts/setup.sh $(if $(findstring flights,$(ARGS)),examples,run)
	@$(PYTHON_BIN) -m examples.demo $(ARGS)

test:  ## all tests, two at a time
	@scripts/setup.sh dev
	@scripts/setup.sh examples
	@$(PYTHON_BIN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

cluster-test:  ## both examples on a Spark cluster of two workers, from what `pipeline package` made (ten minutes)
	@scripts/setup.sh dev
	@scripts/setup.sh examples
	@$(PYTHON_BIN) -m pytest -n 0 tests/cluster --all-rows $(ARGS)

yarn-test:  ## the flow with its driver on YARN: Hadoop's mini cluster (ten minutes; 67 MB once)
	@scripts/setup.sh dev
	@$(PYTHON_BIN) -m pytest -n 0 tests/cluster/test_yarn.py --yarn $(ARGS)

fault-test:  ## kills of drivers, executors and servers, and what they cost in rows (forty minutes to an hour)
	@scripts/setup.sh dev
	@$(PYTHON_BIN) -m tests.faults $(ARGS)

check:  ## style, types, layers, dependencies
	@scripts/setup.sh dev
	$(PYTHON_BIN) -m ruff check .
	$(PYTHON_BIN) -m ruff format --check .
	$(PYTHON_BIN) -m mypy
	.venv/bin/lint-imports
	.venv/bin/deptry pipeline

format:  ## rewrite the code in the project's style
	@scripts/setup.sh dev
	$(PYTHON_BIN) -m ruff check --fix .
	$(PYTHON_BIN) -m ruff format .

bench:  ## one benchmark by name: make bench ARGS=quality
	@scripts/setup.sh dev
	@$(if $(filter ingest tuning scale,$(ARGS)),scripts/setup.sh examples)
	@$(PYTHON_BIN) -m benchmarks.$(ARGS)

reference:  ## write docs/reference.md and its JSON Schema anew from the model
	@scripts/setup.sh dev
	@$(PYTHON_BIN) -m pipeline.config.reference $(ARGS)

lock:  ## write the locks anew: make lock ARGS=--upgrade
	@scripts/lock.sh $(ARGS)

clean:  ## remove what builds, checks and the demo left; .venv stays
	rm -rf build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache lake
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

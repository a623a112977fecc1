# Everything that needs doing, on a machine with only Python, pip and make. Debian's Python may have
# no pip for a folder of its own: then the system's pip fills it.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: setup play browser web test test-all audit check wheel bench evals chaos conformance lock clean

setup: .venv/.ready

.venv/.ready: requirements/runtime.txt requirements/uv.txt pyproject.toml setup.py
	@echo "Setting up (once; a minute or two) ..."
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv >/dev/null 2>&1 || $(PYTHON) -m venv --without-pip .venv
	@$(BIN)/python -m pip --version >/dev/null 2>&1 && pip="$(BIN)/python -m pip" || pip="$(PYTHON) -m pip --python $(BIN)/python"; \
	  $$pip install -q --require-hashes -r requirements/uv.txt \
	  || { echo "Python's pip or venv is needed: apt-get install python3-venv, or your system's way."; exit 1; }
	@$(UV) pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/runtime.txt
	@$(UV) pip install -q --python $(BIN)/python --compile-bytecode --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q bot handlers
	@touch $@

.venv/.ready-dev: .venv/.ready requirements/dev.txt
	@echo "Adding what the tests need ..."
	@$(UV) pip install -q --python $(BIN)/python --compile-bytecode --require-hashes -r requirements/dev.txt
	@touch $@

play: setup
	@$(BIN)/super-intern play

browser:
	@command -v chromium >/dev/null || { echo "Bringing Chromium for the tests ..."; \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; } \
	  || echo "Chromium could not be installed: the tests in a browser are skipped."

test: .venv/.ready-dev browser
	@$(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder

test-all: .venv/.ready-dev browser  ## the long runs as well
	@$(BIN)/python -m pytest -n 3 --dist loadgroup --no-loadscope-reorder -m ""

# The tools that hold the locked packages against known vulnerabilities, apart from the product's.
.venv/audit/.ready: .venv/.ready requirements/audit.txt
	@$(UV) venv -q --clear --python $(BIN)/python .venv/audit
	@$(UV) pip install -q --python .venv/audit/bin/python --require-hashes -r requirements/audit.txt
	@touch $@

audit: .venv/audit/.ready
	@$(BIN)/python .ci/audit

web:
	@cd bot/playground/page/web && npm ci && npm run build

check: .venv/.ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

wheel: .venv/.ready  ## build it, install it into a clean environment, and run its commands there
	@$(BIN)/python .ci/wheel

bench: .venv/.ready-dev
	@$(BIN)/python -m benchmarks

evals: .venv/.ready-dev  ## recorded answers; LIVE=1 asks the model of the settings
	@$(BIN)/python -m evals.run $(if $(LIVE),--live)
	@$(BIN)/python -m evals.other_shops
	@$(BIN)/python -m evals.grounding_sets

chaos: .venv/.ready-dev
	@$(BIN)/python -m tests.e2e.chaos

# The library's expressions on DuckDB and on Spark, cell by cell. Spark stays out of the runtime.
.venv/.ready-spark: .venv/.ready-dev requirements/conformance.txt
	@echo "Bringing Spark for the comparison (once; 450 MB) ..."
	@command -v java >/dev/null || { apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq openjdk-17-jre-headless >/dev/null; } \
	  || { echo "Spark needs Java 17 or newer, and it could not be installed."; exit 1; }
	@$(UV) pip install -q --python $(BIN)/python --target .venv/spark --require-hashes -r requirements/conformance.txt
	@touch $@

conformance: .venv/.ready-spark
	@SPARK_LOCAL_IP=127.0.0.1 PYTHONPATH=.venv/spark $(BIN)/python -W ignore -m tests.conformance $(ONLY)

lock: .venv/.ready
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements/uv.in -o requirements/uv.txt
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header pyproject.toml requirements/build.in -o requirements/runtime.txt
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header --extra dev pyproject.toml requirements/build.in -c requirements/runtime.txt -o requirements/dev.txt
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements/audit.in -o requirements/audit.txt
	@$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-annotate --no-header requirements/conformance.in -c requirements/runtime.txt -o requirements/conformance.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache

# make serve: set up, build, serve on port 8000.  make test: set up, lint, type-check, test.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
# One more at work than there are processors: some tests wait.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
READY := $(VENV)/.ready
PIP := 26.3
# What is imported is compiled once, wherever the environment says it is not: tests start hundreds of processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: install-test serve test lint web web-test w3c client setup build bench fuzz faults mutate coverage sbom dist clean

serve: web build
	$(BIN)/kpigraph serve --port $(PORT)

test: setup
	@$(MAKE) --no-print-directory -j4 web-test w3c client lint
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

setup: $(READY)

# The query editor of /sparql, from npm; without a registry the page keeps its plain form. web-test: with what tests need.
web: setup
	@sh kpigraph/serve/editor/build.sh $(BIN) serve

web-test: setup
	@sh kpigraph/serve/editor/build.sh $(BIN) test

# The W3C's SPARQL test suite, which comes with an old source package of rdflib; without it those tests are skipped.
w3c: setup
	@test -d $(VENV)/w3c || { $(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary rdflib \
	  --dest $(VENV)/w3c.part rdflib==6.1.1 && tar -xzf $(VENV)/w3c.part/rdflib-6.1.1.tar.gz -C $(VENV)/w3c.part \
	  && mv $(VENV)/w3c.part/rdflib-6.1.1/test/DAWG $(VENV)/w3c; } || echo "the W3C's test suite cannot be fetched" >&2
	@rm -rf $(VENV)/w3c.part

# A client of the Reconciliation Service API by others, for one test; without its dependencies, which we have in newer versions.
client: setup
	@test -d $(VENV)/reconciliation-client || $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	  --target $(VENV)/reconciliation-client py-reconciliation-service-api==0.2.1 \
	  || echo "the reconciliation client cannot be fetched" >&2

# Installs the wheel into an empty environment by its hashes, as an operator does, and uses it there; before a release.
install-test: setup
	KPIGRAPH_TESTS_INSTALL=1 $(BIN)/pytest -n 0 tests/test_packaging.py

build: setup
	$(BIN)/kpigraph build data --out public

# Every door for what comes from outside, guided by coverage, for so many seconds together; findings in fuzz-findings/.
FUZZ_SECONDS ?= 240
FUZZ_TARGETS ?=
fuzz: setup
	@PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]' \
	  || echo "atheris cannot be installed" >&2
	$(BIN)/python tests/fuzz.py --seconds $(FUZZ_SECONDS) $(FUZZ_TARGETS)

# Builds killed before every step that they take on the disk, and at random moments; what docs/reliability.md tells.
faults: setup
	$(BIN)/python tests/faults.py

# How many small faults, put into what reads and guards one at a time, the tests notice: a seeded sample of each part, or all
# (SAMPLE=0, hours). A run goes on where the last one ended, in mutants/; PARTS: periods quantities cells guard corrections.
SAMPLE ?= 100
PARTS ?=
mutate: setup
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[mutation]'
	$(BIN)/python benchmarks/mutate.py --sample $(SAMPLE) $(PARTS)

# Coverage of lines and branches, in server and worker processes too: the tests as ever, in about twice the time.
coverage: setup
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[coverage]'
	$(BIN)/python -m coverage erase
	-$(BIN)/python -m coverage run -m pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(COVERED)
	$(BIN)/python -m coverage combine
	$(BIN)/python -m coverage report --skip-covered --sort=cover
COVERED ?= $(filter-out tests/test_browser_pages.py tests/test_browser_editor.py,$(wildcard tests/test_*.py))

# A bill of materials (CycloneDX) of what runs, always the same for the same hashes-run.txt; the packages to hand on.
sbom: setup
	@mkdir -p dist
	$(BIN)/cyclonedx-py requirements --output-reproducible --spec-version 1.6 --pyproject pyproject.toml \
	  --output-file dist/kpigraph.cdx.json hashes-run.txt

dist: web
	$(BIN)/python -m hatchling build -d dist

# One document beside its peers, then the synthetic country; parts that were measured before are kept (SIZES="1 100 1788").
SIZES ?= 1 20
bench: setup
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/suite.py --scratch $(VENV)/bench --sizes $(SIZES)

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=...); Python 3.11 以降が必要です" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	@# A newer pip installs in half the time of Python's own, which does where that cannot be had.
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check pip==$(PIP) || true
	PIP_CONSTRAINT=constraints.txt $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -e '.[dev]'
	touch $(READY)

clean:
	rm -rf $(VENV) public build dist mutants .coverage* kpigraph/serve/built .mypy_cache .pytest_cache .ruff_cache .hypothesis

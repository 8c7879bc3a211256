# Everything a newcomer or a developer starts. Needs GNU make and Python 3.11+ with venv; `make help` lists the targets.
# Settings are given as `make demo BROKER_PORT=8001`: make hands them on to what it starts.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Without compiled files every process of the demo and the tests would compile all libraries again: seconds each.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && exit; done; echo python3)
HUB ?= keycloak
VENV := .venv/bin
RUN := $(VENV)/python
PYTEST := $(RUN) -m pytest -p tests.support.machine
QUICK := $(wildcard tests/unit tests/house tests/store tests/faults tests/protocol tests/journeys tests/simulators tests/demo)
WHOLE := $(wildcard tests/live tests/browser tests/interop)
NODE := tests/node

.PHONY: help demo demo-check test lint types contracts unit store protocol protocol-real journeys simulators demo-tests live browser interop \
	bench soak screenshots format lock clean environment environment-dev node

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'
	@echo
	@echo '  make demo HUB=simulated   the same with a simulated hub in place of Keycloak (no Java, no download of it)'
	@echo '  make demo BROKER_PORT=8001   another port; also KEYCLOAK_PORT, BUNDID_PORT, BAYERNID_PORT, SH_PORT, MUK_PORT, OIDC_PORT, KARTE_PORT, HAUSHALT_PORT'

demo: environment ## Start everything with simulated citizen IDs and two demo tools; Ctrl-C stops it
	@exec $(RUN) -m deploy.demo up --hub $(HUB)

demo-check: environment ## Start the same stack on free ports, sign a citizen in and out without a screen, stop
	@exec $(RUN) -m deploy.demo check --hub $(HUB)

test: lint types contracts node ## Run every check and test (CI=true: nothing may be skipped)
	$(PYTEST) -n 2 --dist loadgroup $(QUICK) $(WHOLE)

lint: environment-dev ## Style and formatting (ruff)
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .

types: environment-dev ## Types (mypy --strict)
	$(VENV)/mypy

contracts: environment-dev ## Which floor may import which (import-linter)
	$(VENV)/lint-imports

unit: environment-dev ## Rules and flows, without any server
	$(PYTEST) -n 2 $(wildcard tests/unit tests/house)

store: environment-dev ## The stores on SQLite, PostgreSQL, fakeredis and Redis
	$(PYTEST) $(wildcard tests/store tests/faults)

protocol: environment-dev ## The provider face, one file per behaviour
	$(PYTEST) -n 2 tests/protocol

protocol-real: environment-dev ## The provider face and the journeys again, on PostgreSQL and Redis
	TEST_STORES=real $(PYTEST) -n 2 tests/protocol tests/journeys

journeys: environment-dev ## A citizen's day against the whole application in one process
	$(PYTEST) -n 2 tests/journeys

simulators: environment-dev ## The simulated citizen IDs
	$(PYTEST) -n 2 tests/simulators

demo-tests: environment-dev ## Launcher, demo tools, simulated hub
	$(PYTEST) -n 2 tests/demo

live: environment-dev ## Against a real Keycloak
	$(PYTEST) tests/live

browser: environment-dev node ## In a real Chromium, with axe
	$(PYTEST) tests/browser

interop: environment-dev node ## With relying parties of other people
	$(PYTEST) tests/interop

bench: environment-dev ## CPU time per operation, against the floor
	$(RUN) -m tests.bench

soak: environment-dev ## 10,000 sign-ins: memory stays flat; storms of codes; 1,000 sign-outs with tools, workers and Redis failing
	$(RUN) -m tests.bench soak

screenshots: environment-dev ## Take the pictures of the README anew, in a real Chromium
	$(RUN) -m tests.browser.screenshots --hub $(HUB)

format: environment-dev ## Put imports and layout in order (ruff)
	$(VENV)/ruff check --fix .
	$(VENV)/ruff format .

lock: environment-dev ## Renew the lock files from pyproject.toml
	@compile="$(VENV)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --universal \
		--python-version 3.11 $(LOCK_OPTIONS) pyproject.toml"; \
	$$compile -o requirements/runtime.txt; \
	$$compile --extra demo -o requirements/demo.txt; \
	$$compile --extra demo --extra dev -o requirements/dev.txt; \
	echo 'Locked; the next target installs what changed. Newer versions: make lock LOCK_OPTIONS=--upgrade'

clean: ## Remove the virtual environment and everything that tools left here (downloads and demo data stay)
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache .coverage htmlcov $(NODE)/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@$(PYTHON) deploy/environment.py demo

environment-dev:
	@$(PYTHON) deploy/environment.py dev

node:
	@if ! command -v npm >/dev/null; then \
		echo 'npm is missing: the tests that need Node packages (axe, openid-client) are skipped.'; \
		[ "$${CI:-}" != true ] || exit 1; \
	elif [ ! $(NODE)/node_modules/.package-lock.json -nt $(NODE)/package-lock.json ]; then \
		cd $(NODE) && npm ci --no-audit --no-fund; \
	fi

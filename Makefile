# Octavo's commands; `make help` lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help install up down status test check golden-path bench-start bench-hub bench-panels bench-serving bench-runs wheel screenshots openapi reference lock format

VENV := .venv
BIN := $(VENV)/bin
PACKAGES := sdk/octavo server/octavo_server scorer/octavo_scorer runner/octavo_runner hub/octavo_hub extension/octavo_lab widgets/octavo_widgets

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Install the locked versions and build the lab extension, where not done yet
	@images/install.sh --venv $(VENV) all

up: install ## Start Octavo on this machine; Ctrl-C stops it
	@exec $(BIN)/octavo up

down: ## Stop Octavo and everything it started
	@test -x $(BIN)/octavo || { echo "Octavo is not installed here; nothing runs."; exit 0; } && $(BIN)/octavo down

status: ## Show what runs and how much memory it takes
	@$(BIN)/octavo status

test: ## Run every test (at most 15 minutes on 2 cores)
	@images/install.sh --venv $(VENV) all dev
	@cd extension && PATH="$(abspath $(BIN)):$$PATH" npm test --silent
	@$(BIN)/python -m pytest -n 3 --dist loadfile $(ARGS)

check: ## Lint, type-check and check the directions of imports and the docs
	@images/install.sh --venv $(VENV) all dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	cd extension && PATH="$(abspath $(BIN)):$$PATH" npm run lint
	$(BIN)/python -m pytest -q tests/unit/docs

golden-path: ## Play the whole golden path headless, one JSON line a step
	@images/install.sh --venv $(VENV) all dev >&2
	@$(BIN)/python -m tests.acceptance.golden_path

bench-start: ## Measure cold start, warm start, spawn and memory; the last line is one JSON object
	@/usr/bin/env python3 benchmarks/start/measure.py

bench-hub: ## Measure decisions, a burst with a restart, and polling beside a bare JupyterHub's
	@images/install.sh --venv $(VENV) all dev >&2
	@$(BIN)/python -m benchmarks.hub

bench-panels: ## Measure runs, search, detail and scrolling beside MLflow's and Feast's own REST
	@images/install.sh --venv $(VENV) all dev >&2
	@$(BIN)/python -m benchmarks.panels

bench-serving: ## Measure scoring, swaps and rollback beside `mlflow models serve`
	@images/install.sh --venv $(VENV) all dev >&2
	@$(BIN)/python -m benchmarks.serving

bench-runs: ## Measure runs beside papermill's own command line and beside a running kernel
	@images/install.sh --venv $(VENV) all dev >&2
	@$(BIN)/python -m benchmarks.runs

wheel: ## Build the wheel, with the lab extension in it
	@images/install.sh --venv $(VENV) all dev
	@rm -rf build
	@$(BIN)/python -m build --wheel --no-isolation --outdir dist .

screenshots: ## Photograph the panels and pages into docs/images
	@images/install.sh --venv $(VENV) all dev
	@$(BIN)/python -m tests.ui.screenshots

openapi: ## Write the service's OpenAPI and the TypeScript types made from it
	@$(BIN)/python -m octavo_server.openapi > extension/openapi.json.new && mv extension/openapi.json.new extension/openapi.json
	@cd extension && PATH="$(abspath $(BIN)):$$PATH" npm run --silent types

reference: ## Write the reference pages of docs/ that follow from the code
	@$(BIN)/python docs/generate.py

lock: ## Write images/constraints.txt from what is installed in .venv
	@{ echo "# The exact versions Octavo is built and tested with. \`make lock\` writes this file."; \
	   $(BIN)/uv pip freeze -p $(VENV) --exclude-editable 2>/dev/null | sed 's/+cpu$$//' | LC_ALL=C sort -f; } > images/constraints.txt

format: ## Format the Python sources
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .

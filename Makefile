# The only door: everything that people and machines do here is a target with a line of help.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help setup moved run web demo admin chat dev migrate test soak fuzz check format docs openapi bench pants lock image image-test \
  new-service clean \
  check-lint check-format check-types check-arrows check-house check-web test-together test-alone

VENV := .venv
BIN := $(VENV)/bin
LOCKED := 3rdparty/python
# Two environments in one folder: what `make run` needs, and what tests and checks need as well.
RUNS := $(VENV)/.ready-to-run
READY := $(VENV)/.ready
# An environment holds the path of its folder: where that was moved or copied, it is made again.
MOVED := $(shell [ ! -e $(VENV) ] || grep -qsxF "$$(pwd -P)/libs/chassis/src" $(VENV)/lib/*/site-packages/guildhall.pth || echo moved)
WORKERS ?= 2
DOCKER ?= docker
IMAGE ?= guildhall:dev
# These measure time or start a dozen processes each: nothing runs beside them.
ALONE := bench deploy libs/voice services/control-bot services/recorder-bot tests-e2e/browser tests-e2e/chaos tests-e2e/first_hour tests-e2e/journeys
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | while IFS=$$'\t' read -r name line; do printf '  make %-12s %s\n' "$$name" "$$line"; done

$(READY): $(addprefix $(LOCKED)/,uv.txt default.txt lint.txt) tools/setup $(MOVED)
	@tools/setup $(VENV) all

$(RUNS): $(LOCKED)/uv.txt $(LOCKED)/run.txt tools/setup $(MOVED)
	@tools/setup $(VENV) run

moved:

setup: $(READY) ## Make .venv from the locks (every other target does it when needed)
	@echo "$(VENV) is ready"

run: $(RUNS) web ## Run everything on embedded servers and print the address (PORT=8000 DATA_DIR=var)
	@exec $(BIN)/python -m launcher

demo: $(READY) ## Run everything against a simulated Discord: three people talk, a recording comes of it
	@exec $(BIN)/python -m testkit.demo

admin: $(RUNS) ## Make somebody who is registered the first administrator (EMAIL=ann@example.org)
	@exec $(BIN)/python -m launcher exec auth make-admin "$${EMAIL:?say who: make admin EMAIL=ann@example.org}"

chat: $(RUNS) ## Talk in two terminals, against a running `make run` (the first shows the CODE= for the second)
	@exec $(BIN)/python -m testkit.chat

web: $(RUNS) ## Build the web client, when its sources changed; without it `make run` serves the API alone
	-@$(BIN)/python -m tools.build_web

dev: $(RUNS) ## Run one service with reload on embedded servers (S=auth); S=web serves the web client against `make run`
ifeq ($(S),web)
	@exec $(BIN)/python -m tools.build_web dev
else
	@exec $(BIN)/python -m launcher dev $(or $(S),$(error say which service: make dev S=auth))
endif

migrate: $(RUNS) ## Bring every service's tables up to date (DATABASE_URL names an outside server)
	@exec $(BIN)/python -m launcher migrate

test: $(READY) ## Run every test (ARGS="services/auth -k login" chooses)
ifdef ARGS
	@$(BIN)/python -m pytest $(if $(filter %.py,$(firstword $(subst ::, ,$(ARGS)))),-n0,-n $(WORKERS) --dist loadfile) $(ARGS)
else
	@$(BIN)/python -m testkit.needs
	@$(MAKE) --keep-going test-together test-alone
endif

test-together:
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile $(addprefix --ignore=,$(ALONE))
test-alone:
	@$(BIN)/python -m pytest -n0 $(ALONE)

fuzz: $(READY) ## Look for input that breaks what strangers talk to (SECONDS=60 for each target); not part of `make test`
	@exec $(BIN)/python -m testkit.fuzz services.gateway.tests.targets services.messaging.tests.targets --seconds $(or $(SECONDS),60)

soak: $(READY) ## Record for ten minutes with kills and outages, crowd two guilds, run a moved clone, fill a disk; not part of `make test`
	@$(BIN)/python -m pytest -q -s -n0 -p no:randomly $(or $(ARGS),tests-e2e/soak/recorder.py tests-e2e/soak/voices.py tests-e2e/first_hour/clean_machine.py)

check: $(READY) ## Lint, format, types, import arrows and house rules; starts no server
	@$(MAKE) --keep-going check-lint check-format check-types check-arrows check-house check-web

check-lint:
	$(BIN)/ruff check .
check-format:
	$(BIN)/ruff format --check .
check-types:
	$(BIN)/basedpyright
check-arrows:
	$(BIN)/lint-imports --no-logo
check-house:
	$(BIN)/python -m pytest tests-e2e/tidy -q -n0 --tb=short
check-web:
	$(BIN)/python -m tools.build_web check

format: $(READY) ## Let ruff format the code and fix what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(READY) ## Write docs/streams.md and docs/problems/ anew from the code
	@$(BIN)/python -m tools.write_docs

openapi: $(READY) ## Write docs/openapi/*.json again from the code, and the web client's types from them
	@$(BIN)/python -m tools.write_openapi
	@$(BIN)/python -m tools.build_web types

bench: $(READY) ## Measure against the peers (see bench/README.md)
	@exec $(BIN)/python -m bench $(ARGS)

pants: $(READY) ## Lint, test and package each target with Pants; every PEX must start
	@$(BIN)/python -m tools.check_with_pants

lock: $(READY) ## Compile the locks again; UPGRADE=1 takes newer versions
	$(COMPILE) $(if $(UPGRADE),--upgrade) pyproject.toml --group test -o $(LOCKED)/default.txt
	$(COMPILE) pyproject.toml -c $(LOCKED)/default.txt -o $(LOCKED)/run.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group lint -c $(LOCKED)/default.txt -o $(LOCKED)/lint.txt
	$(COMPILE) --group node -c $(LOCKED)/default.txt -o $(LOCKED)/node.txt
	$(COMPILE) --group cc -o $(LOCKED)/cc.txt
	$(COMPILE) --group ruff -c $(LOCKED)/lint.txt -o $(LOCKED)/ruff.txt
	$(COMPILE) --group pytest -c $(LOCKED)/default.txt -o $(LOCKED)/pytest.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group setup -o $(LOCKED)/uv.txt
	$(COMPILE:3.11=3.9) $(if $(UPGRADE),--upgrade) --group pants -o $(LOCKED)/pants.txt
	$(COMPILE:3.11=3.9) $(if $(UPGRADE),--upgrade) --group pex -o $(LOCKED)/pex.txt

new-service: $(READY) ## Make services/NAME from the template (NAME=polls)
	@$(BIN)/python -m tools.new_service "$${NAME:?say its name: make new-service NAME=polls}"
	@$(MAKE) docs openapi

image: ## Build the container image (IMAGE=guildhall:dev BASE_IMAGE=python:3.13-slim-trixie)
	DOCKER_BUILDKIT=1 $(DOCKER) build $(if $(BASE_IMAGE),--build-arg BASE_IMAGE=$(BASE_IMAGE)) --build-arg REVISION=$$(git rev-parse HEAD) \
	  $(BUILD_FLAGS) --file deploy/image/Dockerfile --tag $(IMAGE) .

image-test: $(READY) ## Run that image on a Docker engine, use it and break it; not part of `make test`
	@IMAGE=$(IMAGE) DOCKER=$(DOCKER) $(BIN)/python -m pytest -q -s -n0 -p no:randomly tests-e2e/image/container.py $(ARGS)

clean: ## Remove what was built here; var/ (your data) stays
	rm -rf $(VENV) dist .pytest_cache .ruff_cache .hypothesis .schemathesis .import_linter_cache .pants.d

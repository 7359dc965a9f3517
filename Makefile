# Every verb a developer needs. Each target does its own set-up: Python 3.11, Node.js 20 or newer, make
# and git are enough on a new machine.

.DEFAULT_GOAL := help
.PHONY: help setup serve run demo test test-trainer invariants ops check deploy deploy-check docs pictures bench faults lock format clean
.PHONY: check-format check-lint check-types check-imports check-catalogue check-contract check-client check-studio check-sheets check-docs check-deploy

# The set-up goes on in Python 3.11 where `python3` is another version.
PYTHON ?= $(shell command -v python3 > /dev/null && echo python3 || echo python3.11)
SEEDS ?= 20
FIRST ?= 1
VENV := .venv/bin

# The demo reads it from its environment, as it was written: neither make nor a shell looks into it, so
# quotes, backticks and dollar signs arrive.
override PROMPT := $(value PROMPT)
override KIND := $(value KIND)
override MODEL := $(value MODEL)
override BATCH := $(value BATCH)
export PROMPT KIND MODEL BATCH

# From the command line only: in the environment, DATA may be anybody's, and the folder is replaced.
ifeq ($(origin DATA),command line)
export MEDIAFORGE_DATA := $(value DATA)
endif
ifeq ($(origin DATA),environment)
NOT_DATA := echo "DATA of the environment is not used: to keep data, make serve DATA=folder" >&2
endif

# Settings of the user's Python that change what is imported from where.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP PYTHONSAFEPATH PYTHONINSPECT VIRTUAL_ENV
# A suite has a process for each of some fifty functions, and a test may start more: where nothing is kept
# compiled, each compiles the SDKs anew, which is two of the three seconds of its start.
unexport PYTHONDONTWRITEBYTECODE

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '  make %-12s %s\n' "$$target" "$$text"; done

setup: ## Install all that the other targets need (they do it themselves)
	@command -v $(PYTHON) > /dev/null || { echo "Python 3.11 is needed: install it, or name it with PYTHON=…" >&2; exit 1; }
	@$(PYTHON) -m tools.setup $(FOR)

# `exec`: a signal to make's child must reach Python, not a shell in between.
serve: setup ## Start the emulator suite and wait until it is ready; Ctrl-C ends it; DATA=folder keeps its data
	@$(NOT_DATA)
	@exec $(VENV)/python -m tools.suite

run: FOR := studio
run: setup ## Build the studio, start the emulator suite, print the page's address
	@$(NOT_DATA)
	@exec $(VENV)/python -m tools.suite

demo: setup ## A picture, a video or a batch without a browser: make demo KIND=video PROMPT="a lighthouse at dusk"; make demo MODEL=flux-2-pro; make demo BATCH=examples/batch.csv
	@exec $(VENV)/python -m tools.demo

# Four runs at a time: those on the emulators mostly wait, so the others have what they leave. What each says
# is in .local, and shown at its end. Each fails the target, also by finding no test.
ON_EMULATORS := emulator or suite
BROWSED := tests/studio tests/client
FAULTS_ON_EMULATORS := tests/faults
FAULTS_OF_JOBS := tests/faults/test_faults.py
TEST_RUNS := test-browsed test-emulators test-others test-faults-of-jobs test-faults test-rules
.PHONY: $(TEST_RUNS)
test: setup ## Run every test, four runs at a time
	@$(PYTHON) -m tools.setup tests
	@$(MAKE) --no-print-directory --jobs=4 --keep-going $(TEST_RUNS)

test-browsed: SELECT := -m "$(ON_EMULATORS)" $(BROWSED) $(FAULTS_ON_EMULATORS) tests/emulator/test_indexes_used.py
test-rules: SELECT := -m "$(ON_EMULATORS)" tests/rules
test-emulators: SELECT := -m "$(ON_EMULATORS)" $(addprefix --ignore=,$(BROWSED) $(FAULTS_ON_EMULATORS) tests/rules)
# Half of what is simulated: no run is left alone at the end.
test-faults-of-jobs: SELECT := -m "not ($(ON_EMULATORS))" $(FAULTS_OF_JOBS)
test-faults: SELECT := -m "not ($(ON_EMULATORS))" tests/faults --ignore=$(FAULTS_OF_JOBS)
test-others: SELECT := -m "not ($(ON_EMULATORS))" --ignore=tests/faults
# Their time is simulated: nothing is late in it.
test-faults-of-jobs test-faults: NICE := nice -n 10
$(TEST_RUNS):
	@echo "$@: see .local/$@.log"; $(NICE) $(VENV)/python -m pytest $(SELECT) > .local/$@.log 2>&1; result=$$?; cat .local/$@.log; exit $$result

# Not of `make test`: PyTorch alone is 750 MB.
test-trainer: setup ## Train a tiny model on the processor, and draw with what it has learned; installs PyTorch
	@$(PYTHON) -m tools.setup trainer
	@exec workers/trainer/venv/bin/python -m pytest workers/trainer/trainer_tests

invariants: setup ## Check a running suite: its ledger, balances, holds, slots, views, files
	@exec $(VENV)/python -m tools.invariants

# PROJECT and REGION from the command line only: what is in the environment may be anybody's. It sets up nothing
# where there is an environment already, since it is used when something is wrong.
ifneq ($(origin PROJECT),command line)
PROJECT :=
endif
ifneq ($(origin REGION),command line)
REGION :=
endif
ops: $(if $(wildcard $(VENV)/python),,setup) ## Look after a running suite, or with PROJECT=… a project: make ops ARGS="health"; docs/runbook.md
	@exec $(VENV)/python -m tools.ops $(if $(PROJECT),--project '$(PROJECT)') $(if $(REGION),--region '$(REGION)') $(ARGS)

# The longest first.
CHECKS := client types studio deploy format lint imports catalogue contract sheets docs
check: setup ## Formatter, linter, types, import contracts, the catalogue, the written contract, the clients, the studio, what a deploy needs, links in the documents
	@$(PYTHON) -m tools.setup checks
	@$(MAKE) --no-print-directory --jobs=2 --keep-going $(addprefix checked-,$(CHECKS)) || { echo "A check failed: see above." >&2; exit 1; }

# Each says all it has to say at once, since another runs beside it.
checked-%:
	@mkdir -p .local; $(MAKE) --no-print-directory check-$* > .local/check-$*.log 2>&1; result=$$?; cat .local/check-$*.log; \
		test $$result -eq 0 || { echo "check-$* failed" >&2; exit 1; }
# The studio's types need the client, which its check builds anew.
checked-studio: checked-client

check-format:
	$(VENV)/ruff format --check .

check-lint:
	$(VENV)/ruff check .

check-types:
	$(VENV)/mypy

check-imports:
	PYTHONPATH=functions $(VENV)/lint-imports

check-catalogue:
	$(VENV)/python -m tools.check_catalogue

check-contract:
	$(VENV)/python -m tools.contract_docs

check-client:
	$(VENV)/python -m tools.js_client

check-studio:
	$(VENV)/python -m tools.studio

check-docs:
	$(VENV)/python -m tools.check_docs

check-sheets:
	$(VENV)/python -m tools.check_sheets

check-deploy:
	$(VENV)/python -m ops.deploy.check

# What `make check` looks at, too.
deploy-check: setup ## All of a deploy that can be tried without an account: manifest, indexes, rights, secrets, the lock, rules
	@exec $(VENV)/python -m ops.deploy.check

# From the command line only, as PROJECT above.
ifneq ($(origin TO),command line)
TO :=
endif
ifneq ($(origin APPLY),command line)
APPLY :=
endif
deploy: setup ## What a deploy would do: make deploy TO=staging; APPLY=1 does it; docs/deploy.md
	@exec $(VENV)/python -m ops.deploy $(TO) $(if $(APPLY),--apply) $(ARGS)

pictures: setup ## Make README's pictures of the studio anew, in a browser
	@$(PYTHON) -m tools.setup studio
	@exec $(VENV)/python -m tools.pictures

docs: setup ## Write docs/contract.md, docs/types.d.ts and the client's types anew, as the models are
	@exec $(VENV)/python -m tools.contract_docs --write

bench: setup ## Run the benchmarks; writes bench/results.json
	@exec $(VENV)/python -m bench

faults: setup ## The long fault run: 1,000 jobs a seed on the emulators; make faults SEEDS=20 FIRST=1
	@exec $(VENV)/python -m bench.faults --seeds $(SEEDS) --first $(FIRST)

format: setup ## Format the code and apply the linter's safe fixes
	$(VENV)/ruff format .
	$(VENV)/ruff check --fix .

# The locks name no registry: each machine's own configuration says where packages come from.
COMPILE := $(VENV)/python -m tools.python_packages pip compile --quiet --universal --generate-hashes --no-annotate --no-emit-index-url \
	--custom-compile-command "make lock"

lock: setup ## Write package-lock.json and the requirements with their hashes anew
	$(COMPILE) pyproject.toml --group dev --output-file requirements-dev.txt
	$(COMPILE) pyproject.toml --constraint requirements-dev.txt --output-file functions/requirements.txt
	$(COMPILE) workers/runpod/requirements.txt --python-version 3.11 --constraint requirements-dev.txt \
		--output-file workers/runpod/requirements.lock.txt
	$(COMPILE) workers/runpod/requirements-gpu.txt --python-version 3.11 \
		--constraint workers/runpod/requirements.lock.txt --excludes workers/runpod/requirements-base.txt \
		--output-file workers/runpod/requirements-gpu.lock.txt
	$(COMPILE) workers/trainer/requirements.txt --python-version 3.11 \
		--constraint workers/runpod/requirements-gpu.lock.txt --constraint workers/runpod/requirements.lock.txt \
		--excludes workers/runpod/requirements-base.txt --output-file workers/trainer/requirements.lock.txt
	$(COMPILE) workers/trainer/requirements-test.txt --python-version 3.11 \
		--constraint workers/trainer/requirements.lock.txt --constraint workers/runpod/requirements.lock.txt \
		--output-file workers/trainer/requirements-test.lock.txt
	$(COMPILE) tests/mcp/requirements.txt --python-version 3.11 --constraint requirements-dev.txt \
		--output-file tests/mcp/requirements.lock.txt
	$(COMPILE) tests/api/requirements.txt --python-version 3.11 --output-file tests/api/requirements.lock.txt
	npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
	npm install --prefix clients/js --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
	npm install --prefix clients/sheets --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund
	npm install --prefix web --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund

clean: ## Remove all that set-up and runs have made
	rm -rf .venv functions/venv workers/runpod/venv workers/trainer/venv tests/mcp/venv tests/api/venv node_modules clients/*/node_modules clients/*/dist web/node_modules web/.next web/out .local .firebase.*.json out

# Every target does its own set-up: a fresh clone needs git, make and either Deno (the version in .deno-version) or npm.

.DEFAULT_GOAL := help
.NOTPARALLEL:

DENO := sh tools/deno.sh
EXE := $(if $(filter Windows_NT,$(OS)),.exe,)
PROGRAM := dist/aerie_db_migration$(EXE)
SOURCES := main.ts deno.json $(shell find src -name '*.ts')
# Types are checked by `make check`, with the declarations that the packages come with.
# Deno's code cache would lie under a predictable name in the shared temporary folder, and the program handles a secret.
COMPILE := compile --quiet --no-check --allow-net --allow-read --allow-env --no-prompt --no-code-cache

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/^([a-z-]+):.*## (.*)/make \1|\2/' | awk -F'|' '{ printf "%-16s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## Fetch what the other targets need, once (they call it themselves)
	@sh tools/setup.sh

.PHONY: demo
demo: build ## Watch the tool migrate a real database
	@$(DENO) run -A tools/demo.ts $(ARGS)

.PHONY: test
test: build ## Run all tests; ARGS='--filter name' or ARGS=tests/unit for some of them
	@$(DENO) run -A tools/test.ts $(ARGS)

.PHONY: faults
faults: build ## Strike every request of a run with every fault, kill it, let runs compete; prints the figures
	@$(DENO) run -A tools/faults.ts $(ARGS)

.PHONY: build
build: setup ## Compile the tool for this machine, into dist/
	@$(MAKE) -s --no-print-directory $(PROGRAM)

# Set-up rewrites .tools/env when the packages or their origin change.
$(PROGRAM): $(SOURCES) tools/compile.ts .tools/env
	@$(DENO) run --quiet -A tools/compile.ts $(COMPILE) --output $@ main.ts

.tools/env:
	@sh tools/setup.sh

.PHONY: ok
ok: fmt-check lint check test ## All that CI checks

.PHONY: venue
venue: setup ## Start a Hasura-compatible server on a real database, to point the tool at
	@$(DENO) run -A tests/venue/main.ts $(ARGS)

.PHONY: bench
bench: build ## Measure the tool against an empty program and against plain SQL
	@$(DENO) run -A tools/bench.ts $(ARGS)

.PHONY: fmt
fmt: setup ## Format all files
	@$(DENO) fmt --quiet

.PHONY: fmt-check
fmt-check: setup ## Check the format of all files
	@$(DENO) fmt --check

.PHONY: lint
lint: setup ## Look for mistakes
	@$(DENO) lint --quiet

.PHONY: check
check: setup ## Check the types of all files
	@$(DENO) check --quiet

.PHONY: lock
lock: setup ## Bring deno.lock up to date after a change of the packages
	@$(DENO) run -A tools/lock.ts

.PHONY: clean
clean: ## Remove what was built
	rm -rf dist coverage

.PHONY: distclean
distclean: clean ## Remove what was built and what set-up fetched
	rm -rf .tools deno.npm.json

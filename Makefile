# The front door. `make help` lists everything; nothing but Python 3.11 and make needs to be there.
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.installed
MAKEFLAGS += --no-print-directory
export PYTHONPATH := $(CURDIR)
export GX_ANALYTICS_ENABLED := false
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.PHONY: demo refresh stats quarantine unmapped trace diff rollback rebuild export audit demo-exports docs dbt test help clean
.DEFAULT_GOAL := demo

## demo            the main job on the bundled synthetic exports, ending with a summary (the default)
demo: $(STAMP)
	@$(RUN) -m pipeline demo

## refresh         a hospital's exports: make refresh EXPORTS=dir [WAREHOUSE=dir] [SOURCE=hospital|cbioportal] [FULL=1] [MULTIVERSE=0]
refresh: $(STAMP)
	@$(RUN) -m pipeline refresh

## stats           the results of the current release once more, into results/: make stats [WAREHOUSE=dir] [RESULTS=dir]
stats: $(STAMP)
	@$(RUN) -m pipeline stats

## quarantine      rows that were set aside, grouped, with file and line: make quarantine [TABLE=] [RULE=] [BATCH=] [OUT=dir]
quarantine: $(STAMP)
	@$(RUN) -m pipeline quarantine

## unmapped        drug names and texts that no vocabulary knows, with the nearest entry: make unmapped [OUT=dir]
unmapped: $(STAMP)
	@$(RUN) -m pipeline unmapped

## trace           one patient from file and line to time, event and risk set: make trace PATIENT=key
trace: $(STAMP)
	@$(RUN) -m pipeline trace

## diff            what changed between two releases: make diff [FROM=release] [TO=release] [OUT=dir]
diff: $(STAMP)
	@$(RUN) -m pipeline diff

## rollback        readers back to the release before, or to another one: make rollback [TO=release]
rollback: $(STAMP)
	@$(RUN) -m pipeline rollback

## rebuild         a release once more from its release.json alone, view by view the same: make rebuild [RELEASE=id] [OUT=dir]
rebuild: $(STAMP)
	@$(RUN) -m pipeline rebuild

## export          what may leave the building, small counts suppressed: make export [OUT=dir]
export: $(STAMP)
	@$(RUN) -m pipeline export

## audit           the log of landings, gates, publishes, rollbacks and exports, its chain verified
audit: $(STAMP)
	@$(RUN) -m pipeline audit

## demo-exports    synthetic exports of any size: make demo-exports [PATIENTS=3000] [SEED=...] [OUT=dir]
demo-exports: $(STAMP)
	@$(RUN) -m pipeline demo-exports

## docs            documentation of the models and the data dictionary, offline pages
docs: $(STAMP)
	@$(RUN) -m pipeline docs

## dbt             any dbt command on the work database: make dbt ARGS="show --select cohort"
dbt: $(STAMP)
	@$(RUN) -m pipeline dbt $(ARGS)

## test            everything that must hold: make test [ARGS="-k lines"]
test: $(STAMP)
	@$(RUN) -m ruff check .
	@$(RUN) -m ty check --quiet pipeline analysis synthetic
	@test -d synthetic/exports || $(RUN) -m pipeline demo-exports
	@$(RUN) -m pytest --numprocesses 2 --dist loadfile $(ARGS)

## clean           remove the environment and everything that can be made again (not your warehouse)
clean:
	@rm -rf $(VENV) results synthetic/exports .pytest_cache .ruff_cache .hypothesis

## help            this list
help:
	@sed -n 's/^## /  make /p' $(MAKEFILE_LIST)

# One hashed lock, installed by uv, compiled at once so that the first run isn't slow.
$(STAMP): requirements.lock
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python 3.11 is needed and `$(PYTHON)` isn't there: make PYTHON=path/to/python3.11" >&2; exit 2; }
	@echo "Setting up $(VENV) (once)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { echo "Python 3.11 is needed: make PYTHON=path/to/python3.11" >&2; exit 2; }
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==0.13.9
	@$(VENV)/bin/uv pip sync --quiet --system-certs --compile-bytecode --python $(RUN) requirements.lock
	@touch $@

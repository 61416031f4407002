# Everything runs in .venv, which the first target that needs it makes. `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := help
.PHONY: help demo sandbox test test-aws lint models-extra lock clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/ready  ## run the whole bot on this machine: signed mentions in, replies out
	@$(BIN)/python -m sandbox demo

sandbox: .venv/ready  ## the same set-up, up until Ctrl-C, for you to play with
	@$(BIN)/python -m sandbox up

test: .venv/ready lint  ## lint, types, and every test
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

test-aws: .venv/ready  ## the workflows' cases on AWS, by TestState; skipped without credentials
	@TEST_AWS=1 $(BIN)/python -m pytest -n 0 -rs tests/aws

lint: .venv/ready  ## ruff, mypy, and cfn-lint with what every microservice owes
	@$(BIN)/ruff check
	@$(BIN)/mypy benchmarks console lint sandbox tools tests
	@$(BIN)/cfn-lint
	@for function in functions/*/; do (cd $$function && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml .) || exit 1; done

models-extra: .venv/ready  ## more for the sandbox's AI services: text in pictures, nudity, names in English texts
	@$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-extra.txt
	@$(BIN)/python -m sandbox.models fetch --extra

lock: .venv/ready  ## pin every version of requirements.in anew
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --upgrade requirements.in -o requirements.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-header --upgrade requirements-extra.in -o requirements-extra.txt

clean:  ## remove the virtual environment, builds and caches
	@rm -rf .venv .aws-sam .sandbox .mypy_cache .ruff_cache .hypothesis

.venv/ready: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or later is needed; name one with make PYTHON=…") if sys.version_info < (3, 11) else None'
	@echo "Installing into .venv (once) …"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check "$$(grep '^uv==' requirements.txt)"
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements.txt
	@$(BIN)/python -m sandbox.models fetch || echo "Not every model could be had; the sandbox answers as far as it can without."
	@touch $@

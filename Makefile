# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Any Python from 3.11 on; everything else is installed into .venv/ and .cache/.
PYTHON ?= python3
# The port of `make emulator`. A variable PORT of the shell has no effect.
PORT = 4599

COMMANDS := setup demo test compat lint format unit coverage docs emulator bench architecture ledger lock

.PHONY: help clean $(COMMANDS)

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r target text; \
		do printf '%-18s %s\n' "$$target" "$$text"; done

setup:    ## Make .venv with Ansible, amazon.aws, this collection, the AWS clients and the tools
demo:     ## Run the demonstration play against the emulator
test:     ## Run every check and every test
compat:   ## Play and test on the oldest and newest Ansible, amazon.aws and boto3
lint:     ## Run the quick checks of the code
format:   ## Format the Python code
unit:     ## Run the unit tests
coverage: ## Measure what the tests reach of the modules; fails below its floor
docs:     ## Build the documentation site
emulator: ## Run the emulator in the foreground, on port 4599 (PORT=4600: on another)
bench:    ## Measure what many signals cost, and write docs/benchmark.* (75 minutes; BENCH=--quick: 5)
architecture: ## Draw the picture in docs/architecture.md from the code
ledger:   ## Write into docs/fidelity.md which tests hold the emulator to which row
lock:     ## Compile requirements/*.in into requirements/*.txt

emulator: export EMULATOR_PORT := $(PORT)

$(COMMANDS):
	@$(PYTHON) -m tools.dev $@

clean: ## Remove the files that the other targets made
	rm -rf .venv .cache .ansible tests/output $(wildcard ssmops-automation-*.tar.gz)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What README says is supported is what a public forge tests with antsibull-nox."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from tools.dev.compat import NEXT, OLDEST

ROOT = Path(__file__).resolve().parents[2]
SESSIONS = tomllib.loads((ROOT / "antsibull-nox.toml").read_text(encoding="utf-8"))["sessions"]
SANITY, UNITS = "ansible_test_sanity", "ansible_test_units"
INTEGRATION = "ansible_test_integration_w_default_container"


def row(head):
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    (line,) = [line for line in lines if line.startswith(f"| {head} |")]
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def number(version):
    """The number that is compared, of the first two parts of a version: (2, 16) of 2.16.0."""
    return tuple(map(int, version.split(".")[:2]))


@pytest.mark.parametrize("session", [SANITY, UNITS, INTEGRATION])
def test_every_ansible_core_of_the_table_is_tested(session):
    oldest, *_between, newest = map(number, row("ansible-core"))
    assert number(SESSIONS[session]["min_version"]) == oldest
    assert number(SESSIONS[session]["max_version"]) == newest


@pytest.mark.parametrize(("session", "who"), [(UNITS, "controller"), (INTEGRATION, "target")])
def test_with_the_pythons_of_the_table(session, who):
    matrix = SESSIONS[session]["core_python_versions"]
    oldest, newest = number(OLDEST.core), number(NEXT.core)
    assert sorted(map(number, matrix)) == [(2, minor) for minor in range(oldest[1], newest[1] + 1)]
    tested = [number(version) for pythons in matrix.values() for version in pythons]
    named = [number(version) for version in row(f"Python of the {who}")]
    assert (min(tested), max(tested)) == (min(named), max(named))


def test_the_oldest_ansible_core_gets_an_amazon_aws_that_takes_it():
    config = tomllib.loads((ROOT / "antsibull-nox.toml").read_text(encoding="utf-8"))
    ((core, sources),) = config["collection_sources_per_ansible"].items()
    assert number(core) == number(OLDEST.core)
    assert sources["amazon.aws"].partition(",")[2] == OLDEST.amazon_aws == row("`amazon.aws`")[0]


def test_a_workflow_runs_the_sessions():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "nox.yml").read_text(encoding="utf-8"))
    used = {job["uses"].rpartition("/")[2].partition("@")[0] for job in workflow["jobs"].values()}
    assert used == {"reusable-nox-run.yml", "reusable-nox-matrix.yml"}

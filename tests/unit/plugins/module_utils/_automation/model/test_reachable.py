# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which steps a run has passed for good: the wanted one is `g`, the run is at `now`."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.reachable import is_passed
from ansible_collections.ssmops.automation.tests.unit.executions import gate, interactive, run, step

NOW = step("now", status="InProgress")


def at(**more):
    return step("now", status="InProgress", **more)


PASSED = {
    "it stands above": run("InProgress", gate("g"), NOW, step("end")),
    "the other arm of a branch, which ends the run": run("InProgress", at(is_end=True), gate("g")),
    "the other arm of a branch, which jumps over it": run("InProgress", at(next_step="end"), gate("g"), step("end")),
    "a later step jumps over it": run(
        "InProgress", at(next_step="a"), step("b"), gate("g"), step("a", next_step="end"), step("end")
    ),
    "isEnd holds after a failure, too": run("InProgress", gate("g"), at(is_end=True, on_failure="step:g")),
}
STILL_TO_COME = {
    "it stands below": run("InProgress", NOW, gate("g")),
    "a later step jumps back": run("InProgress", gate("g"), NOW, step("a", next_step="g")),
    "a failure leads there": run("InProgress", gate("g"), NOW, step("a", on_failure="step:g")),
}
UNKNOWN = {
    "a branch is ahead": run("InProgress", gate("g"), NOW, step("b", "aws:branch")),
    "a loop is ahead": run("InProgress", gate("g"), NOW, step("l", "aws:loop")),
    "an action of later is ahead": run("InProgress", gate("g"), NOW, step("x", "aws:teleport")),
    "no step runs": run("InProgress", gate("g"), step("a")),
    "steps are withheld": run("InProgress", gate("g"), NOW, steps_complete=False),
    "a step has run twice": run("InProgress", step("a", status="Success"), step("a", status="Success"), gate("g"), NOW),
    "somebody starts each step by hand": interactive("InProgress", gate("g"), NOW),
}


@pytest.mark.parametrize("execution", PASSED.values(), ids=PASSED)
def test_passed(execution):
    assert is_passed(execution, "g")


@pytest.mark.parametrize("execution", [*STILL_TO_COME.values(), *UNKNOWN.values()], ids=[*STILL_TO_COME, *UNKNOWN])
def test_not_certainly_passed(execution):
    assert not is_passed(execution, "g")

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why an approval is refused by who started the run: the sentence, and that a rule that cannot be checked refuses."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.starters import Starter
from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.self_approval import why_forbidden
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, BOB

SESSION = "arn:aws:sts::123456789012:assumed-role/Deploy/run-1"
SESSION_TOO = "arn:aws:sts::123456789012:assumed-role/Deploy/run-2"
STARTED, ASKED = "started the execution", "asked for the access"


@pytest.mark.parametrize(
    ("starters", "caller", "words"),
    [
        ([Starter(STARTED, ALICE)], ALICE, f"the caller started the execution (caller {ALICE}, started by {ALICE})"),
        ([Starter(STARTED, BOB), Starter(ASKED, ALICE)], ALICE, "the caller asked for the access"),
        ([Starter(STARTED, BOB), Starter("started its parent", ALICE)], ALICE, "the caller started its parent"),
        ([Starter(STARTED, SESSION)], SESSION_TOO, f"a session of the caller's role started the execution, {SESSION},"),
        ([Starter(STARTED)], ALICE, "who started the execution is not known: the service does not tell"),
        ([Starter(STARTED, BOB), Starter(ASKED, "", "it is gone")], ALICE, "who asked for the access is not known: it"),
        ([Starter(STARTED, "ssm")], ALICE, f"ssm started the execution and the caller is {ALICE}, of which one is no"),
        ([Starter(STARTED, ALICE)], "ssm", "so they cannot be compared"),
        ([Starter(STARTED, BOB)], "", "STS does not tell who the caller is"),
        ([], "", "STS does not tell who the caller is"),
    ],
)
def test_refusals(starters, caller, words):
    reason = why_forbidden(starters, caller)
    assert reason.startswith("forbid_self_approval is set")
    assert words in reason
    assert not reason.endswith(".")


@pytest.mark.parametrize("starters", [[], [Starter(STARTED, BOB)], [Starter(STARTED, BOB), Starter(ASKED, SESSION)]])
def test_what_somebody_else_started_may_be_approved(starters):
    assert why_forbidden(starters, ALICE) == ""

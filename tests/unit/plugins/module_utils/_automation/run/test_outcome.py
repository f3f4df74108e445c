# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task reports of a start or a stop."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.outcome import RunOutcome
from ansible_collections.ssmops.automation.tests.unit.errors import refusal


@pytest.mark.parametrize(
    ("said", "msg"), [("", "It could not be waited for."), ("Started.", "Started. It could not be waited for.")]
)
def test_a_failure_follows_what_was_said_before_and_keeps_its_error(said, msg):
    outcome, error = RunOutcome(changed=True, msg=said), refusal("AccessDeniedException")
    outcome.fail("It could not be waited for.", error)
    assert (outcome.failed, outcome.msg, outcome.error) == (True, msg, error)
    assert outcome.changed


def test_outcomes_share_nothing():
    first, second = RunOutcome(), RunOutcome()
    first.warnings.append("Look here.")
    assert second.warnings == []

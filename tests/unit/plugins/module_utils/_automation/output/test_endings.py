# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the work on an execution ended, in words."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.endings import after_waiting
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, gate, run

AT_GATE = run("Waiting", gate("g", "Waiting", [(ALICE, "Approve")], needed=2))


@pytest.mark.parametrize(
    ("last", "in_time", "failure", "words"),
    [
        (run("Success"), True, "", ["The execution ended Success."]),
        (AT_GATE, True, "", ["The execution waits at step `g`", "1 of 2 approvals."]),
        (run("Failed"), True, "the disk is full", ["went wrong: the disk is full."]),
        (run("InProgress"), False, "", ["did not come to rest within 30 s (wait_timeout)", "is InProgress."]),
        (None, False, "", ["did not come to rest within 30 s (wait_timeout)", "could not be read."]),
    ],
    ids=["ended", "rests", "failed", "too late", "never read"],
)
def test_after_waiting(last, in_time, failure, words):
    sentence = after_waiting(last, in_time, failure, 30)
    assert all(word in sentence for word in words), sentence


def test_what_failed_on_the_way_is_told_after_waiting():
    sentence = after_waiting(run("Success"), True, "", 30, "step `s` (aws:sleep) is Failed: no disk")
    assert sentence == "The execution ended Success, although step `s` (aws:sleep) is Failed: no disk."

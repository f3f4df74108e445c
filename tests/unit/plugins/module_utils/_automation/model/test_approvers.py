# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""In which forms a gate may name a caller, and who may be one of its approvers."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.approvers import (
    is_approver,
    may_be_approver,
)
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, gate, step

USER = "arn:aws:iam::123456789012:user/ops/alice"
SESSION = "arn:aws:sts::123456789012:assumed-role/approvers/on-call"


@pytest.mark.parametrize(
    ("approver", "caller", "same"),
    [
        (USER, USER, True),
        ("alice", USER, True),
        ("bob", USER, False),
        ("ops/alice", USER, False),
        ("arn:aws:iam::210987654321:user/ops/alice", USER, False),
        ("arn:aws:iam::123456789012:role/alice", USER, False),
        (SESSION, SESSION, True),
        ("arn:aws:sts::123456789012:assumed-role/approvers", SESSION, True),
        ("arn:aws:sts::123456789012:assumed-role/approvers/somebody", SESSION, False),
        ("arn:aws:iam::123456789012:role/approvers", SESSION, True),
        ("arn:aws:iam::123456789012:role/teams/approvers", SESSION, True),
        ("arn:aws:iam::123456789012:role/other-approvers", SESSION, False),
        ("arn:aws:iam::210987654321:role/approvers", SESSION, False),
        ("approvers", SESSION, False),
        ("on-call", SESSION, False),
        ("", USER, False),
        ("123456789012", "arn:aws:iam::123456789012:root", False),
        ("root", "arn:aws:iam::123456789012:root", False),
    ],
)
def test_is_approver(approver, caller, same):
    assert is_approver(approver, caller) is same


@pytest.mark.parametrize(
    ("asked", "caller", "may_be"),
    [
        (gate("g", approvers=["alice", "bob"]), ALICE, True),
        (gate("g", approvers=["bob"]), ALICE, False),
        (gate("g", approvers=["bob"]), "", True),
        (gate("g"), ALICE, True),
        (step("g", "aws:approve", inputs={"Approvers": '["bob"]', "EnhancedApprovals": "{}"}), ALICE, True),
    ],
    ids=["is listed", "is not listed", "is not known", "nobody is listed", "may be in a group"],
)
def test_who_may_be_an_approver(asked, caller, may_be):
    assert may_be_approver(asked, caller) is may_be

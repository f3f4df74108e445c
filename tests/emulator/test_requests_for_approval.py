# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change requests and access requests: executions that wait for approval as a whole."""

from __future__ import annotations

from typing import Any

import pytest


def asked(control: Any, kind: str, *approvers: str, **members: Any) -> str:
    body = {"approvers": list(approvers), "region": "eu-central-1", **members}
    return str(control("POST", kind, body)["automation_execution_id"])


@pytest.mark.ledger("requests-1", "requests-8")
@pytest.mark.parametrize(
    ("kind", "subtype"), [("access-requests", "AccessRequest"), ("change-requests", "ChangeRequest")]
)
def test_what_a_request_shows(runs: Any, control: Any, kind: str, subtype: str) -> None:
    found = runs.get(asked(control, kind, "moto"))
    assert (found["AutomationSubtype"], found["AutomationExecutionStatus"]) == (subtype, "PendingApproval")


@pytest.mark.ledger("requests-3")
@pytest.mark.parametrize("needed", [1, 2])
@pytest.mark.parametrize("kind", ["access-requests", "change-requests"])
def test_one_rejection_is_enough(runs: Any, account: Any, control: Any, kind: str, needed: int) -> None:
    execution = asked(control, kind, "moto", "approver", min_required_approvals=needed)
    runs.signal(execution, "Reject", account.user("approver"))
    assert runs.status(execution) == "Rejected"


def test_it_waits_until_enough_have_approved(runs: Any, account: Any, control: Any) -> None:
    execution = asked(control, "change-requests", "moto", "approver", min_required_approvals=2)
    runs.signal(execution, "Approve")
    assert runs.status(execution) == "PendingApproval"
    runs.signal(execution, "Approve", account.user("approver"))
    assert runs.status(execution) == "CompletedWithSuccess"

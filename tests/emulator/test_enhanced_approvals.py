# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EnhancedApprovals: approvers of five types, groups among them, and how many approvals a gate needs of whom."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

USER = "arn:aws:iam::123456789012:user/approver"
ROLE = "arn:aws:iam::123456789012:role/Approvers"
STORE = "d-1234567890"


def line(kind: str, approver: str, needed: int | None = None) -> dict[str, Any]:
    least = {} if needed is None else {"minRequiredApprovals": needed}
    return {"approver": approver, "type": kind, **least}


def gate(*lines: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    return {
        "name": "approve",
        "action": "aws:approve",
        "inputs": {"EnhancedApprovals": {"Approvers": list(lines)}, **inputs},
    }


def refused(runs: Any, execution: str, signal: str, client: Any) -> str:
    with pytest.raises(ClientError) as caught:
        runs.signal(execution, signal, client)
    return str(caught.value.response["Error"]["Code"])


def in_group(account: Any, user: str, group: str) -> Any:
    """A client of a user who is in an IAM group."""
    client, iam = account.user(user), account.client("iam")
    if group not in [one["GroupName"] for one in iam.list_groups()["Groups"]]:
        iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=user)
    return client


def identity(account: Any, name: str, group: str) -> tuple[Any, str, str]:
    """A client of a user of Identity Center, the user's id, and that of a group with the user in it."""
    store = account.client("identitystore")
    person = {"UserName": name, "DisplayName": name, "Name": {"GivenName": name, "FamilyName": name}}
    user = store.create_user(IdentityStoreId=STORE, **person)["UserId"]
    made = store.create_group(IdentityStoreId=STORE, DisplayName=group)["GroupId"]
    store.create_group_membership(IdentityStoreId=STORE, GroupId=made, MemberId={"UserId": user})
    return account.session("AWSReservedSSO_Operators_0123456789abcdef", name), user, made


@pytest.mark.ledger("approve-18")
@pytest.mark.parametrize(
    ("kind", "approver"),
    [
        ("IamUser", "approver"),
        ("IamUser", USER),
        ("IamGroup", "Group"),
        ("IamRole", "Approvers"),
        ("IamRole", ROLE),
    ],
)
def test_an_approver_of_a_type_approves(runs: Any, account: Any, kind: str, approver: str) -> None:
    member = in_group(account, "approver", "Group")
    client = account.session("Approvers", "first") if kind == "IamRole" else member
    execution = runs.start(gate(line(kind, approver)))
    runs.signal(execution, "Approve", client)
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("approve-18", "approve-22")
@pytest.mark.parametrize("kind", ["SSOUser", "SSOGroup"])
def test_an_identity_approves(runs: Any, account: Any, kind: str) -> None:
    client, user, group = identity(account, "carol", "Approvers")
    execution = runs.start(gate(line(kind, user if kind == "SSOUser" else group)))
    assert refused(runs, execution, "Approve", account.session("Approvers", "carol")) == (
        "InvalidAutomationSignalException"
    )
    runs.signal(execution, "Approve", client)
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("approve-18")
@pytest.mark.parametrize("kind", ["IamUser", "IamGroup", "IamRole", "SSOUser", "SSOGroup"])
def test_a_name_counts_for_its_type_alone(runs: Any, account: Any, kind: str) -> None:
    """A user `x`, a group `x` and a role `x` are three approvers."""
    others = {
        "IamUser": account.session("x", "first"),
        "IamGroup": account.user("x"),
        "IamRole": in_group(account, "somebody", "x"),
    }
    client = others.get(kind) or account.session("x", "first")
    execution = runs.start(gate(line(kind, "x")))
    assert refused(runs, execution, "Approve", client) == "InvalidAutomationSignalException"


@pytest.mark.ledger("approve-19")
def test_a_level_is_approved_by_so_many_whoever_they_are(runs: Any, account: Any) -> None:
    """Three members of one group are enough where three approvals are needed."""
    members = [in_group(account, name, "GroupOfThree") for name in ("one", "two", "three")]
    others = [line("IamUser", "approver", 0), line("IamGroup", "GroupOfThree", 0)]
    execution = runs.start(gate(*others, MinRequiredApprovals=3))
    for client in members:
        assert runs.status(execution) == "Waiting"
        runs.signal(execution, "Approve", client)
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("approve-20")
@pytest.mark.parametrize("level", [{}, {"MinRequiredApprovals": 1}])
def test_every_line_needs_its_own_approvals(runs: Any, account: Any, level: dict[str, int]) -> None:
    members = [in_group(account, name, "Group") for name in ("one", "two")]
    execution = runs.start(gate(line("IamUser", "approver", 1), line("IamGroup", "Group", 1), **level))
    for client in members:
        runs.signal(execution, "Approve", client)
        assert runs.status(execution) == "Waiting"
    runs.signal(execution, "Approve", account.user("approver"))
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("approve-20")
def test_the_level_counts_where_it_needs_more_than_its_lines(runs: Any, account: Any) -> None:
    one, two = (in_group(account, name, "Group") for name in ("one", "two"))
    execution = runs.start(gate(line("IamGroup", "Group", 1), MinRequiredApprovals=2))
    runs.signal(execution, "Approve", one)
    assert runs.status(execution) == "Waiting"
    runs.signal(execution, "Approve", two)
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("approve-21")
def test_who_is_in_two_lines_fills_the_one_that_misses_approvals(runs: Any, account: Any) -> None:
    both, other = in_group(account, "both", "Group"), in_group(account, "other", "Group")
    execution = runs.start(gate(line("IamGroup", "Group", 1), line("IamUser", "both", 1)))
    runs.signal(execution, "Approve", other)
    runs.signal(execution, "Approve", both)
    assert runs.status(execution) == "Success"


@pytest.mark.ledger("approve-21")
def test_a_member_decides_once_and_a_rejection_ends_it(runs: Any, account: Any) -> None:
    one, two = (in_group(account, name, "Group") for name in ("one", "two"))
    execution = runs.start(gate(line("IamGroup", "Group"), MinRequiredApprovals=2))
    runs.signal(execution, "Approve", one)
    assert refused(runs, execution, "Approve", one) == "InvalidAutomationSignalException"
    runs.signal(execution, "Reject", two)
    assert runs.status(execution) == "Failed"


def test_a_gate_that_outlives_rejections_ends_when_too_few_are_left(runs: Any, account: Any, control: Any) -> None:
    control.choose(one_rejection_ends_gate=False)
    one, two = account.user("one"), account.user("two")
    execution = runs.start(gate(line("IamUser", "one"), line("IamUser", "two")))
    runs.signal(execution, "Reject", one)
    assert runs.status(execution) == "Waiting"
    runs.signal(execution, "Reject", two)
    assert runs.status(execution) == "Failed"


@pytest.mark.ledger("approve-18", "approve-20")
@pytest.mark.parametrize(
    "inputs",
    [
        {"EnhancedApprovals": {}},
        {"EnhancedApprovals": {"Approvers": []}},
        {"EnhancedApprovals": {"Approvers": ["approver"]}},
        {"EnhancedApprovals": {"Approvers": [{"approver": "approver"}]}},
        {"EnhancedApprovals": {"Approvers": [{"type": "IamUser"}]}},
        {"EnhancedApprovals": {"Approvers": [line("Robot", "approver")]}},
        {"EnhancedApprovals": {"Approvers": [line("IamUser", "approver", -1)]}},
        {"EnhancedApprovals": {"Approvers": [line("IamUser", "approver")]}, "MinRequiredApprovals": 2},
    ],
)
def test_inputs_that_make_no_gate_fail_the_step(runs: Any, inputs: Any) -> None:
    execution = runs.start({"name": "approve", "action": "aws:approve", "inputs": inputs})
    step = runs.step(execution, "approve")
    assert (step["StepStatus"], step["FailureDetails"]["FailureStage"]) == ("Failed", "InputValidation")

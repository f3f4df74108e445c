# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who set an execution going, and which principals count as the same caller."""

from __future__ import annotations

import json

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.starters import (
    Likeness,
    likeness,
    requester_in,
    starter_of,
    starter_of_parent,
    unnamed_requester,
    unread_parent,
    unread_requester,
)
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, BOB, EXECUTION_ID, run

SAME, SAME_ROLE, OTHER, UNKNOWN = Likeness.SAME, Likeness.SAME_ROLE, Likeness.OTHER, Likeness.UNKNOWN
SSO = "AWSReservedSSO_Deployer_0123456789abcdef"
SSO_TOO = "AWSReservedSSO_Approver_0123456789abcdef"


def user(name, account="123456789012"):
    return f"arn:aws:iam::{account}:user/{name}"


def session(role, name, account="123456789012", partition="aws"):
    return f"arn:{partition}:sts::{account}:assumed-role/{role}/{name}"


def role(name, account="123456789012"):
    return f"arn:aws:iam::{account}:role/{name}"


def root(account="123456789012"):
    return f"arn:aws:iam::{account}:root"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Users
        (ALICE, ALICE, SAME),
        (ALICE, BOB, OTHER),
        (ALICE, user("ops/Alice"), SAME),
        (ALICE, user("alice", account="210987654321"), SAME),
        (ALICE, "arn:aws:sts::123456789012:federated-user/alice", SAME),
        # Sessions of roles: who assumes a role chooses the name
        (session("Deploy", "run-1"), session("Deploy", "run-1"), SAME),
        (session("Deploy", "run-1"), session("Deploy", "run-2"), SAME_ROLE),
        (session("Deploy", "run-1"), session("Approve", "run-2"), OTHER),
        (session("Deploy", "alice"), session("Approve", "Alice"), SAME),
        (session("Deploy", "run-1"), session("Deploy", "run-2", account="210987654321"), OTHER),
        (session("Deploy", "run-1"), session("Deploy", "run-2", partition="aws-cn"), OTHER),
        (session("Deploy", "alice"), ALICE, SAME),
        (session("Deploy", "run-1"), ALICE, OTHER),
        (session("Deploy", ""), session("Deploy", ""), SAME),
        # A role without a session stands for all of them
        (role("Deploy"), session("Deploy", "run-1"), SAME_ROLE),
        (role("teams/shop/Deploy"), session("Deploy", "run-1"), SAME_ROLE),
        (role("Approve"), session("Deploy", "run-1"), OTHER),
        (role("alice"), ALICE, OTHER),
        # IAM Identity Center names sessions after people
        (session(SSO, "alice@example.org"), session(SSO, "alice@example.org"), SAME),
        (session(SSO, "alice@example.org"), session(SSO, "bob@example.org"), OTHER),
        (session(SSO, "alice@example.org"), session(SSO_TOO, "alice@example.org"), SAME),
        (session(SSO, "alice@example.org"), session(SSO_TOO, "bob@example.org"), OTHER),
        (session(SSO, "alice"), session(SSO_TOO, "alice", account="210987654321"), SAME),
        (role(f"aws-reserved/sso.amazonaws.com/{SSO}"), session(SSO, "alice@example.org"), SAME_ROLE),
        # The root user of an account
        (root(), root(), SAME),
        (root(), root("210987654321"), OTHER),
        (root(), ALICE, OTHER),
        (root(), session("Deploy", "root"), OTHER),
        # What is no principal, or none that is known
        ("ssm.amazonaws.com", ALICE, UNKNOWN),
        ("ssm.amazonaws.com", "ssm.amazonaws.com", SAME),
        ("", ALICE, UNKNOWN),
        ("arn:aws:iam::123456789012:group/ops", ALICE, UNKNOWN),
        ("arn:aws:iam::aws:user/alice", ALICE, UNKNOWN),
        (ALICE + "\n", ALICE, UNKNOWN),
    ],
)
def test_likeness(one, other, expected):
    assert likeness(one, other) is expected
    assert likeness(one=other, other=one) is expected


def test_who_started_an_execution_is_as_the_service_has_it():
    started = run("Waiting", raw={"ExecutedBy": ALICE})
    assert starter_of(started)[:2] == ("started the execution", ALICE)
    assert starter_of_parent(started)[:2] == (f"started its parent execution {EXECUTION_ID}", ALICE)
    assert (starter_of(run("Waiting")).arn, starter_of(run("Waiting")).obstacle) == ("", "the service does not tell")


def test_who_asked_for_access_is_in_the_ops_item():
    about = {"requester": {"id": "", "arn": ALICE}, "automationExecutionId": EXECUTION_ID}
    item = {"OpsItemId": "oi-1", "OperationalData": {"/aws/accessrequest": {"Value": json.dumps(about)}}}
    assert requester_in(item)[:2] == ("asked for the access", ALICE)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"/aws/accessrequest": {}},
        {"/aws/accessrequest": {"Value": "alice"}},
        {"/aws/accessrequest": {"Value": "[" * 100_000}},
        {"/aws/accessrequest": {"Value": "[]"}},
        {"/aws/accessrequest": {"Value": "{}"}},
        {"/aws/accessrequest": {"Value": '{"requester": "alice"}'}},
        {"/aws/accessrequest": {"Value": '{"requester": {}}'}},
        {"/aws/accessrequest": {"Value": '{"requester": {"arn": 1}}'}},
    ],
)
def test_an_ops_item_that_does_not_say_who_asked(data):
    assert requester_in({"OpsItemId": "oi-1", "OperationalData": data}).arn == ""
    assert requester_in({"OpsItemId": "oi-1"}).arn == ""


def test_why_a_starter_is_not_known():
    parent, item = unread_parent(EXECUTION_ID, "denied"), unread_requester("oi-1", "denied")
    assert (parent.arn, item.arn, unnamed_requester().arn) == ("", "", "")
    assert "grant ssm:GetAutomationExecution on it (denied)" in parent.obstacle
    assert "OpsItem oi-1 could not be read, grant ssm:GetOpsItem on it (denied)" in item.obstacle
    assert "does not name the OpsItem" in unnamed_requester().obstacle

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding out who set executions going: which calls that costs, and what is not known without them."""

from __future__ import annotations

import json

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.scheduler import BatchScheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interruptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.starters import SelfApprovalRule
from ansible_collections.ssmops.automation.tests.unit.errors import client_error
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, BOB, run
from ansible_collections.ssmops.automation.tests.unit.service import FakeClient, answer_of, run_one, service_of

CHILD, PARENT, GRANDPARENT = (f"{number}b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f" for number in range(3))
DENIED, THROTTLED = client_error("AccessDeniedException"), client_error("ThrottlingException")


def execution(id=CHILD, by=BOB, parent="", **members):
    raw = {"ExecutedBy": by, "ParentAutomationExecutionId": parent, **members}
    return run("Waiting", id=id, raw={name: value for name, value in raw.items() if value})


def item(requester):
    about = {"requester": {"arn": requester}}
    data = {"/aws/accessrequest": {"Value": json.dumps(about)}}
    return {"OpsItem": {"OpsItemId": "oi-1", "OperationalData": data}}


def access_request(**members):
    raw = {"ExecutedBy": BOB, "OpsItemId": "oi-1", **members}
    return run("PendingApproval", id=CHILD, subtype="AccessRequest", raw=raw)


def client_with(*answers, **more):
    """A client that has these executions, or gives these errors, one after the other."""
    looks = [each if isinstance(each, Exception) else answer_of(each) for each in answers]
    return FakeClient(get_automation_execution=looks or [DENIED], **more)


def objection(execution, client=None, caller=ALICE):
    service = service_of(client or client_with(), caller=caller)
    return run_one(SelfApprovalRule(service).objection_to(execution), service)


def test_who_started_the_execution_is_known_without_a_call():
    client = client_with()
    assert objection(execution(by=BOB), client) == ""
    assert "the caller started the execution" in objection(execution(by=ALICE), client)
    assert client.requests == []


def test_a_starter_that_is_not_told_refuses():
    assert "who started the execution is not known: the service does not tell" in objection(execution(by=""))


def test_a_caller_that_is_not_known_refuses_before_anything_is_read():
    client = client_with(execution(PARENT))
    assert "STS does not tell who the caller is" in objection(execution(parent=PARENT), client, caller="")
    assert client.requests == []


@pytest.mark.parametrize("family", [(ALICE, BOB), (BOB, ALICE)])
def test_who_started_a_parent_has_started_its_children(family):
    parent, grandparent = family
    client = client_with(execution(PARENT, parent, GRANDPARENT), execution(GRANDPARENT, grandparent))
    assert "the caller started its parent execution" in objection(execution(parent=PARENT), client)
    assert [request["AutomationExecutionId"] for _name, request in client.requests] == [PARENT, GRANDPARENT]


def test_a_family_that_somebody_else_started():
    client = client_with(execution(PARENT, parent=GRANDPARENT), execution(GRANDPARENT))
    assert objection(execution(parent=PARENT), client) == ""


def test_a_circle_of_parents_comes_to_an_end():
    client = client_with(execution(PARENT, parent=CHILD))
    assert objection(execution(parent=PARENT), client) == ""
    assert client.count("get_automation_execution") == 1


def test_a_parent_that_cannot_be_read_refuses():
    reason = objection(execution(parent=PARENT), client_with(DENIED))
    assert f"who started its parent execution {PARENT} is not known" in reason
    assert "grant ssm:GetAutomationExecution on it" in reason


def test_a_passing_fault_is_no_refusal():
    assert objection(execution(parent=PARENT), client_with(THROTTLED, execution(PARENT))) == ""
    with pytest.raises(AnsibleAutomationError):
        objection(execution(parent=PARENT), client_with(THROTTLED))
    with pytest.raises(AnsibleAutomationError):
        objection(access_request(), FakeClient(get_ops_item=[THROTTLED]))


@pytest.mark.parametrize(("requester", "refused"), [(ALICE, True), (BOB, False)])
def test_who_asked_for_access_must_not_grant_it(requester, refused):
    reason = objection(access_request(), FakeClient(get_ops_item=[item(requester)]))
    assert ("the caller asked for the access" in reason) is refused


def test_who_asked_for_access_is_not_known():
    assert "does not name the OpsItem" in objection(access_request(OpsItemId=""))
    assert "grant ssm:GetOpsItem on it" in objection(access_request(), FakeClient(get_ops_item=[DENIED]))
    gone = client_error("OpsItemNotFoundException")
    assert "OpsItemNotFoundException" in objection(access_request(), FakeClient(get_ops_item=[gone]))
    told_nothing = FakeClient(get_ops_item=[{"OpsItem": {"OpsItemId": "oi-1"}}])
    assert "the service does not tell" in objection(access_request(), told_nothing)


def test_a_parent_is_read_once_for_all_its_children_and_so_is_the_caller():
    client, asked = client_with(execution(PARENT, ALICE)), []
    service = service_of(client, is_batch=True)
    service._name_caller = lambda: asked.append("caller") or ALICE
    rule, reasons = SelfApprovalRule(service), []
    scheduler = BatchScheduler(service, Interruptions(), lambda reason: reasons.append(reason) or "", 5)
    scheduler.run(rule.objection_to(execution(f"{number:036}", parent=PARENT)) for number in range(20))
    assert [reason.count("the caller started its parent") for reason in reasons] == [1] * 20
    assert client.count("get_automation_execution") == 1
    assert asked == ["caller"]

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""forbid_self_approval: nobody approves what they have started, and a rule that cannot be checked refuses."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from ansible_collections.ssmops.automation.plugins.modules import ssm_automation_signal
from ansible_collections.ssmops.automation.tests.functional.conftest import APPROVERS, run_module

SEND, READ, CALLER = "SendAutomationSignal", "GetAutomationExecution", "GetCallerIdentity"
# An image that every account of moto's has.
AMI = "ami-12c6146b"
SSO = "AWSReservedSSO_{}_0123456789abcdef"
GATE = {
    "schemaVersion": "0.3",
    "parameters": {"Approvers": {"type": "StringList"}, "Host": {"type": "String", "default": "a"}},
    "mainSteps": [
        {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": "{{ Approvers }}", "MinRequiredApprovals": 1}}
    ],
}
PARENT = {
    "schemaVersion": "0.3",
    "parameters": {"Approvers": {"type": "StringList"}},
    "mainSteps": [
        {
            "name": "child",
            "action": "aws:executeAutomation",
            "inputs": {"DocumentName": "Gate", "RuntimeParameters": {"Approvers": "{{ Approvers }}"}},
        }
    ],
}


POLICY = {
    "schemaVersion": "0.3",
    "accessDuration": 3600,
    "accessTokenRole": "SSM-JustInTimeAccessTokenRole",
    "targets": [{"Key": "InstanceIds", "Values": ["*"]}],
    "mainSteps": [
        {
            "name": "ManualApproval",
            "action": "aws:approve",
            "inputs": {
                "Message": "Please approve",
                "MinRequiredApprovals": 1,
                "EnhancedApprovals": {
                    "Approvers": [{"approver": user, "type": "IamUser"} for user in ("alice", "bob")]
                },
            },
        }
    ],
}


@pytest.fixture(autouse=True)
def runbooks(emulator):
    """A gate that takes one approval, and a runbook that runs it as a child."""
    emulator.register(Gate=GATE, Parent=PARENT)


@pytest.fixture
def start(emulator):
    """Starts the gate as a principal, and lets the run reach it."""

    def start(approvers=tuple(APPROVERS), **keys):
        ssm = emulator.client("ssm", **keys)
        parameters = {"Approvers": list(approvers)}
        started = ssm.start_automation_execution(DocumentName="Gate", Parameters=parameters)
        emulator.sleep(60)
        emulator.forget_requests()
        return started["AutomationExecutionId"]

    return start


@pytest.fixture
def approve(signal):
    """Approves one execution with the rule set, in check mode or not."""

    def approve(execution_id, check_mode=False, **options):
        play = signal.check if check_mode else signal
        return play("Approve", execution_id, forbid_self_approval=True, **options)

    return approve


BOTH_MODES = pytest.mark.parametrize("check_mode", [False, True], ids=["real", "check"])


def is_refused(result, words):
    assert (result.get("failed"), result["changed"], result["verdict"]) == (True, False, "never"), result["msg"]
    assert result["signal"]["attempts"] == 0
    assert "Did not send Approve" in result["msg"]
    assert words in result["msg"]
    return True


class TestOneExecution:
    @BOTH_MODES
    def test_the_starter_is_refused(self, emulator, approve, start, alice, check_mode):
        execution_id = start(**alice)
        result = approve(execution_id, check_mode, **alice)
        assert is_refused(result, "the caller started the execution (caller arn:aws:iam::123456789012:user/alice")
        assert emulator.operations() == [READ, CALLER]

    @BOTH_MODES
    def test_somebody_else_may(self, emulator, approve, start, alice, bob, check_mode):
        execution_id = start(**alice)
        assert approve(execution_id, check_mode, **bob)["changed"] is True
        expected = [READ, CALLER] if check_mode else [READ, CALLER, SEND, READ]
        assert emulator.operations() == expected

    def test_the_starter_may_where_no_rule_forbids_it(self, signal, start, alice):
        assert signal("Approve", start(**alice), forbid_self_approval=False, **alice)["changed"] is True

    def test_the_starter_may_reject(self, emulator, signal, start, alice):
        result = signal("Reject", start(**alice), forbid_self_approval=True, **alice)
        assert result["changed"] is True
        assert emulator.operations() == [READ, SEND, READ]

    @BOTH_MODES
    def test_what_is_done_is_done_whoever_started_it(self, emulator, approve, signal, start, alice, bob, check_mode):
        execution_id = start(**alice)
        signal("Approve", execution_id, **bob)
        emulator.forget_requests()
        result = approve(execution_id, check_mode, **alice)
        assert (result["changed"], result["verdict"]) == (False, "already_done")
        assert emulator.operations() == [READ]

    def test_the_starter_does_not_wait_for_the_gate(self, emulator, approve, alice):
        ssm = emulator.client("ssm", **alice)
        parameters = {"Approvers": APPROVERS}
        started = ssm.start_automation_execution(DocumentName="TwoGates", Parameters=parameters)
        before = emulator.monotonic()
        assert is_refused(approve(started["AutomationExecutionId"], ready_timeout=300, **alice), "the caller started")
        assert emulator.monotonic() == before

    def test_force_does_not_lift_the_rule(self, emulator, approve, start, alice, bob):
        execution_id = start(**alice)
        assert is_refused(approve(execution_id, force=True, **alice), "the caller started the execution")
        assert approve(execution_id, force=True, **bob)["changed"] is True

    def test_a_rule_that_is_null_is_refused(self, emulator, signal, start, alice):
        assert signal("Approve", start(**alice), forbid_self_approval=None, **alice)["failed"] is True
        assert emulator.operations() == []


class TestRoles:
    @pytest.mark.parametrize(
        ("starter", "approver", "words"),
        [
            (("Deploy", "run-1"), ("Deploy", "run-1"), "the caller started the execution"),
            (("Deploy", "run-1"), ("Deploy", "run-2"), "a session of the caller's role started the execution"),
            (("Deploy", "ann"), ("Approve", "ann"), "the caller started the execution"),
            ((SSO.format("Deploy"), "ann"), (SSO.format("Approve"), "ann"), "the caller started the execution"),
        ],
    )
    def test_the_same_caller(self, emulator, approve, start, starter, approver, words):
        execution_id = start([f"arn:aws:iam::123456789012:role/{approver[0]}"], **emulator.role_session(*starter))
        assert is_refused(approve(execution_id, **emulator.role_session(*approver)), words)

    @pytest.mark.parametrize(
        ("starter", "approver"),
        [
            (("Deploy", "run-1"), ("Approve", "run-2")),
            ((SSO.format("Deploy"), "ann"), (SSO.format("Deploy"), "ben")),
        ],
    )
    def test_another_caller(self, emulator, approve, start, starter, approver):
        execution_id = start([f"arn:aws:iam::123456789012:role/{approver[0]}"], **emulator.role_session(*starter))
        assert approve(execution_id, **emulator.role_session(*approver))["changed"] is True


class TestWhatIsNotKnown:
    def test_the_caller(self, emulator, approve, start, alice, bob):
        execution_id = start(**alice)
        emulator.fail("error", CALLER, code="ServiceUnavailable", status=503, times=9)
        result = approve(execution_id, **bob)
        assert is_refused(result, "STS does not tell who the caller is: let the task reach it")
        assert "Who the caller is" in str(result["warnings"])

    @pytest.mark.parametrize("force", [False, True])
    def test_the_execution(self, emulator, approve, start, alice, bob, force):
        execution_id = start(**alice)
        emulator.deny("bob", "ssm:GetAutomationExecution")
        result = approve(execution_id, force=force, **bob)
        assert result["failed"] is True
        assert "no check of who started it" in result["msg"]
        assert SEND not in emulator.operations()


class TestChildren:
    @pytest.fixture
    def child(self, emulator, alice):
        """The child of an execution that alice has started."""
        ssm = emulator.client("ssm", **alice)
        ssm.start_automation_execution(DocumentName="Parent", Parameters={"Approvers": APPROVERS})
        emulator.sleep(60)
        found = ssm.describe_automation_executions(Filters=[{"Key": "DocumentNamePrefix", "Values": ["Gate"]}])
        emulator.forget_requests()
        return found["AutomationExecutionMetadataList"][0]["AutomationExecutionId"]

    def test_who_started_the_parent_is_refused(self, approve, child, alice):
        assert is_refused(approve(child, **alice), "the caller started")

    def test_somebody_else_may_who_may_read_the_parent(self, emulator, approve, child, bob):
        assert approve(child, **bob)["changed"] is True
        assert Counter(emulator.operations()) == {READ: 3, CALLER: 1, SEND: 1}


class TestAccessRequests:
    @pytest.fixture
    def request_id(self, emulator, alice, bob):
        """The execution of a request that alice has made."""
        ec2, ssm = emulator.client("ec2"), emulator.client("ssm", **alice)
        node = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
        ssm.create_document(Name="Any", DocumentType="ManualApprovalPolicy", Content=json.dumps(POLICY))
        asked = ssm.start_access_request(Reason="a disk", Targets=[{"Key": "InstanceIds", "Values": [node]}])
        item = ssm.get_ops_item(OpsItemId=asked["AccessRequestId"])["OpsItem"]
        emulator.forget_requests()
        return json.loads(item["OperationalData"]["/aws/accessrequest"]["Value"])["automationExecutionId"]

    def test_who_asked_is_refused(self, approve, request_id, alice):
        assert is_refused(approve(request_id, **alice), "the caller")

    def test_somebody_else_may_who_may_read_the_ops_item(self, emulator, approve, request_id, bob):
        assert approve(request_id, **bob)["changed"] is True
        assert "GetOpsItem" in emulator.operations()

    def test_a_request_without_an_ops_item_does_not_say_who_asked(self, emulator, approve, bob):
        assert is_refused(approve(emulator.access_request("bob"), **bob), "does not name the OpsItem of the request")


class TestMany:
    def test_each_is_decided_by_itself_and_the_caller_is_asked_for_once(self, emulator, many, start, alice, bob):
        own, others = [start(**alice) for _one in range(2)], [start(**bob) for _one in range(3)]
        emulator.forget_requests()
        result = many("Approve", [*own, *others], forbid_self_approval=True, **alice)
        assert result["failed"] is True
        assert [outcome["changed"] for outcome in result["outcomes"]] == [False] * 2 + [True] * 3
        assert {outcome["verdict"] for outcome in result["outcomes"][:2]} == {"never"}
        assert (result["summary"]["changed"], result["summary"]["failed"]) == (3, 2)
        assert emulator.operations().count(CALLER) == 1
        assert emulator.operations().count(SEND) == 3

    def test_a_parent_is_read_once_for_all_its_children(self, emulator, many, alice, bob):
        ssm = emulator.client("ssm", **alice)
        parent = ssm.start_automation_execution(
            DocumentName="Gate",
            Parameters={"Approvers": APPROVERS},
            TargetParameterName="Host",
            Targets=[{"Key": "ParameterValues", "Values": ["a", "b", "c"]}],
        )["AutomationExecutionId"]
        emulator.sleep(60)
        found = ssm.describe_automation_executions(Filters=[{"Key": "ParentExecutionId", "Values": [parent]}])
        ids = [each["AutomationExecutionId"] for each in found["AutomationExecutionMetadataList"]]
        emulator.forget_requests()
        assert many("Approve", ids, forbid_self_approval=True, **bob)["summary"]["changed"] == len(ids)
        read = [entry["parameters"]["AutomationExecutionId"] for entry in emulator.requests(READ)]
        assert read.count(parent) == 1


def test_other_signals_do_not_ask_who_the_caller_is(emulator, start, alice):
    options = {"automation_execution_id": start(**alice), "signal_type": "Resume", "step_name": "gate"}
    result = run_module(ssm_automation_signal, {**options, "forbid_self_approval": True, **alice})
    assert result["failed"] is True
    assert CALLER not in emulator.operations()

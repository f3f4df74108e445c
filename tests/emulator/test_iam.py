# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM policies that decide calls of Automation, where that is asked for."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from automation_emulator.service.policies import Asked, allowed
from automation_emulator.state.errors import AutomationError
from automation_emulator.testing import ACCOUNT, AutomationEmulator, running

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
HERE = f"arn:aws:ssm:eu-central-1:{ACCOUNT}"
READS = ["ssm:GetAutomationExecution", "ssm:DescribeAutomationStepExecutions"]


def policy(*statements: dict[str, Any]) -> str:
    written = [{"Effect": "Allow", "Resource": "*", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": written})


def refusal(call: Any, **request: Any) -> tuple[str, int] | None:
    """The error's code and HTTP status; None if the call is allowed."""
    try:
        call(**request)
    except ClientError as problem:
        return problem.response["Error"]["Code"], problem.response["ResponseMetadata"]["HTTPStatusCode"]
    return None


DENIED = ("AccessDeniedException", 400)
NO_PREVIEW = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def emulator(automation_emulator: AutomationEmulator, control: Any) -> AutomationEmulator:
    automation_emulator.enforce_iam()
    return automation_emulator


@pytest.fixture
def iam(emulator: Any, account: Any) -> Any:
    return account.client("iam")


@pytest.fixture
def alice(iam: Any, account: Any) -> Any:
    return account.user("alice")


@pytest.fixture
def about(runs: Any) -> dict[str, str]:
    """An execution that somebody unknown has started, with a tag."""
    return {"AutomationExecutionId": runs.start(PAUSE, Tags=[{"Key": "Team", "Value": "web"}])}


def allow(iam: Any, *statements: dict[str, Any]) -> None:
    iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=policy(*statements))


class TestWhoHasPolicies:
    @pytest.mark.ledger("principals-iam-1")
    def test_a_user_without_one_may_do_nothing(self, alice: Any, about: Any) -> None:
        calls = {
            alice.get_automation_execution: about,
            alice.describe_automation_step_executions: about,
            alice.describe_automation_executions: {},
            alice.send_automation_signal: {**about, "SignalType": "Resume", "Payload": {"StepName": ["pause"]}},
            alice.stop_automation_execution: about,
            alice.start_automation_execution: {"DocumentName": "Gated"},
            alice.start_execution_preview: {"DocumentName": "Gated"},
            alice.get_execution_preview: {"ExecutionPreviewId": NO_PREVIEW},
        }
        assert [refusal(call, **request) for call, request in calls.items()] == [DENIED] * len(calls)

    @pytest.mark.ledger("principals-iam-1")
    def test_an_own_one(self, iam: Any, alice: Any, about: Any) -> None:
        allow(iam, {"Action": "ssm:get*"})
        assert refusal(alice.get_automation_execution, **about) is None
        assert refusal(alice.stop_automation_execution, **about) == DENIED

    def test_one_of_a_group_and_an_attached_one(self, iam: Any, alice: Any, about: Any) -> None:
        iam.create_group(GroupName="readers")
        iam.add_user_to_group(GroupName="readers", UserName="alice")
        iam.put_group_policy(GroupName="readers", PolicyName="read", PolicyDocument=policy({"Action": READS[0]}))
        made = iam.create_policy(PolicyName="steps", PolicyDocument=policy({"Action": READS[1]}))
        iam.attach_user_policy(UserName="alice", PolicyArn=made["Policy"]["Arn"])
        assert refusal(alice.get_automation_execution, **about) is None
        assert refusal(alice.describe_automation_step_executions, **about) is None

    def test_the_sessions_of_a_role(self, iam: Any, account: Any, about: Any) -> None:
        iam.create_role(RoleName="Reader", AssumeRolePolicyDocument="{}")
        iam.put_role_policy(RoleName="Reader", PolicyName="read", PolicyDocument=policy({"Action": READS}))
        assert refusal(account.session("Reader", "one").get_automation_execution, **about) is None
        assert refusal(account.session("Missing", "one").get_automation_execution, **about) == DENIED

    def test_who_is_unknown_may_do_everything(self, emulator: Any, runs: Any, about: Any) -> None:
        assert refusal(runs.ssm.stop_automation_execution, **about) is None

    def test_unless_asked_for_nobody_needs_one(self, emulator: Any, alice: Any, about: Any) -> None:
        emulator.enforce_iam(False)
        assert refusal(alice.get_automation_execution, **about) is None

    def test_other_operations_are_not_decided(self, alice: Any) -> None:
        assert refusal(alice.list_documents) is None


class TestWhatTheyAreFor:
    @pytest.mark.ledger("principals-iam-2")
    @pytest.mark.parametrize(
        ("resource", "outcome"),
        [
            ("arn:aws:ssm:*:*:automation-execution/*", None),
            (f"{HERE}:automation-execution/????????-*", None),
            (f"{HERE}:document/*", DENIED),
            ("arn:aws:ssm:us-west-2:*:automation-execution/*", DENIED),
        ],
    )
    def test_an_execution(self, iam: Any, alice: Any, about: Any, resource: str, outcome: Any) -> None:
        allow(iam, {"Action": "ssm:*", "Resource": resource})
        assert refusal(alice.get_automation_execution, **about) == outcome
        assert refusal(alice.describe_automation_executions) == DENIED

    @pytest.mark.ledger("principals-iam-2")
    @pytest.mark.parametrize("key", ["ssm:resourceTag/Team", "aws:ResourceTag/Team"])
    @pytest.mark.parametrize(("value", "outcome"), [("web", None), ("db", DENIED)])
    def test_a_tag_of_the_execution(self, iam: Any, alice: Any, about: Any, key: str, value: str, outcome: Any) -> None:
        allow(iam, {"Action": "ssm:SendAutomationSignal", "Condition": {"StringEquals": {key: [value]}}})
        signal = {**about, "SignalType": "Resume", "Payload": {"StepName": ["pause"]}}
        assert refusal(alice.send_automation_signal, **signal) == outcome

    @pytest.mark.ledger("principals-iam-3", "start_needs_execution=false")
    @pytest.mark.parametrize(
        ("resource", "outcome"),
        [
            (f"{HERE}:document/Gated", None),
            (f"{HERE}:automation-definition/Gated:$DEFAULT", None),
            (f"{HERE}:automation-definition/Gated:2", DENIED),
            (f"{HERE}:document/Other", DENIED),
            (f"{HERE}:automation-execution/*", DENIED),
        ],
    )
    def test_a_runbook(self, iam: Any, alice: Any, runs: Any, resource: str, outcome: Any) -> None:
        allow(iam, {"Action": "ssm:StartAutomationExecution", "Resource": resource})
        assert refusal(alice.start_automation_execution, DocumentName=runs.document(PAUSE)) == outcome

    @pytest.mark.ledger("start_needs_execution=true")
    def test_a_runbook_and_an_execution(self, iam: Any, alice: Any, runs: Any, control: Any) -> None:
        control.choose(start_needs_execution=True)
        name, action = runs.document(PAUSE), "ssm:StartAutomationExecution"
        runbook = {"Action": action, "Resource": f"{HERE}:document/Gated"}
        allow(iam, runbook)
        assert refusal(alice.start_automation_execution, DocumentName=name) == DENIED
        allow(iam, runbook, {"Action": action, "Resource": f"{HERE}:automation-execution/*"})
        assert refusal(alice.start_automation_execution, DocumentName=name) is None

    @pytest.mark.ledger("principals-iam-3")
    @pytest.mark.parametrize(("value", "outcome"), [("web", None), ("db", DENIED)])
    def test_a_tag_of_the_request(self, iam: Any, alice: Any, runs: Any, value: str, outcome: Any) -> None:
        condition = {
            "StringEquals": {"aws:RequestTag/Team": "web"},
            "ForAllValues:StringEquals": {"aws:TagKeys": "Team"},
        }
        allow(iam, {"Action": "ssm:Start*", "Condition": condition})
        tags = [{"Key": "Team", "Value": value}]
        assert refusal(alice.start_automation_execution, DocumentName=runs.document(PAUSE), Tags=tags) == outcome

    @pytest.mark.ledger("principals-iam-4")
    @pytest.mark.parametrize(
        ("statement", "outcome"),
        [
            ({"Resource": "*"}, None),
            ({"Resource": f"{HERE}:document/Gated"}, DENIED),
            ({"Resource": f"{HERE}:automation-execution/*"}, DENIED),
            ({"Condition": {"StringEquals": {"ssm:DocumentVersion": "1"}}}, DENIED),
        ],
    )
    def test_a_preview_is_for_none(self, iam: Any, alice: Any, runs: Any, statement: Any, outcome: Any) -> None:
        allow(iam, {"Action": "ssm:StartExecutionPreview", **statement})
        about = {"DocumentName": runs.document(PAUSE), "DocumentVersion": "1"}
        assert refusal(alice.start_execution_preview, **about) == outcome

    @pytest.mark.ledger("principals-iam-4")
    def test_who_may_start_a_preview_need_not_be_able_to_read_it(self, iam: Any, alice: Any, runs: Any) -> None:
        allow(iam, {"Action": "ssm:StartExecutionPreview"})
        asked = alice.start_execution_preview(DocumentName=runs.document(PAUSE))
        about = {"ExecutionPreviewId": asked["ExecutionPreviewId"]}
        assert refusal(alice.get_execution_preview, **about) == DENIED
        allow(iam, {"Action": "ssm:GetExecutionPreview"})
        assert refusal(alice.get_execution_preview, **about) is None

    @pytest.mark.ledger("principals-iam-1")
    def test_a_deny_outweighs(self, iam: Any, alice: Any, about: Any) -> None:
        untagged = {"StringNotEquals": {"ssm:resourceTag/Team": "db"}}
        allow(iam, {"Action": "ssm:*"}, {"Effect": "Deny", "Action": "ssm:Stop*", "Condition": untagged})
        assert refusal(alice.stop_automation_execution, **about) == DENIED
        assert refusal(alice.get_automation_execution, **about) is None

    def test_a_refusal_names_caller_action_and_resource(self, alice: Any, about: Any) -> None:
        with pytest.raises(ClientError) as refused:
            alice.get_automation_execution(**about)
        arn = f"{HERE}:automation-execution/{about['AutomationExecutionId']}"
        assert refused.value.response["Error"]["Message"] == (
            f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: "
            f"ssm:GetAutomationExecution on resource: {arn}"
        )

    @pytest.mark.parametrize("request_body", [{"Tags": "red"}, {"Tags": [5]}, {"Tags": [{}]}, {"DocumentName": []}])
    def test_requests_that_are_wrong_are_refused_like_others(self, emulator: Any, request_body: Any) -> None:
        key = emulator.user("bob")["access_key"]
        authorization = f"AWS4-HMAC-SHA256 Credential={key}/20300101/eu-central-1/ssm/aws4_request, x"
        target = {"X-Amz-Target": "AmazonSSM.StartAutomationExecution", "Content-Type": "application/x-amz-json-1.1"}
        headers = {"Authorization": authorization, **target}
        asked = urllib.request.Request(emulator.url, json.dumps(request_body).encode(), headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(asked)
        with refused.value as answer:
            assert (answer.code, json.load(answer)["__type"]) == (400, "AccessDeniedException")


SURROUNDINGS = {"aws:username": "alice", "ssm:resourcetag/team": "web", "aws:tagkeys": ["a", "b"]}


@pytest.mark.parametrize(
    ("statement", "outcome"),
    [
        ({"NotAction": "iam:*"}, True),
        ({"NotAction": "ssm:*"}, False),
        ({"NotResource": "arn:b"}, True),
        ({"NotResource": "arn:a*"}, False),
        ({"Resource": "arn:a.ice"}, False),
        ({"Resource": "arn:${aws:username}"}, True),
        ({"Resource": "arn:${aws:userid}"}, False),
        ({"Condition": {"StringLike": {"ssm:resourceTag/Team": "w*"}}}, True),
        ({"Condition": {"StringEquals": {"ssm:resourceTag/Team": "WEB"}}}, False),
        ({"Condition": {"StringEqualsIgnoreCase": {"ssm:resourceTag/Team": "WEB"}}}, True),
        ({"Condition": {"StringNotLike": {"ssm:resourceTag/Team": "w*"}}}, False),
        ({"Condition": {"StringEquals": {"ssm:resourceTag/Other": "x"}}}, False),
        ({"Condition": {"StringNotEquals": {"ssm:resourceTag/Other": "x"}}}, True),
        ({"Condition": {"StringEqualsIfExists": {"ssm:resourceTag/Other": "x"}}}, True),
        ({"Condition": {"StringEqualsIfExists": {"ssm:resourceTag/Team": "x"}}}, False),
        ({"Condition": {"Null": {"ssm:resourceTag/Other": "true"}}}, True),
        ({"Condition": {"Null": {"ssm:resourceTag/Team": "true"}}}, False),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b", "c"]}}}, True),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}}, False),
        ({"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}}, True),
        ({"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": ["c"]}}}, False),
        ({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}, False),
    ],
)
def test_what_a_statement_means(statement: dict[str, Any], outcome: bool) -> None:
    written = {"Effect": "Allow", **statement}
    for element, value in (("Action", "ssm:Get*"), ("Resource", "*")):
        if f"Not{element}" not in written:
            written.setdefault(element, value)
    asked = Asked("ssm:GetAutomationExecution", "arn:alice", SURROUNDINGS)
    assert allowed([{"Statement": written}], asked) is outcome


def test_an_operator_that_is_not_known_is_told() -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"IpAddress": {"aws:SourceIp": "::1"}}}
    with pytest.raises(AutomationError, match="no condition operator IpAddress"):
        allowed([{"Statement": [statement]}], Asked("ssm:GetAutomationExecution", "*", {}))


def test_it_can_be_asked_for_at_the_start() -> None:
    with running("--iam") as url:
        emulator = AutomationEmulator(url)
        emulator.enforce_iam(False)
        emulator.reset()
        assert emulator.control("GET", "iam") == {"enforced": True}

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What executions tell: events in EventBridge, which rules take to queues, functions and topics; messages of gates."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any

import pytest

from automation_emulator.service import events

ACCOUNT = "123456789012"
GATE = {"name": "approve", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
SLEEP = {"name": "rest", "action": "aws:sleep", "inputs": {"Duration": "PT90S"}}
EXECUTIONS, STEPS = events.EXECUTION_CHANGED, events.STEP_CHANGED


@dataclass
class Mailbox:
    """A queue, and what it got: everything until a message that ends a test's story."""

    sqs: Any
    url: str
    arn: str
    got: list[dict[str, Any]] = field(default_factory=list)

    def until(self, wanted: Any) -> list[dict[str, Any]]:
        """The messages up to the one that is wanted; a queue is asked for so long that a missing one fails."""
        while not any(wanted(one) for one in self.got):
            found = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=5)
            assert found.get("Messages"), f"nothing more after {self.got}"
            for message in found["Messages"]:
                self.got.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return self.got


def mailbox(account: Any, name: str = "news") -> Mailbox:
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    return Mailbox(sqs, url, f"arn:aws:sqs:eu-central-1:{ACCOUNT}:{name}")


def rule(account: Any, *targets: dict[str, Any], **pattern: Any) -> None:
    client = account.client("events")
    wanted = {name.replace("_", "-"): value for name, value in {"source": ["aws.ssm"], **pattern}.items()}
    client.put_rule(Name="news", EventPattern=json.dumps(wanted))
    client.put_targets(Rule="news", Targets=[{"Id": str(number), **one} for number, one in enumerate(targets)])


def ended(event: dict[str, Any]) -> bool:
    return bool(event["detail-type"] == EXECUTIONS and event["detail"]["Status"] in ("Success", "Failed", "Cancelled"))


def told(got: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Who has which status: a step by its name, the execution as such."""
    return [(one["detail"].get("StepName", "execution"), one["detail"]["Status"]) for one in got]


@pytest.mark.ledger("notifications-1", "notifications-2", "notifications-3")
def test_what_events_look_like(account: Any, runs: Any, control: Any) -> None:
    box = mailbox(account)
    rule(account, {"Arn": box.arn})
    execution = runs.start(SLEEP)
    control.pass_time(90)
    assert runs.status(execution) == "Success"
    got = box.until(ended)
    last, step = (
        got[-1],
        next(one for one in got if one["detail-type"] == STEPS and one["detail"]["Status"] == "Success"),
    )
    assert (last["source"], last["account"], last["region"]) == ("aws.ssm", ACCOUNT, "eu-central-1")
    prefix = f"arn:aws:ssm:eu-central-1:{ACCOUNT}"
    assert last["resources"] == [
        f"{prefix}:automation-execution/{execution}",
        f"{prefix}:automation-definition/Gated:1",
    ]
    common = {"ExecutionId", "Definition", "DefinitionVersion", "Status", "StartTime", "EndTime", "Time"}
    assert set(last["detail"]) == {*common, "ExecutedBy"}
    assert set(step["detail"]) == {*common, "StepName", "Action"}
    assert (step["detail"]["Time"], step["detail"]["Action"]) == (90000.0, "aws:sleep")
    assert (last["detail"]["Definition"], last["detail"]["DefinitionVersion"]) == ("Gated", 1.0)
    assert last["detail"]["ExecutedBy"] == runs.get(execution)["ExecutedBy"]


@pytest.mark.ledger("notifications-2")
@pytest.mark.parametrize(
    ("at", "comma", "spelled"),
    [
        (1480448600, "", "Nov 29, 2016 7:43:20 PM"),
        (1743552005, "", "Apr 2, 2025 12:00:05 AM"),
        (1743552005, ",", "Apr 2, 2025, 12:00:05 AM"),
    ],
)
def test_how_times_are_spelled(at: int, comma: str, spelled: str) -> None:
    assert events.spelled(at, comma) == spelled


@pytest.mark.ledger("notifications-4")
def test_which_statuses_are_told(account: Any, runs: Any) -> None:
    box = mailbox(account)
    rule(account, {"Arn": box.arn})
    execution = runs.start(GATE)
    runs.signal(execution, "Reject")
    assert told(box.until(ended)) == [
        ("execution", "Pending"),
        ("approve", "InProgress"),
        ("approve", "Waiting"),
        ("execution", "InProgress"),
        ("execution", "Waiting"),
        ("approve", "Failed"),
        ("execution", "Failed"),
    ]


@pytest.mark.ledger("notifications-3")
def test_a_rule_that_asks_for_gates_gets_gates(account: Any, runs: Any) -> None:
    box = mailbox(account)
    detail = {"Status": ["Waiting"], "Action": ["aws:approve"]}
    rule(account, {"Arn": box.arn}, detail_type=[STEPS], detail=detail)
    runs.start(SLEEP, members={"name": "Other"})
    execution = runs.start(GATE)
    (event,) = box.until(lambda one: True)
    assert (event["detail"]["ExecutionId"], event["detail"]["StepName"]) == (execution, "approve")


FUNCTION = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody='"%s"' % event["detail"]["Status"])
"""


@pytest.mark.ledger("notifications-5")
def test_functions_and_topics_get_events_and_a_target_that_fails_stops_no_other(
    account: Any, runs: Any, capfd: Any
) -> None:
    box, queue = mailbox(account), mailbox(account, "of_topic")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:
        code.writestr("index.py", FUNCTION)
    made = account.client("lambda").create_function(
        FunctionName="tell",
        Runtime="python3.12",
        Role=account.client("iam").create_role(RoleName="Teller", AssumeRolePolicyDocument="{}")["Role"]["Arn"],
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": {"QUEUE": box.url}},
    )
    sns = account.client("sns")
    topic = sns.create_topic(Name="events")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue.arn)
    missing = {"Arn": f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:missing"}
    rule(
        account,
        missing,
        {"Arn": topic},
        {"Arn": made["FunctionArn"]},
        detail={"Status": ["Waiting"]},
        detail_type=[STEPS],
    )
    runs.start(GATE)
    assert box.until(lambda one: True) == ["Waiting"]
    (message,) = queue.until(lambda one: True)
    assert json.loads(message["Message"])["detail"]["StepName"] == "approve"
    assert "could not notify" in capfd.readouterr().err


@pytest.mark.ledger("notifications-6")
@pytest.mark.parametrize("inside", [False, True])
def test_a_gate_sends_its_message_to_its_topic(account: Any, runs: Any, inside: bool) -> None:
    sns, box = account.client("sns"), mailbox(account)
    topic = sns.create_topic(Name="AutomationApprovals")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=box.arn)
    line = {"approver": "moto", "type": "IamUser"}
    enhanced = {"EnhancedApprovals": {"Approvers": [line], "NotificationArn": topic}}
    inputs = {
        "Message": "May 4.2 go out?",
        **(enhanced if inside else {"Approvers": ["moto"], "NotificationArn": topic}),
    }
    execution = runs.start({**GATE, "inputs": inputs})
    (message,) = box.until(lambda one: True)
    assert message["Message"].startswith("May 4.2 go out?")
    assert f"/systems-manager/automation/execution/{execution}/approval" in message["Message"]


@pytest.mark.ledger("notifications-6")
def test_a_topic_that_is_not_there_stops_nothing(runs: Any) -> None:
    topic = f"arn:aws:sns:eu-central-1:{ACCOUNT}:AutomationNothing"
    execution = runs.start({**GATE, "inputs": {"Approvers": ["moto"], "NotificationArn": topic}})
    runs.signal(execution, "Approve")
    assert runs.status(execution) == "Success"

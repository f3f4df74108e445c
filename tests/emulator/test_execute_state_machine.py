# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:executeStateMachine: state machines really run, in threads beside the emulator's clock."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

ROLE = "arn:aws:iam::123456789012:role/machines"
CHOOSE = {
    "StartAt": "Choose",
    "States": {
        "Choose": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.size", "NumericGreaterThan": 1, "Next": "Large"}],
            "Default": "Small",
        },
        "Large": {"Type": "Pass", "Result": {"large": True}, "End": True},
        "Small": {"Type": "Fail", "Error": "TooSmall", "Cause": "there is nothing to do"},
    },
}
WAIT = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}


@pytest.fixture
def states(account: Any, control: Any) -> Any:
    # On a machine with much to do they may take a while.
    control.choose(state_machine_seconds=30)
    return account.client("stepfunctions")


def machine(states: Any, definition: Any, name: str = "machine") -> str:
    made = states.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE)
    return str(made["stateMachineArn"])


def step(arn: str | None, **inputs: Any) -> dict[str, Any]:
    return {"name": "run", "action": "aws:executeStateMachine", "inputs": {"stateMachineArn": arn, **inputs}}


@pytest.mark.ledger("calls-31")
def test_the_outputs_are_those_of_the_execution(runs: Any, states: Any) -> None:
    arn = machine(states, CHOOSE)
    execution = runs.start(step(arn, input='{"size": 2}', name="first"))
    shown = runs.step(execution, "run")
    assert (shown["StepStatus"], runs.status(execution)) == ("Success", "Success")
    outputs = {name: value for name, [value] in shown["Outputs"].items()}
    started, stopped = outputs.pop("startDate"), outputs.pop("stopDate")
    assert outputs == {
        "executionArn": arn.replace("stateMachine", "execution") + ":first",
        "input": '{"size": 2}',
        "name": "first",
        "output": '{"large": true}',
        "stateMachineArn": arn,
        "status": "SUCCEEDED",
    }
    assert started[:2] == stopped[:2] == "20"


def test_an_input_may_be_a_map(runs: Any, states: Any) -> None:
    execution = runs.start(step(machine(states, CHOOSE), input={"size": 5}))
    assert runs.step(execution, "run")["Outputs"]["output"] == ['{"large": true}']


def test_an_execution_that_fails_fails_the_step(runs: Any, states: Any, monkeypatch: Any, capfd: Any) -> None:
    # As it is outside pytest: what nobody handles Python shows on the console.
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    execution = runs.start(step(machine(states, CHOOSE), input='{"size": 0}'))
    shown = runs.step(execution, "run")
    assert (shown["StepStatus"], shown["Outputs"]["status"]) == ("Failed", ["FAILED"])
    assert "ended FAILED: TooSmall: there is nothing to do." in shown["FailureMessage"]
    assert capfd.readouterr() == ("", "")


def test_executions_without_a_name_do_not_clash(runs: Any, states: Any) -> None:
    arn = machine(states, CHOOSE)
    started = [runs.start(step(arn, input='{"size": 2}'), members={"name": f"Run{nth}"}) for nth in range(2)]
    names = [runs.step(execution, "run")["Outputs"]["name"] for execution in started]
    assert names[0] != names[1]
    again = runs.start(step(arn, name=names[0][0]), members={"name": "Clash"})
    assert "ExecutionAlreadyExists" in runs.step(again, "run")["FailureMessage"]


def test_a_plain_client_may_start_them_too(states: Any) -> None:
    started = states.start_execution(stateMachineArn=machine(states, CHOOSE), input='{"size": 2}')
    shown = states.describe_execution(executionArn=started["executionArn"])
    assert (shown["status"], shown["startDate"]) == ("SUCCEEDED", started["startDate"])


@pytest.mark.ledger("calls-31", "state_machine_seconds")
def test_it_waits_for_the_end(runs: Any, states: Any, control: Any) -> None:
    control.choose(state_machine_seconds=0)
    execution = runs.start(step(machine(states, WAIT)))
    assert runs.status(execution) == "InProgress"
    [started] = runs.step(execution, "run")["Outputs"]["executionArn"]
    control.pass_time(3600)
    assert runs.status(execution) == "InProgress"
    states.stop_execution(executionArn=started)
    control.pass_time(3600)
    shown = runs.step(execution, "run")
    assert (shown["StepStatus"], shown["Outputs"]["status"]) == ("Failed", ["ABORTED"])
    assert shown["FailureMessage"].endswith("ended ABORTED.")


def test_tasks_call_the_emulators_services(runs: Any, states: Any, account: Any) -> None:
    queue = account.client("sqs").create_queue(QueueName="tasks")["QueueUrl"]
    parameters = {"QueueUrl": queue, "MessageBody.$": "$.text"}
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": parameters, "End": True}
    arn = machine(states, {"StartAt": "Send", "States": {"Send": task}})
    execution = runs.start(step(arn, input='{"text": "hello"}'))
    assert runs.status(execution) == "Success"
    [message] = account.client("sqs").receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == "hello"


@pytest.mark.parametrize(
    ("arn", "reason"),
    [
        (None, "stateMachineArn is required"),
        ("arn:aws:states:eu-central-1:123456789012:stateMachine:none", "StateMachineDoesNotExist"),
    ],
)
def test_machines_that_are_not_there(runs: Any, arn: str | None, reason: str) -> None:
    shown = runs.step(runs.start(step(arn)), "run")
    assert (shown["StepStatus"], reason in shown["FailureMessage"]) == ("Failed", True)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stubs: what a test says that a step returns, how it fails, how long it takes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from automation_emulator.server.fields import FieldError
from automation_emulator.server.stubs import read_file
from automation_emulator.testing import AutomationEmulator, EmulatorError, running

COMMAND = {
    "name": "restart",
    "action": "aws:runCommand",
    "inputs": {"DocumentName": "AWS-RunShellScript", "InstanceIds": ["i-0123456789abcdef0"]},
}
DECLARING = {**COMMAND, "outputs": [{"Name": "Said", "Selector": "$.Output", "Type": "String"}]}
CALL = {
    "name": "vpcs",
    "action": "aws:executeAwsApi",
    "inputs": {"Service": "ec2", "Api": "DescribeVpcs"},
    "outputs": [{"Name": "First", "Selector": "$.Vpcs[0].VpcId", "Type": "String"}],
}
SCRIPT = {
    "name": "count",
    "action": "aws:executeScript",
    "inputs": {"Runtime": "python3.11", "Handler": "main", "Script": "def main(events, context):\n  return {'n': 1}"},
    "outputs": [{"Name": "n", "Selector": "$.Payload.n", "Type": "Integer"}],
}
POWERSHELL = {**SCRIPT, "inputs": {"Runtime": "PowerShell 7.4", "Script": "exit 1", "Handler": "main"}}
FUNCTION = {
    "name": "invoke",
    "action": "aws:invokeLambdaFunction",
    "inputs": {"FunctionName": "notify"},
    "outputs": [{"Name": "id", "Selector": "$.id", "Type": "String"}],
}
WEBHOOK = {
    "name": "tell",
    "action": "aws:invokeWebhook",
    "inputs": {"IntegrationName": "chat", "Body": "restarted"},
    "outputs": [{"Name": "Said", "Selector": "$.Response", "Type": "String"}],
}
PROPERTY = {
    "inputs": {
        "Service": "ec2",
        "Api": "DescribeInstances",
        "PropertySelector": "$.State",
        "DesiredValues": ["running"],
    }
}
CHECKED = {"name": "check", "action": "aws:assertAwsResourceProperty", **PROPERTY}
AWAITED = {"name": "await", "action": "aws:waitForAwsResourceProperty", "timeoutSeconds": 60, **PROPERTY}
CHILD = {"name": "child", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Elsewhere"}}
STACK = {"name": "stack", "action": "aws:createStack", "inputs": {"StackName": "s", "TemplateURL": "https://s3/t"}}
PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}


@pytest.fixture
def emulator(automation_emulator: AutomationEmulator, control: Any) -> AutomationEmulator:
    return automation_emulator


def stubbed(emulator: AutomationEmulator, runs: Any, step: dict[str, Any], **said: Any) -> dict[str, Any]:
    """The step, run under a stub of it."""
    name = runs.document(step)
    emulator.stub(step=step["name"], **said)
    execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
    found: dict[str, Any] = runs.step(execution, step["name"])
    return found


class TestWhatItReturns:
    @pytest.mark.parametrize(
        ("step", "returns", "outputs"),
        [
            (COMMAND, {"Output": "restarted"}, {"Output": ["restarted"], "ResponseCode": ["0"], "Status": ["Success"]}),
            (DECLARING, {"Output": "restarted"}, {"Said": ["restarted"], "Output": ["restarted"]}),
            (CALL, {"Vpcs": [{"VpcId": "vpc-7"}]}, {"First": ["vpc-7"]}),
            (SCRIPT, {"n": 7}, {"n": ["7"], "Payload": ['{"n": 7}']}),
            (SCRIPT, None, {"Payload": ["null"]}),
            (POWERSHELL, {"n": 8}, {"n": ["8"]}),
            (FUNCTION, {"id": "x"}, {"id": ["x"], "StatusCode": ["200"], "Payload": ['{"id": "x"}']}),
            (WEBHOOK, {"Response": "ok"}, {"Response": ["ok"], "Said": ["ok"]}),
            (CHECKED, {"State": "running"}, {}),
            (AWAITED, {"State": "running"}, {}),
            (CHILD, {"Output": ["done"]}, {"Output": ["done"], "Status": ["Success"]}),
            (STACK, {"StackId": "arn:stack"}, {"StackId": ["arn:stack"]}),
        ],
    )
    def test_the_step_succeeds_with_it(
        self, emulator: Any, runs: Any, step: Any, returns: Any, outputs: dict[str, Any]
    ) -> None:
        found = stubbed(emulator, runs, step, returns=returns)
        assert found["StepStatus"] == "Success", found
        shown = {name: found.get("Outputs", {}).get(name) for name in outputs}
        assert shown == outputs

    def test_nothing_else_is_called(self, emulator: Any, runs: Any) -> None:
        stubbed(emulator, runs, COMMAND, returns={})
        commands = emulator.client("ssm", region="eu-central-1").list_commands()["Commands"]
        assert commands == []

    def test_later_steps_see_it(self, emulator: Any, runs: Any) -> None:
        message = {**SCRIPT, "inputs": {**SCRIPT["inputs"], "InputPayload": {"said": "{{ restart.Output }}"}}}
        name = runs.document(COMMAND, message)
        emulator.stub(step="restart", returns={"Output": "restarted"})
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        assert runs.step(execution, "count")["Inputs"]["InputPayload"] == '{"said": "restarted"}'

    @pytest.mark.parametrize("step", [COMMAND, CHILD, STACK])
    def test_outputs_have_to_be_a_map(self, emulator: Any, runs: Any, step: Any) -> None:
        found = stubbed(emulator, runs, step, returns="restarted")
        assert found["StepStatus"] == "Failed"
        assert "returns a map of outputs" in found["FailureMessage"]


class TestHowItFails:
    @pytest.mark.parametrize(
        ("step", "said", "message"),
        [
            (COMMAND, {"returns": {"ResponseCode": 1}}, "ended Failed"),
            (COMMAND, {"returns": {"Status": "TimedOut"}}, "ended TimedOut"),
            (COMMAND, {"fails": "The agent is gone"}, "The agent is gone"),
            (CALL, {"fails": {"code": "AccessDenied", "message": "No"}}, "AccessDenied: No"),
            (CHECKED, {"returns": {"State": "stopped"}}, "none of the desired values"),
            (CHILD, {"returns": {"Status": "Cancelled"}}, "ended Cancelled"),
        ],
    )
    def test_the_step_fails(self, emulator: Any, runs: Any, step: Any, said: Any, message: str) -> None:
        found = stubbed(emulator, runs, step, **said)
        assert found["StepStatus"] == "Failed"
        assert message in found["FailureMessage"]

    def test_the_code_tells_the_kind_of_failure(self, emulator: Any, runs: Any) -> None:
        found = stubbed(emulator, runs, CALL, fails={"code": "AccessDenied", "message": "No"})
        assert found["FailureDetails"]["FailureType"] == "Permission"

    def test_a_failed_command_has_outputs(self, emulator: Any, runs: Any) -> None:
        found = stubbed(emulator, runs, COMMAND, returns={"ResponseCode": 3, "Output": "disk full"})
        assert {name: found["Outputs"][name] for name in ("Output", "ResponseCode", "Status")} == {
            "Output": ["disk full"],
            "ResponseCode": ["3"],
            "Status": ["Failed"],
        }

    def test_a_failure_may_have_outputs(self, emulator: Any, runs: Any) -> None:
        found = stubbed(emulator, runs, COMMAND, fails="Gone", returns={"Output": "half"})
        assert (found["StepStatus"], found["Outputs"]["Output"]) == ("Failed", ["half"])


class TestHowLongItTakes:
    def test_before_it_returns(self, emulator: Any, runs: Any, control: Any) -> None:
        name = runs.document(COMMAND)
        emulator.stub(step="restart", returns={"Output": "late"}, seconds=30)
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        control.pass_time(29)
        assert runs.step(execution, "restart")["StepStatus"] == "InProgress"
        control.pass_time(1)
        assert runs.step(execution, "restart")["Outputs"]["Output"] == ["late"]

    def test_before_it_does_what_it_does(self, emulator: Any, runs: Any, control: Any) -> None:
        name = runs.document(SCRIPT)
        emulator.stub(step="count", seconds=30)
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        assert runs.status(execution) == "InProgress"
        control.pass_time(30)
        assert runs.step(execution, "count")["Outputs"]["n"] == ["1"]

    def test_longer_than_it_may(self, emulator: Any, runs: Any, control: Any) -> None:
        name = runs.document({**COMMAND, "timeoutSeconds": 20})
        emulator.stub(step="restart", returns={}, seconds=30)
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        control.pass_time(20)
        assert runs.step(execution, "restart")["StepStatus"] == "TimedOut"

    def test_a_property_that_never_comes_about(self, emulator: Any, runs: Any, control: Any) -> None:
        found = stubbed(emulator, runs, AWAITED, returns={"State": "pending"})
        assert found["StepStatus"] == "InProgress"
        control.pass_time(60)
        execution = runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"][0]
        assert execution["AutomationExecutionStatus"] == "TimedOut"

    def test_a_sleep_can_be_skipped(self, emulator: Any, runs: Any) -> None:
        sleep = {"name": "rest", "action": "aws:sleep", "inputs": {"Duration": "PT1H"}}
        assert stubbed(emulator, runs, sleep, returns={})["StepStatus"] == "Success"

    def test_meanwhile_it_takes_no_signals(self, emulator: Any, runs: Any) -> None:
        name = runs.document(PAUSE)
        emulator.stub(step="pause", returns={}, seconds=30)
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        with pytest.raises(runs.ssm.exceptions.InvalidAutomationSignalException):
            runs.signal(execution, "Resume", StepName="pause")


class TestWhichStepsAreMeant:
    def test_an_action_in_every_runbook(self, emulator: Any, runs: Any) -> None:
        emulator.stub(action="aws:runCommand", returns={"Output": "all"})
        assert runs.step(runs.start(COMMAND), "restart")["Outputs"]["Output"] == ["all"]

    def test_a_runbook_alone(self, emulator: Any, runs: Any) -> None:
        for name in ("One", "Two"):
            runs.document(SCRIPT, name=name)
        emulator.stub(runbook="One", step="count", returns={"n": 5})
        ids = [
            runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"] for name in ("One", "Two")
        ]
        assert [runs.step(one, "count")["Outputs"]["n"] for one in ids] == [["5"], ["1"]]

    def test_children_too(self, emulator: Any, runs: Any) -> None:
        runs.document(SCRIPT, name="Elsewhere")
        emulator.stub(runbook="Elsewhere", step="count", fails="Not today")
        execution = runs.start(CHILD)
        assert runs.status(execution) == "Failed"

    def test_an_attempt(self, emulator: Any, runs: Any) -> None:
        name = runs.document({**COMMAND, "maxAttempts": 3})
        emulator.stub(step="restart", returns={"Output": "third time lucky"})
        for attempt in (1, 2):
            emulator.stub(step="restart", attempt=attempt, fails="Busy")
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        assert runs.step(execution, "restart")["Outputs"]["Output"] == ["third time lucky"]

    def test_a_round_of_a_loop(self, emulator: Any, runs: Any) -> None:
        condition = {"Variable": "{{ count.n }}", "NumericEquals": 2}
        inputs = {"LoopCondition": {"Not": condition}, "MaxIterations": 5, "Steps": [SCRIPT]}
        name = runs.document({"name": "until", "action": "aws:loop", "inputs": inputs})
        emulator.stub(step="count", iteration=3, returns={"n": 2})
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        steps = [step for step in runs.get(execution)["StepExecutions"] if step["StepName"] == "count"]
        assert [step["Outputs"]["n"] for step in steps] == [["1"], ["1"], ["2"]]

    def test_the_last_one_counts(self, emulator: Any, runs: Any) -> None:
        name = runs.document(SCRIPT)
        for number in (3, 4):
            emulator.stub(step="count", returns={"n": number})
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        assert runs.step(execution, "count")["Outputs"]["n"] == ["4"]

    def test_a_run_that_has_begun(self, emulator: Any, runs: Any) -> None:
        execution = runs.start(PAUSE, SCRIPT)
        emulator.stub(step="count", returns={"n": 9})
        runs.signal(execution, "Resume", StepName="pause")
        assert runs.step(execution, "count")["Outputs"]["n"] == ["9"]

    def test_none_any_more(self, emulator: Any, runs: Any) -> None:
        runs.document(SCRIPT)
        execution = runs.start(PAUSE, SCRIPT, members={"name": "Other"})
        emulator.stub(step="count", returns={"n": 9})
        assert emulator.stubs() == [{"step": "count", "returns": {"n": 9}}]
        emulator.forget_stubs()
        runs.signal(execution, "Resume", StepName="pause")
        assert runs.step(execution, "count")["Outputs"]["n"] == ["1"]
        assert emulator.stubs() == []

    def test_a_webhook_whose_stub_is_gone_fails_its_step(self, emulator: Any, runs: Any) -> None:
        name = runs.document(PAUSE, WEBHOOK)
        emulator.stub(step="tell", returns={"ResponseCode": 200})
        execution = runs.ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        emulator.forget_stubs()
        runs.signal(execution, "Resume", StepName="pause")
        told = runs.step(execution, "tell")
        assert (told["StepStatus"], "calls no webhooks" in told["FailureMessage"]) == ("Failed", True)

    def test_what_cannot_run_here_is_refused_unless_it_never_runs(self, emulator: Any, runs: Any) -> None:
        name = runs.document({**POWERSHELL, "maxAttempts": 2})
        emulator.stub(step="count", attempt=1, returns={"n": 9})
        with pytest.raises(runs.ssm.exceptions.InvalidAutomationExecutionParametersException):
            runs.ssm.start_automation_execution(DocumentName=name)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("said", "reason"),
        [
            ({"returns": {}}, "names a runbook, a step or an action"),
            ({"step": "restart"}, "at least one of returns, fails, seconds"),
            ({"step": "restart", "output": {}}, "Unknown: output"),
            (
                {"step": "restrat", "returns": {}},
                "No registered runbook has a step restrat; steps: choose (aws:branch), restart (aws:runCommand)",
            ),
            ({"step": "restart", "action": "aws:sleep", "returns": {}}, "restart with the action aws:sleep"),
            ({"runbook": "Gate", "returns": {}}, "No runbook Gate is registered (registered: Gated)"),
            ({"action": "aws:runComand", "returns": {}}, "There is no action aws:runComand"),
            ({"action": "aws:branch", "returns": {}}, "aws:branch cannot be stubbed"),
            ({"step": "choose", "returns": {}}, "aws:branch cannot be stubbed"),
            ({"step": "restart", "attempt": 2, "returns": {}}, "maxAttempts is lower"),
            ({"step": "restart", "attempt": 0, "returns": {}}, "attempt takes a whole number from 1 on"),
            ({"step": "restart", "iteration": 2, "returns": {}}, "inside a loop"),
            ({"step": "restart", "seconds": -1}, "seconds takes a number"),
            ({"step": "restart", "fails": {"message": "No"}}, "code takes a string"),
            ({"step": "restart", "fails": 1}, "fails takes a message, or a map"),
            ({"step": 1, "returns": {}}, "step takes a string"),
        ],
    )
    def test_with_the_reason(self, emulator: Any, runs: Any, said: Any, reason: str) -> None:
        choices = [{"NextStep": "restart", "Variable": "{{ global:REGION }}", "StringEquals": "eu-central-1"}]
        runs.document({"name": "choose", "action": "aws:branch", "inputs": {"Choices": choices}}, COMMAND)
        with pytest.raises(EmulatorError) as refused:
            emulator.stub(**said)
        assert reason in str(refused.value)
        assert emulator.stubs() == []

    def test_one_of_several_refuses_all(self, emulator: Any, runs: Any) -> None:
        runs.document(COMMAND)
        good = {"step": "restart", "returns": {}}
        with pytest.raises(EmulatorError, match="Stub 2: A stub names"):
            emulator.control("PUT", "stubs", stubs=[good, {"returns": {}}])
        assert emulator.stubs() == []
        assert emulator.control("PUT", "stubs", stubs=[good, good]) == {"stubs": [good, good]}


class TestAFile:
    @pytest.fixture
    def runbooks(self, tmp_path: Path) -> Path:
        directory = tmp_path / "runbooks"
        directory.mkdir()
        content = json.dumps({"schemaVersion": "0.3", "mainSteps": [SCRIPT]})
        (directory / "Counting.json").write_text(content, encoding="utf-8")
        return directory

    def test_it_outlives_a_reset(self, runbooks: Path, tmp_path: Path) -> None:
        file = tmp_path / "stubs.yaml"
        file.write_text("- runbook: Counting\n  step: count\n  returns:\n    n: 6\n", encoding="utf-8")
        with running("--runbooks", runbooks, "--stubs", file) as url:
            emulator = AutomationEmulator(url)
            emulator.forget_stubs()
            emulator.reset()
            ssm = emulator.client("ssm")
            execution = ssm.start_automation_execution(DocumentName="Counting")["AutomationExecutionId"]
            (step,) = emulator.execution(execution)["StepExecutions"]
            assert step["Outputs"]["n"] == ["6"]

    def test_one_that_means_nothing_keeps_it_from_starting(
        self, runbooks: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "stubs.yaml"
        file.write_text("- step: cuont\n  returns: {}\n", encoding="utf-8")
        with pytest.raises(EmulatorError), running("--runbooks", runbooks, "--stubs", file):
            pass
        assert "No registered runbook has a step cuont; steps: count (aws:executeScript)" in capfd.readouterr().err

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ("step: count", "Stubs are a list."),
            ("- count", "Stub 1 is not a map."),
            ("- {", "while parsing"),
            ("- step: count", "Stub 1: A stub has at least one of"),
        ],
    )
    def test_what_is_no_list_of_stubs(self, tmp_path: Path, content: str, reason: str) -> None:
        file = tmp_path / "stubs.yaml"
        file.write_text(content, encoding="utf-8")
        with pytest.raises(FieldError, match=reason) as refused:
            read_file(file)
        assert str(file) in str(refused.value)

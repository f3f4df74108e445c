# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the reading operations show: members, filters, pages, truncation."""

from __future__ import annotations

import datetime
import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
NAP = {"name": "nap", "action": "aws:sleep", "inputs": {"Duration": "PT10S"}}


def code_of(call: Any, **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    return str(caught.value.response["Error"]["Code"])


def ids(runs: Any, *filters: tuple[str, list[str]]) -> list[str]:
    asked = [{"Key": key, "Values": values} for key, values in filters]
    pages = runs.ssm.get_paginator("describe_automation_executions").paginate(**({"Filters": asked} if asked else {}))
    return [one["AutomationExecutionId"] for page in pages for one in page["AutomationExecutionMetadataList"]]


@pytest.mark.ledger("interactive-1", "results-1", "results-4", "results-6", "results-7", "results-10", "results-15")
def test_an_execution_that_waits(runs: Any) -> None:
    gate = {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}, "timeoutSeconds": 600}
    found = runs.get(runs.start(gate, PAUSE))
    waiting, ahead = found["StepExecutions"]
    assert found["ExecutedBy"] == "arn:aws:sts::123456789012:user/moto"
    assert (found["Mode"], found["CurrentStepName"], found["CurrentAction"]) == ("Auto", "gate", "aws:approve")
    assert (found["StepExecutionsTruncated"], found["ResolvedTargets"]["Truncated"]) == (False, False)
    assert waiting["Inputs"] == {"Approvers": json.dumps(["moto"])}
    assert (waiting["TimeoutSeconds"], "OnFailure" in waiting) == (600, False)
    assert (ahead["StepStatus"], "ExecutionStartTime" in ahead) == ("Pending", False)
    assert len({waiting["StepExecutionId"], ahead["StepExecutionId"]}) == 2


@pytest.mark.ledger("results-5")
def test_a_step_keeps_its_id_from_pending_on(runs: Any) -> None:
    execution = runs.start(PAUSE, {**PAUSE, "name": "next"})
    ahead = runs.step(execution, "next")["StepExecutionId"]
    runs.signal(execution, "Resume", StepName="pause")
    assert runs.step(execution, "next")["StepExecutionId"] == ahead


@pytest.mark.ledger("results-6", "results-8")
def test_an_execution_that_has_ended(runs: Any, control: Any) -> None:
    execution = runs.start(NAP, {**PAUSE, "timeoutSeconds": 20}, members={"outputs": ["pause.Nothing"]})
    control.pass_time(1000)
    found = runs.get(execution)
    assert found["AutomationExecutionStatus"] == "TimedOut"
    assert found["ExecutionEndTime"] - found["ExecutionStartTime"] == datetime.timedelta(seconds=30)
    assert "CurrentStepName" not in found
    step = found["StepExecutions"][1]
    assert step["FailureDetails"]["Details"] == {"Message": [step["FailureMessage"]]}
    assert step["FailureMessage"] in found["FailureMessage"]


@pytest.mark.ledger("results-14", "truncate_steps_over")
def test_long_runs_are_truncated(runs: Any, control: Any) -> None:
    control.choose(truncate_steps_over=2)
    execution = runs.start(*({**PAUSE, "name": f"step{number}"} for number in range(3)))
    found = runs.get(execution)
    assert (len(found["StepExecutions"]), found["StepExecutionsTruncated"]) == (2, True)
    steps = runs.ssm.describe_automation_step_executions(AutomationExecutionId=execution)["StepExecutions"]
    assert [step["StepName"] for step in steps] == ["step0", "step1", "step2"]


@pytest.mark.ledger("results-5", "finding-4", "finding-8", "finding-10")
@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([("StepName", ["pause1", "pause2"])], ["pause1", "pause2"]),
        ([("StepExecutionStatus", ["Pending"])], ["pause1", "pause2"]),
        ([("Action", ["aws:sleep"])], ["nap"]),
        ([("Action", ["aws:pause"]), ("StepName", ["pause2", "nap"])], ["pause2"]),
        ([("StartTimeAfter", ["2001-01-01T00:00:00Z"])], ["nap"]),
        ([("StartTimeBefore", ["2001-01-01T00:00:00Z"])], []),
        ([("ParentStepExecutionId", ["x"])], []),
    ],
)
def test_filters_on_steps(runs: Any, filters: Any, names: list[str]) -> None:
    execution = runs.start(NAP, {**PAUSE, "name": "pause1"}, {**PAUSE, "name": "pause2"})
    describe = runs.ssm.describe_automation_step_executions
    asked = [{"Key": key, "Values": values} for key, values in filters]
    found = describe(AutomationExecutionId=execution, Filters=asked)["StepExecutions"]
    assert [step["StepName"] for step in found] == names
    step = runs.step(execution, "nap")
    by_id = [{"Key": "StepExecutionId", "Values": [step["StepExecutionId"]]}]
    assert describe(AutomationExecutionId=execution, Filters=by_id)["StepExecutions"] == [step]


@pytest.mark.ledger("finding-5", "finding-6")
@pytest.mark.parametrize("reverse", [False, True])
def test_pages_of_steps(runs: Any, reverse: bool) -> None:
    names = [f"step{number}" for number in range(5)]
    execution = runs.start(*({**PAUSE, "name": name} for name in names))
    pages = runs.ssm.get_paginator("describe_automation_step_executions").paginate(
        AutomationExecutionId=execution, ReverseOrder=reverse, PaginationConfig={"PageSize": 2}
    )
    found = [[step["StepName"] for step in page["StepExecutions"]] for page in pages]
    assert [len(page) for page in found] == [2, 2, 1]
    assert list(itertools.chain(*found)) == (names[::-1] if reverse else names)


@pytest.mark.ledger("finding-6", "finding-9")
def test_pages_of_executions_stay_put_while_others_start(runs: Any) -> None:
    runs.document(PAUSE)
    start = runs.ssm.start_automation_execution
    started = [start(DocumentName="Gated")["AutomationExecutionId"] for _time in range(4)]
    first = runs.ssm.describe_automation_executions(MaxResults=2)
    start(DocumentName="Gated")
    second = runs.ssm.describe_automation_executions(MaxResults=2, NextToken=first["NextToken"])
    shown = first["AutomationExecutionMetadataList"] + second["AutomationExecutionMetadataList"]
    assert [one["AutomationExecutionId"] for one in shown] == started[::-1]
    assert "NextToken" not in second


@pytest.mark.ledger("finding-3")
@pytest.mark.parametrize("key", ["ExecutionId", "ParentExecutionId"])
def test_ten_ids_at_a_time(runs: Any, key: str) -> None:
    runs.document(PAUSE)
    start = runs.ssm.start_automation_execution
    started = [start(DocumentName="Gated")["AutomationExecutionId"] for _time in range(11)]
    assert ids(runs, (key, started[:10])) == (started[9::-1] if key == "ExecutionId" else [])
    describe, asked = runs.ssm.describe_automation_executions, {"Key": key, "Values": started}
    assert code_of(describe, Filters=[asked]) == "ValidationException"


@pytest.mark.ledger("children-6", "results-12", "results-16")
def test_parents_and_children(runs: Any, control: Any) -> None:
    runs.document(PAUSE, name="Child")
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}
    execution = runs.start(call)
    (child,) = ids(runs, ("ParentExecutionId", [execution]))
    listed = runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    below, above = ({key: one.get(key) for key in METADATA} for one in listed)
    assert above == {**METADATA, "CurrentStepName": "call", "CurrentAction": "aws:executeAutomation"}
    assert below == {
        **METADATA,
        "DocumentName": "Child",
        "AutomationExecutionStatus": "Waiting",
        "CurrentStepName": "pause",
        "CurrentAction": "aws:pause",
        "ParentAutomationExecutionId": execution,
    }
    assert ids(runs, ("CurrentAction", ["aws:executeAutomation", "aws:approve"])) == [execution]
    assert ids(runs, ("ParentExecutionId", [execution, child]), ("ExecutionStatus", ["Waiting"])) == [child]
    runs.signal(child, "Resume", StepName="pause")
    assert ids(runs, ("ExecutionStatus", ["Success"])) == [child, execution]
    assert ids(runs, ("CurrentAction", ["aws:executeAutomation", "aws:pause"])) == []


METADATA = {
    "DocumentName": "Gated",
    "DocumentVersion": "1",
    "AutomationExecutionStatus": "InProgress",
    "AutomationType": "Local",
    "ExecutedBy": "arn:aws:sts::123456789012:user/moto",
    "Mode": "Auto",
    "CurrentStepName": None,
    "CurrentAction": None,
    "Outputs": {},
    "Targets": [],
    "Target": None,
    "ResolvedTargets": {"ParameterValues": [], "Truncated": False},
    "ParentAutomationExecutionId": None,
    "FailureMessage": None,
    "ExecutionEndTime": None,
}


@pytest.mark.ledger("finding-9")
def test_pages_stay_put_while_executions_end(runs: Any, control: Any) -> None:
    runs.document(NAP)
    start = runs.ssm.start_automation_execution
    started = [start(DocumentName="Gated")["AutomationExecutionId"] for _time in range(3)]
    running = [{"Key": "ExecutionStatus", "Values": ["InProgress"]}]
    describe = runs.ssm.describe_automation_executions
    first = describe(MaxResults=1, Filters=running)
    control.pass_time(10)
    runs.document(PAUSE, name="Other")
    start(DocumentName="Other")
    assert first["AutomationExecutionMetadataList"][0]["AutomationExecutionId"] == started[2]
    rest = describe(MaxResults=5, Filters=running, NextToken=first["NextToken"])
    assert rest["AutomationExecutionMetadataList"] == []


@pytest.mark.ledger("statuses-8", "finding-2", "finding-10", "principals-2")
def test_filters_on_executions(runs: Any, control: Any, account: Any) -> None:
    waiting = runs.start(PAUSE, Tags=[{"Key": "team", "Value": "a"}])
    control.pass_time(3600)
    middle = datetime.datetime.fromtimestamp(control("GET", "clock")["now"] - 60, datetime.UTC).isoformat()
    runs.document(NAP, name="Napping")
    napping = runs.ssm.start_automation_execution(DocumentName="Napping")["AutomationExecutionId"]
    asked = control("POST", "access-requests", {"approvers": ["moto"], "region": "eu-central-1"})
    request = asked["automation_execution_id"]
    for filters, expected in [
        ([], [request, napping, waiting]),
        ([("DocumentNamePrefix", ["Nap", "Gat"])], [napping, waiting]),
        ([("ExecutionStatus", ["Waiting", "InProgress"])], [napping, waiting]),
        ([("ExecutionStatus", ["Waiting"]), ("CurrentAction", ["aws:pause"])], [waiting]),
        ([("ExecutionId", [waiting, request])], [request, waiting]),
        ([("ParentExecutionId", [waiting])], []),
        ([("CurrentAction", ["aws:sleep"])], [napping]),
        ([("StartTimeBefore", [middle])], [waiting]),
        ([("StartTimeAfter", [middle])], [request, napping]),
        ([("AutomationType", ["Local"])], [request, napping, waiting]),
        ([("AutomationType", ["CrossAccount"])], []),
        ([("TagKey", ["team"])], [waiting]),
        ([("TargetResourceGroup", ["group"])], []),
        ([("AutomationSubtype", ["AccessRequest"])], [request]),
        ([("OpsItemId", ["oi-1"])], []),
    ]:
        assert ids(runs, *filters) == expected, filters
    control.pass_time(60)
    assert ids(runs, ("ExecutionStatus", ["Success"])) == [napping]
    assert ids(runs, ("ExecutionStatus", ["Waiting"])) == [waiting]


@pytest.mark.ledger("finding-1", "finding-2", "finding-7", "finding-8")
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Filters": [{"Key": "ExecutionStatus", "Values": ["Done"]}]}, "InvalidFilterValue"),
        ({"Filters": [{"Key": "StartTimeAfter", "Values": ["yesterday"]}]}, "InvalidFilterValue"),
        ({"Filters": [{"Key": "TagKey", "Values": ["a"]}, {"Key": "TagKey", "Values": ["b"]}]}, "InvalidFilterKey"),
        ({"Filters": [{"Key": "Colour", "Values": ["red"]}]}, "ValidationException"),
        ({"NextToken": "no-such-token"}, "InvalidNextToken"),
        ({"NextToken": "bm8tc3VjaC1pZA=="}, "InvalidNextToken"),
        ({"MaxResults": 51}, "ValidationException"),
    ],
)
def test_describe_refused(runs: Any, request_: Any, code: str) -> None:
    assert code_of(runs.ssm.describe_automation_executions, **request_) == code


@pytest.mark.ledger("finding-9")
def test_a_token_is_good_for_its_own_question_only(runs: Any) -> None:
    runs.document(PAUSE, {**PAUSE, "name": "next"})
    start, describe = runs.ssm.start_automation_execution, runs.ssm.describe_automation_executions
    execution, _other = (start(DocumentName="Gated")["AutomationExecutionId"] for _time in range(2))
    token = describe(MaxResults=1)["NextToken"]
    assert len(describe(NextToken=token, MaxResults=9)["AutomationExecutionMetadataList"]) == 1
    filters = [{"Key": "ExecutionStatus", "Values": ["Waiting"]}]
    assert code_of(describe, NextToken=token, Filters=filters) == "InvalidNextToken"
    steps, about = runs.ssm.describe_automation_step_executions, {"AutomationExecutionId": execution}
    assert code_of(steps, **about, NextToken=token) == "InvalidNextToken"
    token = steps(**about, MaxResults=1)["NextToken"]
    assert code_of(steps, **about, NextToken=token, ReverseOrder=True) == "InvalidNextToken"


def test_step_pages_refused(runs: Any) -> None:
    about = {"AutomationExecutionId": runs.start(PAUSE), "NextToken": "bm8tc3VjaC1pZA=="}
    assert code_of(runs.ssm.describe_automation_step_executions, **about) == "InvalidNextToken"


@pytest.mark.ledger(
    "signals-1", "signals-18", "signals-2", "signals-3", "errors-1", "empty_map_refused=true", "empty_map_refused=false"
)
@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"Comment": ["x" * 513]},
        {"x" * 51: ["a"]},
        {"Comment": ["x"] * 51},
        {f"key{number}": ["a"] for number in range(201)},
    ],
)
def test_payloads_that_the_model_does_not_allow(runs: Any, control: Any, payload: Any) -> None:
    execution = runs.start(PAUSE)
    send = runs.ssm.send_automation_signal
    request = {"AutomationExecutionId": execution, "SignalType": "Approve", "Payload": payload}
    assert code_of(send, **request) == "ValidationException"
    assert code_of(send, AutomationExecutionId=execution, SignalType="Deny") == "ValidationException"
    assert code_of(send, AutomationExecutionId="x" * 40, SignalType="Approve") == "ValidationException"
    control.choose(empty_map_refused=False)
    refused = "ValidationException" if payload else "InvalidAutomationSignalException"
    assert code_of(send, **request) == refused


@pytest.mark.ledger("last_page_token=none", "last_page_token=empty")
@pytest.mark.parametrize(("choice", "shown"), [("none", {}), ("empty", {"NextToken": ""})])
def test_the_last_page_has_an_empty_token_or_none(runs: Any, control: Any, choice: str, shown: Any) -> None:
    control.choose(last_page_token=choice)
    execution = runs.start({"name": "pause", "action": "aws:pause", "inputs": {}})
    for page in (
        runs.ssm.describe_automation_executions(),
        runs.ssm.describe_automation_step_executions(AutomationExecutionId=execution),
    ):
        assert {name: value for name, value in page.items() if name == "NextToken"} == shown


@pytest.mark.ledger("results-7")
def test_a_step_shows_what_its_author_wrote(runs: Any) -> None:
    plain = {"name": "plain", "action": "aws:approve", "inputs": {"Approvers": ["moto"]}}
    rules = {"timeoutSeconds": 60, "maxAttempts": 2, "onFailure": "Abort"}
    execution = runs.start({**plain, "name": "written", **rules}, plain)
    members = ("TimeoutSeconds", "MaxAttempts", "OnFailure")
    assert [runs.step(execution, "written")[name] for name in members] == [60, 2, "Abort"]
    runs.signal(execution, "Approve")
    assert [name for name in members if name in runs.step(execution, "plain")] == []


@pytest.mark.ledger("results-16")
def test_a_list_has_an_empty_log_file(runs: Any) -> None:
    runs.start({"name": "pause", "action": "aws:pause", "inputs": {}})
    (listed,) = runs.ssm.describe_automation_executions()["AutomationExecutionMetadataList"]
    assert listed["LogFile"] == ""

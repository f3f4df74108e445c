# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API as requests: which call each makes, what marks a change, and how often the caller is asked for."""

from __future__ import annotations

import threading

import pytest
from botocore import xform_name

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.listings import Page
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.runs import Started
from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.scheduler import BatchScheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run import requests
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime import scheduler
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interruptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.listing import (
    page_of_executions,
    page_of_steps,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import Change
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import Service
from ansible_collections.ssmops.automation.tests.unit.errors import refusal
from ansible_collections.ssmops.automation.tests.unit.executions import ALICE, EXECUTION_ID, run
from ansible_collections.ssmops.automation.tests.unit.service import (
    FakeClient,
    TurnedClock,
    answer_of,
    run_one,
    service_of,
    summary_of,
)
from ansible_collections.ssmops.automation.tests.unit.signals import RESUME

OF_EXECUTION = {"AutomationExecutionId": EXECUTION_ID}
WAITING = run("Waiting")
REQUESTS = {
    "send": (
        lambda service, leaves: service.send(EXECUTION_ID, RESUME, leaves),
        ("send_automation_signal", {**OF_EXECUTION, "SignalType": "Resume", "Payload": {"StepName": ["p"]}}),
        {},
        None,
    ),
    "start": (
        lambda service, leaves: requests.start(service, {"DocumentName": "Deploy"}, leaves),
        ("start_automation_execution", {"DocumentName": "Deploy"}),
        OF_EXECUTION,
        Started(EXECUTION_ID, None),
    ),
    "stop": (
        lambda service, leaves: requests.stop(service, EXECUTION_ID, "Cancel", leaves),
        ("stop_automation_execution", {**OF_EXECUTION, "Type": "Cancel"}),
        {},
        None,
    ),
    "get": (
        lambda service, leaves: service.get(EXECUTION_ID),
        ("get_automation_execution", OF_EXECUTION),
        answer_of(WAITING),
        answer_of(WAITING)["AutomationExecution"],
    ),
    "steps": (
        lambda service, leaves: page_of_steps(service, EXECUTION_ID, "more"),
        ("describe_automation_step_executions", {**OF_EXECUTION, "MaxResults": 50, "NextToken": "more"}),
        {"StepExecutions": []},
        Page([], ""),
    ),
    "executions": (
        lambda service, leaves: page_of_executions(service, [{"Key": "TagKey", "Values": ["team"]}], "", 10),
        ("describe_automation_executions", {"MaxResults": 10, "Filters": [{"Key": "TagKey", "Values": ["team"]}]}),
        {"AutomationExecutionMetadataList": [summary_of(WAITING)]},
        Page([summary_of(WAITING)], ""),
    ),
    "document": (
        lambda service, leaves: requests.document(service, "Deploy", "3"),
        ("describe_document", {"Name": "Deploy", "DocumentVersion": "3"}),
        {"Document": {"Name": "Deploy", "DocumentType": "Automation"}},
        {"Name": "Deploy", "DocumentType": "Automation"},
    ),
    "content": (
        lambda service, leaves: service.content("Deploy", None),
        ("get_document", {"Name": "Deploy", "DocumentFormat": "JSON"}),
        {"Content": "{}"},
        "{}",
    ),
}
CHANGES = ("send", "start", "stop")


async def awaited(request):
    return await request


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_makes_one_call(name):
    make, asked, answer, result = REQUESTS[name]
    client, left = FakeClient(**{asked[0]: [answer]}), []
    service = service_of(client)
    request = make(service, lambda: left.append(len(client.requests)))
    assert client.requests == []
    assert run_one(awaited(request), service) == result
    assert client.requests == [asked]
    assert xform_name(request.operation) == asked[0]
    assert isinstance(request, Change) is (name in CHANGES)
    # A change is noted before it goes out.
    assert left == ([0] if name in CHANGES else [])


def test_the_time_that_is_left_comes_with_a_look():
    service = service_of(FakeClient())
    assert service.get("e", 7).left == page_of_steps(service, "e", "", 7).left == 7


def test_each_operation_has_a_rate_of_its_own():
    service = service_of(FakeClient())
    service.rates["One"].throttled(1000, 1000)
    assert (service.delay("One", 1000) > 0, service.delay("Another", 1000)) == (True, 0)


class TestCaller:
    @staticmethod
    def service(*names):
        asked, left = [], list(names)

        def name_caller():
            asked.append(threading.current_thread())
            name = left.pop(0)
            if isinstance(name, Exception):
                raise name
            return name

        return Service(FakeClient(), name_caller, TurnedClock(), is_batch=True), asked

    def test_it_is_not_asked_for_before_it_is_needed(self):
        _service, asked = self.service(ALICE)
        assert asked == []

    @pytest.mark.parametrize("name", [ALICE, ""])
    def test_it_is_asked_for_once(self, name):
        service, asked = self.service(name)
        assert [run_one(service.caller_arn(), service) for _time in range(3)] == [name] * 3
        assert len(asked) == 1

    def test_it_is_asked_for_once_by_many_at_a_time(self):
        service, asked = self.service(ALICE)
        told = []
        BatchScheduler(service, Interruptions(), lambda arn: told.append(arn) or "", concurrency=8).run(
            service.caller_arn() for _execution in range(30)
        )
        assert told == [ALICE] * 30
        assert len(asked) == 1

    def test_an_error_makes_it_unknown_and_ends_nothing(self):
        service, asked = self.service(refusal("AccessDenied"))
        assert [run_one(service.caller_arn(), service) for _time in range(2)] == ["", ""]
        assert len(asked) == 1

    def test_an_answer_that_does_not_come_makes_it_unknown_and_ends_nothing(self, monkeypatch):
        monkeypatch.setattr(scheduler, "_LONGEST_CALL", 0.01)
        never = threading.Event()
        service = Service(FakeClient(), lambda: never.wait(30), TurnedClock())
        assert run_one(service.caller_arn(), service) == ""
        never.set()

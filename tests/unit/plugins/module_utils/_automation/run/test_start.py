# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting an execution: which calls that costs, what is told, and that nothing is raised."""

from __future__ import annotations

import datetime
import signal
import threading

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import MalformedAnswer
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.start import StartRequest
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.outcome import RunOptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.start import LOOK, Starter
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import interruptible
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, NO_CONNECTION, client_error
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, pause, run, step
from ansible_collections.ssmops.automation.tests.unit.service import FakeClient, answer_of, run_one, service_of

TOKEN = "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"
NOON = datetime.datetime(2026, 5, 4, 12, tzinfo=datetime.timezone.utc)
STARTED = {
    "AutomationExecutionId": EXECUTION_ID,
    "ResponseMetadata": {"RequestId": "r", "HTTPHeaders": {"date": "Mon, 04 May 2026 12:00:00 GMT"}},
}
DENIED, THROTTLED = client_error("AccessDeniedException"), client_error("ThrottlingException")
FAULT, NOT_FOUND = client_error("InternalServerError", status=500), client_error("AutomationExecutionNotFoundException")
MALFORMED = MalformedAnswer(operation="Op", problem="it is empty")
REST = Pace(600, 2)

PENDING = run("Pending", step("a"))
AT_PAUSE = run("Waiting", pause("p", "Waiting"))
SUCCESS = run("Success", step("a", status="Success"))
BROKEN = run("Failed", step("a", status="Failed", failure_message="disk full"))


class Task:
    """One start, which gets these answers, of an execution that shows these states, each last one for ever."""

    def __init__(self, sends, states=(PENDING,), is_repeatable=False, **options):
        answers = [state if not hasattr(state, "steps") else answer_of(state) for state in states]
        self.client = FakeClient(start_automation_execution=sends, get_automation_execution=answers)
        self.service = service_of(self.client)
        request = StartRequest({"DocumentName": "Deploy", "ClientToken": TOKEN}, is_repeatable)
        self.starter = Starter(self.service, request, RunOptions(**options))

    def run(self, interruptions=None):
        return run_one(self.starter.start(), self.service, interruptions)

    @property
    def calls(self):
        words = {"get_automation_execution": "look", "start_automation_execution": "start"}
        return " ".join(words[name] for name, _request in self.client.requests)


# The answers to the start, the states, options; whether it has changed and failed, whether that is unknown, the calls.
TASKS = {
    "it is started": ([STARTED], [PENDING], {}, True, False, False, "start look", "Started runbook `Deploy`"),
    "it is found late": ([STARTED], [NOT_FOUND, PENDING], {}, True, False, False, "start look look", "Pending"),
    "after throttling": ([THROTTLED, STARTED], [PENDING], {}, True, False, False, "start start look", "at attempt 2"),
    "after no connection": ([NO_CONNECTION, STARTED], [PENDING], {}, True, False, False, "start start look", "2"),
    "after a lost answer": ([LOST_ANSWER, STARTED], [PENDING], {}, True, False, False, "start start look", "2"),
    "after a malformed one": ([MALFORMED, STARTED], [PENDING], {}, True, False, False, "start start look", "2"),
    "refused": ([DENIED], [PENDING], {}, False, True, False, "start", "it needs ssm:StartAutomation"),
    "refused after a lost answer": ([FAULT, DENIED], [PENDING], {}, False, True, True, "start start", "not known"),
    "it comes to rest": (
        [STARTED], [PENDING, AT_PAUSE], {"rest": REST}, True, False, False, "start look look", "waits at step",
    ),
    "it comes to a good end": (
        [STARTED], [PENDING, SUCCESS], {"rest": REST}, True, False, False, "start look look", "Success",
    ),
    "it comes to a bad end": (
        [STARTED], [PENDING, BROKEN], {"rest": REST}, True, True, False, "start look look", "disk full",
    ),
    "it does not come to rest": (
        [STARTED], [PENDING], {"rest": Pace(1, 2)}, True, True, False, "start look look", "1 s",
    ),
    "it cannot be waited for": (
        [STARTED], [DENIED], {"rest": REST}, True, True, False, "start look", "It could not be waited for",
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", TASKS.values(), ids=TASKS)
def test_a_task(row):
    sends, states, options, changed, failed, unknown, calls, words = row
    task = Task(sends, states, **options)
    outcome = task.run()
    assert (outcome.changed, outcome.failed, outcome.attempts.is_unknown) == (changed, failed, unknown), outcome.msg
    assert task.calls == calls
    assert words in outcome.msg
    assert outcome.client_token == TOKEN
    assert outcome.execution_id == (EXECUTION_ID if changed else None)


@pytest.mark.parametrize("errors", [[THROTTLED], [LOST_ANSWER, FAULT], [NO_CONNECTION, MALFORMED]])
def test_a_start_is_repeated_with_the_same_token(errors):
    task = Task([*errors, STARTED])
    task.run()
    requests = [request for name, request in task.client.requests if name == "start_automation_execution"]
    assert len(requests) == len(errors) + 1
    assert all(request["ClientToken"] == TOKEN for request in requests)


@pytest.mark.parametrize(
    ("errors", "is_unknown"), [([THROTTLED], False), ([FAULT], True), ([LOST_ANSWER, THROTTLED], True)]
)
def test_a_start_that_is_given_up_tells_whether_it_is_known(errors, is_unknown):
    task = Task(errors)
    outcome = task.run()
    assert (outcome.changed, outcome.failed, outcome.attempts.is_unknown) == (False, True, is_unknown)
    assert (TOKEN in outcome.msg) is is_unknown
    # The rate of calls may hold the last attempt back.
    assert 40 < task.service.clock.now - 1000 <= 65


@pytest.mark.parametrize("state", [DENIED, NOT_FOUND, THROTTLED], ids=["denied", "not found", "throttled"])
def test_a_state_that_cannot_be_read_is_a_warning(state):
    task = Task([STARTED], [state])
    outcome = task.run()
    assert (outcome.changed, outcome.failed, outcome.after.id) == (True, False, EXECUTION_ID)
    assert "could not be read afterwards" in outcome.warnings[0]
    assert task.service.clock.now - 1000 <= LOOK.timeout + 1


@pytest.mark.parametrize(
    ("is_repeatable", "started", "is_new"),
    [
        (True, NOON, True),
        (True, NOON - datetime.timedelta(hours=1), False),
        (False, NOON - datetime.timedelta(hours=1), True),
        (True, None, True),
    ],
)
def test_an_execution_that_the_users_token_had_started_before_is_no_change(is_repeatable, started, is_new):
    seen = run("Success", step("a", status="Success"), raw={"ExecutionStartTime": started})
    outcome = Task([STARTED], [seen], is_repeatable).run()
    assert (outcome.changed, outcome.failed) == (is_new, False)
    assert outcome.msg.startswith("Started" if is_new else "Did not start")
    before, after = outcome.diff
    assert (before == after) is not is_new


def test_a_fault_of_the_program_does_not_hide_that_it_was_started(monkeypatch):
    def fault(*_arguments):
        raise ZeroDivisionError

    module = "ansible_collections.ssmops.automation.plugins.module_utils._automation.run.start"
    monkeypatch.setattr(f"{module}.was_started_before", fault)
    outcome = Task([STARTED], is_repeatable=True).run()
    assert (outcome.changed, outcome.failed, outcome.execution_id) == (True, True, EXECUTION_ID)
    assert "ZeroDivisionError" in outcome.msg


def test_check_mode_starts_nothing():
    task = Task([STARTED], check_mode=True)
    task.client.answer("describe_document", {"Document": {"Name": "Deploy", "DocumentType": "Automation"}})
    outcome = task.run()
    assert (outcome.changed, outcome.failed, outcome.attempts.attempts) == (True, False, 0)
    assert [name for name, _request in task.client.requests] == ["describe_document"]


def test_check_mode_that_cannot_look_fails():
    task = Task([STARTED], check_mode=True)
    task.client.answer("describe_document", client_error("InvalidDocument"))
    outcome = task.run()
    assert (outcome.changed, outcome.failed) == (False, True)
    assert "There is no runbook `Deploy`" in outcome.msg


@pytest.mark.parametrize(
    ("operation", "answer", "changed", "words"),
    [
        ("start_automation_execution", STARTED, True, "the execution goes on"),
        ("start_automation_execution", THROTTLED, False, "nothing was started"),
        ("start_automation_execution", LOST_ANSWER, False, "is not known"),
        ("get_automation_execution", answer_of(PENDING), True, "the execution goes on"),
    ],
    ids=["when it is accepted", "when it is throttled", "when it is lost", "in the wait"],
)
def test_an_interruption_tells_what_became_of_the_start(operation, answer, changed, words):
    task = Task([STARTED], rest=REST)

    def interrupting(request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
        return answer

    task.client.answer(operation, interrupting)
    with interruptible() as interruptions:
        outcome = task.run(interruptions)
    assert (outcome.changed, outcome.failed) == (changed, True)
    assert "Interrupted (SIGTERM)" in outcome.msg
    assert words in outcome.msg

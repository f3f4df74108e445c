# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping an execution: which calls that costs, what is told, and that nothing is raised."""

from __future__ import annotations

import signal
import threading

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.outcome import RunOptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.stop import Stopper
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.stop_rules import CANCEL
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import interruptible
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, NO_CONNECTION, client_error
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, run
from ansible_collections.ssmops.automation.tests.unit.service import FakeClient, answer_of, run_one, service_of

TAKEN = {}
DENIED = client_error("AccessDeniedException", operation="StopAutomationExecution")
THROTTLED = client_error("ThrottlingException")
FAULT, INVALID = client_error("InternalServerError", status=500), client_error("InvalidAutomationStatusUpdateException")
NOT_FOUND = client_error("AutomationExecutionNotFoundException")
REST = Pace(600, 2)

RUNNING, CANCELLING, CANCELLED = run("InProgress"), run("Cancelling"), run("Cancelled")
FINISHED = run("Success")


class Task:
    """One stop, which gets these answers, of an execution that shows these states, each last one for ever."""

    def __init__(self, sends, states, **options):
        answers = [state if not hasattr(state, "steps") else answer_of(state) for state in states]
        self.client = FakeClient(stop_automation_execution=sends, get_automation_execution=answers)
        self.service = service_of(self.client)
        self.stopper = Stopper(self.service, CANCEL, RunOptions(**options), EXECUTION_ID)

    def run(self, interruptions=None):
        return run_one(self.stopper.stop(), self.service, interruptions)

    @property
    def calls(self):
        words = {"get_automation_execution": "look", "stop_automation_execution": "stop"}
        return " ".join(words[name] for name, _request in self.client.requests)


# The answers to the stop, the states, options; whether it has changed and failed, whether that is unknown, the calls.
TASKS = {
    "it is stopped": ([TAKEN], [RUNNING, CANCELLED], {}, True, False, False, "look stop look", "Sent Cancel"),
    "it has ended before": ([TAKEN], [FINISHED], {}, False, False, False, "look", "Success"),
    "it is being stopped": ([TAKEN], [CANCELLING], {}, False, False, False, "look", "Cancelling"),
    "it is being stopped, and waited for": (
        [TAKEN], [CANCELLING, CANCELLED], {"rest": REST}, False, False, False, "look look", "Cancelled",
    ),
    "it is waited for": (
        [TAKEN], [RUNNING, CANCELLING, CANCELLED], {"rest": REST}, True, False, False, "look stop look look", "Cancel",
    ),
    "it does not end": (
        [TAKEN], [RUNNING, CANCELLING], {"rest": Pace(1, 2)}, True, True, False, "look stop look look", "1 s",
    ),
    "check mode": ([TAKEN], [RUNNING], {"check_mode": True}, True, False, False, "look", "Would send Cancel"),
    "check mode, it has ended": ([TAKEN], [FINISHED], {"check_mode": True}, False, False, False, "look", "Success"),
    "nobody may look": ([TAKEN], [DENIED], {}, True, False, False, "look stop", "Sent Cancel"),
    "there is none": ([TAKEN], [NOT_FOUND], {}, False, True, False, "look", "No execution"),
    "after throttling": ([THROTTLED, TAKEN], [RUNNING], {}, True, False, False, "look stop stop look", "at attempt 2"),
    "after no connection": ([NO_CONNECTION, TAKEN], [RUNNING], {}, True, False, False, "look stop stop look", "2"),
    "after a lost answer": ([LOST_ANSWER, TAKEN], [RUNNING], {}, True, False, False, "look stop stop look", "2"),
    "after a fault": ([FAULT, TAKEN], [RUNNING], {}, True, False, False, "look stop stop look", "2"),
    "not allowed": ([DENIED], [RUNNING], {}, False, True, False, "look stop look", "ssm:StopAutomationExecution"),
    "refused, it runs": ([INVALID], [RUNNING], {}, False, True, False, "look stop look", "Cancel"),
    "refused, it has ended": ([INVALID], [RUNNING, FINISHED], {}, False, False, False, "look stop look", "Success"),
    "refused after throttling, it has ended": (
        [THROTTLED, INVALID], [RUNNING, FINISHED], {}, False, False, False, "look stop stop look", "Success",
    ),
    "refused after a lost answer, it has ended": (
        [LOST_ANSWER, INVALID], [RUNNING, CANCELLED], {}, False, True, True, "look stop stop look", "not known",
    ),
    "refused after a fault, it runs": (
        [FAULT, INVALID], [RUNNING], {}, False, True, True, "look stop stop look", "not known",
    ),
    "refused, and nobody may look": ([INVALID], [DENIED], {}, False, True, False, "look stop", "Cancel"),
}  # fmt: skip


@pytest.mark.parametrize("row", TASKS.values(), ids=TASKS)
def test_a_task(row):
    sends, states, options, changed, failed, unknown, calls, words = row
    task = Task(sends, states, **options)
    outcome = task.run()
    assert (outcome.changed, outcome.failed, outcome.attempts.is_unknown) == (changed, failed, unknown), outcome.msg
    assert task.calls == calls
    assert words in outcome.msg


@pytest.mark.parametrize(("answer", "is_unknown"), [(THROTTLED, False), (LOST_ANSWER, True), (FAULT, True)])
def test_a_stop_that_is_given_up_tells_whether_it_is_known(answer, is_unknown):
    task = Task([answer], [RUNNING])
    outcome = task.run()
    assert (outcome.changed, outcome.failed, outcome.attempts.is_unknown) == (False, True, is_unknown)
    # The rate of calls may hold the last attempt back.
    assert 40 < task.service.clock.now - 1000 <= 65


def test_an_execution_that_ended_while_the_service_throttled_needed_no_stop():
    outcome = Task([THROTTLED], [RUNNING, FINISHED]).run()
    assert (outcome.changed, outcome.failed) == (False, False)


def test_a_state_that_cannot_be_read_afterwards_is_a_warning():
    outcome = Task([TAKEN], [RUNNING, client_error("ValidationException")]).run()
    assert (outcome.changed, outcome.failed) == (True, False)
    assert "could not be read afterwards" in outcome.warnings[0]


def test_a_wait_that_fails_does_not_hide_that_it_was_stopped():
    outcome = Task([TAKEN], [RUNNING, client_error("ValidationException")], rest=REST).run()
    assert (outcome.changed, outcome.failed) == (True, True)
    assert outcome.msg.startswith("Sent Cancel")


def test_who_may_not_look_is_warned_once():
    outcome = Task([TAKEN], [DENIED]).run()
    assert len(outcome.warnings) == 1
    assert outcome.diff is None


def test_the_diff_shows_the_statuses():
    outcome = Task([TAKEN], [RUNNING, CANCELLED]).run()
    assert [side["automation_execution_status"] for side in outcome.diff] == ["InProgress", "Cancelled"]


def test_a_fault_of_the_program_does_not_hide_that_it_was_stopped(monkeypatch):
    def fault(*_arguments):
        raise ZeroDivisionError

    module = "ansible_collections.ssmops.automation.plugins.module_utils._automation.run.stop"
    monkeypatch.setattr(f"{module}.messages.stopped", fault)
    outcome = Task([TAKEN], [RUNNING]).run()
    assert (outcome.changed, outcome.failed) == (True, True)
    assert "ZeroDivisionError" in outcome.msg


@pytest.mark.parametrize(
    ("answer", "changed", "words"),
    [(TAKEN, True, "Sent Cancel"), (THROTTLED, False, "before Cancel was sent"), (LOST_ANSWER, False, "not known")],
    ids=["when it is accepted", "when it is throttled", "when it is lost"],
)
def test_an_interruption_tells_what_became_of_the_stop(answer, changed, words):
    def interrupting(request):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)
        return answer

    task = Task([interrupting], [RUNNING], rest=REST)
    with interruptible() as interruptions:
        outcome = task.run(interruptions)
    assert (outcome.changed, outcome.failed) == (changed, True)
    assert "Interrupted (SIGTERM)" in outcome.msg
    assert words in outcome.msg
    assert task.client.count("stop_automation_execution") == 1

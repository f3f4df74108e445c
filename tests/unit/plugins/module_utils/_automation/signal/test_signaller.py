# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking a signal to an execution: which calls that costs, what is told, and that nothing is raised."""

from __future__ import annotations

import signal as os_signals
from dataclasses import replace

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import interruptible
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.requests import CalledOff
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.signaller import Options, Signaller
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, client_error
from ansible_collections.ssmops.automation.tests.unit.executions import (
    ALICE,
    BOB,
    EXECUTION_ID,
    gate,
    interactive,
    pause,
    run,
    step,
)
from ansible_collections.ssmops.automation.tests.unit.service import FakeClient, answer_of, run_one, service_of
from ansible_collections.ssmops.automation.tests.unit.signals import APPROVE, REJECT, RESUME, START, STOP

NOW, LATER = Pace(0, 2), Pace(600, 2)
DENIED, THROTTLED = client_error("AccessDeniedException"), client_error("ThrottlingException")
INVALID = client_error("InvalidAutomationSignalException")
OURS, THEIRS = (ALICE, "Approve"), (BOB, "Approve")

PENDING = run("InProgress", step("a", status="InProgress"), gate("g"))
AT_GATE = run("Waiting", step("a", status="Success"), gate("g", "Waiting"))
PASSED = run("InProgress", gate("g", "Success", [OURS]), step("b", status="InProgress"))
FINISHED = run("Success", gate("g", "Success", [OURS]), step("b", status="Success"))
BROKEN = run("Failed", gate("g", "Success", [OURS]), step("b", status="Failed", failure_message="disk full"))
AT_PAUSE, RESUMED = run("Waiting", pause("p", "Waiting")), run("InProgress", pause("p", "Success"))
GUARDED = APPROVE._replace(step_name="g")
FOUR_EYES = {"forbid_self_approval": True}


def started(execution, by=ALICE):
    """The execution, of which it is known who has started it."""
    return replace(execution, raw={"ExecutedBy": by})


class Task:
    """One signal to one execution, which shows these states, the last one for ever; errors are raised."""

    def __init__(self, signal, states, sends=({},), caller=ALICE, is_batch=False, **options):
        answers = [state if not hasattr(state, "steps") else answer_of(state) for state in states]
        self.client = FakeClient(get_automation_execution=answers, send_automation_signal=sends)
        self.service = service_of(self.client, caller=caller, is_batch=is_batch)
        self.signaller = Signaller(self.service, signal, Options(**{"ready": NOW, **options}))

    def run(self, interruptions=None):
        return run_one(self.signaller.work_on(EXECUTION_ID), self.service, interruptions)

    @property
    def calls(self):
        words = {"get_automation_execution": "look", "send_automation_signal": "send"}
        return " ".join(words[name] for name, _request in self.client.requests)


# The signal, the states of the execution, options; whether it has changed and failed, the verdict, the calls, words.
TASKS = {
    "it is sent": (APPROVE, [AT_GATE, PASSED], {}, True, False, "send", "look send look", "Sent Approve for step `g`"),
    "it is done": (APPROVE, [PASSED], {}, False, False, "already_done", "look", "it is done: gate `g` is already"),
    "it can never be": (RESUME, [AT_GATE], {}, False, True, "never", "look", "the execution has no step `p`"),
    "it is not ready": (APPROVE, [PENDING], {}, False, True, "not_yet", "look", "gate `g` is not reached yet"),
    "it gets ready": (
        APPROVE, [PENDING, PENDING, AT_GATE, PASSED], {"ready": LATER}, True, False, "send",
        "look look look send look", "Sent Approve",
    ),
    "it does not get ready": (
        APPROVE, [PENDING], {"ready": Pace(1, 2)}, False, True, "not_yet", "look look look", "within 1 s",
    ),
    "it comes to rest": (
        APPROVE, [AT_GATE, PASSED, FINISHED], {"rest": LATER}, True, False, "send", "look send look look", "Success",
    ),
    "it comes to a bad end": (
        APPROVE, [AT_GATE, BROKEN], {"rest": LATER}, True, True, "send", "look send look", "disk full",
    ),
    "it does not come to rest": (
        APPROVE, [AT_GATE, PASSED], {"rest": Pace(1, 2)}, True, True, "send", "look send look look", "1 s",
    ),
    "it is waited for although it is done": (
        APPROVE, [PASSED, FINISHED], {"rest": LATER}, False, False, "already_done", "look look", "Success",
    ),
    "check mode": (APPROVE, [AT_GATE], {"check_mode": True}, True, False, "send", "look", "Would send Approve"),
    "check mode, not ready": (
        APPROVE, [PENDING], {"check_mode": True, "ready": LATER}, True, False, "send", "look", "600 s to get ready",
    ),
    "check mode, done": (APPROVE, [PASSED], {"check_mode": True}, False, False, "already_done", "look", "it is done"),
    "nobody may look": (APPROVE, [DENIED], {}, True, False, "send", "look send", "Sent Approve"),
    "nobody may look for the gate": (GUARDED, [DENIED], {}, False, True, None, "look", "there is no guard"),
    "nobody may look, and it is waited for": (APPROVE, [DENIED], {"rest": LATER}, False, True, None, "look", "no wait"),
    "somebody else has started it": (
        APPROVE, [started(AT_GATE, BOB), PASSED], FOUR_EYES, True, False, "send", "look send look", "Sent Approve",
    ),
    "the caller has started it": (
        APPROVE, [started(AT_GATE)], FOUR_EYES, False, True, "never", "look", "the caller started the execution",
    ),
    "nobody knows who has started it": (
        APPROVE, [AT_GATE], FOUR_EYES, False, True, "never", "look", "who started the execution is not known",
    ),
    "the caller has started it, nobody forbids": (
        APPROVE, [started(AT_GATE), PASSED], {}, True, False, "send", "look send look", "Sent Approve",
    ),
    "the caller has started it, and rejects it": (
        REJECT, [started(AT_GATE), PASSED], FOUR_EYES, True, False, "send", "look send look", "Sent Reject",
    ),
    "the caller has started it, and resumes it": (
        RESUME, [started(AT_PAUSE), RESUMED], FOUR_EYES, True, False, "send", "look send look", "Sent Resume",
    ),
    "the caller has started it, and it is done": (
        APPROVE, [started(PASSED)], FOUR_EYES, False, False, "already_done", "look", "it is done",
    ),
    "the caller has started it, and it is over": (
        APPROVE, [started(BROKEN)], FOUR_EYES, False, False, "already_done", "look", "it is done",
    ),
    "the caller has started it, and it is not ready": (
        APPROVE, [started(PENDING)], {**FOUR_EYES, "ready": LATER}, False, True, "never", "look", "the caller started",
    ),
    "somebody else has started it, and it gets ready": (
        APPROVE, [started(PENDING, BOB), started(AT_GATE, BOB), PASSED], {**FOUR_EYES, "ready": LATER}, True, False,
        "send", "look look send look", "Sent Approve",
    ),
    "check mode, and the caller has started it": (
        APPROVE, [started(AT_GATE)], {**FOUR_EYES, "check_mode": True}, False, True, "never", "look", "the caller",
    ),
    "check mode, not ready, and the caller has started it": (
        APPROVE, [started(PENDING)], {**FOUR_EYES, "check_mode": True, "ready": LATER}, False, True, "never", "look",
        "the caller started the execution",
    ),
    "force, and the caller has started it": (
        APPROVE, [started(AT_GATE)], {**FOUR_EYES, "force": True}, False, True, "never", "look", "the caller started",
    ),
    "force, and it is done": (
        APPROVE, [started(PASSED)], {**FOUR_EYES, "force": True}, False, True, "never", "look", "the caller started",
    ),
    "force, and somebody else has started it": (
        APPROVE, [started(AT_GATE, BOB), PASSED], {**FOUR_EYES, "force": True}, True, False, "send", "look send look",
        "Sent Approve",
    ),
    "nobody may look who has started it": (
        APPROVE, [DENIED], FOUR_EYES, False, True, None, "look", "no check of who started it",
    ),
    "force, and nobody may look who has started it": (
        APPROVE, [DENIED], {**FOUR_EYES, "force": True}, False, True, None, "look", "no check of who started it",
    ),
    "force": (APPROVE, [PASSED], {"force": True}, True, False, "send", "send look", "Sent Approve"),
    "force, and a step to look up": (
        STOP, [interactive("Waiting", step("s", status="Failed"))], {"force": True}, True, False, "send",
        "look send look", "Sent StopStep",
    ),
    "force, and no step to be found": (
        STOP, [AT_GATE], {"force": True}, False, True, "never", "look", "the execution has no step `s`",
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", TASKS.values(), ids=TASKS)
def test_a_task(row):
    signal, states, options, changed, failed, verdict, calls, words = row
    task = Task(signal, states, **options)
    outcome = task.run()
    assert (outcome.changed, outcome.failed) == (changed, failed), outcome.msg
    assert (outcome.kind.value if outcome.kind else None) == verdict
    assert task.calls == calls
    assert words in outcome.msg


class TestWhatIsSent:
    def test_stop_step_names_the_run_that_the_look_found(self):
        task = Task(STOP, [interactive("InProgress", step("s", status="InProgress", execution_id="s-7"))])
        outcome = task.run()
        assert task.client.requests[1][1]["Payload"] == {"StepExecutionId": ["s-7"]}
        assert outcome.signal.step_execution_id == "s-7"

    def test_a_guarded_decision_goes_out_without_a_step(self):
        task = Task(GUARDED, [AT_GATE, PASSED])
        task.run()
        assert "Payload" not in task.client.requests[1][1]

    def test_a_guarded_decision_does_not_go_to_another_gate(self):
        task = Task(GUARDED, [run("Waiting", gate("f", "Waiting"), gate("g"))])
        assert task.run().failed
        assert task.calls == "look"

    def test_a_signal_that_was_throttled_in_one_round_does_not_go_to_the_next(self):
        again = run("Waiting", pause("p", "Success"), pause("p", "Waiting", execution_id="p-2"))
        task = Task(RESUME, [AT_PAUSE, again], sends=[THROTTLED])
        outcome = task.run()
        assert (outcome.changed, outcome.failed, outcome.delivery.attempts) == (False, False, 1)

    def test_a_request_that_waits_for_the_next_decision_is_not_sent_it(self):
        requested, next_ = run("PendingApproval"), run("PendingChangeCalendarOverride")
        task = Task(APPROVE, [requested, next_], sends=[THROTTLED])
        outcome = task.run()
        assert (outcome.changed, outcome.failed, outcome.delivery.attempts) == (False, True, 1)
        assert "does not wait for this decision any more" in outcome.msg


class TestWhereItWent:
    def test_a_decision_at_another_gate_is_a_failure_and_a_change(self):
        ahead = run("Waiting", gate("g", "Waiting"), gate("h"))
        strayed = run("InProgress", gate("g", "Success", [THEIRS]), gate("h", "Success", [OURS]))
        outcome = Task(APPROVE, [ahead, strayed]).run()
        assert (outcome.changed, outcome.failed) == (True, True)
        assert "it hit gate `h`" in outcome.msg

    def test_decisions_at_two_gates_are_a_failure(self):
        ahead = run("Waiting", gate("g", "Waiting"), gate("h"))
        both = run("Success", gate("g", "Success", [OURS]), gate("h", "Success", [OURS]))
        outcome = Task(APPROVE, [ahead, both]).run()
        assert (outcome.changed, outcome.failed) == (True, True)
        assert "gate `h` holds your Approve as well" in outcome.msg

    def test_somebody_elses_decision_at_the_next_gate_is_none_of_ours(self):
        ahead = run("Waiting", gate("g", "Waiting"), gate("h"))
        theirs = run("Success", gate("g", "Success", [OURS]), gate("h", "Success", [THEIRS]))
        assert not Task(APPROVE, [ahead, theirs]).run().failed

    def test_a_lost_decision_at_another_gate_is_told_as_well(self):
        ahead = run("Waiting", gate("g", "Waiting"), gate("h"))
        strayed = run("InProgress", gate("g", "Success", [THEIRS]), gate("h", "Success", [OURS]))
        outcome = Task(APPROVE, [ahead, strayed], sends=[LOST_ANSWER]).run()
        assert (outcome.changed, outcome.failed, outcome.delivery.sent) == (True, True, True)
        assert "it hit gate `h`" in outcome.msg

    def test_a_step_that_has_run_twice_is_a_failure(self):
        idle = interactive("Waiting", step("s"))
        twice = interactive(
            "InProgress", step("s", status="Success"), step("s", status="InProgress", execution_id="s-2")
        )
        outcome = Task(START, [idle, twice]).run()
        assert (outcome.changed, outcome.failed) == (True, True)
        assert "has been started 2 times" in outcome.msg


class TestFailures:
    @pytest.mark.parametrize(
        ("signal", "states", "sends", "words"),
        [
            (APPROVE, [AT_GATE], [INVALID], "refused Approve for step `g`"),
            (APPROVE, [AT_GATE], [DENIED], "ssm:SendAutomationSignal"),
            (APPROVE, [THROTTLED], [{}], "throttling"),
            (APPROVE, [client_error("AutomationExecutionNotFoundException")], [{}], "No execution"),
            (START, [interactive("Waiting", step("s"))], [LOST_ANSWER], "is not known: an answer to it got lost"),
            (APPROVE, [DENIED], [LOST_ANSWER], "is not known: an answer to it got lost"),
        ],
        ids=["refused", "not allowed", "no look", "no execution", "lost", "lost without a look"],
    )
    def test_a_failure_tells_why(self, signal, states, sends, words):
        outcome = Task(signal, states, sends).run()
        assert (outcome.changed, outcome.failed) == (False, True)
        assert words in outcome.msg

    def test_a_wait_that_fails_does_not_hide_that_the_signal_was_sent(self):
        outcome = Task(APPROVE, [AT_GATE, client_error("ValidationException")], rest=LATER).run()
        assert (outcome.changed, outcome.failed, outcome.delivery.sent) == (True, True, True)
        assert outcome.msg.startswith("Sent Approve")

    def test_a_state_that_cannot_be_read_afterwards_is_a_warning(self):
        outcome = Task(APPROVE, [AT_GATE, client_error("ValidationException")]).run()
        assert (outcome.changed, outcome.failed) == (True, False)
        assert "could not be read after Approve" in outcome.warnings[0]

    @pytest.mark.parametrize("place", ["before", "after"])
    def test_a_fault_of_the_program_tells_how_far_it_got(self, place, monkeypatch):
        task = Task(APPROVE, [AT_GATE, PASSED])

        def fault(*_arguments, **_more):
            raise ZeroDivisionError

        module = "ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.signaller"
        monkeypatch.setattr(f"{module}.decide" if place == "before" else f"{module}.messages.sent", fault)
        outcome = task.run()
        assert (outcome.changed, outcome.failed) == (place == "after", True)
        assert ("had been sent" if place == "after" else "has had no effect") in outcome.msg
        assert "ZeroDivisionError" in outcome.msg

    def test_an_sts_that_does_not_answer_hides_nothing(self):
        task = Task(APPROVE, [AT_GATE, PASSED], sends=[LOST_ANSWER], caller="")
        outcome = task.run()
        assert (outcome.changed, outcome.failed, outcome.delivery.sent) == (False, True, None)


def noted_when(task, operation, number):
    """Let the process be told to end while this call of the task is made, the first being number 0."""
    call, seen = getattr(task.client, operation), []

    def interrupting(**request):
        seen.append(request)
        if len(seen) == number + 1:
            os_signals.raise_signal(os_signals.SIGTERM)
        return call(**request)

    interrupting.__name__ = operation
    setattr(task.client, operation, interrupting)


class TestInterruptions:
    @pytest.mark.parametrize(
        ("operation", "number", "sends", "sent", "words"),
        [
            (
                "get_automation_execution",
                0,
                [{}],
                False,
                "before Approve for step `g` was sent|before Approve was sent",
            ),
            ("send_automation_signal", 0, [{}], True, "had been sent and accepted"),
            ("send_automation_signal", 0, [THROTTLED], False, "did not take"),
            ("send_automation_signal", 0, [LOST_ANSWER], None, "is not known"),
            ("get_automation_execution", 1, [{}], True, "had been sent and accepted"),
        ],
        ids=["at the first look", "when it is accepted", "when it is throttled", "when it is lost", "in the wait"],
    )
    def test_it_tells_what_became_of_the_signal(self, monkeypatch, operation, number, sends, sent, words):
        # In the main thread the handler runs within the call.
        monkeypatch.setattr("threading.Thread.start", no_thread)
        task = Task(APPROVE, [AT_GATE, PASSED], sends, rest=LATER)
        noted_when(task, operation, number)
        with interruptible() as interruptions:
            outcome = task.run(interruptions)
            assert interruptions.caught is not None
        assert (outcome.failed, outcome.delivery.sent) == (True, sent)
        assert "Interrupted (SIGTERM)" in outcome.msg
        assert any(each in outcome.msg for each in words.split("|"))
        assert task.client.count("send_automation_signal") <= 1


def no_thread(thread):
    raise RuntimeError("can't start new thread")


class TestCalledOff:
    @staticmethod
    def called_off(task, at):
        """Run the work by hand, and call it off at the first request of this kind."""
        work = task.signaller.work_on(EXECUTION_ID)
        request = work.send(None)
        while True:
            if getattr(request, "operation", "Pause") == at:
                error = CalledOff("fail_fast is set")
                try:
                    work.throw(error)
                except StopIteration as end:
                    return end.value
            try:
                if hasattr(request, "leaves"):
                    request.leaves()
                request = work.send(request.make())
            except StopIteration as end:
                return end.value

    @pytest.mark.parametrize("at", ["GetAutomationExecution", "SendAutomationSignal"])
    def test_before_the_signal_it_was_not_tried(self, at):
        outcome = self.called_off(Task(APPROVE, [AT_GATE]), at)
        assert (outcome.tried, outcome.failed, outcome.changed) == (False, False, False)
        assert "Did not send Approve" in outcome.msg
        assert "fail_fast is set" in outcome.msg

    def test_one_that_is_left_alone_is_told_alike(self):
        outcome = Task(APPROVE, [AT_GATE]).signaller.not_tried(EXECUTION_ID, "fail_fast is set")
        assert (outcome.tried, outcome.failed) == (False, False)
        assert outcome.msg == f"Did not send Approve to execution {EXECUTION_ID}: fail_fast is set."


def test_the_diff_shows_the_same_run_of_the_step_before_and_after():
    outcome = Task(APPROVE, [AT_GATE, PASSED]).run()
    before, after = outcome.diff
    assert (before.step_status, after.step_status) == ("Waiting", "Success")
    assert after.approvals == "1 of 1 approval"


@pytest.mark.parametrize(("signal", "states"), [(RESUME, [AT_PAUSE, RESUMED]), (APPROVE, [AT_GATE, PASSED])])
def test_the_caller_is_asked_for_only_where_it_matters(signal, states):
    task = Task(signal, states)
    task.service.caller_arn = lambda: pytest.fail("It was asked for.")
    assert not task.run().failed

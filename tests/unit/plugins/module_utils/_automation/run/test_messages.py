# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences about a start or a stop: what happened, and what to do."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.start import StartRequest
from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.outcome import Attempts
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run import messages
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.documents import Document
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.outcome import RunOutcome
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interrupted
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, failed, refusal
from ansible_collections.ssmops.automation.tests.unit.executions import (
    EXECUTION_ID,
    gate,
    interactive,
    run,
    step,
)

TOKEN = "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"
MEMBERS = {"DocumentName": "Deploy", "ClientToken": TOKEN, "Parameters": {"Stage": ["x"], "Count": ["3"]}}
ONCE = StartRequest(MEMBERS, is_repeatable=False)
AGAIN = StartRequest({**MEMBERS, "DocumentVersion": "7"}, is_repeatable=True)
AT_GATE = run("Waiting", gate("g", "Waiting"))
INTERRUPTED = Interrupted("SIGINT")
DENIED = refusal("AccessDeniedException")

# What is known of the request after its attempts.
NOT_SENT = Attempts()
ACCEPTED = Attempts(attempts=1, accepted=True)
ACCEPTED_LATER = Attempts(attempts=3, accepted=True)
REFUSED = Attempts(attempts=1)
IN_DOUBT = Attempts(attempts=3, answers_lost=1)


def check(sentence, *words):
    """Hold that the sentence has all the words."""
    for word in words:
        assert word in sentence, sentence


# Starts


def started(attempts=ACCEPTED, changed=True):
    return RunOutcome(execution_id=EXECUTION_ID, client_token=TOKEN, changed=changed, attempts=attempts)


STARTED = {
    "now": (ONCE, started(), None, ["Started runbook `Deploy` as execution", EXECUTION_ID]),
    "at a later attempt": (ONCE, started(ACCEPTED_LATER), None, ["Started runbook `Deploy`", "at attempt 3"]),
    "read afterwards": (ONCE, started(), AT_GATE, ["Started", "waits at step `g`"]),
    "before": (AGAIN, started(changed=False), None, ["Did not start runbook `Deploy` again", TOKEN, EXECUTION_ID]),
}


@pytest.mark.parametrize(("request_", "outcome", "now", "words"), STARTED.values(), ids=STARTED)
def test_started(request_, outcome, now, words):
    check(messages.started(request_, outcome, now), *words)


@pytest.mark.parametrize(
    ("request_", "document", "words", "others"),
    [
        (ONCE, Document("Deploy", "Automation", "7"), ["Would start runbook `Deploy`, version 7"], ["client_token"]),
        (ONCE, None, ["Would start runbook `Deploy`"], ["version", "client_token"]),
        (AGAIN, None, ["Would start runbook `Deploy`", "unless client_token has started it before"], ["version"]),
    ],
    ids=["of a known version", "nobody could look", "a token that may have been used"],
)
def test_would_start(request_, document, words, others):
    sentence = messages.would_start(request_, document)
    check(sentence, *words)
    assert not [word for word in others if word in sentence]


def test_cannot_start_lists_what_speaks_against_it():
    sentence = messages.cannot_start(ONCE, ["it has no parameter `A`", "it needs `B`"])
    check(sentence, "Cannot start runbook `Deploy`", "it has no parameter `A`; it needs `B`.")


ADVICE = {
    "AutomationDefinitionNotFoundException": ["no runbook `Deploy`", "check the name"],
    "InvalidDocument": ["no runbook `Deploy`", "check the name"],
    "AutomationDefinitionVersionNotFoundException": ["no version 7", "check document_version"],
    "InvalidDocumentVersion": ["no version 7", "check document_version"],
    "InvalidAutomationExecutionParametersException": ["does not take these parameters", "--check"],
    "IdempotentParameterMismatch": [TOKEN, "give another token"],
    "AutomationExecutionLimitExceededException": ["Too many executions", "run the task again"],
    "InvalidTarget": ["check targets, target_parameter_name and target_locations"],
    "AccessDeniedException": ["ssm:StartAutomationExecution"],
    "InternalServerError": ["run the task again"],
    "ThrottlingException": ["throttling", "run the task again"],
}


@pytest.mark.parametrize(("code", "words"), ADVICE.items(), ids=ADVICE)
def test_a_start_that_the_service_refuses(code, words):
    sentence = messages.failed_start(AGAIN, RunOutcome(attempts=REFUSED), refusal(code))
    check(sentence, *words)
    assert not sentence.endswith(".")


@pytest.mark.parametrize("said", ['Parameter "Stage" is unknown.', "Parameter 'Stage' is unknown."])
def test_parameters_that_the_service_names_are_named(said):
    error = refusal("InvalidAutomationExecutionParametersException", said)
    sentence = messages.failed_start(AGAIN, RunOutcome(attempts=REFUSED), error)
    check(sentence, "`Stage`")
    assert "`Count`" not in sentence


def test_a_start_whose_answer_got_lost_is_told_with_the_token_to_repeat_it():
    sentence = messages.failed_start(ONCE, RunOutcome(attempts=IN_DOUBT), failed(LOST_ANSWER))
    check(sentence, "not known", "answer to the start got lost", f"client_token {TOKEN}", "one execution at most")


def test_a_start_that_cannot_be_waited_for_is_not_said_to_have_failed():
    sentence = messages.failed_start(ONCE, started(), DENIED)
    check(sentence, "could not be waited for")
    assert "ssm:StartAutomationExecution" not in sentence


INTERRUPTIONS = {
    "not sent": (RunOutcome(attempts=NOT_SENT), ["before runbook `Deploy` was started", "nothing was started"]),
    "refused": (RunOutcome(attempts=REFUSED), ["nothing was started"]),
    "not known": (RunOutcome(attempts=IN_DOUBT), ["not known", TOKEN]),
    "on the way": (RunOutcome(attempts=Attempts(attempts=1, on_the_way=True)), ["not known", TOKEN]),
    "accepted, its id not noted yet": (RunOutcome(attempts=ACCEPTED), ["not known", TOKEN]),
    "started": (started(), ["the execution goes on"]),
}


@pytest.mark.parametrize(("outcome", "words"), INTERRUPTIONS.values(), ids=INTERRUPTIONS)
def test_interrupted_start(outcome, words):
    check(messages.interrupted_start(ONCE, outcome, INTERRUPTED), "Interrupted (SIGINT)", *words)


def test_warnings_name_what_could_not_be_read():
    check(messages.not_checked(ONCE, DENIED), "runbook `Deploy`", "AccessDeniedException")
    check(messages.not_seen(EXECUTION_ID, DENIED), EXECUTION_ID, "AccessDeniedException")
    check(messages.not_seen(EXECUTION_ID, None), EXECUTION_ID, "does not find it yet")
    check(messages.no_look("Cancel", EXECUTION_ID), EXECUTION_ID, "ssm:GetAutomationExecution", "Cancel")


# Stops


def stopping(attempts=NOT_SENT, **more):
    return RunOutcome(execution_id=EXECUTION_ID, attempts=attempts, **more)


STOPPED = {
    "at once": (ACCEPTED, None, ["Sent Cancel"]),
    "at a later attempt": (ACCEPTED_LATER, None, ["Sent Cancel", "at attempt 3"]),
    "read afterwards": (ACCEPTED, run("Cancelled"), ["Sent Cancel", "ended Cancelled"]),
}


@pytest.mark.parametrize(("attempts", "now", "words"), STOPPED.values(), ids=STOPPED)
def test_stopped(attempts, now, words):
    check(messages.stopped("Cancel", EXECUTION_ID, stopping(attempts), now), EXECUTION_ID, *words)


@pytest.mark.parametrize(
    ("now", "words"), [(AT_GATE, "waits at step `g`"), (None, "nobody looked")], ids=["read", "not read"]
)
def test_would_stop(now, words):
    check(messages.would_stop("Complete", EXECUTION_ID, now), "Would send Complete", EXECUTION_ID, words)


def test_nothing_to_stop_tells_whether_it_was_tried():
    untouched = messages.nothing_to_stop("Cancel", EXECUTION_ID, stopping(after=run("Success")))
    tried = messages.nothing_to_stop("Cancel", EXECUTION_ID, stopping(REFUSED, after=run("Success")))
    check(untouched, "Did not send Cancel", EXECUTION_ID, "ended Success")
    check(tried, EXECUTION_ID, "ended Success")
    assert "Did not send" not in tried


BY_HAND = interactive("InProgress", step("s", status="InProgress"), raw={"ExecutedBy": "arn:aws:iam::1:user/alice"})
FAILED_STOPS = {
    "it does not fit the state": (
        "InvalidAutomationStatusUpdateException",
        stopping(REFUSED, after=AT_GATE),
        ["service refused Cancel", EXECUTION_ID, "waits at step `g`"],
    ),
    "it does not fit, nobody could look": (
        "InvalidAutomationStatusUpdateException",
        stopping(REFUSED),
        ["service refused Cancel", EXECUTION_ID],
    ),
    "not allowed": ("AccessDeniedException", stopping(REFUSED, before=AT_GATE), ["may not make this call"]),
    "not allowed, and Interactive": (
        "AccessDeniedException",
        stopping(REFUSED, before=BY_HAND),
        ["ssm:StopAutomationExecution", "user/alice"],
    ),
    "no such execution": ("AutomationExecutionNotFoundException", stopping(), [EXECUTION_ID, "check the id"]),
    "an answer got lost": (
        "InternalServerError",
        stopping(IN_DOUBT),
        ["not known", EXECUTION_ID],
    ),
    "sent, but not to be waited for": ("AccessDeniedException", stopping(ACCEPTED, changed=True), ["waited for"]),
}


@pytest.mark.parametrize(("code", "outcome", "words"), FAILED_STOPS.values(), ids=FAILED_STOPS)
def test_failed_stop(code, outcome, words):
    sentence = messages.failed_stop("Cancel", EXECUTION_ID, outcome, refusal(code))
    check(sentence, *words)
    assert not sentence.endswith(".")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (stopping(), ["before Cancel was sent", EXECUTION_ID]),
        (stopping(IN_DOUBT), ["not known", EXECUTION_ID]),
        (stopping(ACCEPTED, msg="Sent Cancel."), []),
    ],
    ids=["not sent", "not known", "sent"],
)
def test_interrupted_stop(outcome, words):
    check(messages.interrupted_stop("Cancel", EXECUTION_ID, outcome, INTERRUPTED), "Interrupted (SIGINT)", *words)

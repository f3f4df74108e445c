# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sentences that tell users what became of a start or a stop. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..aws.errors import (
    ACCESS_DENIED,
    EXECUTION_NOT_FOUND,
    INTERNAL_ERROR,
    INVALID_DOCUMENT,
    INVALID_DOCUMENT_VERSION,
    INVALID_PARAMETERS,
    INVALID_STOP,
    INVALID_TARGET,
    RUNBOOK_NOT_FOUND,
    RUNBOOK_VERSION_NOT_FOUND,
    TOKEN_MISMATCH,
    TOO_MANY_EXECUTIONS,
    AnsibleAutomationError,
)
from ..model.executions import Execution
from ..options.start import StartRequest
from ..output.endings import at_fault
from ..output.failures import advice, in_full
from ..output.phrases import explain_state
from ..runtime.interruption import Interrupted
from .freshness import MARGIN
from .outcome import RunOutcome
from .stop_rules import may_be_from

if TYPE_CHECKING:
    from .documents import Document

# Starts


def started(request: StartRequest, outcome: RunOutcome, now: Execution | None = None) -> str:
    """Tell that the execution was started, or that the client token had started it before, and its state now."""
    state = f"; {explain_state(now)}" if now else ""
    if not outcome.changed:
        token = f"client_token {request.client_token} started execution {outcome.execution_id} before"
        return f"Did not start {_runbook(request)} again: {token}{state}."
    either = _OR_JUST_BEFORE if request.is_repeatable else ""
    return f"Started {_runbook(request)} as execution {outcome.execution_id}{_at_attempt(outcome)}{either}{state}."


# The service does not say whether a request started the execution; see freshness.
_OR_JUST_BEFORE = f", unless client_token had started it less than {MARGIN:g} s before"


def would_start(request: StartRequest, document: Document | None) -> str:
    """Tell what a run outside check mode would do; no document means that nobody could look at it."""
    version = f", version {document.version}" if document and document.version else ""
    token = ", unless client_token has started it before, which the start alone can tell" * request.is_repeatable
    return f"Would start {_runbook(request)}{version}{token}."


def cannot_start(request: StartRequest, objections: Sequence[str]) -> str:
    """Tell in check mode why the service would refuse the start."""
    return f"Cannot start {_runbook(request)}: {'; '.join(objections)}."


def not_checked(request: StartRequest, error: AnsibleAutomationError) -> str:
    """Warn that check mode cannot look at the runbook, or not at all of it."""
    return f"Check mode cannot tell whether {_runbook(request)} takes these parameters: {in_full(error)}."


def not_seen(execution_id: str, error: AnsibleAutomationError | None) -> str:
    """Warn that the state after a start or stop is not known."""
    why = "the service does not find it yet" if error is None or error.code == EXECUTION_NOT_FOUND else in_full(error)
    return f"Execution {execution_id} could not be read afterwards: {why}."


def failed_start(request: StartRequest, outcome: RunOutcome, error: AnsibleAutomationError) -> str:
    """Tell what to do about a call that failed, or that its outcome is not known; the service's words follow."""
    if outcome.execution_id is not None:
        return f"It could not be waited for. {advice(error, outcome.execution_id)}"
    if outcome.attempts.is_unknown:
        return f"{_unknown_start(request)} The last attempt failed"
    return _advice_on_start(request, error)


def interrupted_start(request: StartRequest, outcome: RunOutcome, interruption: Interrupted) -> str:
    """Tell how far the task had got when it was interrupted."""
    if outcome.execution_id is not None:
        return f"Interrupted ({interruption.signal_name}), the execution goes on."
    if outcome.attempts.is_unknown or outcome.attempts.accepted:
        return f"Interrupted ({interruption.signal_name}). {_unknown_start(request)}"
    return f"Interrupted ({interruption.signal_name}) before {_runbook(request)} was started; nothing was started."


def _unknown_start(request: StartRequest) -> str:
    return (
        f"Whether {_runbook(request)} was started is not known: an answer to the start got lost. Run the task again"
        f" with client_token {request.client_token}: with it the service starts one execution at most."
    )


def _advice_on_start(request: StartRequest, error: AnsibleAutomationError) -> str:
    code, name = error.code, _runbook(request)
    if code in (RUNBOOK_NOT_FOUND, INVALID_DOCUMENT):
        return f"There is no {name} in this account and region: check the name, the region and the credentials"
    if code in (RUNBOOK_VERSION_NOT_FOUND, INVALID_DOCUMENT_VERSION):
        return f"{name[0].upper()}{name[1:]} has no version {request.document_version}: check document_version"
    if code == INVALID_PARAMETERS:
        return f"{name[0].upper()}{name[1:]} does not take these parameters{_named_in(request, error)}"
    if code == TOKEN_MISMATCH:
        return _reused_token(request)
    return _ADVICE_ON_START.get(code) or advice(error, "")


_ADVICE_ON_START = {
    TOO_MANY_EXECUTIONS: "Too many executions run or queue in this account: run the task again when some have ended",
    INVALID_TARGET: "The targets are not valid: check targets, target_parameter_name and target_locations",
    ACCESS_DENIED: "The caller may not start this: it needs ssm:StartAutomationExecution on runbook and execution",
    INTERNAL_ERROR: "The service failed: run the task again",
}


def _reused_token(request: StartRequest) -> str:
    return (
        f"client_token {request.client_token} has started an execution with other options before: give another token,"
        " made of everything that tells the runs apart"
    )


def _named_in(request: StartRequest, error: AnsibleAutomationError) -> str:
    """Return the parameters that the service names in quotes; its message is no contract, so there may be none."""
    said = str(error.exception)
    named = [f"`{name}`" for name in request.parameters if f'"{name}"' in said or f"'{name}'" in said]
    if named:
        return f", look at {', '.join(named)}"
    return ", or misses one: run the task with --check, which compares them with the runbook"


def _runbook(request: StartRequest) -> str:
    return f"runbook `{request.document_name}`"


def _at_attempt(outcome: RunOutcome) -> str:
    return f", at attempt {outcome.attempts.attempts}" if outcome.attempts.attempts > 1 else ""


# Stops


def stopped(stop_type: str, execution_id: str, outcome: RunOutcome, now: Execution | None = None) -> str:
    """Tell that the stop was sent, and the state of the execution now where that is known."""
    state = f"; {explain_state(now)}" if now else ""
    return f"Sent {stop_type} to execution {execution_id}{_at_attempt(outcome)}{state}."


def would_stop(stop_type: str, execution_id: str, now: Execution | None) -> str:
    """Tell what a run outside check mode would do."""
    return f"Would send {stop_type} to execution {execution_id}: {explain_state(now) if now else 'nobody looked'}."


def nothing_to_stop(stop_type: str, execution_id: str, outcome: RunOutcome) -> str:
    """Tell that the execution has ended or is being stopped already."""
    state = explain_state(outcome.after) if outcome.after else "it is over"
    if outcome.attempts.attempts:
        return f"{stop_type} to execution {execution_id} was not needed, {_who_stopped(stop_type, outcome)}: {state}."
    return f"Did not send {stop_type} to execution {execution_id}: {state}."


def _who_stopped(stop_type: str, outcome: RunOutcome) -> str:
    if outcome.after is None or not may_be_from(stop_type, outcome.after):
        return "it was over before"
    return "somebody else stopped it first, unless something on the way repeated the request"


def no_look(stop_type: str, execution_id: str) -> str:
    """Warn that the stop goes out without a look."""
    return (
        f"The caller may not read execution {execution_id} (ssm:GetAutomationExecution), so {stop_type} is sent"
        " without looking at its state first."
    )


def failed_stop(stop_type: str, execution_id: str, outcome: RunOutcome, error: AnsibleAutomationError) -> str:
    """Tell what to do about a call that failed, or that its outcome is not known; the service's words follow."""
    if outcome.changed:
        return f"It could not be waited for. {advice(error, execution_id)}"
    if outcome.attempts.is_unknown:
        return f"{_unknown_stop(stop_type, execution_id)}{_state_now(outcome)} The last attempt failed"
    state = f": {explain_state(outcome.after)}" if outcome.after else ""
    if error.code == INVALID_STOP:
        return f"The service refused {stop_type} for execution {execution_id} in its present state{state}"
    if error.code == ACCESS_DENIED and outcome.before is not None and outcome.before.is_interactive:
        return _only_the_starter(stop_type, outcome.before)
    return advice(error, execution_id)


def interrupted_stop(stop_type: str, execution_id: str, outcome: RunOutcome, interruption: Interrupted) -> str:
    """Tell how far the task had got when it was interrupted."""
    if outcome.attempts.accepted or outcome.msg:
        return f"Interrupted ({interruption.signal_name})."
    if outcome.attempts.is_unknown:
        return f"Interrupted ({interruption.signal_name}). {_unknown_stop(stop_type, execution_id)}"
    return f"Interrupted ({interruption.signal_name}) before {stop_type} was sent to execution {execution_id}."


def _unknown_stop(stop_type: str, execution_id: str) -> str:
    return (
        f"Whether {stop_type} had an effect on execution {execution_id} is not known: an answer to it got lost."
        " Run the task again: it sends nothing once the execution has ended or is being cancelled."
    )


def _state_now(outcome: RunOutcome) -> str:
    return f" Now {explain_state(outcome.after)}." if outcome.after else ""


def start_at_fault(request: StartRequest, outcome: RunOutcome, fault: Exception) -> str:
    """Tell of a fault of this program at a start, and how far the task had got."""
    if outcome.execution_id is not None:
        return at_fault(fault, f"{_runbook(request)} had been started as execution {outcome.execution_id}.")
    if outcome.attempts.is_unknown or outcome.attempts.accepted:
        return at_fault(fault, _unknown_start(request))
    return at_fault(fault, "Nothing was started.")


def stop_at_fault(stop_type: str, execution_id: str, outcome: RunOutcome, fault: Exception) -> str:
    """Tell of a fault of this program at a stop, and how far the task had got."""
    if outcome.attempts.accepted:
        return at_fault(fault, f"{stop_type} had been sent to execution {execution_id} and accepted.")
    if outcome.attempts.is_unknown:
        return at_fault(fault, _unknown_stop(stop_type, execution_id))
    return at_fault(fault, f"{stop_type} has had no effect on execution {execution_id}.")


def _only_the_starter(stop_type: str, execution: Execution) -> str:
    starter = execution.raw.get("ExecutedBy") or "the principal who started it"
    return (
        f"The caller may not send {stop_type}: it needs ssm:StopAutomationExecution on the execution, and it has"
        f" been observed that an Interactive one can be stopped only by who started it, {starter}"
    )

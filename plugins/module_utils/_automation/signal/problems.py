# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What went wrong with a signal: noted in its outcome, in sentences. Pure.

The reason inside a refusal comes from verdicts.py. Most tasks load none of this.
"""

from __future__ import annotations

from ..aws.errors import ACCESS_DENIED, INVALID_SIGNAL, STEP_NOT_FOUND, AnsibleAutomationError
from ..model import gates
from ..model.approvers import may_be_approver
from ..model.executions import Execution, Step
from ..model.pending import approvals_at
from ..model.signals import APPROVE, REJECT, RESUME, REVOKE, START_STEP, STOP_STEP, Signal
from ..options.spelling import did_you_mean
from ..output import endings
from ..output.failures import advice, in_full
from ..output.phrases import explain_state
from ..runtime.interruption import Interrupted
from ..runtime.requests import CalledOff
from .messages import named
from .outcome import Delivery, Outcome
from .verdicts import Kind, Verdict


class Problems:
    """Notes in the outcome of a signal what went wrong with it."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self._signal = outcome.signal
        self._id = outcome.execution_id

    def end(self, cause: Exception | Interrupted) -> None:
        """Note that the work has ended early: by an error, an interruption or a fault, or because it was called off."""
        outcome = self._outcome
        if isinstance(cause, AnsibleAutomationError):
            outcome.fail(failed_call(self._signal, self._id, cause, outcome.after), cause)
        elif isinstance(cause, Interrupted):
            outcome.fail(interrupted(self._signal, self._id, outcome.delivery, cause))
        elif isinstance(cause, CalledOff):
            self._call_off(str(cause))
        else:
            outcome.fail(at_fault(self._signal, self._id, outcome.delivery, cause))

    def _call_off(self, reason: str) -> None:
        outcome = self._outcome
        message = called_off(self._signal, self._id, outcome.delivery, reason)
        if outcome.delivery.attempts:
            outcome.fail(message, outcome.delivery.error)
        else:
            outcome.leave_untried(message)

    def refuse(self, verdict: Verdict, waited: float) -> None:
        """Note that the signal was not sent; `waited` is the time in seconds that the execution had to get ready."""
        self._outcome.fail(refused(self._signal, self._id, verdict, waited))

    def fail_delivery(self) -> None:
        """Note that the service did not take the signal, or that this is not known."""
        outcome = self._outcome
        outcome.fail(not_delivered(self._signal, self._id, outcome.delivery, outcome.after), outcome.delivery.error)

    def find_again(self, times: int) -> None:
        """Note that a step was started or resumed so many times."""
        self._outcome.fail(happened_again(self._signal, times))

    def find_elsewhere(self, gate: Step, other: Step) -> None:
        """Note that a decision hit another gate than the one that it was for."""
        self._outcome.fail(hit_other_gate(self._signal, gate, other))

    def find_elsewhere_too(self, gate: Step | None, other: Step) -> None:
        """Note that a second decision of the caller stands at another gate."""
        self._outcome.fail(hit_another_gate_too(self._signal, gate, other))

    def miss_look(self) -> None:
        """Note that the caller may not read the execution."""
        self._outcome.readable = False
        self._outcome.warnings.append(no_look(self._signal, self._id))

    def miss_look_afterwards(self, error: AnsibleAutomationError) -> None:
        """Note that the state after the signal is not known."""
        self._outcome.warnings.append(no_look_afterwards(self._signal, self._id, error))

    def miss_late_looks(self, error: AnsibleAutomationError) -> None:
        """Note that a wait ended while the execution could not be read."""
        self._outcome.warnings.append(not_seen_lately(self._id, error))


def refused(signal: Signal, execution_id: str, verdict: Verdict, waited: float = 0) -> str:
    """Tell why the signal was not sent; `waited` is the time in seconds that the execution had to get ready."""
    within = f" within {waited:g} s (ready_timeout)" if waited else ""
    return f"Did not send {named(signal)} to execution {execution_id}{within}: {verdict.reason}."


def not_delivered(signal: Signal, execution_id: str, delivery: Delivery, known: Execution | None) -> str:
    """Tell that the service did not take the signal and why, or that this is not known and how to find out."""
    error = delivery.error
    if delivery.is_unknown:
        return _unknown(signal, execution_id, delivery)
    if error is None:
        reason = delivery.verdict.reason if delivery.verdict else "the execution has moved on"
        return f"{named(signal)} did not get to execution {execution_id}: {reason}."
    if error.code == INVALID_SIGNAL:
        refused_it = f"The service refused {named(signal)} for execution {execution_id}"
        return f"{refused_it}. {_why_refused(signal, delivery)}{_who_else(delivery)}".strip()
    return failed_call(signal, execution_id, error, known)


def _why_refused(signal: Signal, delivery: Delivery) -> str:
    verdict = delivery.verdict
    if verdict is None:
        decided = ", the caller may be none of its approvers, or may have decided before" if signal.is_decision else ""
        return f"The execution could not be read, so why is not known: it may not wait for {signal.type}{decided}."
    if verdict.kind is Kind.SEND and signal.is_decision and verdict.step is None:
        return f"It shows now: {verdict.reason}; the caller may be no approver of it, or may have decided before."
    if verdict.kind is Kind.SEND and signal.is_decision and verdict.step and approvals_at(verdict.step).approvers:
        return f"The gate still waits{_why_it_waits(verdict.step, delivery.caller)}."
    return f"It shows now: {verdict.reason}."


def _why_it_waits(gate: Step, caller: str) -> str:
    approvers = ", ".join(approvals_at(gate).approvers)
    own = gates.decision_by(gate, caller)
    if own:
        return f" and has a decision of yours already: {own.decision}, as {own.approver}"
    if not may_be_approver(gate, caller):
        return f", and you are none of its approvers: you are {caller}, they are {approvers}"
    who = f"the caller ({caller})" if caller else "the caller"
    return (
        f". Either {who} is none of its approvers ({approvers}), or has decided before and the gate does not show it;"
        " something on the way may have sent this request twice"
    )


def _who_else(delivery: Delivery) -> str:
    if not delivery.shows_nothing or delivery.verdict is None or delivery.verdict.kind is Kind.SEND:
        return ""
    return " Somebody else has sent a signal, or something on the way has repeated this one and the copy was refused."


def hit_other_gate(signal: Signal, gate: Step, other: Step) -> str:
    """Tell that a decision hit another gate than the one that it was for."""
    return (
        f"{signal.type} was meant for gate `{gate.name}`, but somebody else passed that gate at the same moment and it"
        f" hit gate `{other.name}`: look whether that is wanted, and stop the execution if not."
    )


def hit_another_gate_too(signal: Signal, gate: Step | None, other: Step) -> str:
    """Tell that a second decision of the caller stands at another gate."""
    meant = f"gate `{gate.name}`" if gate else "the request"
    return (
        f"{signal.type} has reached {meant}, and gate `{other.name}` holds your {signal.type} as well: the request was"
        " repeated on its way, or another task of the same principal sent one. Look whether that is wanted, and stop"
        " the execution if not."
    )


def happened_again(signal: Signal, times: int) -> str:
    """Tell that a step was started or resumed more often than this task has asked for."""
    done = "started" if signal.type == START_STEP else "resumed"
    return (
        f"Step `{signal.step_name}` has been {done} {times} times since the first look: the request was repeated on its"
        " way, or somebody else sent one, too. Look whether that is wanted."
    )


def _unknown(signal: Signal, execution_id: str, delivery: Delivery) -> str:
    if delivery.last is None:
        why = "and the execution could not be read"
    else:
        why = f"and a look at the execution does not settle it: {explain_state(delivery.last)}"
    return (
        f"Whether {named(signal)} had an effect on execution {execution_id} is not known: an answer to it got lost,"
        f" {why}. It is not sent again, as it might have two effects then. Look whether {_EVIDENCE[signal.type]},"
        " and run the task again if not."
    )


_EVIDENCE = {
    APPROVE: "the gate has passed or lists your decision",
    REJECT: "the gate has failed or lists your decision",
    RESUME: "the paused step has succeeded",
    START_STEP: "the step runs or has run since",
    STOP_STEP: "the step is Cancelled",
    REVOKE: "the access request has ended",
}


def interrupted(signal: Signal, execution_id: str, delivery: Delivery, interruption: Interrupted) -> str:
    """Tell how far the task had got when it was interrupted."""
    if delivery.took_effect:
        return f"Interrupted ({interruption.signal_name}) after {named(signal)} had been sent and accepted."
    if delivery.is_unknown:
        return f"Interrupted ({interruption.signal_name}). {_unknown(signal, execution_id, delivery)}"
    if delivery.attempts:
        return f"Interrupted ({interruption.signal_name}). The service did not take {named(signal)}: no effect."
    return f"Interrupted ({interruption.signal_name}) before {named(signal)} was sent."


def at_fault(signal: Signal, execution_id: str, delivery: Delivery, fault: Exception) -> str:
    """Tell of a fault of this program, and how far the task had got."""
    if delivery.took_effect:
        message = f"{named(signal)} had been sent to execution {execution_id} and accepted."
    elif delivery.is_unknown:
        message = _unknown(signal, execution_id, delivery)
    else:
        message = f"{named(signal)} has had no effect on execution {execution_id}."
    return endings.at_fault(fault, message)


def called_off(signal: Signal, execution_id: str, delivery: Delivery, reason: str) -> str:
    """Tell how far the work had got when that on all executions was ended early."""
    if delivery.is_unknown:
        return _unknown(signal, execution_id, delivery)
    if delivery.attempts:
        return f"The service did not take {named(signal)} for execution {execution_id}, and {reason}: no effect."
    return not_tried(signal, execution_id, reason)


def not_tried(signal: Signal, execution_id: str, reason: str) -> str:
    """Tell that an execution was left alone."""
    return f"Did not send {named(signal)} to execution {execution_id}: {reason}."


def failed_call(signal: Signal, execution_id: str, error: AnsibleAutomationError, known: Execution | None) -> str:
    """Tell what to do about a call that failed."""
    if error.code == ACCESS_DENIED and known is None:
        return (
            f"{advice(error, execution_id)}. Without a look there is no guard, no check of who started it, no wait, and"
            " no step to look up"
        )
    if error.code != STEP_NOT_FOUND:
        return advice(error, execution_id)
    steps = known.steps if known else ()
    names = dict.fromkeys(name for step in steps for name in (step.name, *step.valid_next_steps))
    listed = ", ".join(f"`{name}`" for name in names) or "none"
    return (
        f"Execution {execution_id} has no step `{signal.target}`{did_you_mean(signal.target, names)}: check the name"
        f" against the runbook (steps known so far: {listed})"
    )


def no_look(signal: Signal, execution_id: str) -> str:
    """Warn that the signal goes out without a look."""
    return (
        f"The caller may not read execution {execution_id} (ssm:GetAutomationExecution), so it is not checked whether"
        f" it waits for {signal.type}, at which step, and whether that is done already, nor what follows; the task is"
        " always changed."
    )


def no_listing(error: AnsibleAutomationError) -> str:
    """Warn that executions cannot be looked at ten at a time."""
    return (
        "Executions could not be listed (ssm:DescribeAutomationExecutions), so each is read by itself, which takes"
        f" more calls: {in_full(error)}."
    )


def no_look_afterwards(signal: Signal, execution_id: str, error: AnsibleAutomationError) -> str:
    """Warn that the state after the signal is not known."""
    return f"Execution {execution_id} could not be read after {signal.type}: {in_full(error)}."


def not_seen_lately(execution_id: str, error: AnsibleAutomationError) -> str:
    """Warn that a wait ended while the execution could not be read, so that the state told may be an old one."""
    return f"Execution {execution_id} could not be read when the time was up, its state may be newer: {in_full(error)}."

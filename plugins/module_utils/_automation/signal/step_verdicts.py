# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision about the signals that are not for a gate: Resume, StartStep, StopStep and Revoke. Pure."""

from __future__ import annotations

from collections.abc import Callable

from ..model import gates, statuses
from ..model.executions import ACCESS_REQUEST, APPROVE_ACTION, CHANGE_REQUEST, Execution, Step
from ..model.signals import RESUME, REVOKE, START_STEP, STOP_STEP, Signal
from ..output.phrases import explain_state
from .verdicts import Kind, Verdict


def decide_without_gate(execution: Execution, signal: Signal) -> Verdict:
    """Return what to do about such a signal to an execution in this state."""
    return _DECIDERS[signal.type](execution, signal)


# Resume


def _decide_resume(execution: Execution, signal: Signal) -> Verdict:
    step = execution.find_step(signal.step_name or "")
    if step is None:
        return unlisted(execution, signal)
    if not step.is_pause:
        return Verdict(
            Kind.NEVER, f"step `{step.name}` is an {step.action} step, not aws:pause{use_instead(step)}", step
        )
    if step.status == statuses.SUCCESS:
        return Verdict(Kind.DONE, f"step `{step.name}` is already resumed", step)
    if step.has_ended or statuses.CANCELLING in (step.status, execution.status):
        return Verdict(Kind.NEVER, f"step `{step.name}` {how_it_ended(step)}", step)
    if execution.has_ended:
        return Verdict(Kind.NEVER, f"step `{step.name}` is {step.status} and {explain_state(execution)}", step)
    if was_passed(execution, step):
        return passed(execution, step)
    if step.waits or not (statuses.is_known(step.status) and statuses.is_known(execution.status)):
        return Verdict(Kind.SEND, f"step `{step.name}` is {step.status}", step)
    return Verdict(Kind.NOT_YET, f"step `{step.name}` does not wait yet: {explain_state(execution)}", step)


# StartStep


def _decide_start(execution: Execution, signal: Signal) -> Verdict:
    if not execution.is_interactive:
        return Verdict(
            Kind.NEVER,
            f"the execution runs in mode {execution.mode}: StartStep is for executions started with Mode Interactive",
        )
    step = execution.find_step(signal.step_name or "")
    if step is not None and (step.is_live or step.status in statuses.SUCCESSFUL):
        return Verdict(Kind.DONE, f"step `{step.name}` is already {step.status}{_again(step)}", step)
    if execution.has_ended:
        return Verdict(Kind.NEVER, explain_state(execution), step)
    if step is None and execution.lists_every_step:
        return unlisted(execution, signal)
    live = gates.live_step(execution)
    if live is None and (execution.status == statuses.WAITING or not statuses.is_known(execution.status)):
        return Verdict(Kind.SEND, f"the execution is {execution.status} and no step runs", step)
    return Verdict(
        Kind.NOT_YET,
        f"the execution is not between two steps: {explain_state(execution)}{use_instead(live)}",
        step,
    )


def _again(step: Step) -> str:
    return " (force runs it again)" if step.has_ended else ""


# StopStep


def _decide_stop(execution: Execution, signal: Signal) -> Verdict:
    if signal.step_execution_id is not None:
        step = execution.find_step_execution(signal.step_execution_id)
    else:
        step = execution.find_step(signal.step_name or "")
    if step is None:
        return _unlisted_to_stop(execution, signal)
    if not step.execution_id:
        return Verdict(Kind.NEVER, f"the step execution id of `{step.name}` could not be read, give step_execution_id")
    if step.has_ended or step.status == statuses.CANCELLING:
        return Verdict(Kind.DONE, f"step `{step.name}` is already {step.status}", step)
    if execution.has_ended:
        return Verdict(Kind.DONE, f"step `{step.name}` does not run: {explain_state(execution)}", step)
    if was_passed(execution, step):
        return passed(execution, step)
    if step.is_ahead:
        return Verdict(Kind.NOT_YET, f"step `{step.name}` has not begun: {explain_state(execution)}", step)
    return Verdict(Kind.SEND, f"step `{step.name}` is {step.status}", step)


def _unlisted_to_stop(execution: Execution, signal: Signal) -> Verdict:
    if signal.step_execution_id is None:
        return unlisted(execution, signal)
    if not execution.steps_complete:
        return Verdict(
            Kind.SEND, f"not all steps of the execution could be read, so step execution {signal.target} may run"
        )
    known = ", ".join(f"`{step.name}` {step.execution_id}" for step in execution.steps if step.is_live) or "none"
    return Verdict(Kind.NEVER, f"the execution has no step execution {signal.target}; running or waiting now: {known}")


# Revoke


def _decide_revoke(execution: Execution, signal: Signal) -> Verdict:
    # The run of an access request may end when it is approved (not documented), and access goes on from there.
    is_granted = execution.subtype == ACCESS_REQUEST and execution.status in statuses.SUCCESSFUL
    if execution.has_ended and not is_granted:
        return Verdict(Kind.NEVER, explain_state(execution))
    if execution.subtype in ("", CHANGE_REQUEST):
        kind = "a change request" if execution.subtype else "an ordinary execution"
        return Verdict(
            Kind.NEVER, f"{signal.type} is for access requests and this is {kind}; {explain_state(execution)}"
        )
    subject = "the access request" if execution.subtype == ACCESS_REQUEST else f"the {execution.subtype} execution"
    return Verdict(Kind.SEND, f"{subject} is {execution.status}")


_DECIDERS: dict[str, Callable[[Execution, Signal], Verdict]] = {
    RESUME: _decide_resume,
    START_STEP: _decide_start,
    STOP_STEP: _decide_stop,
    REVOKE: _decide_revoke,
}


# For all signals that may name a step, Approve and Reject among them


def was_passed(execution: Execution, step: Step) -> bool:
    """Return whether a step has not begun and can certainly not come any more."""
    if not step.is_ahead:
        return False
    # Loaded here as it is seldom needed, and every task loads its code anew.
    from ..model.reachable import is_passed

    return is_passed(execution, step.name)


def passed(execution: Execution, step: Step) -> Verdict:
    """Return the verdict on a signal for such a step."""
    way = "no way leads there any more from where the run is"
    return Verdict(Kind.NEVER, f"step `{step.name}` was passed over, {way}: {explain_state(execution)}", step)


def unlisted(execution: Execution, signal: Signal) -> Verdict:
    """Return the verdict on a signal for a step that the execution does not list."""
    if execution.lists_every_step:
        # Loaded here as it is seldom needed, and every task loads its code anew.
        from ..options.spelling import did_you_mean

        known = list(dict.fromkeys(step.name for step in execution.steps))
        meant = did_you_mean(signal.step_name or "", known)
        names = ", ".join(f"`{name}`" for name in known)
        return Verdict(Kind.NEVER, f"the execution has no step `{signal.step_name}`{meant}, its steps are {names}")
    if execution.has_ended:
        return Verdict(Kind.NEVER, f"step `{signal.step_name}` never began: {explain_state(execution)}")
    if signal.is_decision and not execution.steps and execution.status in statuses.AWAITING_DECISION:
        return Verdict(Kind.NEVER, f"{explain_state(execution)} as a whole and has no steps: leave out step_name")
    if not execution.steps_complete:
        return Verdict(Kind.NOT_YET, f"step `{signal.step_name}` is not among the steps that the caller may read")
    return Verdict(
        Kind.NOT_YET,
        f"step `{signal.step_name}` has not begun: {explain_state(execution)}{_if_by_hand(execution)}",
    )


def _if_by_hand(execution: Execution) -> str:
    if not execution.is_interactive:
        return ""
    return "; it is Interactive, so the step shows only once StartStep has run it, if the runbook has it"


def use_instead(step: Step | None) -> str:
    """Return which signal the step takes, as a clause that goes on, or an empty string."""
    if step is None or step.has_ended:
        return ""
    if step.action == APPROVE_ACTION:
        return ": use Approve or Reject"
    return ": use Resume" if step.is_pause else ""


def how_it_ended(step: Step) -> str:
    """Return the status of a step with its reason, as a clause without a subject."""
    reason = f" ({step.failure_message.rstrip('.')})" if step.failure_message else ""
    return f"is {step.status}{reason}"

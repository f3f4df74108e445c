# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The decision about the signals that are not for a gate: Resume, StartStep, StopStep and Revoke. Pure."""

from __future__ import annotations

from collections.abc import Callable

from ..model import gates, statuses
from ..model.executions import ACCESS_REQUEST, CHANGE_REQUEST, Execution, Step
from ..model.signals import RESUME, REVOKE, START_STEP, STOP_STEP, Signal
from ..output.phrases import explain_state
from .verdicts import Kind, Verdict, how_it_ended, passed, unlisted, use_instead, was_passed


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

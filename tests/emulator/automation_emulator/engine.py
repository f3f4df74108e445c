# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run goes from step to step. Pure: every function takes an execution and a time, and gives the execution after.

The rules of flow are those of the runbook schema: onFailure, isCritical, isEnd, nextStep, onCancel, maxAttempts and
timeoutSeconds [D]; what a critical failure does to the final status was observed [O].
"""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from moto.utilities.utils import get_partition

from .actions.base import Action, Fails, Goes, InputProblem, Outcome, Succeeds
from .actions.registry import ACTIONS
from .choices import Choices
from .model import Child, Execution, Failure, Mode, Status, StepExecution, Upcoming
from .runbooks import jump_target
from .selectors import SelectorError
from .substitution import Lookup, UnresolvedReference, resolve
from .work import Answer

# onCancel steps may take two minutes [D].
CANCEL_SECONDS = 120.0


def begin(execution: Execution, at: float) -> Execution:
    """The execution starts: with its first step in Auto mode, waiting in Interactive mode [D]."""
    execution = replace(execution, begun=True)
    if execution.mode == Mode.INTERACTIVE:
        return execution
    return _go_to(execution, execution.runbook.steps[0].name, at)


def start_step(execution: Execution, step_name: str, at: float, choices: Choices) -> Execution:
    """A step starts; if it ran before, this is a new step execution."""
    step = execution.runbook.step(step_name)
    execution = replace(execution, upcoming=None)
    if step is None or len(execution.history) >= choices.most_step_executions:
        message = f"The run was ended by the emulator after {len(execution.history)} step executions."
        return finish(execution, at, Status.FAILED, message)
    nth = 1 + sum(run.step.name == step_name for run in execution.history)
    run = StepExecution(step, execution.step_execution_id(step_name, nth), started_at=at)
    return attempt(replace(execution, history=(*execution.history, run)), at, choices)


def attempt(execution: Execution, at: float, choices: Choices) -> Execution:
    """The open step is tried: its references are replaced, then the action begins."""
    run = execution.history[-1]
    try:
        run = _prepared(execution, run, at)
        outcome = ACTIONS[run.step.action].begin(run.inputs, at, choices)
    except (InputProblem, UnresolvedReference) as problem:
        outcome = Fails(Failure(f"{problem}.", "InputValidation"), retried=False)
    return settle(execution.with_latest(run), outcome, at, choices)


def _prepared(execution: Execution, run: StepExecution, at: float) -> StepExecution:
    """The step execution with its inputs, time-out and attempts as they are at this moment."""
    lookup = _lookup(execution, at)
    step = run.step
    timeout = _timeout(ACTIONS[step.action], resolve(step.timeout_seconds, lookup))
    return replace(
        run,
        status=Status.IN_PROGRESS,
        inputs=resolve(dict(step.inputs), lookup),
        max_attempts=int(_positive("maxAttempts", resolve(step.max_attempts, lookup))),
        timeout_seconds=timeout,
        deadline=None if timeout is None else at + timeout,
        retry_at=None,
    )


def _timeout(action: Action, given: Any) -> float | None:
    timeout = action.default_timeout if given is None else _positive("timeoutSeconds", given)
    longest = action.longest_timeout
    if timeout is not None and longest is not None and timeout > longest:
        raise InputProblem(f"timeoutSeconds of {action.name} is at most {longest:.0f}")
    return timeout


def _positive(key: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError) as problem:
        raise InputProblem(f"{key} must be a number") from problem
    if not 1 <= number < math.inf:
        raise InputProblem(f"{key} must be at least 1")
    return number


def settle(execution: Execution, outcome: Outcome, at: float, choices: Choices) -> Execution:
    """The open step gets on as its action says."""
    run = execution.history[-1]
    if isinstance(outcome, Goes):
        changed = replace(
            run,
            status=outcome.status,
            due_at=outcome.due_at,
            gate=outcome.gate,
            outputs=outcome.outputs,
            work=outcome.work,
            memory=outcome.memory,
        )
        return execution.with_latest(changed if outcome.child is None else asking(changed, outcome.child))
    if isinstance(outcome, Succeeds):
        return _succeeded(execution.with_latest(ended(run, Status.SUCCESS, at, outcome.outputs)), outcome, at, choices)
    if outcome.retried and run.attempt < run.max_attempts:
        again = replace(run, attempt=run.attempt + 1, status=Status.IN_PROGRESS, retry_at=at)
        return execution.with_latest(replace(again, due_at=None, deadline=None, child=None))
    run = replace(ended(run, outcome.status, at, outcome.outputs), failure=outcome.failure)
    return _failed(execution.with_latest(run), at, choices)


def asking(run: StepExecution, request: Mapping[str, Any], target: str | None = None) -> StepExecution:
    """The step execution with a child that is still to be started; every attempt has its own."""
    child = Child(str(uuid.uuid5(uuid.UUID(run.step_execution_id), f"child/{run.attempt}")), request, target)
    return replace(run, child=child, outputs={"ExecutionId": child.execution_id})


def child_ended(execution: Execution, run: StepExecution, child: Execution, at: float, choices: Choices) -> Execution:
    """The child has ended that the open step waits for; a stop that waited for it takes effect."""
    if run.status != Status.CANCELLING:
        return settle(execution, ACTIONS[run.step.action].child_ended(run, child, choices), at, choices)
    if execution.cancelling:
        return replace(execution, cancel_at=at)
    return execution.with_latest(replace(run, stopping_at=at))


def child_refused(execution: Execution, run: StepExecution, message: str, at: float, choices: Choices) -> Execution:
    """The child cannot be started that the open step asks for."""
    run = replace(run, child=None, outputs={})
    return settle(execution.with_latest(run), Fails(Failure(message, "InputValidation"), retried=False), at, choices)


def answered(execution: Execution, answer: Answer, at: float, choices: Choices) -> Execution:
    """The work is done that the open step asked for."""
    run = execution.history[-1]
    try:
        outcome = ACTIONS[run.step.action].answered(run, answer, at, choices)
    except SelectorError as problem:
        outcome = Fails(Failure(f"{problem}.", "PostVerification", "Verification"), retried=False)
    return settle(execution, outcome, at, choices)


def time_out(execution: Execution, at: float, choices: Choices) -> Execution:
    """The open step's time has run out."""
    run = execution.history[-1]
    failure = Failure(f"Step {run.step.name} timed out after {run.timeout_seconds:.0f} seconds.")
    return settle(execution, Fails(failure, Status.TIMED_OUT, run.outputs), at, choices)


def wake(execution: Execution, at: float, choices: Choices) -> Execution:
    """The open step's action goes on by itself."""
    run = execution.history[-1]
    return settle(execution, ACTIONS[run.step.action].wake(run), at, choices)


def ended(run: StepExecution, status: Status, at: float, outputs: Mapping[str, Any]) -> StepExecution:
    """The step execution, over."""
    return replace(
        run,
        status=status,
        ended_at=at,
        outputs=outputs,
        due_at=None,
        deadline=None,
        stopping_at=None,
        retry_at=None,
        work=None,
    )


def _go_to(execution: Execution, step_name: str | None, at: float) -> Execution:
    """Go on with a step, or end if there is none."""
    return finish(execution, at) if step_name is None else replace(execution, upcoming=Upcoming(step_name, at))


def _stands_still(execution: Execution) -> bool:
    """In Interactive mode nothing follows a step by itself, but for onCancel steps."""
    return execution.mode == Mode.INTERACTIVE and not execution.cancelling


def _succeeded(execution: Execution, outcome: Succeeds, at: float, choices: Choices) -> Execution:
    if _stands_still(execution):
        return execution
    step = execution.history[-1].step
    following = None if step.is_end else step.next_step or execution.runbook.following(step)
    return _go_to(execution, outcome.next_step or following, at)


def _failed(execution: Execution, at: float, choices: Choices) -> Execution:
    """A step failed or timed out: onFailure decides what follows, isCritical what it means for the end."""
    run = execution.history[-1]
    if run.step.critical and execution.flaw is None:
        execution = replace(execution, flaw=run.status, failure_message=_failure_message(run))
    aborts = run.step.on_failure == "Abort"
    if _stands_still(execution):
        ends = aborts and choices.interactive_failure_ends_execution
        return finish(execution, at, run.status, _failure_message(run)) if ends else execution
    if aborts:
        return finish(execution, at, run.status, _failure_message(run))
    # isEnd ends the run whether the step failed or succeeded [D].
    return finish(execution, at) if run.step.is_end else _go_to(execution, _after_failure(execution, choices), at)


def _after_failure(execution: Execution, choices: Choices) -> str | None:
    """The step to go on with after a failure that does not end the run."""
    step = execution.history[-1].step
    followed = step.next_step if choices.continue_follows_next_step else None
    return jump_target(step.on_failure) or followed or execution.runbook.following(step)


def _failure_message(run: StepExecution) -> str:
    reason = run.failure.message if run.failure else ""
    return f"Step {run.step.name} ended {run.status}: {reason}"


def finish(
    execution: Execution, at: float, status: Status | None = None, failure_message: str | None = None
) -> Execution:
    """The execution ends: Cancelled if that was asked for, else as told, else as its critical steps did."""
    if execution.cancelling:
        status = Status.CANCELLED
    execution = replace(
        execution,
        final=status or execution.flaw or Status.SUCCESS,
        ended_at=at,
        failure_message=failure_message or execution.failure_message,
        upcoming=None,
        inbox=(),
        cancel_at=None,
        cancel_until=None,
    )
    return replace(execution, outputs=_document_outputs(execution))


def _document_outputs(execution: Execution) -> dict[str, Any]:
    """The runbook's outputs, each written as `step.Output` [D]; those without a value are left out [I]."""
    outputs = {}
    for name in execution.runbook.outputs:
        step_name, _dot, key = name.partition(".")
        run = execution.latest(step_name)
        if run is not None and key in run.outputs:
            outputs[name] = run.outputs[key]
    return outputs


def cancel(execution: Execution, at: float, choices: Choices) -> Execution:
    """Begin to cancel; the open step is Cancelling until it takes effect."""
    cancel_at = math.inf if execution.waiting_for_children else at + choices.cancelling_seconds
    execution = replace(execution, upcoming=None, cancel_at=cancel_at)
    return replace(
        execution, history=tuple(_stopping(run) if run.ended_at is None else run for run in execution.history)
    )


def cancelled(execution: Execution, at: float) -> Execution:
    """The cancel takes effect: the open step is Cancelled and its onCancel step runs, if it names one [O]."""
    run = execution.open_step
    execution = replace(_stopped(execution, at, Status.CANCELLED), cancel_at=None, cancel_until=at + CANCEL_SECONDS)
    return _go_to(execution, jump_target(run.step.on_cancel) if run else None, at)


def cancel_ran_out(execution: Execution, at: float) -> Execution:
    """The onCancel steps have taken too long."""
    return finish(_stopped(execution, at, Status.CANCELLED), at)


def complete(execution: Execution, at: float, choices: Choices) -> Execution:
    """The execution is ended as it stands."""
    execution = _stopped(execution, at, Status(choices.completed_step_status))
    return finish(execution, at, Status(choices.completed_status))


def stop_step(execution: Execution, at: float, choices: Choices) -> Execution:
    """Begin to stop the open step alone."""
    stopping_at = math.inf if execution.waiting_for_children else at + choices.cancelling_seconds
    return execution.with_latest(replace(_stopping(execution.history[-1]), stopping_at=stopping_at))


def step_stopped(execution: Execution, at: float, choices: Choices) -> Execution:
    """The open step is Cancelled; an Interactive execution waits for the next StartStep [I]."""
    step = execution.history[-1].step
    if execution.mode == Mode.AUTO and choices.stop_step_in_auto == "cancel_execution":
        return cancelled(execution, at)
    execution = _stopped(execution, at, Status.CANCELLED)
    if execution.mode == Mode.INTERACTIVE:
        return execution
    return _go_to(execution, step.next_step or execution.runbook.following(step), at)


def _stopping(run: StepExecution) -> StepExecution:
    return replace(run, status=Status.CANCELLING, due_at=None, deadline=None, retry_at=None, work=None)


def _stopped(execution: Execution, at: float, status: Status) -> Execution:
    runs = (ended(run, status, at, run.outputs) if run.ended_at is None else run for run in execution.history)
    return replace(execution, history=tuple(runs))


def _lookup(execution: Execution, at: float) -> Lookup:
    """What a reference means at a moment of the run."""

    def look_up(name: str) -> Any:
        step_name, dot, key = name.partition(".")
        run = execution.latest(step_name) if dot else None
        values = run.outputs if run is not None else _values(execution, at)
        if (key if run is not None else name) not in values:
            raise UnresolvedReference(name)
        return values[key if run is not None else name]

    return look_up


def _values(execution: Execution, at: float) -> Mapping[str, Any]:
    """Parameters, variables and the system's own references [D]; dates are UTC [I]."""
    today = datetime.datetime.fromtimestamp(at, datetime.UTC)
    return {
        **execution.parameters,
        **{f"variable:{name}": value for name, value in execution.runbook.variables.items()},
        "global:DATE": f"{today:%Y-%m-%d}",
        "global:DATE_TIME": f"{today:%Y-%m-%d_%H.%M.%S}",
        "global:REGION": execution.region,
        "global:ACCOUNT_ID": execution.account,
        "global:AWS_PARTITION": get_partition(execution.region),
        "automation:EXECUTION_ID": execution.execution_id,
    }

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run goes from step to step. Pure: every function takes an execution and a time, and gives the execution after.

The rules of flow are those of the runbook schema: onFailure, isCritical, isEnd, nextStep, onCancel, maxAttempts and
timeoutSeconds [D]; what a critical failure does to the final status was observed [O]. Of the step executions that are
open the last one is the innermost; those before it are the loops that it is in.
"""

from __future__ import annotations

import datetime
import math
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..actions.base import Action, Fails, Goes, InputProblem, Outcome, Succeeds
from ..actions.loop import ITERATION, ITERATOR_VALUE
from ..actions.outputs import all_outputs
from ..actions.registry import ACTIONS
from ..language.selectors import SelectorError
from ..language.substitution import (
    Lookup,
    UnresolvedReference,
    as_reference,
    inside_text,
    lone_reference,
    references,
    resolve,
)
from ..language.variables import VariableError
from ..runbooks.parser import jump_target
from ..state.choices import Choices
from ..state.model import Child, Execution, Failure, Iteration, Mode, Status, StepExecution, Upcoming
from ..state.moment import Moment
from ..state.work import Answer
from . import stubs

# onCancel steps may take two minutes [D].
CANCEL_SECONDS = 120.0
# What the service shows for an output of the runbook whose step did not succeed [D].
NO_OUTPUT = "No output available yet because the step is not successfully executed"


def begin(execution: Execution, at: float) -> Execution:
    """The execution starts: with its first step in Auto mode, waiting in Interactive mode [D]."""
    execution = replace(execution, begun=True)
    if execution.mode == Mode.INTERACTIVE:
        return execution
    return replace(execution, upcoming=Upcoming(execution.runbook.steps[0].name, at))


def with_defaults(execution: Execution, moment: Moment) -> Execution:
    """What defaults refer to takes its place, as AWS's own runbooks need it [O]; not what those values refer to."""
    values, write = values_of(execution, moment.time), inside_text(moment.choices.list_in_text)

    def look_up(name: str) -> Any:
        return values.get(name, as_reference(name))

    written = {name: one.default for name, one in execution.runbook.parameters.items() if name not in execution.given}
    parameters = {
        name: resolve(value, look_up, write) if value == written.get(name) else value
        for name, value in execution.parameters.items()
    }
    variables = {
        name: resolve(value, look_up, write) for name, value in execution.variables.items() if any(references(value))
    }
    return replace(execution, parameters=parameters, updates=variables)


def start_step(execution: Execution, step_name: str, moment: Moment) -> Execution:
    """A step starts; if it ran before, this is a new step execution."""
    step = execution.runbook.step(step_name)
    execution = replace(execution, upcoming=None)
    if step is None or len(execution.history) >= moment.choices.most_step_executions:
        message = f"The run was ended by the emulator after {len(execution.history)} step executions."
        return finish(execution, moment.time, Status.FAILED, message)
    nth = 1 + sum(run.step.name == step_name for run in execution.history)
    step_execution_id = execution.step_execution_id(step_name, nth)
    run = StepExecution(step, step_execution_id, started_at=moment.time, iteration=_iteration(execution.open_step))
    return attempt(replace(execution, history=(*execution.history, run)), run, moment)


def _iteration(loop: StepExecution | None) -> Iteration | None:
    """The iteration that a step starting now belongs to."""
    if loop is None:
        return None
    values = loop.outputs
    return Iteration(loop.step_execution_id, loop.step, values[ITERATION], values.get(ITERATOR_VALUE))


def attempt(execution: Execution, run: StepExecution, moment: Moment) -> Execution:
    """Begin an attempt of an open step: replace its references, then begin its action."""
    try:
        run = _prepared(execution, run, moment)
        outcome = stubs.begin(run, moment)
        execution = _with_variables(execution, run, outcome, moment.choices)
    except (InputProblem, UnresolvedReference, VariableError) as problem:
        outcome = Fails(Failure(f"{problem}.", "InputValidation"), retried=False)
    return settle(execution.with_run(run), run, outcome, moment)


def _prepared(execution: Execution, run: StepExecution, moment: Moment) -> StepExecution:
    """The step execution with its inputs, time-out and attempts as they are at this moment."""
    step, action = run.step, ACTIONS[run.step.action]
    timeout = _timeout(action, _resolved(step.timeout_seconds, execution, moment))
    inputs = {key: value for key, value in step.inputs.items() if key not in action.late_inputs}
    return replace(
        run,
        inputs={**step.inputs, **_resolved(inputs, execution, moment)},
        max_attempts=int(_positive("maxAttempts", _resolved(step.max_attempts, execution, moment))),
        timeout_seconds=timeout,
        deadline=None if timeout is None else moment.time + timeout,
        retry_at=None,
    )


def _with_variables(execution: Execution, run: StepExecution, outcome: Outcome, choices: Choices) -> Execution:
    """The execution with the variables that a step changes."""
    changed = dict(outcome.variables) if isinstance(outcome, Succeeds) else {}
    for name, value in changed.items():
        variable = execution.runbook.variables[name]
        if _is_untyped(execution, lone_reference(run.step.inputs.get("Value"))):
            changed[name] = variable.made_of(value)
        variable.check(changed[name], 0 if choices.variables_take_empty_text else 1)
    return replace(execution, updates={**execution.updates, **changed})


def _is_untyped(execution: Execution, reference: str | None) -> bool:
    """Whether a reference is to an output that its action has by itself: it becomes what is wanted [O]."""
    step_name, _dot, key = (reference or "").partition(".")
    step = execution.runbook.step(step_name)
    return step is not None and all(output.name != key for output in step.outputs)


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


def settle(execution: Execution, run: StepExecution, outcome: Outcome, moment: Moment) -> Execution:
    """Apply the outcome of an open step's action."""
    if isinstance(outcome, Goes):
        return _gone_on(execution, run, outcome, moment.time)
    if isinstance(outcome, Succeeds):
        try:
            outputs = all_outputs(ACTIONS[run.step.action], run.step, outcome, moment.choices)
        except SelectorError as problem:
            outcome = Fails(Failure(f"{problem}.", "PostVerification", "Verification"), retried=False)
        else:
            run = ended(run, Status.SUCCESS, moment.time, outputs)
            return _succeeded(execution.with_run(run), run, outcome, moment)
    execution = _stopped(execution, moment.time, outcome.status, _inside(execution, run))
    if outcome.retried and run.attempt < run.max_attempts:
        again = replace(run, attempt=run.attempt + 1, status=Status.IN_PROGRESS, retry_at=moment.time)
        return execution.with_run(replace(again, due_at=None, deadline=None, child=None))
    run = replace(ended(run, outcome.status, moment.time, outcome.outputs), failure=outcome.failure)
    return _failed(execution.with_run(run), run, moment)


def _gone_on(execution: Execution, run: StepExecution, outcome: Goes, at: float) -> Execution:
    """The step stays open; steps inside it start with the first one."""
    changed = replace(
        run,
        status=outcome.status,
        due_at=outcome.due_at,
        gate=outcome.gate,
        outputs=outcome.outputs,
        work=outcome.work,
        memory=outcome.memory,
    )
    execution = execution.with_run(changed if outcome.child is None else asking(changed, outcome.child))
    inner = run.step.steps
    return replace(execution, upcoming=Upcoming(inner[0].name, at)) if inner else execution


def asking(run: StepExecution, request: Mapping[str, Any], target: str | None = None) -> StepExecution:
    """The step execution, asking for a child; every attempt has its own child."""
    child_id = str(uuid.uuid5(uuid.UUID(run.step_execution_id), f"child/{run.attempt}"))
    child = Child(child_id, request, target, run.step.location)
    return replace(run, child=child, outputs={"ExecutionId": child.execution_id})


def child_ended(execution: Execution, run: StepExecution, child: Execution, moment: Moment) -> Execution:
    """The child of an open step has ended; a stop that waited for this takes effect."""
    if run.status != Status.CANCELLING:
        return settle(execution, run, ACTIONS[run.step.action].child_ended(run, child, moment), moment)
    if execution.cancelling:
        return replace(execution, cancel_at=moment.time)
    stopping = next(one for one in execution.open_steps if one.stopping_at is not None)
    return execution.with_run(replace(stopping, stopping_at=moment.time))


def child_refused(execution: Execution, run: StepExecution, message: str, moment: Moment) -> Execution:
    """The child that an open step asks for cannot be started."""
    outcome = Fails(Failure(message, "InputValidation"), retried=False)
    return settle(execution, replace(run, child=None, outputs={}), outcome, moment)


def answered(execution: Execution, run: StepExecution, answer: Answer, moment: Moment) -> Execution:
    """The work that an open step asked for is done."""
    return settle(execution, run, ACTIONS[run.step.action].answered(run, answer, moment), moment)


def time_out(execution: Execution, run: StepExecution, moment: Moment) -> Execution:
    """An open step's time has run out."""
    failure = Failure(f"Step {run.step.name} timed out after {run.timeout_seconds:.0f} seconds.")
    return settle(execution, run, Fails(failure, Status.TIMED_OUT, run.outputs), moment)


def wake(execution: Execution, run: StepExecution, moment: Moment) -> Execution:
    """The time has come that an open step's action asked for."""
    return settle(execution, run, stubs.wake(run, moment), moment)


def ended(run: StepExecution, status: Status, at: float, outputs: Mapping[str, Any]) -> StepExecution:
    """The step execution, ended."""
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


def _go_on(execution: Execution, step_name: str | None, moment: Moment) -> Execution:
    """Continue after a step: with the next step, else the next iteration of the loop, else the end."""
    loop = execution.open_step
    if step_name is None and loop is not None:
        return _round_over(execution, loop, moment)
    if step_name is not None:
        execution = _out_of_loops(execution, execution.runbook.loops_around(step_name), moment.time)
    if _stands_still(execution):
        return execution
    return (
        finish(execution, moment.time)
        if step_name is None
        else replace(execution, upcoming=Upcoming(step_name, moment.time))
    )


def _out_of_loops(execution: Execution, staying: Sequence[str], at: float) -> Execution:
    """The loops that the next step is not in are Exited [D]."""
    left = [run for run in execution.open_steps if run.step.name not in staying]
    return _stopped(execution, at, Status.EXITED, left)


def _round_over(execution: Execution, loop: StepExecution, moment: Moment) -> Execution:
    """An iteration of a loop is complete: its action decides what follows. A run that is being cancelled ends [I]."""
    if execution.cancelling:
        return finish(execution, moment.time)
    action = ACTIONS[loop.step.action]
    written = {key: value for key, value in loop.step.inputs.items() if key in action.late_inputs}
    try:
        outcome = action.round_ended(loop, _resolved(written, execution, moment))
    except (InputProblem, UnresolvedReference) as problem:
        outcome = Fails(Failure(f"{problem}.", "InputValidation"), outputs=loop.outputs, retried=False)
    return settle(execution, loop, outcome, moment)


def _stands_still(execution: Execution) -> bool:
    """In Interactive mode nothing follows a step by itself [D], but for onCancel steps and steps inside a loop [I]."""
    return execution.mode == Mode.INTERACTIVE and not execution.cancelling and execution.open_step is None


def _succeeded(execution: Execution, run: StepExecution, outcome: Succeeds, moment: Moment) -> Execution:
    """A step succeeded; isEnd inside a loop ends the round, not the run [O]."""
    following = None if run.step.is_end else run.step.next_step or execution.runbook.following(run.step)
    return _go_on(execution, outcome.next_step or following, moment)


def _failed(execution: Execution, run: StepExecution, moment: Moment) -> Execution:
    """A step failed or timed out: onFailure decides what follows, isCritical what it means for the end."""
    loop = execution.open_step
    if run.step.on_failure == "Abort" and loop is not None and moment.choices.abort_inside_loop == "fails_loop":
        return settle(execution, loop, Fails(_passed_on(run), run.status, loop.outputs), moment)
    if run.step.critical and execution.flaw is None:
        execution = replace(execution, flaw=run.status, failure_message=_failure_message(run))
    if run.step.on_failure == "Abort":
        return _aborted(execution, run, moment)
    return _go_on(execution, _after_failure(execution, run, moment.choices), moment)


def _aborted(execution: Execution, run: StepExecution, moment: Moment) -> Execution:
    """A failure that ends the run; the loops around the step fail as it did [I]."""
    for loop in execution.open_steps:
        execution = execution.with_run(
            replace(ended(loop, run.status, moment.time, loop.outputs), failure=_passed_on(run))
        )
    if _stands_still(execution) and not moment.choices.interactive_failure_ends_execution:
        return execution
    return finish(execution, moment.time, run.status, _failure_message(run))


def _passed_on(run: StepExecution) -> Failure:
    """Why a loop failed: because a step inside it did."""
    return replace(run.failure or Failure(""), message=_failure_message(run))


def _after_failure(execution: Execution, run: StepExecution, choices: Choices) -> str | None:
    """The step to go on with after a failure that does not end the run.

    isEnd ends the run whether the step failed or succeeded [D], unless onFailure names a step: runbooks of AWS that end
    at a step if all is well, and else go on with another one, need that [O].
    """
    target = jump_target(run.step.on_failure)
    if target is not None or run.step.is_end:
        return target
    followed = run.step.next_step if choices.continue_follows_next_step else None
    return followed or execution.runbook.following(run.step)


def _failure_message(run: StepExecution) -> str:
    """Which step failed, after how many attempts, and why: what the service's own messages say [D]."""
    reason = run.failure.message if run.failure else ""
    attempts = f" after {run.attempt} attempts" if run.attempt > 1 else ""
    return f"Step {run.step.name} ended {run.status}{attempts}: {reason}"


def finish(
    execution: Execution, at: float, status: Status | None = None, failure_message: str | None = None
) -> Execution:
    """End the execution: Cancelled if it is being cancelled, else with `status`, else as its critical steps ended."""
    if execution.cancelling:
        status = Status.CANCELLED
    final = status or execution.flaw or Status.SUCCESS
    execution = replace(
        _stopped(execution, at, final, execution.open_steps),
        final=final,
        ended_at=at,
        failure_message=failure_message or execution.failure_message,
        upcoming=None,
        inbox=(),
        cancel_at=None,
        cancel_until=None,
    )
    return replace(execution, outputs=_document_outputs(execution))


def _document_outputs(execution: Execution) -> dict[str, Any]:
    """The runbook's outputs, each written as `step.Output` [D]."""
    outputs = {}
    for name in execution.runbook.outputs:
        step_name, _dot, key = name.partition(".")
        run = execution.latest(step_name)
        if run is not None and key in run.outputs:
            outputs[name] = run.outputs[key]
        elif run is None or run.status != Status.SUCCESS:
            outputs[name] = NO_OUTPUT
    return outputs


def cancel(execution: Execution, moment: Moment) -> Execution:
    """Begin to cancel; what is open is Cancelling until it takes effect."""
    cancel_at = math.inf if execution.waiting_for_children else moment.time + moment.choices.cancelling_seconds
    execution = _stopping(execution, execution.open_steps)
    return replace(execution, upcoming=None, cancel_at=cancel_at)


def cancelled(execution: Execution, moment: Moment) -> Execution:
    """The cancel takes effect: the open step is Cancelled and its onCancel step runs, if it names one [O].

    If not, or if that step is inside, the loops around the open step are Cancelled, too [I]; else they are Exited [D].
    """
    run = execution.open_step
    execution = replace(execution, cancel_at=None, cancel_until=moment.time + CANCEL_SECONDS)
    target = jump_target(run.step.on_cancel) if run else None
    if run is None or target is None:
        return finish(execution, moment.time)
    return _go_on(_stopped(execution, moment.time, Status.CANCELLED, [run]), target, moment)


def cancel_ran_out(execution: Execution, at: float) -> Execution:
    """The onCancel steps have taken too long."""
    return finish(execution, at)


def complete(execution: Execution, moment: Moment) -> Execution:
    """The execution is ended as it stands."""
    execution = _stopped(execution, moment.time, Status(moment.choices.completed_step_status), execution.open_steps)
    return finish(execution, moment.time, Status(moment.choices.completed_status))


def stop_step(execution: Execution, run: StepExecution, moment: Moment) -> Execution:
    """Begin to stop an open step alone, with what is inside it."""
    stopping = [run, *_inside(execution, run)]
    waits = any(one.child is not None for one in stopping)
    execution = replace(_stopping(execution, stopping), upcoming=None)
    run = next(one for one in execution.open_steps if one.step_execution_id == run.step_execution_id)
    return execution.with_run(
        replace(run, stopping_at=math.inf if waits else moment.time + moment.choices.cancelling_seconds)
    )


def step_stopped(execution: Execution, run: StepExecution, moment: Moment) -> Execution:
    """The step is Cancelled; an Interactive execution waits for the next StartStep, outside of any loop [I]."""
    if execution.mode == Mode.AUTO and moment.choices.stop_step_in_auto == "cancel_execution":
        return cancelled(execution, moment)
    if execution.mode == Mode.INTERACTIVE:
        return _stopped(execution, moment.time, Status.CANCELLED, execution.open_steps)
    execution = _stopped(execution, moment.time, Status.CANCELLED, [run, *_inside(execution, run)])
    return _go_on(execution, run.step.next_step or execution.runbook.following(run.step), moment)


def _inside(execution: Execution, run: StepExecution) -> list[StepExecution]:
    """The open step executions inside another one."""
    ids = [one.step_execution_id for one in execution.open_steps]
    return execution.open_steps[ids.index(run.step_execution_id) + 1 :]


def _stopping(execution: Execution, runs: Iterable[StepExecution]) -> Execution:
    for run in runs:
        still = replace(run, due_at=None, deadline=None, stopping_at=None, retry_at=None, work=None)
        execution = execution.with_run(replace(still, status=Status.CANCELLING))
    return execution


def _stopped(execution: Execution, at: float, status: Status, runs: Iterable[StepExecution]) -> Execution:
    for run in runs:
        execution = execution.with_run(ended(run, status, at, run.outputs))
    return execution


def _resolved(value: Any, execution: Execution, moment: Moment) -> Any:
    """A value of the runbook with its references replaced."""
    return resolve(value, _lookup(execution, moment), inside_text(moment.choices.list_in_text))


def _lookup(execution: Execution, moment: Moment) -> Lookup:
    """What a reference means at a moment of the run; one to an output that is not there stays as it is [O]."""

    known = values_of(execution, moment.time)

    def look_up(name: str) -> Any:
        step_name, dot, key = name.partition(".")
        if not dot or execution.runbook.step(step_name) is None:
            values, wanted = known, name
        else:
            run = execution.latest(step_name)
            values, wanted = run.outputs if run is not None else {}, key
        if wanted in values:
            return values[wanted]
        if moment.choices.missing_output == "fails_step":
            raise UnresolvedReference(name)
        return as_reference(name)

    return look_up


def values_of(execution: Execution, at: float) -> Mapping[str, Any]:
    """Parameters, variables and the system's own references [D]."""
    variables = {f"variable:{name}": value for name, value in execution.variables.items()}
    return {**execution.parameters, **variables, **system_values(execution, at)}


def system_values(execution: Execution, at: float) -> Mapping[str, str]:
    """The system's own references [D]; dates are UTC [I]."""
    today = datetime.datetime.fromtimestamp(at, datetime.UTC)
    dates = {"global:DATE": f"{today:%Y-%m-%d}", "global:DATE_TIME": f"{today:%Y-%m-%d_%H.%M.%S}"}
    return {**dates, **execution.surroundings}

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on targets: a child for each target, so many at a time, until too many have failed. Pure."""

from __future__ import annotations

from dataclasses import replace

from ..actions.execute_automation import failure, outputs, start_request
from ..state.choices import Choices
from ..state.model import Execution, Failure, RateControl, Status, Step, StepExecution
from ..state.moment import Moment
from . import flow

# What counts against MaxErrors; a child that someone cancelled does not [I].
ERRORS = (Status.FAILED, Status.TIMED_OUT)


def begin(execution: Execution, moment: Moment) -> Execution:
    """The first children start."""
    return _go_on(replace(execution, begun=True), moment)


def child_ended(execution: Execution, run: StepExecution, child: Execution, moment: Moment) -> Execution:
    """A child has ended: its step ends with the same status [I], and others may start."""
    status = child.status
    problem = None if status == Status.SUCCESS else failure(child)
    run = replace(flow.ended(run, status, moment.time, outputs(child)), failure=problem)
    return _go_on(execution.with_run(run), moment)


def child_refused(execution: Execution, run: StepExecution, message: str, moment: Moment) -> Execution:
    """A child cannot be started."""
    run = replace(
        flow.ended(run, Status.FAILED, moment.time, {}), child=None, failure=Failure(message, "InputValidation")
    )
    return _go_on(execution.with_run(run), moment)


def _go_on(execution: Execution, moment: Moment) -> Execution:
    """Start as many children as there is room for; without any left, the run ends."""
    control = execution.rate_control
    if control is None:
        return execution
    if execution.cancelling:
        return execution if execution.open_steps else replace(execution, cancel_at=moment.time)
    first = len(execution.history)
    steps = execution.runbook.steps[first : first + _room(execution, control, moment.choices)]
    execution = replace(
        execution, history=(*execution.history, *(_started(execution, step, moment.time) for step in steps))
    )
    return execution if execution.open_steps else _end(execution, control, moment)


def _room(execution: Execution, control: RateControl, choices: Choices) -> int:
    """How many more children may run: one at first, two when it has ended, and so on up to MaxConcurrency [D]."""
    if _errors(execution) > control.most_errors:
        return 0
    running = len(execution.open_steps)
    ended = len(execution.history) - running
    most = min(control.concurrency, ended + 1) if choices.concurrency_ramps_up else control.concurrency
    return max(0, most - running)


def _started(execution: Execution, step: Step, at: float) -> StepExecution:
    run = StepExecution(step, execution.step_execution_id(step.name), started_at=at, inputs=step.inputs)
    return flow.asking(run, start_request(step.inputs), target=None if step.location else step.name)


def _errors(execution: Execution) -> int:
    return sum(run.status in ERRORS for run in execution.history)


def _end(execution: Execution, control: RateControl, moment: Moment) -> Execution:
    unsuccessful = sum(run.status != Status.SUCCESS for run in execution.history)
    if not unsuccessful:
        return flow.finish(execution, moment.time)
    within = _errors(execution) <= control.most_errors
    status = Status(moment.choices.errors_within_limit_status) if within else Status.FAILED
    message = f"{unsuccessful} of {len(execution.runbook.steps)} executions on targets did not succeed."
    return flow.finish(execution, moment.time, status, None if status == Status.SUCCESS else message)

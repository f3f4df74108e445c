# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each signal does to an execution, and when it is refused. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..actions.registry import ACTIONS
from ..runbooks.parser import successors
from ..state.choices import Choices
from ..state.errors import AutomationError, signal_refused, step_not_found
from ..state.gates import APPROVE, REJECT
from ..state.model import Execution, Mode, Signal, Status, StepExecution
from ..state.moment import Moment
from ..state.principals import Principal
from . import access_requests, change_requests, flow

# The payload key that names the step which a signal is for [D].
_STEP_KEYS = {"Resume": "StepName", "StartStep": "StepName", "StopStep": "StepExecutionId"}


def read(signal_type: str, payload: Mapping[str, Sequence[str]], caller: Principal, choices: Choices) -> Signal:
    """The signal of a request; of a Comment the first value counts, keys of other signals do not matter [I]."""
    key = _STEP_KEYS.get(signal_type, "")
    if len(payload.get(key, ())) > 1 and choices.several_steps == "refuse":
        raise AutomationError(choices.missing_payload_error, f"{signal_type} takes one {key} in its Payload.")
    first = {key: values[0] for key, values in payload.items() if values}
    return Signal(signal_type, caller, first.get("StepName"), first.get("StepExecutionId"), first.get("Comment"))


def accept(execution: Execution, signal: Signal, moment: Moment) -> Execution:
    """The execution after a signal; a signal that does not fit its state is refused."""
    if execution.final is not None:
        raise signal_refused(f"The execution has ended: {execution.final}.")
    if execution.cancelling:
        raise signal_refused("The execution is being cancelled.")
    if execution.request is not None and execution.request.access is not None:
        return access_requests.receive(execution, execution.request, execution.request.access, signal, moment)
    if execution.request is not None:
        return change_requests.receive(execution, execution.request, signal, moment)
    if execution.rate_control is not None:
        raise signal_refused("A run on targets takes no signals; its children do.")
    if moment.choices.interactive_signal_by_starter_only and signal.type not in (APPROVE, REJECT):
        refuse_strangers(execution, signal.caller, moment.choices)
    return _HANDLERS[signal.type](execution, signal, moment)


def refuse_strangers(execution: Execution, caller: Principal, choices: Choices) -> None:
    """Only the principal that started an Interactive execution drives it: observed for stopping [O], else [I]."""
    if execution.mode == Mode.INTERACTIVE and not caller.is_same_as(execution.executed_by):
        message = f"{caller.arn} did not start this Interactive execution."
        raise AutomationError(choices.interactive_stranger_error, message)


def _decide(execution: Execution, signal: Signal, moment: Moment) -> Execution:
    """Approve and Reject name no step: they go to the gate that waits now [D]."""
    return _hand_over(execution, _waiting_step(execution), signal, moment)


def _resume(execution: Execution, signal: Signal, moment: Moment) -> Execution:
    if signal.step_name is None and moment.choices.resume_needs_step_name:
        raise _missing("StepName", signal, moment.choices)
    if signal.step_name is not None:
        _known(execution, signal.step_name)
    run = _waiting_step(execution)
    if signal.step_name not in (None, run.step.name):
        raise signal_refused(f"The execution waits at step {run.step.name}, not at {signal.step_name}.")
    return _hand_over(execution, run, signal, moment)


def _start_step(execution: Execution, signal: Signal, moment: Moment) -> Execution:
    """Run one step of an Interactive execution, again if it has run before [D]."""
    if signal.step_name is None:
        raise _missing("StepName", signal, moment.choices)
    _known(execution, signal.step_name)
    if execution.mode != Mode.INTERACTIVE:
        raise signal_refused("Steps are started by signal only in Interactive mode.")
    if not execution.begun or execution.open_step is not None:
        raise signal_refused("The execution does not wait between steps.")
    if execution.runbook.loops_around(signal.step_name):
        raise signal_refused(f"Step {signal.step_name} is inside a loop, which starts it.")
    if moment.choices.start_step_in_order_only and signal.step_name not in next_steps(execution):
        raise signal_refused(f"Step {signal.step_name} is not a valid next step.")
    return flow.start_step(execution, signal.step_name, moment)


def next_steps(execution: Execution) -> list[str]:
    """The steps that an Interactive execution offers next: the first one, or the last one's successors."""
    outside = [run.step for run in execution.history if run.iteration is None]
    return successors(execution.runbook, outside[-1]) if outside else [execution.runbook.steps[0].name]


def _stop_step(execution: Execution, signal: Signal, moment: Moment) -> Execution:
    if signal.step_execution_id is None:
        raise _missing("StepExecutionId", signal, moment.choices)
    open_ones = {run.step_execution_id: run for run in execution.open_steps}
    run = open_ones.get(signal.step_execution_id)
    if run is None:
        raise _not_open(execution, signal.step_execution_id, moment.choices)
    if execution.mode == Mode.AUTO and moment.choices.stop_step_in_auto == "refuse":
        raise signal_refused("Steps are stopped by signal only in Interactive mode.")
    if run.status == Status.CANCELLING:
        raise signal_refused(f"Step {run.step.name} is being stopped.")
    return flow.stop_step(execution, run, moment)


def _not_open(execution: Execution, step_execution_id: str, choices: Choices) -> AutomationError:
    started = [run.step_execution_id for run in execution.history]
    ahead = [execution.step_execution_id(step.name) for step in execution.runbook.all_steps]
    if step_execution_id not in (*started, *ahead):
        return step_not_found(f"The execution has no step execution {step_execution_id}.")
    return AutomationError(choices.stop_ended_step_error, f"Step execution {step_execution_id} is not running.")


def _revoke(execution: Execution, signal: Signal, moment: Moment) -> Execution:
    raise signal_refused("Only an access request can be revoked.")


def _hand_over(execution: Execution, run: StepExecution, signal: Signal, moment: Moment) -> Execution:
    outcome = ACTIONS[run.step.action].receive(run, signal, moment)
    return flow.settle(execution, run, outcome, moment)


def _waiting_step(execution: Execution) -> StepExecution:
    run = execution.open_step
    if run is None or run.status != Status.WAITING:
        raise signal_refused("No step of the execution waits for a signal.")
    return run


def _known(execution: Execution, step_name: str) -> None:
    if execution.runbook.step(step_name) is None:
        raise step_not_found(f"The runbook has no step {step_name}.")


def _missing(key: str, signal: Signal, choices: Choices) -> AutomationError:
    return AutomationError(choices.missing_payload_error, f"{signal.type} needs {key} in its Payload.")


_HANDLERS: dict[str, Callable[[Execution, Signal, Moment], Execution]] = {
    "Approve": _decide,
    "Reject": _decide,
    "Resume": _resume,
    "StartStep": _start_step,
    "StopStep": _stop_step,
    "Revoke": _revoke,
}

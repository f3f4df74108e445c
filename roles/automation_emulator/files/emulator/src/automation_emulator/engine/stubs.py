# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The moments in a step's life at which a stub takes the place of its action. Pure."""

from __future__ import annotations

from ..actions.base import Fails, Goes, InputProblem, Outcome, call_failed, stubbed_outputs
from ..actions.registry import ACTIONS
from ..language.selectors import SelectorError
from ..state.model import Failure, StepExecution
from ..state.moment import Moment
from ..state.stubs import Fault, Stub
from ..state.work import Answer

# In the memory of a step: the stub that it goes by.
STUB = "stub"


def begin(run: StepExecution, moment: Moment) -> Outcome:
    """The step starts: as its stub says, or by itself."""
    stub = run.stub
    if stub is None:
        return ACTIONS[run.step.action].begin(run.inputs, moment)
    if stub.seconds > 0:
        return Goes(due_at=moment.time + stub.seconds, memory={STUB: stub})
    return _end(run, stub, moment)


def wake(run: StepExecution, moment: Moment) -> Outcome:
    """The step goes on: the time that its stub takes is over, or its action wanted to."""
    stub = run.memory.get(STUB)
    return ACTIONS[run.step.action].wake(run) if stub is None else _end(run, stub, moment)


def _end(run: StepExecution, stub: Stub, moment: Moment) -> Outcome:
    """What the stub says; one that says nothing but a time leaves the rest to the action."""
    action = ACTIONS[run.step.action]
    try:
        if stub.fault is not None:
            return _failed(action.name, stub, stub.fault)
        if stub.returned is None:
            return action.begin(run.inputs, moment)
        return action.returned(run, stub.returned.value, moment)
    except (InputProblem, SelectorError) as problem:
        return Fails(Failure(f"{problem}.", "InputValidation"), retried=False)


def _failed(action: str, stub: Stub, fault: Fault) -> Fails:
    """A failure; what the stub returns besides are outputs."""
    outputs = {} if stub.returned is None else stubbed_outputs(action, stub.returned.value)
    if fault.code is None:
        return Fails(Failure(fault.message), outputs=outputs)
    return Fails(call_failed(Answer(error_code=fault.code, message=fault.message)).failure, outputs=outputs)

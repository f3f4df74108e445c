# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interface of actions: one pure function for each event in a step's life."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ..state.errors import signal_refused
from ..state.gates import Gate
from ..state.model import Execution, Failure, Runbook, Signal, Status, Step, StepExecution
from ..state.moment import Moment
from ..state.work import Answer, Work
from .inputs import Inputs

# The output that holds the step's whole result.
OUTPUT_PAYLOAD = "OutputPayload"


class InputProblem(ValueError):
    """An input of a step is missing or not what the action takes."""


@dataclass(frozen=True)
class Goes:
    """The step stays open: until `due_at`, or until its child, its work or a signal lets it continue."""

    status: Status = Status.IN_PROGRESS
    due_at: float | None = None
    gate: Gate | None = None
    # The StartAutomationExecution request of the child that the step asks for.
    child: Mapping[str, Any] | None = None
    # The work that the step asks for, and what its action needs to know when that is done.
    work: Work | None = None
    memory: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Succeeds:
    """The step succeeded; `next_step` overrides the order of the runbook, `variables` get new values."""

    # The action's own outputs, and what selectors look into if not these.
    outputs: Mapping[str, Any] = field(default_factory=dict)
    whole: Any = None
    next_step: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fails:
    """The step did not succeed: `status` is Failed or TimedOut."""

    failure: Failure
    status: Status = Status.FAILED
    outputs: Mapping[str, Any] = field(default_factory=dict)
    retried: bool = True


Outcome = Goes | Succeeds | Fails


class Action(ABC):
    """One action of the runbook schema."""

    name: ClassVar[str]
    # Seconds that a step may take if its timeoutSeconds says nothing, and at most.
    default_timeout: ClassVar[float | None] = None
    longest_timeout: ClassVar[float | None] = None
    # Whether its steps may have an onCancel.
    takes_on_cancel: ClassVar[bool] = True
    # Its inputs, and the names of what it puts out by itself.
    takes: ClassVar[Inputs] = Inputs(open=True)
    puts_out: ClassVar[frozenset[str]] = frozenset()
    # Whether outputs that its author declares are left out if they are empty.
    drops_empty_outputs: ClassVar[bool] = False
    # Inputs whose references have values only when the steps inside have run.
    late_inputs: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """The step starts, with its references replaced."""

    def wake(self, run: StepExecution) -> Outcome:
        """The time `due_at` of an earlier outcome has come."""
        return Succeeds(run.outputs)

    def receive(self, run: StepExecution, signal: Signal, moment: Moment) -> Outcome:
        """A signal arrives for the open step."""
        raise signal_refused(f"Step {run.step.name} ({self.name}) does not take {signal.type}.")

    def child_ended(self, run: StepExecution, child: Execution, moment: Moment) -> Outcome:
        """The child that `begin` asked for has ended."""
        return Succeeds(run.outputs)

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """The work of an earlier outcome is done."""
        return Succeeds(run.outputs)

    def returned(self, run: StepExecution, value: Any, moment: Moment) -> Outcome:
        """A stub says what the step got, in place of anything that `begin` would ask for: here, its outputs."""
        return Succeeds(stubbed_outputs(self.name, value))

    def round_ended(self, run: StepExecution, late_inputs: Mapping[str, Any]) -> Outcome:
        """The steps inside have run once; continue with another iteration, or end."""
        return Succeeds(run.outputs)

    def problems(self, step: Step, runbook: Runbook) -> Iterator[str]:
        """Problems of a step that can be found when the runbook is registered."""
        return iter(())

    def unsupported(self, step: Step) -> Iterator[str]:
        """Parts of a step that AWS can run and the emulator cannot."""
        return iter(())

    def passes_by(self, step: Step) -> bool:
        """Whether a step that succeeds always names its next step itself."""
        return False

    def targets(self, step: Step) -> Iterator[str]:
        """Steps that the inputs name as the next one."""
        return iter(())


def call_failed(answer: Answer) -> Fails:
    """The step fails because its work did."""
    return Fails(
        Failure(f"{answer.error_code}: {answer.message}", type=_FAILURE_TYPES.get(answer.error_code or "", "Action"))
    )


# Which errors FailureDetails calls otherwise than Action [D the types, I which errors].
_FAILURE_TYPES = {
    "AccessDenied": "Permission",
    "AccessDeniedException": "Permission",
    "UnauthorizedOperation": "Permission",
    "Throttling": "Throttling",
    "ThrottlingException": "Throttling",
    "RequestLimitExceeded": "Throttling",
}


def stubbed_outputs(action: str, value: Any) -> Mapping[str, Any]:
    """What a stub returns for an action whose outputs it has to name."""
    if not isinstance(value, Mapping):
        raise InputProblem(f"a stub of {action} returns a map of outputs")
    return value


def needed_text(inputs: Mapping[str, Any], key: str) -> str:
    """An input that is a string and has to be there."""
    value = text_input(inputs, key)
    if not value:
        raise InputProblem(f"{key} is required and is a string")
    return value


def text_input(inputs: Mapping[str, Any], key: str) -> str | None:
    """An optional input that is a string."""
    value = inputs.get(key)
    if value is not None and not isinstance(value, str):
        raise InputProblem(f"{key} must be a string")
    return value

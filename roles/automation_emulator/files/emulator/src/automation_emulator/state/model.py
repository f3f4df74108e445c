# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an execution is: immutable values, from which everything that the API shows can be read.

Times are seconds since the epoch, of the emulator's clock.
"""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any

from ..language.parameters import Parameter
from ..language.selectors import Output
from ..language.variables import Variable
from .gates import Gate
from .principals import UNKNOWN_ACCESS_KEY, Principal
from .stubs import Stub
from .work import Work


class Status(StrEnum):
    """AutomationExecutionStatus: one set of values for executions and steps [D]."""

    PENDING = "Pending"
    IN_PROGRESS = "InProgress"
    WAITING = "Waiting"
    SUCCESS = "Success"
    TIMED_OUT = "TimedOut"
    CANCELLING = "Cancelling"
    CANCELLED = "Cancelled"
    FAILED = "Failed"
    PENDING_APPROVAL = "PendingApproval"
    APPROVED = "Approved"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"
    RUNBOOK_IN_PROGRESS = "RunbookInProgress"
    PENDING_CHANGE_CALENDAR_OVERRIDE = "PendingChangeCalendarOverride"
    CHANGE_CALENDAR_OVERRIDE_APPROVED = "ChangeCalendarOverrideApproved"
    CHANGE_CALENDAR_OVERRIDE_REJECTED = "ChangeCalendarOverrideRejected"
    COMPLETED_WITH_SUCCESS = "CompletedWithSuccess"
    COMPLETED_WITH_FAILURE = "CompletedWithFailure"
    EXITED = "Exited"


# With these an execution has ended [O]; what ends a change request is partly inferred [I].
ENDED = frozenset(
    {
        Status.SUCCESS,
        Status.TIMED_OUT,
        Status.CANCELLED,
        Status.FAILED,
        Status.REJECTED,
        Status.CHANGE_CALENDAR_OVERRIDE_REJECTED,
        Status.COMPLETED_WITH_SUCCESS,
        Status.COMPLETED_WITH_FAILURE,
    }
)


class Mode(StrEnum):
    """How an execution gets from step to step [D]."""

    AUTO = "Auto"
    INTERACTIVE = "Interactive"


@dataclass(frozen=True)
class Location:
    """An account and a Region in which a child runs, by the role of that name there."""

    account: str
    region: str
    role_name: str

    def role(self, partition: str) -> str:
        """The ARN of its role."""
        return f"arn:{partition}:iam::{self.account}:role/{self.role_name}"


@dataclass(frozen=True)
class Step:
    """A step of a runbook, as it is written (references not replaced)."""

    name: str
    action: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    timeout_seconds: Any = None
    max_attempts: Any = 1
    on_failure: str = "Abort"
    on_cancel: str = "Abort"
    next_step: str | None = None
    is_end: bool = False
    is_critical: bool | None = None
    outputs: Sequence[Output] = ()
    # The steps of a loop; and the name of the loop that the step itself is in.
    steps: Sequence[Step] = ()
    loop: str | None = None
    # The keys that its author has written.
    written: frozenset[str] = frozenset()
    # Where its child runs, if not where the step itself does.
    location: Location | None = None
    # What tests say of the step; the last one counts that applies.
    stubs: Sequence[Stub] = ()

    @property
    def critical(self) -> bool:
        """Whether its failure fails the execution; by default not with onFailure Continue [D]."""
        return self.on_failure != "Continue" if self.is_critical is None else self.is_critical


@dataclass(frozen=True)
class Runbook:
    """An Automation document of schema 0.3, in one of its versions."""

    name: str
    version: str
    steps: Sequence[Step]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    variables: Mapping[str, Variable] = field(default_factory=dict)
    outputs: Sequence[str] = ()
    # The role in whose name steps call other services, as it is written.
    assume_role: str = ""
    # The type of resource on which it runs, such as /AWS::EC2::Instance.
    target_type: str = ""

    @cached_property
    def all_steps(self) -> tuple[Step, ...]:
        """The steps in order, those of a loop after it."""
        return tuple(_with_inner(self.steps))

    @cached_property
    def _named(self) -> dict[str, Step]:
        return {step.name: step for step in self.all_steps}

    @cached_property
    def _followers(self) -> dict[str, str]:
        lists = (self.steps, *(step.steps for step in self.all_steps))
        return {step.name: after.name for steps in lists for step, after in itertools.pairwise(steps)}

    def step(self, name: str) -> Step | None:
        """The step of that name."""
        return self._named.get(name)

    def following(self, step: Step) -> str | None:
        """The name of the step that comes after in the document; the last one of a loop has none."""
        return self._followers.get(step.name)

    def loops_around(self, name: str) -> list[str]:
        """The names of the loops that a step is in, the innermost first."""
        step = self.step(name)
        if step is None or step.loop is None:
            return []
        return [step.loop, *self.loops_around(step.loop)]


def _with_inner(steps: Iterable[Step]) -> Iterator[Step]:
    for step in steps:
        yield step
        yield from _with_inner(step.steps)


@dataclass(frozen=True)
class Failure:
    """Why a step did not succeed; stage and type are words of FailureDetails [D]."""

    message: str
    stage: str = "Invocation"
    type: str = "Action"


@dataclass(frozen=True)
class Child:
    """An execution that a step asks for and waits for; `request` has the members of a StartAutomationExecution."""

    execution_id: str
    request: Mapping[str, Any]
    target: str | None = None
    location: Location | None = None


@dataclass(frozen=True)
class Iteration:
    """The iteration of a loop that a step execution belongs to; a loop with a condition has no values."""

    loop_id: str
    loop: Step
    number: int
    value: Any = None


@dataclass(frozen=True)
class StepExecution:
    """One run of a step. A step that is run again gets a new one."""

    step: Step
    step_execution_id: str
    started_at: float
    iteration: Iteration | None = None
    status: Status = Status.IN_PROGRESS
    ended_at: float | None = None
    attempt: int = 1
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    timeout_seconds: float | None = None
    max_attempts: int = 1
    failure: Failure | None = None
    # The approvals that the step waits for.
    gate: Gate | None = None
    # The execution that the step waits for.
    child: Child | None = None
    # The work that the step asks for, until somebody takes it.
    work: Work | None = None
    # What the action needs to remember.
    memory: Mapping[str, Any] = field(default_factory=dict)
    # When the action continues by itself, when it times out, when a stop takes effect, when the next attempt begins.
    due_at: float | None = None
    deadline: float | None = None
    stopping_at: float | None = None
    retry_at: float | None = None

    @property
    def stub(self) -> Stub | None:
        """What a test says of this try of the step."""
        iteration = self.iteration.number if self.iteration is not None else None
        return next((one for one in reversed(self.step.stubs) if one.applies(self.attempt, iteration)), None)

    @property
    def child_id(self) -> str | None:
        """The id of the execution that the step waits for."""
        return self.child.execution_id if self.child is not None else None


@dataclass(frozen=True)
class Signal:
    """A signal as it was received, with the payload keys that belong to it [D]."""

    type: str
    caller: Principal
    step_name: str | None = None
    step_execution_id: str | None = None
    comment: str | None = None


@dataclass(frozen=True)
class Delivery:
    """An accepted signal whose effect shows later."""

    signal: Signal
    effective_at: float


@dataclass(frozen=True)
class Upcoming:
    """The step that starts next, and when."""

    step_name: str
    at: float


@dataclass(frozen=True)
class Access:
    """What a request for just-in-time access is about: which node, why, for how long, and under which OpsItem."""

    ops_item_id: str
    title: str
    reason: str
    target_arn: str
    seconds: float
    token_role: str = ""
    approved_at: float | None = None
    revoked_at: float | None = None


@dataclass(frozen=True)
class Request:
    """A change request or an access request: an execution that waits for approval as a whole.

    It has no steps, unless it is a request for `access`: then its policy's steps are the levels of approvers.
    """

    subtype: str
    gate: Gate
    status: Status = Status.PENDING_APPROVAL
    name: str | None = None
    calendar_closed: bool = False
    scheduled_at: float | None = None
    runbook_seconds: float = 0.0
    # When its next status begins by itself.
    due_at: float | None = None
    access: Access | None = None


@dataclass(frozen=True)
class RateControl:
    """A run on targets: how many children it has at a time, and how many may fail before no more are started."""

    targets: Sequence[str]
    concurrency: int
    most_errors: int
    # Whether the targets are accounts and Regions, and not resources.
    by_location: bool = False


@dataclass(frozen=True)
class Execution:
    """One automation execution."""

    execution_id: str
    runbook: Runbook
    account: str
    region: str
    executed_by: Principal
    requested_at: float
    begins_at: float
    # The access key in whose name steps call other services.
    access_key: str = UNKNOWN_ACCESS_KEY
    assumed_role: str = ""
    # The role of the account and Region that a run in several of them has chosen; its children have it, too.
    location_role: str = ""
    # The account and Region that its runbooks are shared by, if not its own.
    shared_by: tuple[str, str] | None = None
    mode: Mode = Mode.AUTO
    # Typed values of all parameters, and what was given at the start as lists of strings.
    parameters: Mapping[str, Any] = field(default_factory=dict)
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)
    # Members of the start request that the API shows again as they came.
    echo: Mapping[str, Any] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    # The variables that steps have changed.
    updates: Mapping[str, Any] = field(default_factory=dict)
    # The execution that started this one, on which of its targets, and how many generations above there are.
    parent_id: str | None = None
    target: str | None = None
    generation: int = 0
    # If set, the runbook's steps are the children, one for each target.
    rate_control: RateControl | None = None
    begun: bool = False
    history: tuple[StepExecution, ...] = ()
    upcoming: Upcoming | None = None
    inbox: tuple[Delivery, ...] = ()
    # The status of the first critical step that failed: the execution's, whatever succeeds later [O].
    flaw: Status | None = None
    failure_message: str | None = None
    # When a cancel takes effect (not before the children have ended: never, until they have), and until when its
    # onCancel steps may run.
    cancel_at: float | None = None
    cancel_until: float | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)
    final: Status | None = None
    ended_at: float | None = None
    request: Request | None = None

    @property
    def surroundings(self) -> dict[str, str]:
        """Id and place of the execution, by the names that references [D] and scripts [O] use."""
        return {
            "global:REGION": self.region,
            "global:ACCOUNT_ID": self.account,
            "global:AWS_PARTITION": self.executed_by.partition,
            "automation:EXECUTION_ID": self.execution_id,
        }

    @property
    def by_location(self) -> bool:
        """Whether its children run in accounts and Regions of their own."""
        return self.rate_control is not None and self.rate_control.by_location

    @property
    def automation_type(self) -> str:
        """CrossAccount for a run in several accounts and Regions, else Local [D]."""
        return "CrossAccount" if self.by_location else "Local"

    @property
    def open_steps(self) -> list[StepExecution]:
        """The step executions that have begun and not ended: one, the loops around it before it; or those on targets.

        That there is at most one, loops apart, is inferred [I].
        """
        return [run for run in self.history if run.ended_at is None]

    @property
    def open_step(self) -> StepExecution | None:
        """The innermost open step execution; None for a run on targets."""
        if self.rate_control is not None:
            return None
        return next((run for run in reversed(self.history) if run.ended_at is None), None)

    @property
    def variables(self) -> dict[str, Any]:
        """The runbook's variables as they are now; one that never got a value is not among them."""
        declared = self.runbook.variables.values()
        return {one.name: one.default for one in declared if one.default is not None} | dict(self.updates)

    @property
    def waiting_for_children(self) -> list[StepExecution]:
        """The step executions that wait for a child."""
        return [run for run in self.open_steps if run.child is not None]

    @property
    def work(self) -> Work | None:
        """The work that the open step asks for."""
        return self.open_step.work if self.open_step is not None else None

    @property
    def has_course(self) -> bool:
        """Whether it goes through steps: a request does only if approvers are asked in levels."""
        return self.request is None or self.request.access is not None

    @property
    def cancelling(self) -> bool:
        """Whether a cancel was asked for and the execution has not ended yet."""
        return self.final is None and (self.cancel_at is not None or self.cancel_until is not None)

    @property
    def status(self) -> Status:
        """The execution's status, which follows from everything else."""
        if self.final is not None:
            return self.final
        if self.cancelling:
            return Status.CANCELLING
        if self.request is not None:
            return self.request.status
        return self._running_status

    @property
    def _running_status(self) -> Status:
        if not self.begun:
            return Status.PENDING
        if self.open_step is not None:
            # An execution is not being cancelled because one of its steps is.
            return Status.WAITING if self.open_step.status == Status.WAITING else Status.IN_PROGRESS
        between_steps = self.mode == Mode.INTERACTIVE and self.upcoming is None
        return Status.WAITING if between_steps else Status.IN_PROGRESS

    def latest(self, step_name: str) -> StepExecution | None:
        """The last run of a step, if it has run."""
        return next((run for run in reversed(self.history) if run.step.name == step_name), None)

    def step_execution_id(self, step_name: str, nth: int = 1) -> str:
        """The id of a step's nth run; it is known before the run begins."""
        return str(uuid.uuid5(uuid.UUID(self.execution_id), f"{step_name}/{nth}"))

    def with_run(self, run: StepExecution) -> Execution:
        """The execution with one of its step executions in a new state."""
        history = list(self.history)
        for place in range(len(history) - 1, -1, -1):
            if history[place].step_execution_id == run.step_execution_id:
                history[place] = run
                break
        return replace(self, history=tuple(history))

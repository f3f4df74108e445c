# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An Automation execution and its steps, as the rest of the package sees them.

Only what decisions rest on is lifted out of the API's answer; the answer itself stays in `raw`, which is what
users get to see (see output/results.py). Shapes: API reference, AutomationExecution and StepExecution.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from . import statuses

APPROVE_ACTION = "aws:approve"
PAUSE_ACTION = "aws:pause"
LOOP_ACTION = "aws:loop"
BRANCH_ACTION = "aws:branch"
CHILD_ACTION = "aws:executeAutomation"

# The actions of the Automation actions reference. A step with any other action is left to the service.
KNOWN_ACTIONS = frozenset(
    {
        "aws:approve",
        "aws:assertAwsResourceProperty",
        "aws:branch",
        "aws:changeInstanceState",
        "aws:copyImage",
        "aws:createImage",
        "aws:createStack",
        "aws:createTags",
        "aws:deleteImage",
        "aws:deleteStack",
        "aws:executeAutomation",
        "aws:executeAwsApi",
        "aws:executeScript",
        "aws:executeStateMachine",
        "aws:invokeLambdaFunction",
        "aws:invokeWebhook",
        "aws:loop",
        "aws:pause",
        "aws:runCommand",
        "aws:runInstances",
        "aws:sleep",
        "aws:updateVariable",
        "aws:waitForAwsResourceProperty",
    }
)

# What is asked of the API's answer itself after the rest is lifted out of it.
_KEPT = (
    "CurrentStepName",
    "CurrentAction",
    "ExecutionEndTime",
    "DocumentName",
    "DocumentVersion",
    "Target",
    "Parameters",
    "ExecutedBy",
    "ParentAutomationExecutionId",
    "OpsItemId",
)

INTERACTIVE = "Interactive"
ACCESS_REQUEST = "AccessRequest"
CHANGE_REQUEST = "ChangeRequest"


class Step(NamedTuple):
    """One step execution."""

    name: str
    action: str = ""
    status: str = statuses.PENDING
    execution_id: str = ""
    inputs: Mapping[str, str] = MappingProxyType({})
    outputs: Mapping[str, Sequence[str]] = MappingProxyType({})
    failure_message: str = ""
    on_failure: str = "Abort"
    is_critical: bool | None = None
    is_in_a_loop: bool = False
    ended_at: datetime | None = None
    started_at: datetime | None = None
    timeout_seconds: int | None = None
    valid_next_steps: Sequence[str] = ()
    next_step: str = ""
    is_end: bool = False

    @classmethod
    def from_api(cls, raw: Mapping[str, Any]) -> Step:
        """Read a StepExecution of the API."""
        return cls(
            name=raw.get("StepName", ""),
            action=raw.get("Action", ""),
            status=raw.get("StepStatus", ""),
            execution_id=raw.get("StepExecutionId", ""),
            inputs=raw.get("Inputs") or {},
            outputs=raw.get("Outputs") or {},
            failure_message=raw.get("FailureMessage", ""),
            on_failure=raw.get("OnFailure") or "Abort",
            is_critical=raw.get("IsCritical"),
            is_in_a_loop=bool(raw.get("ParentStepDetails")),
            ended_at=raw.get("ExecutionEndTime"),
            started_at=raw.get("ExecutionStartTime"),
            timeout_seconds=raw.get("TimeoutSeconds"),
            valid_next_steps=raw.get("ValidNextSteps") or (),
            next_step=raw.get("NextStep") or "",
            is_end=bool(raw.get("IsEnd")),
        )

    @property
    def has_ended(self) -> bool:
        """Whether the step is over, well or badly."""
        return statuses.has_ended(self.status)

    @property
    def waits(self) -> bool:
        """Whether the step waits for a signal."""
        return self.status == statuses.WAITING

    @property
    def is_ahead(self) -> bool:
        """Whether the step has not begun. It stays so for ever when a branch goes past it."""
        return self.status == statuses.PENDING

    @property
    def is_live(self) -> bool:
        """Whether the step has begun and not ended."""
        return not self.is_ahead and not self.has_ended

    @property
    def is_forgiven(self) -> bool:
        """Whether the runbook goes on after a failure of the step, and does not count it as one of its own.

        isCritical is false by default with onFailure Continue, and true otherwise (user guide, shared properties).
        """
        return not self.is_critical if self.is_critical is not None else self.on_failure == "Continue"

    def is_same_run(self, other: Step) -> bool:
        """Return whether both are the same step execution; where an id was not read the name has to do."""
        if self.execution_id and other.execution_id:
            return self.execution_id == other.execution_id
        return self.name == other.name

    @property
    def is_gate(self) -> bool:
        """Whether the step takes approvals. An action that AWS added later may."""
        return self.action == APPROVE_ACTION or self.action not in KNOWN_ACTIONS

    @property
    def is_pause(self) -> bool:
        """Whether the step takes Resume. An action that AWS added later may."""
        return self.action == PAUSE_ACTION or self.action not in KNOWN_ACTIONS


@dataclass(frozen=True)
class Execution:
    """One Automation execution.

    `steps_complete` is false when the caller could not read all its steps; `is_summary` is true where nobody read
    them, because only what DescribeAutomationExecutions lists was asked for. `children` are executions that its steps
    have started and that wait for a signal, as far as somebody looked for them.
    """

    id: str
    status: str
    mode: str = "Auto"
    subtype: str = ""
    steps: tuple[Step, ...] = ()
    steps_complete: bool = True
    failure_message: str = ""
    is_summary: bool = False
    children: tuple[Execution, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def from_api(cls, raw: Mapping[str, Any]) -> Execution:
        """Read an AutomationExecution of the API.

        Where the service cut the list of steps short and did not list the current step, that step is taken
        from `CurrentStepName`, which the answer always carries.
        """
        steps = tuple(Step.from_api(step) for step in raw.get("StepExecutions") or ())
        truncated = bool(raw.get("StepExecutionsTruncated"))
        return cls(
            id=raw["AutomationExecutionId"],
            status=raw.get("AutomationExecutionStatus", ""),
            mode=raw.get("Mode", "Auto"),
            subtype=raw.get("AutomationSubtype", ""),
            steps=steps + _current_step(raw, steps) if truncated else steps,
            steps_complete=not truncated,
            failure_message=raw.get("FailureMessage", ""),
            raw=raw,
        )

    @classmethod
    def from_summary(cls, raw: Mapping[str, Any]) -> Execution:
        """Read an AutomationExecutionMetadata of the API, which lists no steps but names the current one."""
        return replace(cls.from_api({**raw, "StepExecutionsTruncated": True}), raw=raw, is_summary=True)

    @property
    def slim(self) -> Execution:
        """The execution without what decisions do not rest on, for where many are held at once."""
        return replace(self, raw={key: self.raw[key] for key in _KEPT if key in self.raw})

    @property
    def has_ended(self) -> bool:
        """Whether the execution is over, well or badly."""
        return statuses.has_ended(self.status)

    @property
    def rests(self) -> bool:
        """Whether nothing moves until somebody acts: the run has ended, or it waits for a signal.

        An access request that is granted stays so for hours and takes Revoke alone, so it rests, too.
        """
        granted = self.subtype == ACCESS_REQUEST and self.status == statuses.APPROVED
        return self.has_ended or granted or self.status in statuses.RESTING

    @property
    def runs_children(self) -> bool:
        """Whether a step of it runs other executions now; a signal for one of these has to go there."""
        return not self.has_ended and any(step.action == CHILD_ACTION and step.is_live for step in self.steps)

    @property
    def is_interactive(self) -> bool:
        """Whether the execution runs a step only when StartStep names it."""
        return self.mode == INTERACTIVE

    @property
    def lists_every_step(self) -> bool:
        """Whether a name that `steps` lacks is a name that the runbook lacks.

        It is not while steps are withheld or not laid out yet, while a loop can bring more, or in an Interactive
        execution that shows started steps only (whether the service lists the others there is not documented).
        """
        if not self.steps or not self.steps_complete:
            return False
        if any(step.action == LOOP_ACTION and not step.has_ended for step in self.steps):
            return False
        return not self.is_interactive or any(step.is_ahead for step in self.steps)

    def find_step(self, name: str) -> Step | None:
        """Return the step with this name: of several runs of it the one that waits, else a live one, else the last."""
        return _most_current([step for step in self.steps if step.name == name])

    def find_step_execution(self, step_execution_id: str) -> Step | None:
        """Return the step with this step execution id."""
        if not step_execution_id:
            return None
        return next((step for step in self.steps if step.execution_id == step_execution_id), None)

    def same_run(self, step: Step) -> Step | None:
        """Return the same step execution in this state; where its id was not read, the step of its name."""
        found = self.find_step_execution(step.execution_id)
        return found or next((each for each in self.steps if each.is_same_run(step)), None)

    @property
    def document(self) -> tuple[str, str | None]:
        """The runbook that runs: its name, and its version where that is known."""
        return str(self.raw.get("DocumentName", "")), self.raw.get("DocumentVersion")

    @property
    def executed_by(self) -> str:
        """The ARN of who started the execution; empty where the service does not tell."""
        return self.raw.get("ExecutedBy") or ""

    @property
    def parent_id(self) -> str:
        """The id of the execution that started this one, empty where none did."""
        return self.raw.get("ParentAutomationExecutionId") or ""

    @property
    def ops_item_id(self) -> str:
        """The id of the OpsItem that belongs to a request, empty where there is none."""
        return self.raw.get("OpsItemId") or ""


def _most_current(steps: Sequence[Step]) -> Step | None:
    for matches in (
        [step for step in steps if step.waits],
        [step for step in steps if step.is_live],
        steps,
    ):
        if matches:
            return matches[-1]
    return None


def _current_step(raw: Mapping[str, Any], listed: Sequence[Step]) -> tuple[Step, ...]:
    name = raw.get("CurrentStepName")
    waits = raw.get("AutomationExecutionStatus") == statuses.WAITING
    if not name or not waits or any(step.name == name for step in listed):
        return ()
    return (Step(name=name, action=raw.get("CurrentAction", ""), status=statuses.WAITING),)

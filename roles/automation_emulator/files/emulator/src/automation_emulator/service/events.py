# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an execution's change has to tell: events for EventBridge, and the messages of gates for SNS. Pure.

The shapes of events are AWS's own examples [D guide: monitoring-systems-manager-event-examples; O for requests]. Which
statuses they are sent for is not said: here every one that a reader of the execution could see [I].
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..actions import approvals
from ..state.model import Access, Execution, Status, StepExecution

SOURCE = "aws.ssm"
EXECUTION_CHANGED = "EC2 Automation Execution Status-change Notification"
STEP_CHANGED = "EC2 Automation Step Status-change Notification"
REQUESTER_TOLD = "Requester Access Request Status Update"
APPROVERS_TOLD = "Approver Access Request Status Update"
REQUEST_FAILED = "JITNA Access Request Failed"
APPROVE = "aws:approve"


@dataclass(frozen=True)
class Event:
    """An event of EventBridge; account and Region are in the ARNs of its resources."""

    detail_type: str
    resources: Sequence[str]
    detail: Mapping[str, Any]
    at: float


@dataclass(frozen=True)
class Notice:
    """A message for an SNS topic."""

    topic_arn: str
    subject: str
    message: str


def events(before: Execution | None, after: Execution, now: float) -> Iterator[Event]:
    """The events of a change; several things that happened at once are told in the order in which they did."""
    for was, run in changed_steps(before, after):
        for status in _passed(was.status if was is not None else None, run.status):
            yield _step_changed(after, run, status, _when(run.started_at, run.ended_at, status, now))
        yield from _level_changed(after, run, now)
    for status in _passed(before.status if before is not None else None, after.status):
        yield _execution_changed(after, status, _when(after.requested_at, after.ended_at, status, now))
    yield from _request_changed(before, after, now)


def notices(before: Execution | None, after: Execution) -> Iterator[Notice]:
    """The messages of gates that have opened, for those that name a topic [D]; how they are worded is not said [I]."""
    for was, run in changed_steps(before, after):
        opened = run.status == Status.WAITING and (was is None or was.status != Status.WAITING)
        if run.step.action == APPROVE and opened:
            topic = approvals.notification_arn(run.inputs)
            if topic is not None:
                yield Notice(topic, _subject(run), _message(after, run))


def changed_steps(before: Execution | None, after: Execution) -> Iterator[tuple[StepExecution | None, StepExecution]]:
    """The step executions that have changed, as they were, if they were there, and as they are."""
    known = before.history if before is not None else ()
    for place, run in enumerate(after.history):
        was = known[place] if place < len(known) else None
        if was is not run and (was is None or was.status != run.status):
            yield was, run


def _passed(was: Status | None, now: Status) -> list[Status]:
    """The statuses that were gone through; one that waits or has ended has been in progress before."""
    if was == now:
        return []
    sudden = was in (None, Status.PENDING) and now in (Status.WAITING, Status.SUCCESS, Status.FAILED, Status.TIMED_OUT)
    return [Status.IN_PROGRESS, now] if sudden else [now]


def _when(started_at: float, ended_at: float | None, status: Status, now: float) -> float:
    if status == Status.IN_PROGRESS:
        return started_at
    return now if ended_at is None else ended_at


def _step_changed(run: Execution, step: StepExecution, status: Status, at: float) -> Event:
    detail = {
        **_detail(run, status, step.started_at, step.ended_at, at),
        "StepName": step.step.name,
        "Action": step.step.action,
    }
    return Event(STEP_CHANGED, _resources(run), detail, at)


def _execution_changed(run: Execution, status: Status, at: float) -> Event:
    detail = {**_detail(run, status, run.requested_at, run.ended_at, at), "ExecutedBy": run.executed_by.arn}
    return Event(EXECUTION_CHANGED, _resources(run), detail, at)


def _detail(run: Execution, status: Status, started_at: float, ended_at: float | None, at: float) -> dict[str, Any]:
    """What both have [D]; EndTime is left out while there is none, and Time is how long it has taken so far [I]."""
    ended = ended_at is not None and status != Status.IN_PROGRESS
    return {
        "ExecutionId": run.execution_id,
        "Definition": run.runbook.name,
        "DefinitionVersion": float(run.runbook.version),
        "Status": str(status),
        "StartTime": spelled(started_at),
        **({"EndTime": spelled(ended_at)} if ended and ended_at is not None else {}),
        "Time": float(round((at - started_at) * 1000)),
    }


def _resources(run: Execution) -> list[str]:
    definition = f"automation-definition/{run.runbook.name}:{run.runbook.version}"
    return [_arn(run, f"automation-execution/{run.execution_id}"), _arn(run, definition)]


def _arn(run: Execution, rest: str) -> str:
    return f"arn:{run.executed_by.partition}:ssm:{run.region}:{run.account}:{rest}"


def spelled(at: float, comma: str = "") -> str:
    """A time as details have it: "Nov 29, 2024 7:43:20 PM", in UTC [D]; those of requests have a second comma [O]."""
    moment = datetime.datetime.fromtimestamp(at, datetime.UTC)
    hour = (moment.hour - 1) % 12 + 1
    return f"{moment:%b} {moment.day}, {moment.year}{comma} {hour}:{moment:%M:%S %p}"


# Requests for access


def _access(run: Execution | None) -> Access | None:
    return run.request.access if run is not None and run.request is not None else None


def request_status(run: Execution) -> str:
    """The status of a request, as its events and its OpsItem have it; Revoked is none of an execution's [D]."""
    access = _access(run)
    if access is not None and access.revoked_at is not None:
        return "Revoked"
    names = {Status.WAITING: "PendingApproval", Status.SUCCESS: "Approved", Status.FAILED: "Rejected"}
    return names.get(run.status, str(run.status))


def _request_changed(before: Execution | None, after: Execution, now: float) -> Iterator[Event]:
    access = _access(after)
    if access is None or (before is not None and request_status(before) == request_status(after)):
        return
    detail = {**_about(after, access, now), "AccessRequestStatus": request_status(after)}
    yield Event(REQUESTER_TOLD, _resources(after)[:1], detail, now)


def _level_changed(run: Execution, step: StepExecution, now: float) -> Iterator[Event]:
    access = _access(run)
    status = _LEVELS.get(step.status)
    if access is None or status is None:
        return
    detail = {
        **_about(run, access, now),
        "AccessRequestApprovalLevelStatus": status,
        "StepName": step.step.name,
        "RequestReason": access.reason,
        "Approvers": [line.name for line in approvals.gate(step.inputs).lines],
    }
    yield Event(APPROVERS_TOLD, _resources(run)[:1], detail, now)


# PendingApproval and Approved were seen, the others follow [I].
_LEVELS = {
    Status.WAITING: "PendingApproval",
    Status.SUCCESS: "Approved",
    Status.FAILED: "Rejected",
    Status.TIMED_OUT: "TimedOut",
    Status.CANCELLED: "Cancelled",
}


def _about(run: Execution, access: Access, now: float) -> dict[str, Any]:
    """What the events of a request have in common; their StartTime is about that of the event itself [O]."""
    return {
        "ExecutionId": run.execution_id,
        "OpsItemId": access.ops_item_id,
        "StartTime": spelled(now, ","),
        "TargetResourceArn": access.target_arn,
        "Title": access.title,
        "Requester": run.executed_by.approver_name,
    }


def request_failed(ops_item_arn: str, node_arn: str, requester: str, at: float, policies: Sequence[str]) -> Event:
    """The event of a request to a node that several policies are for."""
    created = datetime.datetime.fromtimestamp(at, datetime.UTC)
    detail = {
        "ApplicablePolicies": list(policies),
        "TargetResourceArn": node_arn,
        "OpsItemId": ops_item_arn.rpartition("/")[2],
        "CreatedDate": f"{created:%a %b} {created.day} {created:%H:%M:%S} UTC {created.year}",
        "Requester": requester,
    }
    return Event(REQUEST_FAILED, [ops_item_arn], detail, at)


# Messages of gates


def _subject(run: StepExecution) -> str:
    return f"Approval needed: {run.step.name}"


def _message(run: Execution, step: StepExecution) -> str:
    """The gate's Message, then which execution waits, and where to decide: the address of the console [O]."""
    console = f"https://{run.region}.console.aws.amazon.com/systems-manager/automation/execution/{run.execution_id}"
    lines = [
        str(step.inputs.get("Message") or "An approval is needed."),
        "",
        f"Automation execution: {run.execution_id}",
        f"Runbook: {run.runbook.name}",
        f"Step: {step.step.name}",
        f"Decide at: {console}/approval",
    ]
    return "\n".join(lines)

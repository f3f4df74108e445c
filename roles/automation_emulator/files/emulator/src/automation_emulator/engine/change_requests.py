# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change requests and access requests: executions that wait for approval as a whole. Pure.

Only the status names are documented; how one follows from another is inferred [I].
"""

from __future__ import annotations

from dataclasses import replace

from ..state import gates
from ..state.errors import signal_refused
from ..state.model import Execution, Request, Signal, Status
from ..state.moment import Moment

ACCESS_REQUEST = "AccessRequest"
CHANGE_REQUEST = "ChangeRequest"
ASKING = (Status.PENDING_APPROVAL, Status.PENDING_CHANGE_CALENDAR_OVERRIDE)


def receive(execution: Execution, request: Request, signal: Signal, moment: Moment) -> Execution:
    """Approve and Reject are accepted while the request waits; Revoke until it ends, for access requests."""
    if signal.type == "Revoke":
        return _revoke(execution, request, signal, moment)
    if signal.type not in (gates.APPROVE, gates.REJECT) or request.status not in ASKING:
        raise signal_refused(f"A {request.subtype} that is {request.status} does not take {signal.type}.")
    gate = gates.vote(request.gate, signal.type, signal.caller, moment.time, signal.comment, moment.choices)
    request = replace(request, gate=gate)
    if gate.rejected(moment.choices):
        return _ended(execution, request, _rejected(request), moment.time)
    return _approved(execution, request, moment.time) if gate.approved else replace(execution, request=request)


def _revoke(execution: Execution, request: Request, signal: Signal, moment: Moment) -> Execution:
    if request.subtype != ACCESS_REQUEST:
        raise signal_refused("Only an access request can be revoked.")
    if moment.choices.revoke_by_approvers_only and request.gate.entry_of(signal.caller) is None:
        raise gates.unlisted(signal.caller, moment.choices)
    return _ended(execution, request, Status(moment.choices.revoked_status), moment.time)


def _rejected(request: Request) -> Status:
    asked_first = request.status == Status.PENDING_APPROVAL
    return Status.REJECTED if asked_first else Status.CHANGE_CALENDAR_OVERRIDE_REJECTED


def _ended(execution: Execution, request: Request, status: Status, at: float) -> Execution:
    return replace(execution, request=request, final=status, ended_at=at, inbox=())


def _approved(execution: Execution, request: Request, at: float) -> Execution:
    if request.subtype == ACCESS_REQUEST:
        return replace(execution, request=replace(request, status=Status.APPROVED))
    if request.calendar_closed and request.status == Status.PENDING_APPROVAL:
        asking_again = replace(request.gate, decisions=())
        status = Status.PENDING_CHANGE_CALENDAR_OVERRIDE
        return replace(execution, request=replace(request, status=status, gate=asking_again))
    if request.scheduled_at is not None and request.scheduled_at > at:
        waiting = replace(request, status=Status.SCHEDULED, due_at=request.scheduled_at)
        return replace(execution, request=waiting)
    return _running(execution, request, at)


def _running(execution: Execution, request: Request, at: float) -> Execution:
    running = replace(request, status=Status.RUNBOOK_IN_PROGRESS, due_at=at + request.runbook_seconds)
    return replace(execution, request=running)


def go_on(execution: Execution, request: Request, at: float) -> Execution:
    """The scheduled time has come, or the end of the runbook."""
    if request.status == Status.SCHEDULED:
        return _running(execution, request, at)
    return _ended(execution, request, Status.COMPLETED_WITH_SUCCESS, at)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests for just-in-time access: runs of aws:approve steps, the levels of approvers, which are asked in turn. Pure.

That the request is such a run is what AWS's own policies show [O]; that its levels are its steps, and what becomes of
the execution when they have approved, is inferred [I].
"""

from __future__ import annotations

from dataclasses import replace

from ..actions import approvals
from ..actions.base import InputProblem
from ..actions.registry import ACTIONS
from ..state import gates
from ..state.errors import signal_refused
from ..state.model import Access, Execution, Request, Signal, Status
from ..state.moment import Moment
from ..state.principals import Principal
from . import flow


def receive(execution: Execution, request: Request, access: Access, signal: Signal, moment: Moment) -> Execution:
    """Approve and Reject go to the level that is asked now; Revoke is taken until the request has ended."""
    if signal.type == "Revoke":
        return _revoke(execution, request, access, signal, moment)
    run = execution.open_step
    if signal.type not in (gates.APPROVE, gates.REJECT) or run is None or run.status != Status.WAITING:
        raise signal_refused(f"An {request.subtype} that is {request.status} does not take {signal.type}.")
    outcome = ACTIONS[run.step.action].receive(run, signal, moment)
    return _settled(flow.settle(execution, run, outcome, moment), request, access, moment)


def _settled(execution: Execution, request: Request, access: Access, moment: Moment) -> Execution:
    """What the run has come to is what the request has: it is rejected, or approved and lasts until it is revoked."""
    if execution.final is None:
        return execution
    as_run = moment.choices.access_request_statuses == "run"
    if execution.final != Status.SUCCESS:
        return execution if as_run else replace(execution, final=Status.REJECTED)
    status = Status.SUCCESS if as_run else Status.APPROVED
    approved = replace(request, status=status, access=replace(access, approved_at=moment.time))
    return replace(execution, request=approved, final=None, ended_at=moment.time if as_run else None)


def _revoke(execution: Execution, request: Request, access: Access, signal: Signal, moment: Moment) -> Execution:
    """Who has approved may take it back at any time [D]; here whoever may approve, at any level [I]."""
    if moment.choices.revoke_by_approvers_only and not _approves(execution, signal.caller):
        raise gates.unlisted(signal.caller, moment.choices)
    request = replace(request, access=replace(access, revoked_at=moment.time))
    return flow.finish(replace(execution, request=request), moment.time, Status(moment.choices.revoked_status))


def _approves(execution: Execution, caller: Principal) -> bool:
    """Whether a caller is among the approvers of any level."""
    for step in execution.runbook.steps:
        try:
            if approvals.gate(step.inputs).entry_of(caller) is not None:
                return True
        except InputProblem:
            continue
    return False

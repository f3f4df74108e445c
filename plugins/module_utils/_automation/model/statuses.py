# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The statuses of executions and steps: which mean the end, which a rest, which a decision.

One enumeration of the API, `AutomationExecutionStatus`, serves executions and steps alike. A status that
none of the sets below names was added by AWS later: it is never taken for an end.
"""

from __future__ import annotations

PENDING = "Pending"
IN_PROGRESS = "InProgress"
WAITING = "Waiting"
SUCCESS = "Success"
TIMED_OUT = "TimedOut"
CANCELLING = "Cancelling"
CANCELLED = "Cancelled"
FAILED = "Failed"
EXITED = "Exited"
PENDING_APPROVAL = "PendingApproval"
APPROVED = "Approved"
REJECTED = "Rejected"
SCHEDULED = "Scheduled"
RUNBOOK_IN_PROGRESS = "RunbookInProgress"
PENDING_OVERRIDE = "PendingChangeCalendarOverride"
OVERRIDE_APPROVED = "ChangeCalendarOverrideApproved"
OVERRIDE_REJECTED = "ChangeCalendarOverrideRejected"
COMPLETED_WITH_SUCCESS = "CompletedWithSuccess"
COMPLETED_WITH_FAILURE = "CompletedWithFailure"

# Ended well. "Exited" is given to steps of a loop only, when one of them jumps out of it.
SUCCESSFUL = frozenset({SUCCESS, COMPLETED_WITH_SUCCESS, EXITED})
UNSUCCESSFUL = frozenset({FAILED, TIMED_OUT, CANCELLED, REJECTED, COMPLETED_WITH_FAILURE})
ENDED = SUCCESSFUL | UNSUCCESSFUL

# A change request or an access request as a whole waits for a decision; it may have no steps yet.
AWAITING_DECISION = frozenset({PENDING_APPROVAL, PENDING_OVERRIDE})
# Waits for a signal, and nothing moves until it comes.
RESTING = frozenset({WAITING}) | AWAITING_DECISION

# Moves by itself; no signal is due before the status changes.
MOVING = frozenset({PENDING, IN_PROGRESS, CANCELLING})

# What the status of a request says about the decision that it was given.
DECISIONS = {
    APPROVED: APPROVED,
    SCHEDULED: APPROVED,
    RUNBOOK_IN_PROGRESS: APPROVED,
    OVERRIDE_APPROVED: APPROVED,
    REJECTED: REJECTED,
    OVERRIDE_REJECTED: REJECTED,
}

KNOWN = frozenset({PENDING, IN_PROGRESS, WAITING, CANCELLING}) | ENDED | AWAITING_DECISION | frozenset(DECISIONS)


def has_ended(status: str) -> bool:
    """Return whether nothing happens any more to an execution or a step with this status."""
    return status in ENDED


def is_known(status: str) -> bool:
    """Return whether this collection knows what the status means."""
    return status in KNOWN

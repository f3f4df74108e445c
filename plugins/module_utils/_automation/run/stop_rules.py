# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stops of an execution: when there is nothing left to stop, and what a stop leads to. Pure."""

from __future__ import annotations

from ..model import statuses
from ..model.executions import Execution

# The API's types of a stop.
CANCEL = "Cancel"
COMPLETE = "Complete"


def is_stopping(execution: Execution) -> bool:
    """Return whether there is nothing left to stop: the execution has ended, or is being cancelled."""
    return execution.has_ended or execution.status == statuses.CANCELLING


def may_be_from(stop_type: str, execution: Execution) -> bool:
    """Return whether an execution that is stopping may be so because of a stop of this type.

    Which status Complete leads to is not documented; it is not one that tells of a failure.
    """
    if stop_type == CANCEL:
        return execution.status in (statuses.CANCELLING, statuses.CANCELLED)
    return execution.status in statuses.SUCCESSFUL | {statuses.CANCELLING, statuses.CANCELLED}


def diff_side(status: str) -> dict[str, str]:
    """Return what a diff shows of an execution."""
    return {"automation_execution_status": status}


def predict(stop_type: str) -> dict[str, str]:
    """Return what a diff shows after a stop, as far as AWS documents it; what Complete leads to is not documented."""
    return diff_side(statuses.CANCELLED) if stop_type == CANCEL else {}

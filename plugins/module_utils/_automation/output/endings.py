# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sentences about how the work on an execution ended: after a wait, or by a fault of this program. Pure."""

from __future__ import annotations

import traceback
from pathlib import Path

from ..model.executions import Execution
from .phrases import approvals_at_gate, explain_state


def after_waiting(last: Execution | None, in_time: bool, failure: str, waited: float, forgiven: str = "") -> str:
    """Tell how the wait for the execution to come to rest ended; `waited` is in seconds.

    `forgiven` tells of steps that failed without ending the run, as a clause.
    """
    where = f"{explain_state(last)}{approvals_at_gate(last)}" if last else "its state could not be read"
    if not in_time:
        return f"It did not come to rest within {waited:g} s (wait_timeout): {where}."
    if failure:
        return f"The run went wrong: {failure}."
    although = f", although {forgiven}" if forgiven else ""
    return f"{where[0].upper()}{where[1:]}{although}."


def at_fault(fault: Exception, message: str) -> str:
    """Tell of a fault of this program; `message` is the sentence about how far the task had got."""
    *_callers, place = traceback.extract_tb(fault.__traceback__)
    where = f"{Path(place.filename).name}, line {place.lineno}"
    return (
        f"The module itself is at fault: {fault!r} in {where}. {message}"
        " Please report it to the collection's maintainers."
    )

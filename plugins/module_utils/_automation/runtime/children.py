# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding the child executions that wait, for users who look for a gate in their parent."""

from __future__ import annotations

from dataclasses import replace

from ..aws.errors import AnsibleAutomationError
from ..model import statuses
from ..model.executions import Execution
from ..options.filters import PARENT_EXECUTION_ID
from .reading import read_execution
from .retry import look_again
from .service import Service

# How many levels down to look, and how many children that wait are read of each; the service nests five levels deep.
_DEPTH = 5
_MOST = 3


async def with_children(service: Service, execution: Execution) -> Execution:
    """Return the execution with the children that wait, itself where there are none or they cannot be read."""
    try:
        return replace(execution, children=tuple(await _waiting(service, execution, _DEPTH)))
    except AnsibleAutomationError:
        # It is for a message alone.
        return execution


async def _waiting(service: Service, execution: Execution, depth: int) -> list[Execution]:
    if not depth or not execution.runs_children:
        return []
    filters = [{"Key": PARENT_EXECUTION_ID, "Values": [execution.id]}]
    page = await look_again(service, lambda: service.executions(filters, ""))
    children = [Execution.from_summary(raw) for raw in page.entries]
    live = [child for child in children if not child.has_ended]
    found: list[Execution] = []
    for child in sorted(live, key=_does_not_wait)[:_MOST]:
        read = await read_execution(service, child.id)
        found += [read] if read.status in statuses.RESTING else await _waiting(service, read, depth - 1)
    return found


def _does_not_wait(execution: Execution) -> bool:
    return execution.status not in statuses.RESTING

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading an execution with all its steps, in as few calls as the API allows; listing.py reads several."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..model.executions import Execution
from .retry import look_again
from .service import Service


async def read_execution(service: Service, execution_id: str) -> Execution:
    """Return the execution as it is now, in spite of passing faults. Raises AnsibleAutomationError.

    It takes one call, or more where the service cuts the list of steps short.
    """
    raw = await look_again(service, lambda: service.get(execution_id))
    if raw.get("StepExecutionsTruncated"):
        # Loaded here as it is seldom needed, and every task loads its code anew.
        from .listing import page_of_steps, with_all_steps

        page = partial(page_of_steps, service, execution_id)
        raw = await with_all_steps(raw, lambda token: look_again(service, lambda: page(token)))
    return _execution(service, raw)


async def read_execution_once(service: Service, execution_id: str, left: float) -> Execution:
    """Return the execution as it is now; each call is made once, and `left` are the seconds that are left for it."""
    raw = await service.get(execution_id, left)
    if raw.get("StepExecutionsTruncated"):
        from .listing import page_of_steps, with_all_steps

        raw = await with_all_steps(raw, lambda token: page_of_steps(service, execution_id, token, left))
    return _execution(service, raw)


def _execution(service: Service, raw: dict[str, Any]) -> Execution:
    execution = Execution.from_api(raw)
    return execution.slim if service.is_batch else execution

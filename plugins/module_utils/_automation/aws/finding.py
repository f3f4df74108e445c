# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding executions, in as few calls as the API allows."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING

from ..model.executions import Execution
from ..options.filters import Filters
from . import api
from .errors import EXECUTION_NOT_FOUND, AnsibleAutomationError
from .reading import read_execution

if TYPE_CHECKING:
    from botocore.client import BaseClient


def find_executions(client: BaseClient, queries: Iterable[Filters], at_most: int | None = None) -> list[Execution]:
    """Return the executions that match any of the queries, without their steps: one call for each 50 and query.

    C(at_most) ends the search once so many are found. Raises AnsibleAutomationError.
    """
    found: dict[str, Execution] = {}
    for query in queries:
        left = None if at_most is None else at_most - len(found)
        if left == 0:
            break
        for raw in api.describe_automation_executions(client, query, left):
            found.setdefault(raw["AutomationExecutionId"], Execution.from_summary(raw))
    return list(found.values())


def read_found(client: BaseClient, execution_ids: Iterable[str], at_most: int | None = None) -> list[Execution]:
    """Return executions with their steps, one call or more for each; those that do not exist are left out.

    C(at_most) ends the reading once so many are found. Raises AnsibleAutomationError.
    """
    read = (_read_if_there(client, execution_id) for execution_id in dict.fromkeys(execution_ids))
    return list(islice((execution for execution in read if execution is not None), at_most))


def _read_if_there(client: BaseClient, execution_id: str) -> Execution | None:
    try:
        return read_execution(client, execution_id)
    except AnsibleAutomationError as error:
        if error.code == EXECUTION_NOT_FOUND:
            return None
        raise

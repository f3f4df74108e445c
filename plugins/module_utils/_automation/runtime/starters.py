# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding out who set executions going, to tell whether somebody approves a run of their own."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

from ..aws.errors import AnsibleAutomationError
from ..aws.identity import get_ops_item
from ..model.executions import ACCESS_REQUEST, Execution
from ..model.starters import (
    Starter,
    requester_in,
    starter_of,
    starter_of_parent,
    unnamed_requester,
    unread_parent,
    unread_requester,
)
from ..output.failures import in_full
from ..output.self_approval import why_forbidden
from .requests import Call, Pause
from .retry import look_again
from .service import Service

# How long to pause, in seconds, while the work on another execution reads the same parent.
_PAUSE = 0.1


class _Parent(NamedTuple):
    """Who started a parent execution, and the id of the parent's own parent, empty where it has none."""

    starter: Starter
    parent_id: str = ""


class SelfApprovalRule:
    """Tells for the executions of a task whether the caller may approve them. A parent is read once for all of them."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._parents: dict[str, _Parent] = {}
        self._being_read: set[str] = set()

    async def objection_to(self, execution: Execution) -> str:
        """Return why the caller may not approve, as a clause, or an empty string. Raises AnsibleAutomationError."""
        caller = await self._service.caller_arn()
        return why_forbidden(await self._starters(execution) if caller else (), caller)

    async def _starters(self, execution: Execution) -> list[Starter]:
        found = [starter_of(execution)]
        if execution.subtype == ACCESS_REQUEST:
            found.append(await self._requester(execution))
        parent_id, seen = execution.parent_id, {execution.id}
        while parent_id and parent_id not in seen:
            seen.add(parent_id)
            parent = await self._parent(parent_id)
            found.append(parent.starter)
            parent_id = parent.parent_id
        return found

    async def _parent(self, execution_id: str) -> _Parent:
        while execution_id in self._being_read:
            await Pause(_PAUSE)
        if execution_id not in self._parents:
            self._being_read.add(execution_id)
            try:
                self._parents[execution_id] = await self._read_parent(execution_id)
            finally:
                self._being_read.remove(execution_id)
        return self._parents[execution_id]

    async def _read_parent(self, execution_id: str) -> _Parent:
        try:
            raw = await look_again(self._service, lambda: self._service.get(execution_id))
        except AnsibleAutomationError as error:
            if error.is_transient:
                raise
            return _Parent(unread_parent(execution_id, in_full(error)))
        execution = Execution.from_api(raw)
        return _Parent(starter_of_parent(execution), execution.parent_id)

    async def _requester(self, execution: Execution) -> Starter:
        """Return who asked for access: that the one who asked is the one who started is not documented."""
        ops_item_id = execution.ops_item_id
        if not ops_item_id:
            return unnamed_requester()
        try:
            return requester_in(await look_again(self._service, lambda: self._ops_item(ops_item_id)))
        except AnsibleAutomationError as error:
            if error.is_transient:
                raise
            return unread_requester(ops_item_id, in_full(error))

    def _ops_item(self, ops_item_id: str) -> Call[dict[str, Any]]:
        return Call("GetOpsItem", partial(get_ops_item, self._service.client, ops_item_id))

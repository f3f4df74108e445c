# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The executions of one account and Region, kept so that finding them stays fast however many have ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .errors import execution_not_found
from .filters import Filter, invalid_token
from .model import ENDED, Execution


class Ledger:
    """Executions by id, in order of their start, and by parent."""

    def __init__(self) -> None:
        self._executions: dict[str, Execution] = {}
        self._order: list[str] = []
        self._place: dict[str, int] = {}
        self._live: set[str] = set()
        self._children: dict[str, set[str]] = {}
        # By client token: the request as it was, and the execution that it started.
        self.tokens: dict[str, tuple[str, str]] = {}

    def add(self, run: Execution) -> None:
        """Keep a new execution, the latest of all."""
        self._place[run.execution_id] = len(self._order)
        self._order.append(run.execution_id)
        if run.parent_id is not None:
            self._children.setdefault(run.parent_id, set()).add(run.execution_id)
        self.keep(run)

    def keep(self, run: Execution) -> None:
        """Keep an execution in its new state."""
        self._executions[run.execution_id] = run
        (self._live.add if run.final is None else self._live.discard)(run.execution_id)

    def get(self, execution_id: str) -> Execution:
        """The execution as it was kept last."""
        run = self._executions.get(execution_id)
        if run is None:
            raise execution_not_found(execution_id)
        return run

    def __contains__(self, execution_id: str | None) -> bool:
        return execution_id in self._executions

    def live_children(self, parent_id: str) -> list[Execution]:
        """The children of an execution that have not ended, in order of their start."""
        live = self._children.get(parent_id, set()) & self._live
        return [self._executions[child_id] for child_id in sorted(live, key=self._place.__getitem__)]

    def newest_first(self, asked: Sequence[Filter], last: str | None) -> Iterator[Execution]:
        """The executions that filters might let through, from the one after the last one shown on."""
        before = len(self._order)
        if last is not None:
            before = self._place.get(last, -1)
            if before < 0:
                raise invalid_token()
        return (self.get(execution_id) for execution_id in self._candidates(asked, before))

    def _candidates(self, asked: Sequence[Filter], before: int) -> Iterator[str]:
        """Filters that only executions which have not ended can pass need not look at the others."""
        for one in asked:
            if one["Key"] == "ExecutionId":
                return self._sorted(set(one["Values"]), before)
            if one["Key"] == "ParentExecutionId":
                ids = (self._children.get(parent_id, set()) for parent_id in one["Values"])
                return self._sorted(set().union(*ids), before)
            if one["Key"] == "CurrentAction" or (one["Key"] == "ExecutionStatus" and ENDED.isdisjoint(one["Values"])):
                return self._sorted(self._live, before)
        return (self._order[place] for place in range(before - 1, -1, -1))

    def _sorted(self, ids: set[str], before: int) -> Iterator[str]:
        places = (self._place[one] for one in ids if one in self._place)
        return (self._order[place] for place in sorted(places, reverse=True) if place < before)

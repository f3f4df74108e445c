# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The executions of one account and Region, with indexes so that finding them stays fast."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Callable, Collection, Iterator, Sequence

from ..state.errors import execution_not_found
from ..state.model import ENDED, Execution
from .filters import Filter, invalid_token

Places = Sequence[int]
# Sees every execution as it was, if it was there, and as it has become.
Watch = Callable[[Execution | None, Execution], None]


class Index:
    """An index: positions of executions by one attribute. Positions are numbers in the order of starts."""

    def __init__(self) -> None:
        self._places: dict[str, list[int]] = {}

    def add(self, key: str, place: int) -> None:
        """Enter an execution."""
        insort(self._places.setdefault(key, []), place)

    def remove(self, key: str, place: int) -> None:
        """Take an execution out."""
        places = self._places[key]
        del places[bisect_left(places, place)]

    def __iter__(self) -> Iterator[str]:
        """What executions have been entered under."""
        return iter(self._places)

    def pick(self, keys: Collection[str]) -> list[Places]:
        """The places under each of some keys, as lists in order."""
        return [self._places[key] for key in set(keys) if key in self._places]


class Ledger:
    """Executions by id, in order of their start, by status, by runbook, and by parent."""

    def __init__(self, watch: Watch | None = None) -> None:
        self._watch = watch
        self._executions: dict[str, Execution] = {}
        self._order: list[str] = []
        self._place: dict[str, int] = {}
        self._by_status, self._by_runbook = Index(), Index()
        self._by_parent, self._live_by_parent = Index(), Index()
        # By client token: the request as it was, and the execution that it started.
        self.tokens: dict[str, tuple[str, str]] = {}

    def add(self, run: Execution) -> None:
        """Keep a new execution, the latest of all."""
        place = self._place[run.execution_id] = len(self._order)
        self._order.append(run.execution_id)
        self._executions[run.execution_id] = run
        self._by_status.add(run.status, place)
        self._by_runbook.add(run.runbook.name, place)
        if run.parent_id is not None:
            self._by_parent.add(run.parent_id, place)
            self._live_by_parent.add(run.parent_id, place)
        if self._watch is not None:
            self._watch(None, run)

    def keep(self, run: Execution) -> None:
        """Keep an execution in its new state."""
        before, place = self._executions[run.execution_id], self._place[run.execution_id]
        self._executions[run.execution_id] = run
        if run.status != before.status:
            self._by_status.remove(before.status, place)
            self._by_status.add(run.status, place)
        if run.parent_id is not None and run.final is not None and before.final is None:
            self._live_by_parent.remove(run.parent_id, place)
        if self._watch is not None:
            self._watch(before, run)

    def get(self, execution_id: str) -> Execution:
        """The execution as it was kept last."""
        run = self._executions.get(execution_id)
        if run is None:
            raise execution_not_found(execution_id)
        return run

    def __contains__(self, execution_id: str | None) -> bool:
        return execution_id in self._executions

    def live(self) -> list[Execution]:
        """The executions that have not ended."""
        return [self._at(place) for places in self._by_status.pick(set(self._by_status) - ENDED) for place in places]

    def live_children(self, parent_id: str) -> list[Execution]:
        """The children of an execution that have not ended, in order of their start."""
        return [self._at(place) for places in self._live_by_parent.pick([parent_id]) for place in places]

    def newest_first(self, asked: Sequence[Filter], last: str | None) -> Iterator[Execution]:
        """The executions that may match the filters, after the last one shown."""
        before = len(self._order)
        if last is not None:
            before = self._place.get(last, -1)
            if before < 0:
                raise invalid_token()
        # One filter is enough to look at few; all are applied to those.
        fewest = min([self._everything(), *map(self._narrowed, asked)], key=lambda lists: sum(map(len, lists)))
        return map(self._at, heapq.merge(*(_down(places, before) for places in fewest), reverse=True))

    def _at(self, place: int) -> Execution:
        return self._executions[self._order[place]]

    def _everything(self) -> list[Places]:
        return [range(len(self._order))]

    def _narrowed(self, one: Filter) -> list[Places]:
        """The positions of executions that may match a filter, as sorted lists."""
        values = one["Values"]
        if one["Key"] == "ExecutionId":
            return [sorted({self._place[value] for value in values if value in self._place})]
        if one["Key"] == "ParentExecutionId":
            return self._by_parent.pick(values)
        if one["Key"] == "ExecutionStatus":
            return self._by_status.pick(values)
        if one["Key"] == "CurrentAction":
            return self._by_status.pick(set(self._by_status) - ENDED)
        if one["Key"] == "DocumentNamePrefix":
            return self._by_runbook.pick([name for name in self._by_runbook if name.startswith(tuple(values))])
        return self._everything()


def _down(places: Places, before: int) -> Iterator[int]:
    """Places before a place, from the last to the first."""
    return (places[at] for at in range(bisect_left(places, before) - 1, -1, -1))

# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking a signal to several executions: the orchestration behind automation_execution_ids and filters.

Each execution has a journey of its own, the same as one alone; what is kept of it in the end is what is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import api
from .conducting import Conductor
from .errors import is_transient
from .interruption import Interruptions
from .outcomes import Outcome
from .results import outcome_result
from .service import PATIENCE, Service
from .signalling import Signaller
from .tallies import Tally, bounded, tally_of


@dataclass(frozen=True)
class Manner:
    """How to go about several executions: so many calls at a time, and whether the first failure ends it."""

    concurrency: int
    fail_fast: bool = False


@dataclass
class Told:
    """What became of all: the numbers, each execution's outcome in the order asked, and why it ended early, if so."""

    tally: Tally
    outcomes: list[dict[str, Any]]
    reason: str
    warnings: list[str]


class ManySignaller:
    """Takes one signal to several executions."""

    def __init__(self, service: Service, signaller: Signaller, manner: Manner) -> None:
        self._service = service
        self._signaller = signaller
        self._manner = manner
        self._place = api.region_and_partition(service.client)
        self._told: dict[str, dict[str, Any]] = {}
        self._warnings: list[str] = []

    def take_to(self, execution_ids: Sequence[str], interruptions: Interruptions) -> Told:
        """Take the signal to these executions, no two of them the same, and tell what became of it."""
        conductor = Conductor(self._service, self._manner.concurrency, interruptions, self._finish)
        conductor.conduct(self._signaller.journey(execution_id) for execution_id in execution_ids)
        for execution_id in execution_ids:
            if execution_id not in self._told:
                self._tell(self._signaller.not_tried(execution_id, conductor.reason))
        outcomes = [self._told[execution_id] for execution_id in execution_ids]
        return Told(tally_of(outcomes), outcomes, conductor.reason, [*conductor.warnings, *bounded(self._warnings)])

    def _finish(self, outcome: Outcome) -> str:
        """Tell an outcome; return why the rest is not to be tried, or an empty string."""
        self._tell(outcome)
        if not outcome.failed:
            return ""
        if self._manner.fail_fast:
            return f"fail_fast is set and execution {outcome.execution_id} failed"
        return self._why_hopeless() if outcome.error and is_transient(outcome.error.exception) else ""

    def _tell(self, outcome: Outcome) -> None:
        self._told[outcome.execution_id] = outcome_result(outcome, *self._place)
        self._warnings += outcome.warnings

    def _why_hopeless(self) -> str:
        if self._service.sends.has_run_out:
            return f"the service has taken no signal for {PATIENCE} s"
        if self._service.looks.has_run_out:
            return f"the service has answered no look for {PATIENCE} s"
        return ""

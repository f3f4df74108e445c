# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking a signal to several executions: the orchestration behind automation_execution_ids and filters.

The work on each is the same as on one alone. Only the reported result of each execution is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..aws import api
from ..runtime.interruption import Interruptions
from ..runtime.rates import Rates
from ..runtime.service import RETRY_SECONDS, Service
from ..signal import problems
from ..signal.outcome import Outcome
from ..signal.signaller import Signaller
from .results import outcome_result
from .scheduler import BatchScheduler
from .summary import Summary, bounded, summary_of, timing_of


@dataclass(frozen=True)
class BatchOptions:
    """How to go about several executions: so many calls at a time, and whether the first failure ends it."""

    concurrency: int
    fail_fast: bool = False


@dataclass
class BatchResult:
    """What became of all: the numbers, each execution's outcome in the order asked, and why it ended early, if so.

    `timing` is how long it took, and what calls it took.
    """

    summary: Summary
    outcomes: list[dict[str, Any]]
    reason: str
    warnings: list[str]
    timing: dict[str, Any]


class BatchSignaller:
    """Takes one signal to several executions."""

    def __init__(self, service: Service, signaller: Signaller, options: BatchOptions) -> None:
        self._service = service
        self._signaller = signaller
        self._options = options
        self._place = api.region_and_partition(service.client)
        self._told: dict[str, dict[str, Any]] = {}
        self._warnings: list[str] = []

    def take_to(self, execution_ids: Sequence[str], interruptions: Interruptions) -> BatchResult:
        """Take the signal to these executions, no two of them the same, and tell what became of it."""
        self._service.rates, began = Rates(len(execution_ids)), self._service.clock.monotonic()
        scheduler = BatchScheduler(self._service, interruptions, self._finish, self._options.concurrency)
        scheduler.run(self._signaller.work_on(execution_id) for execution_id in execution_ids)
        for execution_id in execution_ids:
            if execution_id not in self._told:
                self._tell(self._signaller.not_tried(execution_id, scheduler.reason))
        outcomes = [self._told[execution_id] for execution_id in execution_ids]
        no_listing = [problems.no_listing(scheduler.listing_error)] if scheduler.listing_error else []
        warnings = [*no_listing, *bounded(self._warnings)]
        timing = timing_of(self._service.rates.report(), self._service.clock.monotonic() - began)
        return BatchResult(summary_of(outcomes), outcomes, scheduler.reason, warnings, timing)

    def _finish(self, outcome: Outcome) -> str:
        """Tell an outcome; return why the rest is not to be tried, or an empty string."""
        self._tell(outcome)
        if not outcome.failed:
            return ""
        if self._options.fail_fast:
            return f"fail_fast is set and execution {outcome.execution_id} failed"
        return self._why_hopeless() if outcome.error and outcome.error.is_transient else ""

    def _tell(self, outcome: Outcome) -> None:
        self._told[outcome.execution_id] = outcome_result(outcome, *self._place)
        self._warnings += outcome.warnings

    def _why_hopeless(self) -> str:
        if self._service.changes.has_run_out:
            return f"the service has taken no signal for {RETRY_SECONDS} s"
        if self._service.looks.has_run_out:
            return f"the service has answered no look for {RETRY_SECONDS} s"
        return ""

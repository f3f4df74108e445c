# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting an execution, once: the orchestration behind `state=started` of ssm_automation_execution.

A start carries a client token, by which the service recognises a repetition. So a lost answer is answered by sending
again, without a look in between.
"""

from __future__ import annotations

from datetime import datetime

from ..aws.errors import AnsibleAutomationError
from ..aws.runs import Started
from ..model.executions import Execution
from ..model.settling import failure_of, forgiven_since
from ..options.start import StartRequest
from ..options.waiting import Pace
from ..output.endings import after_waiting
from ..runtime.interruption import Interrupted
from ..runtime.polling import Watch, Watched
from ..runtime.retry import change_again
from ..runtime.service import Service
from . import messages
from .freshness import date_of, was_started_before
from .outcome import RunOptions, RunOutcome
from .requests import noted, start
from .results import diff_side

# How long to try to read an execution that has just been started, in seconds. Whether the service finds it at once
# is not documented.
LOOK = Pace(timeout=10, delay=1)


class Starter:
    """Carries out one request to start an execution."""

    def __init__(self, service: Service, request: StartRequest, options: RunOptions) -> None:
        self._service = service
        self._request = request
        self._options = options
        self._outcome = RunOutcome()
        self._answered_at: datetime | None = None
        self._took = 0.0

    async def start(self) -> RunOutcome:
        """Start the execution and tell what became of it; errors and interruptions are told, not raised."""
        outcome = self._outcome
        try:
            if self._options.check_mode:
                # Every task loads its code anew, so what only check mode needs is not loaded for the others.
                from .preview import StartPreview

                await StartPreview(self._service, self._request).preview(outcome)
            else:
                await self._start()
        except AnsibleAutomationError as error:
            outcome.fail(messages.failed_start(self._request, outcome, error), error)
        except Interrupted as interruption:
            outcome.fail(messages.interrupted_start(self._request, outcome, interruption))
        except Exception as fault:
            # A fault of this program must not hide whether something was started.
            outcome.fail(messages.start_at_fault(self._request, outcome, fault))
        return outcome

    async def _start(self) -> None:
        outcome, began = self._outcome, self._service.clock.monotonic()
        outcome.client_token = self._request.client_token
        started = await self._send()
        self._answered_at, self._took = date_of(started.date), self._service.clock.monotonic() - began
        outcome.execution_id, outcome.changed = started.execution_id, True
        outcome.after = Execution(started.execution_id, "", raw={"AutomationExecutionId": started.execution_id})
        outcome.msg = messages.started(self._request, outcome)
        await self._look_after(started.execution_id)

    async def _send(self) -> Started:
        service, attempts, members = self._service, self._outcome.attempts, self._request.members
        return await change_again(service, lambda: noted(attempts, start(service, members, attempts.leaves)))

    async def _look_after(self, execution_id: str) -> None:
        rest = self._options.rest

        def is_enough(execution: Execution) -> bool:
            # Should the task be interrupted while it waits, this is what it tells.
            self._take_in(execution)
            return rest is None or execution.rests

        watch = Watch(self._service, execution_id, is_enough, may_be_missing=True)
        try:
            watched = await watch.during(rest or LOOK)
        except AnsibleAutomationError as error:
            if rest is not None:
                raise
            self._outcome.warnings.append(messages.not_seen(execution_id, error))
        else:
            if watched.seen is not None and not watched.holds and watched.seen.runs_children:
                # Loaded here as it is seldom needed, and every task loads its code anew.
                from ..runtime.listing import with_children

                watched.seen = self._outcome.after = await with_children(self._service, watched.seen)
            self._tell(execution_id, watched)

    def _take_in(self, seen: Execution) -> None:
        outcome, started_at = self._outcome, seen.raw.get("ExecutionStartTime")
        is_earlier = self._request.is_repeatable and was_started_before(started_at, self._answered_at, self._took)
        outcome.after, outcome.changed = seen, not is_earlier
        outcome.msg = messages.started(self._request, outcome)

    def _tell(self, execution_id: str, watched: Watched) -> None:
        outcome, seen, rest = self._outcome, watched.seen, self._options.rest
        outcome.diff = self._diff(seen)
        if rest is None:
            outcome.msg = messages.started(self._request, outcome, seen)
            if seen is None:
                outcome.warnings.append(messages.not_seen(execution_id, watched.last_error))
            return
        failure = failure_of(seen) if seen and watched.holds else ""
        outcome.failed = not watched.holds or bool(failure)
        forgiven = forgiven_since(None, seen) if seen else ""
        outcome.msg += " " + after_waiting(seen, watched.holds, failure, rest.timeout, forgiven)

    def _diff(self, seen: Execution | None) -> tuple[dict[str, str], dict[str, str]]:
        side = diff_side(self._request, seen.status if seen else "")
        return ({} if self._outcome.changed else side), side

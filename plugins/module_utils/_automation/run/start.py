# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starting an execution, once: the orchestration behind C(state=started) of ssm_automation_execution."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..aws import api
from ..aws.errors import EXECUTION_NOT_FOUND, AnsibleAutomationError
from ..aws.reading import read_execution
from ..model.executions import Execution
from ..model.settling import failure_of
from ..options.start import StartRequest
from ..options.waiting import Pace
from ..output.phrases import after_waiting
from ..runtime.interruption import Interrupted
from ..runtime.polling import Clock, Watched, wait_until
from . import messages
from .freshness import date_of, was_started_before
from .outcome import RunOptions, RunOutcome
from .preview import StartPreview, diff_side
from .retry import repeat

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.client import BaseClient

# How long to try to read an execution that has just been started, in seconds. Whether the service finds it at once
# is not documented.
LOOK = Pace(timeout=10, delay=1)


class Starter:
    """Carries out one request to start an execution."""

    def __init__(self, client: BaseClient, clock: Clock, request: StartRequest, options: RunOptions) -> None:
        self._client = client
        self._clock = clock
        self._request = request
        self._options = options

    def start(self) -> RunOutcome:
        """Start the execution and tell what became of it; errors of the service are told, not raised."""
        outcome = RunOutcome()
        try:
            if self._options.check_mode:
                StartPreview(self._client, self._request).preview(outcome)
            else:
                self._start(outcome)
        except AnsibleAutomationError as error:
            outcome.fail(messages.failed_start(self._request, outcome, error), error)
        except Interrupted as interruption:
            outcome.fail(messages.interrupted_start(self._request, outcome, interruption))
        return outcome

    def _start(self, outcome: RunOutcome) -> None:
        request, began = self._request, self._clock.monotonic()
        outcome.client_token = request.client_token
        started = repeat(
            lambda: api.start_automation_execution(self._client, request.members), outcome.attempts, self._clock
        )
        answered_at, took = date_of(started.date), self._clock.monotonic() - began
        outcome.execution_id, outcome.changed = started.execution_id, True
        outcome.after = Execution.from_api({"AutomationExecutionId": started.execution_id})
        outcome.msg = messages.started(request, outcome)

        def is_earlier(execution: Execution) -> bool:
            started_at = execution.raw.get("ExecutionStartTime")
            return request.is_repeatable and was_started_before(started_at, answered_at, took)

        self._look_after(outcome, started.execution_id, is_earlier)

    def _look_after(self, outcome: RunOutcome, execution_id: str, is_earlier: Callable[[Execution], bool]) -> None:
        rest = self._options.rest

        def read() -> Execution | None:
            return self._read(outcome, execution_id, is_earlier)

        def is_enough(execution: Execution) -> bool:
            return rest is None or execution.rests

        try:
            watched = wait_until(read, is_enough, rest or LOOK, self._clock)
        except AnsibleAutomationError as error:
            if rest is not None:
                raise
            outcome.warnings.append(messages.not_seen(execution_id, error))
        else:
            self._tell(outcome, execution_id, watched)

    def _read(
        self, outcome: RunOutcome, execution_id: str, is_earlier: Callable[[Execution], bool]
    ) -> Execution | None:
        try:
            execution = read_execution(self._client, execution_id, aws_retry=False)
        except AnsibleAutomationError as error:
            if error.code == EXECUTION_NOT_FOUND:
                return None
            raise
        outcome.after, outcome.changed = execution, not is_earlier(execution)
        outcome.msg = messages.started(self._request, outcome)
        return execution

    def _tell(self, outcome: RunOutcome, execution_id: str, watched: Watched) -> None:
        seen, rest = watched.seen, self._options.rest
        outcome.diff = self._diff(outcome, seen)
        if rest is None:
            outcome.msg = messages.started(self._request, outcome, seen)
            if seen is None:
                outcome.warnings.append(messages.not_seen(execution_id, watched.last_error))
            return
        failure = failure_of(seen) if seen and watched.holds else ""
        outcome.failed = not watched.holds or bool(failure)
        outcome.msg += " " + after_waiting(seen, watched.holds, failure, rest.timeout)

    def _diff(self, outcome: RunOutcome, seen: Execution | None) -> tuple[dict[str, str], dict[str, str]]:
        side = diff_side(self._request, seen.status if seen else "")
        return ({} if outcome.changed else side), side

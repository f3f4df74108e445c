# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Stopping an execution: the orchestration behind C(state=cancelled) and C(state=completed)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..aws import api
from ..aws.errors import ACCESS_DENIED, AnsibleAutomationError
from ..aws.reading import read_execution
from ..model.executions import Execution
from ..output.phrases import after_waiting
from ..runtime.interruption import Interrupted
from ..runtime.polling import Clock, wait_until
from . import messages
from .outcome import RunOptions, RunOutcome
from .retry import repeat
from .stop_rules import diff_side, is_stopping, predict, shows

if TYPE_CHECKING:
    from botocore.client import BaseClient


class Stopper:
    """Stops executions, by C(Cancel) or C(Complete)."""

    def __init__(self, client: BaseClient, clock: Clock, stop_type: str, options: RunOptions) -> None:
        self._client = client
        self._clock = clock
        self._type = stop_type
        self._options = options

    def stop(self, execution_id: str) -> RunOutcome:
        """Stop the execution and tell what became of it; errors of the service are told, not raised."""
        outcome = RunOutcome(execution_id)
        try:
            self._stop(outcome, execution_id)
        except AnsibleAutomationError as error:
            outcome.fail(messages.failed_stop(self._type, execution_id, outcome, error), error)
        except Interrupted as interruption:
            outcome.fail(messages.interrupted_stop(self._type, execution_id, outcome, interruption))
        return outcome

    def _stop(self, outcome: RunOutcome, execution_id: str) -> None:
        self._look(outcome, execution_id)
        if outcome.before is not None and is_stopping(outcome.before):
            self._leave(outcome, execution_id)
        elif self._options.check_mode:
            outcome.changed = True
            outcome.diff = (diff_side(outcome.before.status), predict(self._type)) if outcome.before else None
            outcome.msg = messages.would_stop(self._type, execution_id, outcome.before)
        else:
            self._send(outcome, execution_id)

    def _look(self, outcome: RunOutcome, execution_id: str) -> None:
        try:
            outcome.before = outcome.after = read_execution(self._client, execution_id)
        except AnsibleAutomationError as error:
            if error.code != ACCESS_DENIED:
                raise
            outcome.readable = False
            outcome.warnings.append(messages.no_look(self._type, execution_id))

    def _send(self, outcome: RunOutcome, execution_id: str) -> None:
        try:
            repeat(
                lambda: api.stop_automation_execution(self._client, execution_id, self._type),
                outcome.attempts,
                self._clock,
            )
        except AnsibleAutomationError as error:
            self._explain(outcome, execution_id, error)
            return
        outcome.changed = True
        outcome.msg = messages.stopped(self._type, execution_id, outcome)
        self._follow(outcome, execution_id)

    def _explain(self, outcome: RunOutcome, execution_id: str, error: AnsibleAutomationError) -> None:
        """Look what became of the execution when the service did not accept the request, or its answers got lost."""
        self._read_back(outcome, execution_id)
        if outcome.after is None or not is_stopping(outcome.after):
            raise error
        outcome.changed = outcome.attempts.in_doubt and shows(self._type, outcome.after)
        if outcome.changed:
            outcome.msg = messages.stopped(self._type, execution_id, outcome)
            self._follow(outcome, execution_id)
        else:
            self._leave(outcome, execution_id)

    def _leave(self, outcome: RunOutcome, execution_id: str) -> None:
        outcome.msg = messages.nothing_to_stop(self._type, execution_id, outcome)
        if self._options.rest is None or self._options.check_mode:
            self._note_diff(outcome)
        else:
            self._await_end(outcome, execution_id)

    def _follow(self, outcome: RunOutcome, execution_id: str) -> None:
        if self._options.rest is not None:
            self._await_end(outcome, execution_id)
            return
        self._read_back(outcome, execution_id)
        outcome.msg = messages.stopped(self._type, execution_id, outcome, outcome.after)
        self._note_diff(outcome)

    def _read_back(self, outcome: RunOutcome, execution_id: str) -> None:
        outcome.after = None
        if not outcome.readable:
            return
        try:
            outcome.after = read_execution(self._client, execution_id)
        except AnsibleAutomationError as error:
            outcome.warnings.append(messages.not_seen(execution_id, error))

    def _await_end(self, outcome: RunOutcome, execution_id: str) -> None:
        pace = self._options.rest
        if pace is None:
            return

        def read() -> Execution:
            outcome.after = read_execution(self._client, execution_id, aws_retry=False)
            return outcome.after

        watched = wait_until(read, lambda execution: execution.has_ended, pace, self._clock)
        outcome.failed = not watched.holds
        outcome.msg += " " + after_waiting(outcome.after, watched.holds, "", pace.timeout)
        self._note_diff(outcome)

    def _note_diff(self, outcome: RunOutcome) -> None:
        if outcome.before is not None and outcome.after is not None:
            outcome.diff = (diff_side(outcome.before.status), diff_side(outcome.after.status))

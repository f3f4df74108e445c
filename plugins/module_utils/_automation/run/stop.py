# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stopping an execution: the orchestration behind `state=cancelled` and `state=completed`.

A second stop meets an execution that is stopped. So a lost answer is answered by sending again. But an execution does
not tell who stopped it, so where an answer got lost, one that is over is no evidence that this task has stopped it.
"""

from __future__ import annotations

from ..aws.errors import ACCESS_DENIED, AnsibleAutomationError
from ..model.executions import Execution
from ..output.endings import after_waiting
from ..runtime.interruption import Interrupted
from ..runtime.polling import Watch
from ..runtime.reading import read_execution
from ..runtime.retry import change_again
from ..runtime.service import Service
from . import messages
from .outcome import RunOptions, RunOutcome
from .requests import noted, stop
from .stop_rules import diff_side, is_stopping, predict


class Stopper:
    """Stops one execution, by `Cancel` or `Complete`."""

    def __init__(self, service: Service, stop_type: str, options: RunOptions, execution_id: str) -> None:
        self._service = service
        self._type = stop_type
        self._options = options
        self._id = execution_id
        self._outcome = RunOutcome(execution_id=execution_id)

    async def stop(self) -> RunOutcome:
        """Stop the execution and tell what became of it; errors and interruptions are told, not raised."""
        outcome = self._outcome
        try:
            await self._stop()
        except AnsibleAutomationError as error:
            outcome.fail(messages.failed_stop(self._type, self._id, outcome, error), error)
        except Interrupted as interruption:
            outcome.fail(messages.interrupted_stop(self._type, self._id, outcome, interruption))
        except Exception as fault:
            # A fault of this program must not hide whether something was stopped.
            outcome.fail(messages.stop_at_fault(self._type, self._id, outcome, fault))
        return outcome

    async def _stop(self) -> None:
        outcome = self._outcome
        await self._look()
        if outcome.before is not None and is_stopping(outcome.before):
            await self._leave()
        elif self._options.check_mode:
            outcome.changed = True
            outcome.diff = (diff_side(outcome.before.status), predict(self._type)) if outcome.before else None
            outcome.msg = messages.would_stop(self._type, self._id, outcome.before)
        else:
            await self._send()

    async def _look(self) -> None:
        outcome = self._outcome
        try:
            outcome.before = outcome.after = await read_execution(self._service, self._id)
        except AnsibleAutomationError as error:
            if error.code != ACCESS_DENIED:
                raise
            outcome.readable = False
            outcome.warnings.append(messages.no_look(self._type, self._id))

    async def _send(self) -> None:
        service, outcome = self._service, self._outcome
        attempts = outcome.attempts
        try:
            await change_again(service, lambda: noted(attempts, stop(service, self._id, self._type, attempts.leaves)))
        except AnsibleAutomationError as error:
            await self._explain(error)
            return
        outcome.changed = True
        outcome.msg = messages.stopped(self._type, self._id, outcome)
        await self._follow()

    async def _explain(self, error: AnsibleAutomationError) -> None:
        """Look what became of the execution when the service did not accept the request, or its answers got lost."""
        await self._read_back()
        after = self._outcome.after
        if self._outcome.attempts.in_doubt or after is None or not is_stopping(after):
            raise error
        await self._leave()

    async def _leave(self) -> None:
        self._outcome.msg = messages.nothing_to_stop(self._type, self._id, self._outcome)
        if self._options.rest is None or self._options.check_mode:
            self._note_diff()
        else:
            await self._await_end()

    async def _follow(self) -> None:
        if self._options.rest is not None:
            await self._await_end()
            return
        await self._read_back()
        self._outcome.msg = messages.stopped(self._type, self._id, self._outcome, self._outcome.after)
        self._note_diff()

    async def _read_back(self) -> None:
        outcome = self._outcome
        outcome.after = None
        if not outcome.readable:
            return
        try:
            outcome.after = await read_execution(self._service, self._id)
        except AnsibleAutomationError as error:
            outcome.warnings.append(messages.not_seen(self._id, error))

    async def _await_end(self) -> None:
        outcome, pace = self._outcome, self._options.rest
        if pace is None:
            return
        watched = await Watch(self._service, self._id, _has_ended).during(pace)
        outcome.after = watched.seen or outcome.after
        outcome.failed = not watched.holds
        outcome.msg += " " + after_waiting(outcome.after, watched.holds, "", pace.timeout)
        self._note_diff()

    def _note_diff(self) -> None:
        outcome = self._outcome
        if outcome.before is not None and outcome.after is not None:
            outcome.diff = (diff_side(outcome.before.status), diff_side(outcome.after.status))


def _has_ended(execution: Execution) -> bool:
    return execution.has_ended

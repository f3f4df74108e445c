# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows an attempt to deliver a signal that the service did not accept.

The API cannot recognise a repeated request. So a signal is sent again only after a look at the execution, and only
where the service certainly has not taken it, or where a second effect is impossible. docs/delivery.md has the rules.
"""

from __future__ import annotations

from collections.abc import Callable

from ..aws.errors import INVALID_SIGNAL, STEP_NOT_FOUND, AnsibleAutomationError, SendResult
from ..model import changes
from ..model.approvers import may_be_approver
from ..model.executions import Execution, Step
from ..model.signals import REVOKE
from ..options.waiting import Pace
from ..runtime.polling import Watch
from ..runtime.reading import read_execution
from ..runtime.requests import Pause
from ..runtime.retry import look_again, pause_after, pauses
from ..runtime.service import Service
from . import effects
from .delivery import DeliveryJob, send_once
from .outcome import Delivery, DeliveryStatus
from .verdicts import Kind, Verdict, decide

# How long to look for the effect of a signal whose answer got lost, in seconds. The service processes signals
# asynchronously; how long that lasts at most is not documented.
GRACE = Pace(timeout=20, delay=1)
# How long to look for what made the service refuse a signal that the last look had found fit.
REFUSAL_GRACE = Pace(timeout=5, delay=1)
# How often to send in all where answers get lost. A throttled request does not count: it did not arrive.
MOST_ATTEMPTS_IN_DOUBT = 3
# How long to pause, in seconds, before the second attempt; later pauses grow.
DELAY = 1


class Redelivery:
    """Finds out what an attempt has done, and sends the signal again where that is safe."""

    def __init__(self, service: Service, job: DeliveryJob, delivery: Delivery) -> None:
        self._service = service
        self._job = job
        self._delivery = delivery
        self._caller = ""

    async def after(self, result: SendResult) -> DeliveryStatus:
        """Return how the delivery ended whose first attempt had this result."""
        waits = pauses(DELAY)
        while True:
            status = await self._status_after(result) or self._status_without_budget()
            if status is None:
                await self._pause(next(waits))
                status = await self._look_before_next()
            if status is not None:
                return status
            result = await send_once(self._service, self._job, self._delivery)

    async def _status_after(self, result: SendResult) -> DeliveryStatus | None:
        """Return how the delivery ended, or none if the signal may be sent again after another look."""
        if result is SendResult.ACCEPTED:
            return DeliveryStatus.ACCEPTED
        if result.is_certainly_not_taken:
            # A doubt about an earlier attempt was settled before this one: it would have no second effect.
            return None
        if self._delivery.in_doubt:
            return await self._resolve_doubt(result)
        return await self._explain_refusal()

    def _status_without_budget(self) -> DeliveryStatus | None:
        runs_out = self._service.changes.runs_out(self._service.clock.monotonic())
        return self._not_known_or_refused() if runs_out else None

    async def _pause(self, seconds: float) -> None:
        wanted = pause_after(self._delivery.error, seconds)
        await Pause(self._service.changes.trimmed(wanted, self._service.clock.monotonic()))

    def _not_known_or_refused(self) -> DeliveryStatus:
        return DeliveryStatus.UNKNOWN if self._delivery.in_doubt else DeliveryStatus.REFUSED

    # The service has certainly not taken the signal so far, or a second effect is impossible.

    async def _look_before_next(self) -> DeliveryStatus | None:
        """Look, right before the signal is sent again; return how the delivery ended if it is not to be."""
        if self._job.before is None:
            return None
        now = await self._read()
        if now is None or not self._is_identified:
            return self._not_known_or_refused()
        if await self._is_ours(now):
            return DeliveryStatus.SEEN
        kind = self._delivery.verdict.kind if self._delivery.verdict else Kind.NEVER
        if kind is Kind.SEND:
            return None
        if not self._delivery.in_doubt:
            # That the last attempt was not taken is no reason any more: what the execution has come to is.
            self._delivery.error = None
            # A copy of the request may be what was throttled, and an answer without the step does not rule that out.
            self._delivery.shows_nothing = effects.hides(now, self._job.step)
        is_done = kind is Kind.DONE and not self._delivery.in_doubt
        return DeliveryStatus.NOT_NEEDED if is_done else self._not_known_or_refused()

    @property
    def _is_identified(self) -> bool:
        """Whether the run of the step is known by its id, so that a later run is not taken for it."""
        return self._job.step is None or bool(self._job.step.execution_id) or self._job.step.is_ahead

    async def _explain_refusal(self) -> DeliveryStatus:
        error = self._delivery.error
        if error is None or error.code not in (INVALID_SIGNAL, STEP_NOT_FOUND):
            return DeliveryStatus.REFUSED
        now = await self._look(REFUSAL_GRACE, self._has_moved)
        is_request = self._job.before is not None and self._job.signal.is_decision and self._job.step is None
        is_hidden = now is not None and (effects.hides(now, self._job.step) or await self._may_hold_ours_unlisted(now))
        self._delivery.shows_nothing = is_request or is_hidden or self._may_be_for_a_copy(now)
        if now is not None and await self._is_ours(now):
            return DeliveryStatus.SEEN
        is_done = self._delivery.verdict is not None and self._delivery.verdict.kind is Kind.DONE
        return DeliveryStatus.NOT_NEEDED if is_done else DeliveryStatus.REFUSED

    async def _may_hold_ours_unlisted(self, now: Execution) -> bool:
        """Return whether the gate may hold the caller's approval without listing it, which explains a refusal, too."""
        gate = effects.may_hold_unlisted_approval(now, self._job.signal, self._job.step)
        return gate is not None and may_be_approver(gate, await self._service.caller_arn())

    def _may_be_for_a_copy(self, now: Execution | None) -> bool:
        """Return whether a copy of the request, or of an earlier one that was throttled, may be why it is refused.

        Without force the verdict tells of a single request: its purpose is reached then.
        """
        before, is_again = self._job.before, self._delivery.attempts > 1
        if now is None or before is None:
            return is_again
        return (is_again or self._job.is_forced) and changes.has_changed(before, now)

    def _has_moved(self, now: Execution) -> bool:
        is_decided = self._job.before is not None and changes.shows_new_decisions(self._job.before, now)
        return is_decided or self._decide(now).kind is not Kind.SEND

    # An answer got lost, of this attempt or of an earlier one.

    async def _resolve_doubt(self, result: SendResult) -> DeliveryStatus | None:
        if self._job.signal.is_decision:
            self._caller = await self._service.caller_arn()
        now = await self._look(GRACE, self._settles_doubt)
        if now is None:
            return DeliveryStatus.UNKNOWN
        if await self._is_ours(now):
            return DeliveryStatus.SEEN
        # A refusal now may be the work of the first signal, whose effect does not show.
        may_repeat = result is not SendResult.REFUSED and await self._may_repeat(now)
        return None if may_repeat else DeliveryStatus.UNKNOWN

    def _settles_doubt(self, now: Execution) -> bool:
        """Return whether looking on cannot tell more: a decision may still show at another gate, if late."""
        if self._own_decisions(now) or now.has_ended:
            return True
        return not self._job.signal.is_decision and self._decide(now).kind in (Kind.DONE, Kind.NEVER)

    async def _may_repeat(self, now: Execution) -> bool:
        delivery, signal = self._delivery, self._job.signal
        if delivery.may_still_leave or delivery.answers_lost >= MOST_ATTEMPTS_IN_DOUBT:
            return False
        if delivery.verdict is None or delivery.verdict.kind is not Kind.SEND:
            return False
        return effects.is_harmless_to_repeat(signal) or await self._runbook_rules_out_another_effect(now)

    async def _runbook_rules_out_another_effect(self, now: Execution) -> bool:
        signal, step = self._job.signal, self._job.step
        if step is None or not effects.needs_runbook_to_repeat(signal, step):
            return False
        # Loaded here as it is seldom needed, and every task loads its code anew.
        from ..model.runbook_flow import can_hit_another_run

        try:
            content = await look_again(self._service, lambda: self._service.content(*now.document))
        except AnsibleAutomationError:
            return False
        return not can_hit_another_run(content, step.name, signal.is_decision)

    # Looking

    async def _is_ours(self, now: Execution) -> bool:
        """Return whether the state shows what nothing but this signal explains."""
        before = self._job.before
        if not self._job.signal.is_decision or before is None or not changes.shows_new_decisions(before, now):
            return False
        self._caller = await self._service.caller_arn()
        is_ours = bool(self._own_decisions(now))
        self._delivery.shows_others = bool(self._caller) and not is_ours
        return is_ours

    def _own_decisions(self, now: Execution) -> list[Step]:
        job = self._job
        if not job.signal.is_decision or job.before is None or not self._caller:
            return []
        return effects.own_new_decisions(job.before, now, job.signal, self._caller)

    async def _look(self, pace: Pace, enough: Callable[[Execution], bool]) -> Execution | None:
        """Read until a state is enough or the time is up; return the last one, or none if none could be read."""
        if self._job.before is None:
            return None
        try:
            watched = await Watch(self._service, self._job.execution_id, enough).during(pace)
        except AnsibleAutomationError as error:
            self._delivery.error = self._delivery.error or error
            return None
        if watched.seen is not None:
            self._note(watched.seen)
        return watched.seen

    async def _read(self) -> Execution | None:
        """Read once, in spite of passing faults, for as long as before the first attempt; none if that fails."""
        try:
            execution = await read_execution(self._service, self._job.execution_id)
        except AnsibleAutomationError as error:
            self._delivery.error = self._delivery.error or error
            return None
        self._note(execution)
        return execution

    def _note(self, execution: Execution) -> None:
        self._delivery.last = execution
        self._delivery.verdict = self._decide(execution, self._caller)

    def _decide(self, now: Execution, caller: str = "") -> Verdict:
        """Return the verdict on a later state: the signal is for the run that the first verdict is about alone."""
        job, step = self._job, self._job.step
        if job.is_forced:
            return job.verdict
        # A request as a whole is asked for several decisions in turn; its status tells them apart.
        if step is None and job.signal.is_decision and job.before and now.status != job.before.status:
            return effects.request_moved_on(now, decide(now, job.signal, caller))
        if job.signal.type == REVOKE:
            return effects.nothing_left_to_revoke(now, decide(now, job.signal, caller))
        return decide(effects.only_this_run(now, step), job.signal, caller)

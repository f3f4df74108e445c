# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delivering a signal so that it takes effect once, and is known to have or not to have.

The API cannot recognise a repeated request. So a signal is sent again only after a look at the execution, and only
where the look shows that the first one had no effect, or where the first one certainly never got to the service.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..aws.errors import INVALID_SIGNAL, STEP_NOT_FOUND, AnsibleAutomationError, SendResult, send_result_of
from ..model.executions import Execution, Step
from ..model.signals import Signal
from ..options.waiting import Pace
from ..runtime.polling import pauses, watch
from ..runtime.requests import Pause, Send, Work
from ..runtime.service import Service
from .effects import is_visible, may_repeat
from .outcome import Delivery, DeliveryStatus
from .verdicts import Kind, Verdict

# How long to look for the effect of a signal whose answer got lost, in seconds. The service takes signals in
# asynchronously; how long that lasts at most is not documented.
GRACE = Pace(timeout=20, delay=1)
# How long to look for what made the service refuse a signal that the last look had found fit.
REFUSAL_GRACE = Pace(timeout=5, delay=1)
# How often to send in all after answers that got lost.
MOST_ATTEMPTS_IN_DOUBT = 3
# How long to pause, in seconds, before the second attempt; later pauses grow.
DELAY = 1


@dataclass(frozen=True)
class DeliveryJob:
    """A signal to be delivered, and the state that it was decided on: none where nobody looked.

    C(decide) gives the verdict on a later state.
    """

    execution_id: str
    signal: Signal
    before: Execution | None
    step: Step | None
    decide: Callable[[Execution], Verdict]


class SignalDelivery:
    """Runs one job; C(delivery) tells at any moment what became of it so far."""

    def __init__(self, service: Service, job: DeliveryJob, delivery: Delivery) -> None:
        self._service = service
        self._errand = job
        self._delivery = delivery

    def deliver(self) -> Work[None]:
        """Send the signal until it is known to have arrived or not to; errors are part of what is told."""
        for pause in pauses(DELAY):
            self._delivery.ending = yield from self._attempt()
            if self._delivery.ending is None and self._service.sends.runs_out(self._service.clock.monotonic() + pause):
                self._delivery.ending = self._not_known_or_not_taken()
            if self._delivery.ending is None:
                yield Pause(pause)
                self._delivery.ending = yield from self._look_before_next()
            if self._delivery.ending is not None:
                return

    def _not_known_or_not_taken(self) -> DeliveryStatus:
        return DeliveryStatus.UNKNOWN if self._delivery.in_doubt else DeliveryStatus.REFUSED

    def _attempt(self) -> Work[DeliveryStatus | None]:
        """Send once; return how the delivery ended, or none if the signal may be sent again after another look."""
        result = yield from self._send()
        if result is SendResult.ACCEPTED:
            return DeliveryStatus.ACCEPTED
        if self._delivery.in_doubt:
            return (yield from self._resolve_doubt(result))
        return (yield from self._explain_refusal()) if result is SendResult.REFUSED else None

    def _look_before_next(self) -> Work[DeliveryStatus | None]:
        """Look, right before the signal is sent again; return how the delivery ended if it is not to be."""
        if self._errand.before is None:
            return None
        if not (yield from self._look(GRACE, lambda now: True)) or self._delivery.verdict is None:
            return self._not_known_or_not_taken()
        if self._delivery.in_doubt and self._delivery.last is not None and self._shows(self._delivery.last):
            return DeliveryStatus.SEEN
        ending = {Kind.SEND: None, Kind.DONE: DeliveryStatus.MOOT}
        return ending.get(self._delivery.verdict.kind, DeliveryStatus.REFUSED)

    def _send(self) -> Work[SendResult]:
        job, began = self._errand, self._service.clock.monotonic()
        self._delivery.error = None
        try:
            yield Send(job.execution_id, job.signal, self._leaves)
        except AnsibleAutomationError as error:
            self._delivery.error = error
            result = send_result_of(error.exception)
            # Until the doubt is on record the request stays on the way, should the process be interrupted here.
            self._delivery.in_doubt |= result is SendResult.UNCERTAIN
        else:
            result, self._delivery.ending = SendResult.ACCEPTED, DeliveryStatus.ACCEPTED
        self._delivery.on_the_way = False
        self._note(result, began)
        return result

    def _leaves(self) -> None:
        self._delivery.attempts += 1
        self._delivery.on_the_way = True

    def _note(self, result: SendResult, began: float) -> None:
        if result in (SendResult.ACCEPTED, SendResult.REFUSED):
            self._service.sends.taken(self._service.clock.monotonic())
        else:
            self._service.sends.failed(began)

    # An answer got lost, of this attempt or of an earlier one.

    def _resolve_doubt(self, result: SendResult) -> Work[DeliveryStatus | None]:
        if not (yield from self._look(GRACE, lambda now: self._shows(now) or self._is_out_of_reach(now))):
            return DeliveryStatus.UNKNOWN
        if self._delivery.last is not None and self._shows(self._delivery.last):
            return DeliveryStatus.SEEN
        kind = self._delivery.verdict.kind if self._delivery.verdict else Kind.NOT_YET
        if kind in (Kind.DONE, Kind.NEVER):
            return DeliveryStatus.MOOT if kind is Kind.DONE else DeliveryStatus.REFUSED
        return None if kind is Kind.SEND and self._may_repeat(result) else DeliveryStatus.UNKNOWN

    def _shows(self, now: Execution) -> bool:
        job = self._errand
        if job.before is None:
            return False
        caller = self._service.caller_arn() if job.signal.is_decision else ""
        return is_visible(job.before, now, job.signal, job.step, caller)

    def _is_out_of_reach(self, now: Execution) -> bool:
        return self._errand.decide(now).kind in (Kind.DONE, Kind.NEVER)

    def _may_repeat(self, result: SendResult) -> bool:
        # A refusal now may be the work of the first signal, whose effect does not show.
        if result is SendResult.REFUSED or self._delivery.attempts >= MOST_ATTEMPTS_IN_DOUBT:
            return False
        return self._delivery.last is not None and may_repeat(
            self._errand.signal, self._delivery.last, self._errand.step
        )

    # No doubt: the service has not taken the signal.

    def _explain_refusal(self) -> Work[DeliveryStatus]:
        error = self._delivery.error
        if error is None or error.code not in (INVALID_SIGNAL, STEP_NOT_FOUND) or self._errand.before is None:
            return DeliveryStatus.REFUSED
        yield from self._look(REFUSAL_GRACE, lambda now: self._errand.decide(now).kind is not Kind.SEND)
        verdict = self._delivery.verdict
        return DeliveryStatus.MOOT if verdict is not None and verdict.kind is Kind.DONE else DeliveryStatus.REFUSED

    def _look(self, pace: Pace, enough: Callable[[Execution], bool]) -> Work[bool]:
        """Read until a state is enough or the time is up; return whether any state could be read."""
        if self._errand.before is None:
            return False
        try:
            watched = yield from watch(self._errand.execution_id, enough, pace, self._service.clock)
        except AnsibleAutomationError as error:
            self._delivery.error = self._delivery.error or error
            return False
        self._delivery.last = watched.seen
        self._delivery.verdict = self._errand.decide(watched.seen) if watched.seen else None
        return watched.seen is not None

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
from enum import Enum
from typing import TYPE_CHECKING

from . import api
from .decisions import Kind, Verdict
from .effects import is_visible, may_repeat
from .errors import INVALID_SIGNAL, STEP_NOT_FOUND, AnsibleAutomationError, Reception, reception_of
from .executions import Execution, Step
from .reading import read_executions
from .service import Service
from .signals import Signal
from .waiting import Pace, pauses, wait_until

if TYPE_CHECKING:
    from collections.abc import Collection

# How long to look for the effect of a signal whose answer got lost, in seconds. The service takes signals in
# asynchronously; how long that lasts at most is not documented.
GRACE = Pace(timeout=20, delay=1)
# How long to look for what made the service refuse a signal that the last look had found fit.
REFUSAL_GRACE = Pace(timeout=5, delay=1)
# How often to send in all after answers that got lost, and for how long, in seconds, while the service is throttling
# or cannot be reached.
MOST_ATTEMPTS_IN_DOUBT = 3
PATIENCE = Pace(timeout=60, delay=1)


class Ending(Enum):
    """How a delivery ended."""

    ACCEPTED = "the service accepted the signal"
    SEEN = "the answer got lost, the execution shows the effect"
    MOOT = "somebody else's signal of the same kind came first"
    REFUSED = "the signal had no effect, and can have none"
    UNKNOWN = "whether the signal had an effect cannot be told"


@dataclass
class Delivery:
    """What became of a signal, filled in on the way; no ending means that its delivery goes on.

    C(in_doubt) says whether an answer got lost, C(on_the_way) whether one is still to come.

    C(last) and C(verdict) are the execution as last seen after an attempt and what was to be done then, C(error) is
    the error of the last attempt.
    """

    attempts: int = 0
    in_doubt: bool = False
    on_the_way: bool = False
    ending: Ending | None = None
    last: Execution | None = None
    verdict: Verdict | None = None
    error: AnsibleAutomationError | None = None

    @property
    def took_effect(self) -> bool:
        """Whether the signal is known to have been taken."""
        return self.ending in (Ending.ACCEPTED, Ending.SEEN)

    @property
    def is_unknown(self) -> bool:
        """Whether it may have been taken or not."""
        return self.ending is Ending.UNKNOWN or (self.ending is None and (self.in_doubt or self.on_the_way))


@dataclass(frozen=True)
class Errand:
    """A signal to be delivered, and the state that it was decided on: none where nobody looked.

    C(decide) gives the verdict on a later state.
    """

    execution_id: str
    signal: Signal
    before: Execution | None
    step: Step | None
    decide: Callable[[Execution], Verdict]


class Courier:
    """Runs one errand; C(delivery) tells at any moment what became of it so far."""

    def __init__(self, service: Service, errand: Errand, delivery: Delivery) -> None:
        self._service = service
        self._errand = errand
        self._delivery = delivery

    def deliver(self) -> None:
        """Send the signal until it is known to have arrived or not to; errors are part of what is told."""
        deadline = self._service.clock.monotonic() + PATIENCE.timeout
        for pause in pauses(PATIENCE.delay):
            self._delivery.ending = self._attempt()
            if self._delivery.ending is None and self._service.clock.monotonic() + pause >= deadline:
                self._delivery.ending = self._not_known_or_not_taken()
            if self._delivery.ending is None:
                self._service.clock.sleep(pause)
                self._delivery.ending = self._look_before_next()
            if self._delivery.ending is not None:
                return

    def _not_known_or_not_taken(self) -> Ending:
        return Ending.UNKNOWN if self._delivery.in_doubt else Ending.REFUSED

    def _attempt(self) -> Ending | None:
        """Send once; return how the delivery ended, or none if the signal may be sent again after another look."""
        reception = self._send()
        if reception is Reception.ACCEPTED:
            return Ending.ACCEPTED
        if self._delivery.in_doubt:
            return self._resolve_doubt(reception)
        return self._explain_refusal() if reception is Reception.REFUSED else None

    def _look_before_next(self) -> Ending | None:
        """Look, right before the signal is sent again; return how the delivery ended if it is not to be."""
        if self._errand.before is None:
            return None
        if not self._look(GRACE, lambda now: True) or self._delivery.verdict is None:
            return self._not_known_or_not_taken()
        if self._delivery.in_doubt and self._delivery.last is not None and self._shows(self._delivery.last):
            return Ending.SEEN
        ending = {Kind.SEND: None, Kind.DONE: Ending.MOOT}
        return ending.get(self._delivery.verdict.kind, Ending.REFUSED)

    def _send(self) -> Reception:
        signal = self._errand.signal
        self._delivery.attempts += 1
        self._delivery.error = None
        self._delivery.on_the_way = True
        try:
            api.send_automation_signal(self._service.client, self._errand.execution_id, signal.type, signal.payload)
        except AnsibleAutomationError as error:
            self._delivery.error = error
            reception = reception_of(error.exception)
            # Until the doubt is on record the request stays on the way, should the process be interrupted here.
            self._delivery.in_doubt |= reception is Reception.UNCERTAIN
        else:
            reception, self._delivery.ending = Reception.ACCEPTED, Ending.ACCEPTED
        self._delivery.on_the_way = False
        return reception

    # An answer got lost, of this attempt or of an earlier one.

    def _resolve_doubt(self, reception: Reception) -> Ending | None:
        if not self._look(GRACE, lambda now: self._shows(now) or self._is_out_of_reach(now)):
            return Ending.UNKNOWN
        if self._delivery.last is not None and self._shows(self._delivery.last):
            return Ending.SEEN
        kind = self._delivery.verdict.kind if self._delivery.verdict else Kind.NOT_YET
        if kind in (Kind.DONE, Kind.NEVER):
            return Ending.MOOT if kind is Kind.DONE else Ending.REFUSED
        return None if kind is Kind.SEND and self._may_repeat(reception) else Ending.UNKNOWN

    def _shows(self, now: Execution) -> bool:
        errand = self._errand
        if errand.before is None:
            return False
        caller = self._service.caller_arn() if errand.signal.is_decision else ""
        return is_visible(errand.before, now, errand.signal, errand.step, caller)

    def _is_out_of_reach(self, now: Execution) -> bool:
        return self._errand.decide(now).kind in (Kind.DONE, Kind.NEVER)

    def _may_repeat(self, reception: Reception) -> bool:
        # A refusal now may be the work of the first signal, whose effect does not show.
        if reception is Reception.REFUSED or self._delivery.attempts >= MOST_ATTEMPTS_IN_DOUBT:
            return False
        return self._delivery.last is not None and may_repeat(
            self._errand.signal, self._delivery.last, self._errand.step
        )

    # No doubt: the service has not taken the signal.

    def _explain_refusal(self) -> Ending:
        error = self._delivery.error
        if error is None or error.code not in (INVALID_SIGNAL, STEP_NOT_FOUND) or self._errand.before is None:
            return Ending.REFUSED
        self._look(REFUSAL_GRACE, lambda now: self._errand.decide(now).kind is not Kind.SEND)
        verdict = self._delivery.verdict
        return Ending.MOOT if verdict is not None and verdict.kind is Kind.DONE else Ending.REFUSED

    def _look(self, pace: Pace, enough: Callable[[Execution], bool]) -> bool:
        """Read until a state is enough or the time is up; return whether any state could be read."""
        if self._errand.before is None:
            return False
        execution_id = self._errand.execution_id
        try:
            watched = wait_until(self._read, [execution_id], enough, pace, self._service.clock)
        except AnsibleAutomationError as error:
            self._delivery.error = self._delivery.error or error
            return False
        self._delivery.last = watched.seen.get(execution_id)
        self._delivery.verdict = self._errand.decide(self._delivery.last) if self._delivery.last else None
        return self._delivery.last is not None

    def _read(self, execution_ids: Collection[str]) -> dict[str, Execution]:
        return read_executions(self._service.client, execution_ids, aws_retry=False)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a signal. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ..aws.errors import AnsibleAutomationError
from ..model.executions import Execution
from ..model.signals import Signal
from ..output.diffs import State
from ..output.outcome import Attempts, TaskOutcome
from .verdicts import Kind, Verdict


class DeliveryStatus(Enum):
    """How a delivery ended."""

    ACCEPTED = "the service accepted the signal"
    SEEN = "the answer got lost, and nothing but this signal explains what the execution shows"
    NOT_NEEDED = "the service did not take the signal, and its purpose is reached all the same"
    REFUSED = "the service did not take the signal"
    UNKNOWN = "whether the signal had an effect cannot be told"


@dataclass
class Delivery(Attempts):
    """What became of a signal, filled in on the way; no status means that its delivery goes on.

    `last` and `verdict` are the execution as last seen after an attempt and what was to be done then, `error` is the
    error of the last attempt. `may_still_leave` is true once an attempt was waited for no longer, so that the request
    may go out at any time. `shows_others` is true where the gate lists who decided, and it was not the caller;
    `shows_nothing` where the service refused a decision on a request as a whole, which lists no decisions, or a signal
    of which something on the way may have made a copy. `caller` is the sender's ARN, where it was asked for to tell
    why a gate that waits has refused a decision.
    """

    status: DeliveryStatus | None = None
    last: Execution | None = None
    verdict: Verdict | None = None
    error: AnsibleAutomationError | None = None
    may_still_leave: bool = False
    shows_others: bool = False
    shows_nothing: bool = False
    caller: str = ""

    @property
    def took_effect(self) -> bool:
        """Whether the signal is known to have been taken."""
        return self.status in (DeliveryStatus.ACCEPTED, DeliveryStatus.SEEN)

    @property
    def is_unknown(self) -> bool:
        """Whether it may have been taken or not."""
        return self.status is DeliveryStatus.UNKNOWN or (self.status is None and super().is_unknown)

    @property
    def sent(self) -> bool | None:
        """Whether the signal was taken, as users are told; none where it is not known.

        Where the service refused a signal whose effect shows, somebody else sent one; or something on the way
        repeated this one, and the refusal was for the repetition.
        """
        if self.is_unknown or (self.status is DeliveryStatus.NOT_NEEDED and not self.shows_others):
            return None
        if self.status is DeliveryStatus.REFUSED and self.shows_nothing:
            return None
        return self.took_effect


@dataclass
class Outcome(TaskOutcome):
    """What became of a signal to one execution.

    `tried` is false for an execution of several that was left alone because the work ended early.
    """

    execution_id: str = ""
    signal: Signal = field(default_factory=lambda: Signal(""))
    kind: Kind | None = None
    predicted: bool = False
    tried: bool = True
    diff: tuple[State, State] | None = None
    delivery: Delivery = field(default_factory=Delivery)

    @property
    def changed(self) -> bool:
        """Whether the signal was taken by the service, or in check mode would be sent."""
        return self.predicted or self.delivery.took_effect

    def leave_untried(self, msg: str) -> None:
        """Note that nothing was sent because the work ended before it was this execution's turn."""
        self.tried, self.msg = False, msg

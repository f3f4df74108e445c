# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a signal. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from ..aws.errors import AnsibleAutomationError
from ..model.executions import Execution
from ..model.signals import Signal
from .predictions import State
from .verdicts import Kind, Verdict


class DeliveryStatus(Enum):
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
    ending: DeliveryStatus | None = None
    last: Execution | None = None
    verdict: Verdict | None = None
    error: AnsibleAutomationError | None = None

    @property
    def took_effect(self) -> bool:
        """Whether the signal is known to have been taken."""
        return self.ending in (DeliveryStatus.ACCEPTED, DeliveryStatus.SEEN)

    @property
    def is_unknown(self) -> bool:
        """Whether it may have been taken or not."""
        return self.ending is DeliveryStatus.UNKNOWN or (self.ending is None and (self.in_doubt or self.on_the_way))


@dataclass
class Outcome:
    """What became of a signal to one execution; filled in as the work goes on.

    C(tried) is false for an execution of several that was left alone because the work ended early.
    """

    execution_id: str
    signal: Signal
    kind: Kind | None = None
    predicted: bool = False
    failed: bool = False
    tried: bool = True
    msg: str = ""
    readable: bool = True
    before: Execution | None = None
    after: Execution | None = None
    diff: tuple[State, State] | None = None
    delivery: Delivery = field(default_factory=Delivery)
    error: AnsibleAutomationError | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def changed(self) -> bool:
        """Whether the signal was taken by the service, or in check mode would be sent."""
        return self.predicted or self.delivery.took_effect

    def fail(self, msg: str, error: AnsibleAutomationError | None = None) -> None:
        """Add the sentence that the task fails with."""
        self.failed, self.error = True, error
        self.msg = f"{self.msg} {msg}".strip()

    def leave_untried(self, msg: str) -> None:
        """Note that nothing was sent because the work ended before it was this execution's turn."""
        self.tried, self.msg = False, msg

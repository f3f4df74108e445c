# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Journeys: work on one execution that neither calls nor waits itself, but says what it needs next.

A work is a generator. It yields a look, a send or a pause, and is resumed with the answer; where there is an error
instead, that is raised at the same place. Whoever conducts works decides how calls are made and time is passed: for
one of them on the spot, for many of them concurrently and in batches.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, TypeVar, Union

from ..model.executions import Execution
from ..model.signals import Signal


@dataclass(frozen=True)
class Look:
    """A look at an execution; the answer is an Execution.

    C(suffices) tells of what DescribeAutomationExecutions lists, which are no steps, whether it is enough; none means
    that the steps are needed in any case.
    """

    execution_id: str
    suffices: Callable[[Execution], bool] | None = None


@dataclass(frozen=True)
class Send:
    """A signal to be sent, once; C(leaves) is to be called right before that, and the answer is empty."""

    execution_id: str
    signal: Signal
    leaves: Callable[[], None]


@dataclass(frozen=True)
class Pause:
    """Some seconds to let pass.

    C(left) is set between two looks: the seconds until the time is up, after which nobody waits any longer.
    """

    seconds: float
    left: float | None = None

    @property
    def trimmed(self) -> float:
        """The seconds, but no more than are left."""
        return self.seconds if self.left is None else min(self.seconds, self.left)


Call = Union[Look, Send]
Request = Union[Look, Send, Pause]
Result = TypeVar("Result")
Work = Generator[Request, Any, Result]


class CalledOff(Exception):
    """The work on many executions ends early; the text is the reason, as a clause."""

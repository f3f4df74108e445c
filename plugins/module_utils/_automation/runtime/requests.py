# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the work on one execution may ask for.

Such work is a coroutine that neither calls nor waits itself. It awaits a request, and goes on with the answer or with
the error that is raised at the same place. The scheduler makes the calls and lets time pass, for one coroutine or for
many. It is no asyncio: a coroutine here stops at nothing but the requests of this file.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, Optional, TypeVar

from ..model.executions import Execution

Answer = TypeVar("Answer")
Result = TypeVar("Result")


class Request(Generic[Answer]):
    """Something to await."""

    def __await__(self) -> Generator[Request[Any], Answer, Answer]:
        return (yield self)


class Call(Request[Answer]):
    """One call of the API, made once. Awaiting it raises AnsibleAutomationError when the call fails.

    `operation` is the API's name, by which calls are paced. `left` is set within a wait: the seconds until its time
    is up, so that a call that hangs is not waited for much longer.
    """

    def __init__(self, operation: str, make: Callable[[], Answer], left: float | None = None) -> None:
        self.operation = operation
        self.make = make
        self.left = left


class Change(Call[Answer]):
    """A call that changes something: a signal, a start or a stop. `leaves` is called right before it goes out."""

    def __init__(self, operation: str, make: Callable[[], Answer], leaves: Callable[[], None] = lambda: None) -> None:
        super().__init__(operation, make)
        self.leaves = leaves


class SummaryLook(Request[Optional[Execution]]):
    """A look at what DescribeAutomationExecutions lists of an execution, which are no steps.

    One call serves ten such looks. The answer is none where the execution is not listed, and for work that runs alone.
    """

    def __init__(self, execution_id: str) -> None:
        self.execution_id = execution_id


class Pause(Request[None]):
    """Some seconds to let pass.

    `left` is set between two looks: the seconds until the time is up, after which nobody waits any longer.
    """

    def __init__(self, seconds: float, left: float | None = None) -> None:
        self.seconds = seconds
        self.left = left


Work = Coroutine[Request[Any], Any, Result]


class CalledOff(Exception):
    """The work on many executions ends early; the text is the reason, as a clause."""

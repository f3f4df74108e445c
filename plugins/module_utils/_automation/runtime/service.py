# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the work on executions needs of the outside: requests of the API, the caller's name, a clock."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

from ..aws import api
from ..aws.errors import AnsibleAutomationError
from ..model.signals import Signal
from .pacing import RetryBudget, SharedLimit
from .rates import Rates
from .requests import Call, Change

if TYPE_CHECKING:
    from botocore.client import BaseClient

# How long to go on, in seconds, while the service takes no signal, start or stop, or answers no look, because it is
# throttling or cannot be reached.
RETRY_SECONDS = 60


class Clock(Protocol):
    """What work needs of a clock; the module `time` is one."""

    def monotonic(self) -> float:
        """Return a time that never goes back."""

    def sleep(self, seconds: float, /) -> None:
        """Let time pass."""


class Service:
    """The API as requests to await; retry budgets and rates, which all executions of a task share; and a clock.

    `name_caller` gives the caller's ARN. It is asked once, and only when it is needed. `is_batch` is for many
    executions: of what is read of them only what decisions rest on is kept, and looks are batched.
    """

    def __init__(
        self,
        client: BaseClient,
        name_caller: Callable[[], str],
        clock: Clock,
        is_batch: bool = False,
    ) -> None:
        self.client = client
        self.clock = clock
        self.is_batch = is_batch
        self.changes = RetryBudget(RETRY_SECONDS)
        self.looks = RetryBudget(RETRY_SECONDS)
        self.shared_limit = SharedLimit()
        self.rates = Rates()
        self._name_caller = name_caller
        self._caller: str | None = None
        self._asking = Lock()

    def delay(self, operation: str, now: float) -> float:
        """Return how many seconds the next call of an operation has to wait."""
        return max(self.rates[operation].delay(now), self.shared_limit.delay(now))

    # The requests that several packages make; the others are where they are made.

    def send(self, execution_id: str, signal: Signal, leaves: Callable[[], None]) -> Change[None]:
        """Send a signal."""
        make = partial(api.send_automation_signal, self.client, execution_id, signal.type, signal.payload)
        return Change("SendAutomationSignal", make, leaves=leaves)

    def get(self, execution_id: str, left: float | None = None) -> Call[dict[str, Any]]:
        """Read an execution, with its steps as far as the service lists them at once."""
        return Call("GetAutomationExecution", partial(api.get_automation_execution, self.client, execution_id), left)

    def content(self, name: str, version: str | None) -> Call[str]:
        """Read the content of a runbook, in JSON."""
        # Loaded here as it is seldom needed, and every task loads its code anew.
        from ..aws.runs import get_document

        return Call("GetDocument", partial(get_document, self.client, name, version))

    # The caller

    async def caller_arn(self) -> str:
        """Return the caller's ARN, which is empty where STS does not tell it."""
        if self._caller is None:
            try:
                await Call("GetCallerIdentity", self._ask_once)
            except AnsibleAutomationError:
                # STS gave no answer in time. What is not known of the caller must not hide what is known of the signal.
                self._caller = ""
        return self._caller or ""

    def _ask_once(self) -> None:
        # Several executions may come to ask at the same time, each in a thread of its own.
        with self._asking:
            if self._caller is None:
                self._caller = self._name_caller()

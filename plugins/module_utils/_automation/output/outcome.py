# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the work on one execution, whatever the work is; filled in as it goes on. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..aws.errors import AnsibleAutomationError, SendResult
from ..model.executions import Execution


@dataclass
class Attempts:
    """What became of a request that changes something.

    `answers_lost` says how many answers got lost, `on_the_way` whether one is still to come.
    """

    attempts: int = 0
    answers_lost: int = 0
    on_the_way: bool = False
    accepted: bool = False

    def leaves(self) -> None:
        """Note that the request goes out."""
        self.attempts += 1
        self.on_the_way = True

    def note(self, result: SendResult) -> None:
        """Note what came of it."""
        # The doubt is on record before the request counts as answered.
        self.answers_lost += result is SendResult.UNCERTAIN
        self.accepted = self.accepted or result is SendResult.ACCEPTED
        self.on_the_way = False

    @property
    def in_doubt(self) -> bool:
        """Whether an answer got lost."""
        return self.answers_lost > 0

    @property
    def is_unknown(self) -> bool:
        """Whether the request may have been taken or not."""
        return not self.accepted and (self.in_doubt or self.on_the_way)


@dataclass
class TaskOutcome:
    """What every outcome tells. `after` is the execution as last seen, `readable` whether the caller may read it."""

    failed: bool = False
    msg: str = ""
    readable: bool = True
    before: Execution | None = None
    after: Execution | None = None
    error: AnsibleAutomationError | None = None
    warnings: list[str] = field(default_factory=list)

    def fail(self, msg: str, error: AnsibleAutomationError | None = None) -> None:
        """Add the sentence that the task fails with."""
        self.failed, self.error = True, error
        self.msg = f"{self.msg} {msg}".strip()

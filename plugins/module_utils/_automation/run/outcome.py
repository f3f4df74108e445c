# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a start or a stop of an execution. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..aws.errors import AnsibleAutomationError
from ..model.executions import Execution
from ..options.waiting import Pace
from .retry import Attempts


@dataclass(frozen=True)
class RunOptions:
    """How to start or stop. C(rest) is the time to come to rest or to end, none where that is not waited for."""

    rest: Pace | None = None
    check_mode: bool = False


@dataclass
class RunOutcome:
    """What became of it; filled in as the work goes on.

    `client_token` is set for starts alone. `after` is the execution as last seen; in check mode `predicted` is what is
    known of the one that a start would make, by the names that users see. Each side of the diff is a map of aspects.
    """

    execution_id: str | None = None
    client_token: str | None = None
    changed: bool = False
    failed: bool = False
    msg: str = ""
    readable: bool = True
    before: Execution | None = None
    after: Execution | None = None
    predicted: Mapping[str, Any] | None = None
    diff: tuple[Mapping[str, str], Mapping[str, str]] | None = None
    attempts: Attempts = field(default_factory=Attempts)
    error: AnsibleAutomationError | None = None
    warnings: list[str] = field(default_factory=list)

    def fail(self, msg: str, error: AnsibleAutomationError | None = None) -> None:
        """Add the sentence that the task fails with."""
        self.failed, self.error = True, error
        self.msg = f"{self.msg} {msg}".strip()

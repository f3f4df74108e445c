# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a start or a stop of an execution. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..options.waiting import Pace
from ..output.outcome import Attempts, TaskOutcome


class RunOptions(NamedTuple):
    """How to start or stop. `rest` is the time to come to rest or to end, none where that is not waited for."""

    rest: Pace | None = None
    check_mode: bool = False


@dataclass
class RunOutcome(TaskOutcome):
    """What became of it.

    `client_token` is set for starts alone. In check mode `predicted` is what is known of the execution that a start
    would make, by the names that users see. Each side of the diff is a map of aspects.
    """

    execution_id: str | None = None
    client_token: str | None = None
    changed: bool = False
    predicted: Mapping[str, Any] | None = None
    diff: tuple[Mapping[str, str], Mapping[str, str]] | None = None
    attempts: Attempts = field(default_factory=Attempts)

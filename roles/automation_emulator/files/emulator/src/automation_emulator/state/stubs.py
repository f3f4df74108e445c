# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a test says of a step: what it returns or how it fails, in place of what the step would do. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Returned:
    """A value that may be anything, also null."""

    value: Any


@dataclass(frozen=True)
class Fault:
    """Why a step fails; with a code it is an error of the service that the step calls."""

    message: str
    code: str | None = None


@dataclass(frozen=True)
class Stub:
    """Which steps are meant, where a member that is None means any; and what they do instead."""

    runbook: str | None = None
    step: str | None = None
    action: str | None = None
    # Which try of a step with maxAttempts, and which round of the loop around the step; both from 1.
    attempt: int | None = None
    iteration: int | None = None
    returned: Returned | None = None
    fault: Fault | None = None
    # How long the step takes, in seconds of emulated time.
    seconds: float = 0.0
    # As it was written.
    written: Mapping[str, Any] | None = None

    @property
    def always(self) -> bool:
        """Whether the step never does anything by itself."""
        said = self.returned is not None or self.fault is not None
        return said and self.attempt is None and self.iteration is None

    def means(self, runbook: str, step: str, action: str) -> bool:
        """Whether a step of a runbook is one of its steps."""
        return self.runbook in (None, runbook) and self.step in (None, step) and self.action in (None, action)

    def applies(self, attempt: int, iteration: int | None) -> bool:
        """Whether it is for this try, in this round of a loop."""
        return self.attempt in (None, attempt) and self.iteration in (None, iteration)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's time: real time made faster, moved forward, or stopped."""

from __future__ import annotations

import time


class Clock:
    """Time in seconds since the epoch; it never goes back."""

    def __init__(self, scale: float = 1.0) -> None:
        self._scale = scale
        self.reset()

    def reset(self) -> None:
        """Show the real time again, running at the scale given at the start."""
        self._origin = time.time()
        self._started = time.monotonic()
        self._offset = 0.0
        self._frozen_at: float | None = None

    def now(self) -> float:
        """The current emulated time, in seconds since the epoch."""
        return self._running() if self._frozen_at is None else self._frozen_at

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds` of emulated time, frozen or not."""
        if self._frozen_at is None:
            self._offset += seconds
        else:
            self._frozen_at += seconds

    def freeze(self) -> None:
        """Stand still at the present moment."""
        self._frozen_at = self.now()

    def thaw(self) -> None:
        """Run again, from the moment at which the clock stands."""
        now, self._frozen_at = self.now(), None
        self._offset += now - self._running()

    @property
    def frozen(self) -> bool:
        """Whether only `advance` moves the clock."""
        return self._frozen_at is not None

    def _running(self) -> float:
        elapsed = (time.monotonic() - self._started) * self._scale
        return self._origin + elapsed + self._offset

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock of a module under test: the emulator's, which stands still but for what a module sleeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .direct import DirectService


class Clock:
    """What modules use for `time`. `on_sleep` is told of each sleep, after the time has passed."""

    def __init__(self, service: DirectService) -> None:
        self._service = service
        self._now = float(service.control("GET", "clock")["now"])
        self.on_sleep: list[Callable[[], None]] = []

    def monotonic(self) -> float:
        """Return the seconds on the emulator's clock."""
        return self._now

    time = monotonic

    def sleep(self, seconds: float) -> None:
        """Let time pass, at no cost of real time."""
        self._now += seconds
        self._service.control("POST", "clock", advance=seconds)
        for told in list(self.on_sleep):
            told()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The clock of a module has no {name}: a module that needs it needs it here, too.")

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options that the modules share; the doc fragment `waiting` documents them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from .invalid import InvalidOption


class Pace(NamedTuple):
    """How long to wait in all, and how long to pause before the second look; later pauses grow."""

    timeout: float
    delay: float


WAIT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "wait": {"type": "bool", "default": False},
    "wait_timeout": {"type": "int", "default": 600},
    "wait_delay": {"type": "int", "default": 2},
}


def pace_of(params: Mapping[str, Any], timeout: str) -> Pace:
    """Return the pace of a wait whose time is up after the option `timeout`, in seconds.

    Raises InvalidOption.
    """
    _check_at_least(0, timeout, params)
    _check_at_least(1, "wait_delay", params)
    return Pace(timeout=params[timeout], delay=params["wait_delay"])


def _check_at_least(minimum: int, option: str, params: Mapping[str, Any]) -> None:
    if params[option] < minimum:
        raise InvalidOption(f"{option} is {params[option]}, give at least {minimum} (seconds).")

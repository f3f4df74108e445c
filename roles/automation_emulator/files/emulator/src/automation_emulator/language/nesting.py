# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A limit on the nesting of values that are read, so that recursion over them ends; YAML allows cycles. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MOST_LEVELS = 100


def too_deep(value: Any) -> bool:
    """Whether lists and maps are nested deeper than the emulator accepts [I]."""
    level = [value]
    for _depth in range(MOST_LEVELS):
        # A YAML alias is the same object as its anchor: looked at once, however often it is there.
        level = list({id(item): item for one in level for item in _items(one)}.values())
        if not level:
            return False
    return True


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When looks at many executions meet. Pure.

Times are seconds on one clock, which the caller reads.
"""

from __future__ import annotations

import math


class PollGrid:
    """The instants at which executions that are waited for are looked at together.

    The pauses of a wait grow; looks that pause alike meet at multiples of 1, 2, 4, 8 seconds and so on, so that one
    call serves several. On average a pause stays as long as it was asked for.
    """

    def __init__(self, origin: float) -> None:
        self._origin = origin

    def due(self, now: float, pause: float, left: float) -> float:
        """Return when to look next; `left` are the seconds until the time is up, rounded up to whole ones here."""
        grid = 2.0 ** math.floor(math.log2(pause))
        due = self._origin + round((now + pause - self._origin) / grid) * grid
        return min(due, self._origin + math.ceil(now + left - self._origin))

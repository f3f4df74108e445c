# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When something happens, and under which choices."""

from __future__ import annotations

from dataclasses import dataclass

from .choices import Choices


@dataclass(frozen=True)
class Moment:
    """A time, in seconds since the epoch of the emulator's clock, and the choices in force then."""

    time: float
    choices: Choices

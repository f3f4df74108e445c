# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service keeps of one account and Region."""

from __future__ import annotations

from dataclasses import dataclass, field

from .launch import Sources
from .ledger import Ledger
from .preview import Preview
from .slots import Slots


@dataclass(frozen=True, eq=False)
class Place:
    """One account and Region: its runbooks, parameters and resources, its executions, and its previews."""

    sources: Sources
    # Which of its executions run, and which are queued.
    slots: Slots
    ledger: Ledger = field(default_factory=Ledger)
    previews: dict[str, Preview] = field(default_factory=dict)

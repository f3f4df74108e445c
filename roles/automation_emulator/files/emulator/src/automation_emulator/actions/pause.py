# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:pause: wait until a Resume signal names the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.model import Signal, Status, StepExecution
from ..state.moment import Moment
from .base import Action, Goes, Outcome, Succeeds

DAY = 86400


class Pause(Action):
    """Waits for Resume: 7 days unless timeoutSeconds is set, 30 at most. Inputs are ignored [O], no outputs [D]."""

    name = "aws:pause"
    default_timeout = 7.0 * DAY
    longest_timeout = 30.0 * DAY

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Wait."""
        return Goes(Status.WAITING)

    def receive(self, run: StepExecution, signal: Signal, moment: Moment) -> Outcome:
        """Go on at Resume; Approve and Reject are not for a pause [I]."""
        return Succeeds() if signal.type == "Resume" else super().receive(run, signal, moment)

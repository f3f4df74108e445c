# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The actions that the emulator runs; a new one is a file beside this and a line here."""

from __future__ import annotations

from .approve import Approve
from .base import Action
from .branch import Branch
from .execute_automation import ExecuteAutomation
from .execute_aws_api import ExecuteAwsApi
from .pause import Pause
from .sleep import Sleep

ACTIONS: dict[str, Action] = {
    action.name: action
    for action in (
        Approve(),
        Branch(),
        ExecuteAutomation(),
        ExecuteAwsApi(),
        Pause(),
        Sleep(),
    )
}

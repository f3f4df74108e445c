# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a task returns the whole execution; the doc fragment `returning` documents the option. Pure."""

from __future__ import annotations

ALWAYS = "always"
ON_SUCCESS = "on_success"
NEVER = "never"

RETURN_ARGUMENTS = {"return_execution": {"type": "str", "default": ON_SUCCESS, "choices": [ALWAYS, ON_SUCCESS, NEVER]}}


def returns_execution(choice: str, failed: bool) -> bool:
    """Return whether a task with this choice returns the whole execution, given whether it failed."""
    return choice == ALWAYS or (choice == ON_SUCCESS and not failed)

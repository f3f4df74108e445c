# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step does to resources, as a preview of its execution tells it [D the three kinds, I which step is which]."""

from __future__ import annotations

import re

from ..state.model import Step

MUTATING, NON_MUTATING, UNDETERMINED = "Mutating", "NonMutating", "Undetermined"
# Calls that only read, by the beginning of their name [D].
_READING = re.compile(r"(batch)?[-_]?(get|describe|list|head|lookup|search|scan|query)", re.IGNORECASE)
# What other services, or a script, do is not known [D].
_ELSEWHERE = (
    "executeAutomation",
    "executeScript",
    "executeStateMachine",
    "invokeLambdaFunction",
    "invokeWebhook",
    "runCommand",
)
_HARMLESS = (
    "approve",
    "assertAwsResourceProperty",
    "branch",
    "loop",
    "pause",
    "sleep",
    "updateVariable",
    "waitForAwsResourceProperty",
)


def impact(step: Step) -> str:
    """Which of the three kinds a step is of; an action that nobody knows here is undetermined."""
    action = step.action.removeprefix("aws:")
    if action == "executeAwsApi":
        return NON_MUTATING if _READING.match(str(step.inputs.get("Api"))) else MUTATING
    if action == "changeInstanceState" and str(step.inputs.get("CheckStateOnly")).lower() == "true":
        return NON_MUTATING
    if action in _HARMLESS:
        return NON_MUTATING
    return UNDETERMINED if action in _ELSEWHERE or action not in _CHANGING else MUTATING


_CHANGING = (
    "changeInstanceState",
    "copyImage",
    "createImage",
    "createStack",
    "createTags",
    "deleteImage",
    "deleteStack",
    "runInstances",
)

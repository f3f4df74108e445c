# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a step that has succeeded puts out: the outputs of its action, and those that its author declares. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..language.selectors import selected
from ..state.choices import Choices
from ..state.model import Step
from .base import OUTPUT_PAYLOAD, Action, Succeeds

SCRIPT = "aws:executeScript"
# Where OutputPayload was seen: in AWS's documents, which use it [O], and in a sample of the reference [D].
_SEEN = (SCRIPT, "aws:invokeLambdaFunction", "aws:createImage")
# Steps of these put something out before they have ended.
_NEVER = ("aws:approve", "aws:loop")


def all_outputs(action: Action, step: Step, outcome: Succeeds, choices: Choices) -> dict[str, Any]:
    """Every output by name; selectors look into what the action got, which is its own outputs unless it says so.

    Raises SelectorError if an output cannot be made what its author wants.
    """
    whole = outcome.outputs if outcome.whole is None else outcome.whole
    declared = selected(step.outputs, whole)
    if action.drops_empty_outputs and choices.empty_outputs_are_left_out:
        declared = {name: value for name, value in declared.items() if value not in ("", [], {})}
    payload = {OUTPUT_PAYLOAD: _payload(outcome)} if _has_payload(action, outcome, choices) else {}
    return {**payload, **outcome.outputs, **declared}


def _payload(outcome: Succeeds) -> Any:
    return dict(outcome.outputs) if outcome.outputs else outcome.whole


def _has_payload(action: Action, outcome: Succeeds, choices: Choices) -> bool:
    """Whether the step puts out OutputPayload, too."""
    wanted: Mapping[str, bool] = {
        "none": False,
        "scripts": action.name == SCRIPT,
        "seen": action.name in _SEEN,
        "all": action.name not in _NEVER,
    }
    return wanted[choices.output_payload] and bool(outcome.outputs or outcome.whole is not None)

# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets of a start request: for each child a name and its parameters. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..state.choices import Choices
from ..state.errors import AutomationError
from ..state.model import RateControl

# The parameters that each target's child gets besides those of the request.
Assignment = Mapping[str, Sequence[str]]
DEFAULT_CONCURRENCY = "10"  # [D]
ELSEWHERE = ("TargetLocations", "TargetLocationsURL")


def assignments(request: Mapping[str, Any]) -> dict[str, Assignment]:
    """The targets of a request by name; none if it is no run on targets."""
    for member in ELSEWHERE:
        if request.get(member):
            raise _invalid(f"The emulator has one account and Region, so no {member} (AWS does).")
    on_targets, name = request.get("Targets") or [], request.get("TargetParameterName")
    maps = request.get("TargetMaps") or []
    if on_targets and maps:
        raise _invalid("Targets and TargetMaps cannot be given together.")
    if maps:
        return {json.dumps(one, sort_keys=True): one for one in maps}
    if bool(on_targets) != bool(name):
        raise _invalid("Targets and TargetParameterName need each other.")
    return {value: {str(name): [value]} for target in on_targets for value in _values(target)}


def _values(target: Mapping[str, Any]) -> Sequence[str]:
    """ParameterValues are used as they are; other keys are refused, as they select resources."""
    if target.get("Key") != "ParameterValues":
        raise _invalid(
            f"The emulator resolves targets of Key ParameterValues alone, not {target.get('Key')} (AWS does)."
        )
    values: Sequence[str] = target.get("Values") or []
    if not values:
        raise _invalid("There are no targets.")
    return values


def rate_control(request: Mapping[str, Any], targets: Sequence[str], choices: Choices) -> RateControl:
    """MaxConcurrency and MaxErrors; a percentage is rounded down, but concurrency is at least one child [I]."""
    concurrency = _number(request.get("MaxConcurrency", DEFAULT_CONCURRENCY), len(targets))
    most_errors = _number(request.get("MaxErrors", str(choices.default_max_errors)), len(targets))
    return RateControl(targets, max(1, concurrency), most_errors)


def _number(text: str, total: int) -> int:
    """A number, or a percentage of all targets [D]."""
    return total * int(text.removesuffix("%")) // 100 if text.endswith("%") else int(text)


def _invalid(message: str) -> AutomationError:
    return AutomationError("InvalidTarget", message)

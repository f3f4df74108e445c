# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The targets of a start request: for each child a name and its parameters. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..state.choices import Choices
from ..state.errors import AutomationError, start_refused
from ..state.model import Location, RateControl

# The parameters that each target's child gets besides those of the request.
Assignment = Mapping[str, Sequence[str]]
# Finds the resources that a target's Key and Values mean, by their ids.
Find = Callable[[str, Sequence[str]], Sequence[str]]
DEFAULT_CONCURRENCY = "10"  # [D]
VALUES, TAG, GROUP, INSTANCES = "ParameterValues", "tag:", "ResourceGroup", "AWS::EC2::Instance"
# The role by which a run in several accounts and Regions works in each of them [D].
EXECUTION_ROLE = "AWS-SystemsManager-AutomationExecutionRole"


def assignments(request: Mapping[str, Any], find: Find) -> dict[str, Assignment]:
    """The targets of a request by name; none if it is no run on targets."""
    on_targets, name = request.get("Targets") or [], request.get("TargetParameterName")
    maps = request.get("TargetMaps") or []
    if on_targets and maps:
        raise _invalid("Targets and TargetMaps cannot be given together.")
    if maps:
        return {json.dumps(one, sort_keys=True): one for one in maps}
    if bool(on_targets) != bool(name):
        raise _invalid("Targets and TargetParameterName need each other.")
    return {value: {str(name): [value]} for target in on_targets for value in _values(target, find)}


def _values(target: Mapping[str, Any], find: Find) -> Sequence[str]:
    """ParameterValues are taken as they are; tags, resource groups and instances are looked up [D]."""
    key, values = str(target.get("Key")), list(target.get("Values") or [])
    if key != VALUES and key not in (GROUP, INSTANCES) and not key.startswith(TAG):
        raise start_refused(f"The target key {key} is none of {VALUES}, {TAG}KEY, {GROUP} and {INSTANCES}.")
    found = values if key == VALUES else find(key, values)
    if not found:
        raise _invalid(f"There are no targets of {key} {', '.join(values)}.")
    return found


def locations(request: Mapping[str, Any], account: str, region: str) -> list[tuple[Location, Mapping[str, Any]]]:
    """The accounts and Regions of a request, each with its entry; its own where an entry names none [I]."""
    if request.get("TargetLocationsURL"):
        raise _invalid("The emulator reads no TargetLocationsURL (AWS does): give the locations themselves.")
    return [one for entry in request.get("TargetLocations") or [] for one in _pairs(entry, account, region)]


def _pairs(entry: Mapping[str, Any], account: str, region: str) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    accounts = entry.get("Accounts") or [account]
    units = [one for one in accounts if not one.isdecimal()]
    if units:
        raise _invalid(f"The emulator knows no organizational units such as {units[0]} (AWS does): name accounts.")
    role = entry.get("ExecutionRoleName", EXECUTION_ROLE)
    for one in accounts:
        if one not in entry.get("ExcludeAccounts", ()):
            for where in entry.get("Regions") or [region]:
                yield Location(one, where, role), entry


def of_location(request: Mapping[str, Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the child in a location is given of the request's targets; the entry's own take precedence [D]."""
    chosen = {
        "Targets": entry.get("Targets") or request.get("Targets"),
        "TargetMaps": request.get("TargetMaps"),
        "TargetParameterName": request.get("TargetParameterName"),
        "MaxConcurrency": entry.get("TargetsMaxConcurrency") or request.get("MaxConcurrency"),
        "MaxErrors": entry.get("TargetsMaxErrors") or request.get("MaxErrors"),
    }
    return {name: value for name, value in chosen.items() if value}


def location_control(entries: Sequence[Mapping[str, Any]], names: Sequence[str], choices: Choices) -> RateControl:
    """How fast the run goes through its locations: as the first entry says [I]."""
    first = entries[0]
    limits = {
        "MaxConcurrency": first.get("TargetLocationMaxConcurrency"),
        "MaxErrors": first.get("TargetLocationMaxErrors"),
    }
    return rate_control({name: value for name, value in limits.items() if value}, names, choices, by_location=True)


def rate_control(
    request: Mapping[str, Any], targets: Sequence[str], choices: Choices, *, by_location: bool = False
) -> RateControl:
    """MaxConcurrency and MaxErrors; a percentage is rounded down, but concurrency is at least one child [I]."""
    concurrency = _number(request.get("MaxConcurrency", DEFAULT_CONCURRENCY), len(targets))
    most_errors = _number(request.get("MaxErrors", str(choices.default_max_errors)), len(targets))
    return RateControl(targets, max(1, concurrency), most_errors, by_location)


def _number(text: str, total: int) -> int:
    """A number, or a percentage of all targets [D]."""
    return total * int(text.removesuffix("%")) // 100 if text.endswith("%") else int(text)


def _invalid(message: str) -> AutomationError:
    return AutomationError("InvalidTarget", message)

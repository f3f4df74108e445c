# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ids of executions, in the forms in which people have them at hand: id, ARN, address of the console. Pure."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .invalid import InvalidOption
from .limits import Range
from .written import is_blank

# arn:PARTITION:ssm:REGION:ACCOUNT:automation-execution/ID (Service Authorization Reference).
_ARN = r"arn:[^:]*:ssm:(?P<region>[^:]*):[^:]*:automation-execution/(?P<id>.*)"
# The page of an execution in the console; other pages, such as that of its approval, come after the id.
_PAGE = r".*/automation/execution/(?P<id>[^/]+)"
_MOST_SHOWN = 80
_LIST = "automation_execution_ids"


def execution_id_of(given: Any, option: str, length: Range, region: str) -> str:
    """Return the id in what the user gave as `option`.

    White space around it is no part of it. An ARN and an address of the console have to name the `region` of the task.
    Raises InvalidOption.
    """
    if is_blank(given):
        raise InvalidOption(f"{option} is {'null' if given is None else 'empty'}: give the id of an execution.")
    text = str(given).strip()
    execution_id, its_region = _taken_apart(text)
    if its_region and its_region != region:
        raise InvalidOption(
            f"{option} is an execution in region {its_region}, and this task works in {region}: set region."
        )
    if not length.holds(len(execution_id)):
        raise InvalidOption(
            f"{option} is {_shown(text)}, {_how_long(text, execution_id)}; an execution id has {length} characters:"
            " give the whole id that StartAutomationExecution returned."
        )
    return execution_id


def execution_ids_of(given: Any, length: Range, region: str, may_be_blank: bool) -> list[str | None]:
    """Return the ids in `automation_execution_ids` as written, each once; none for each blank one, where it may be.

    A string is a list with commas, as it is for Ansible. Raises InvalidOption, which names the place in the list.
    """
    ids = [
        None if may_be_blank and is_blank(each) else execution_id_of(each, f"{_LIST}[{place}]", length, region)
        for place, each in enumerate(given if isinstance(given, list) else str(given).split(","))
    ]
    first = {execution_id: place for place, execution_id in reversed(list(enumerate(ids)))}
    return [each for place, each in enumerate(ids) if each is None or first[each] == place]


def _taken_apart(text: str) -> tuple[str, str]:
    """Return the id and the region that a text names; the region is empty where it names none."""
    arn = re.fullmatch(_ARN, text) if text.startswith("arn:") else None
    if arn:
        return arn["id"], arn["region"]
    if text.startswith(("https://", "http://")):
        return _in_address(text)
    return text, ""


def _in_address(text: str) -> tuple[str, str]:
    try:
        address = urlsplit(text)
    except ValueError:
        return text, ""
    page = re.match(_PAGE, address.path)
    regions = parse_qs(address.query).get("region", [])
    return (page["id"] if page else text), (regions[0] if regions else "")


def _shown(text: str) -> str:
    return f"`{text}`" if len(text) <= _MOST_SHOWN else f"`{text[:_MOST_SHOWN]}…`"


def _how_long(text: str, execution_id: str) -> str:
    if text == execution_id:
        return f"{len(text)} characters"
    return f"in which `{execution_id[:_MOST_SHOWN]}` has {len(execution_id)} characters"

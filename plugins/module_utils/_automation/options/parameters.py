# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parameters of a runbook as the API takes them: a map of lists of strings (API reference). Pure.

How the service reads the strings for parameters that are no strings is not in the API reference. The spelling here is
that of JSON, in which runbooks can be written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .invalid import InvalidOption


def to_strings(parameters: Mapping[Any, Any], option: str) -> dict[str, list[str]]:
    """Return parameters as users write them as the API takes them.

    `option` is where the user wrote them. Raises InvalidOption for null and for lists in lists.
    """
    return {str(name): _values(f"{option}.{name}", value) for name, value in parameters.items()}


def as_text(value: Any) -> str:
    """Return one value as text: a string as it is, anything else as JSON.

    The keys of maps are sorted, so that the same map is the same text whenever a request is repeated.
    """
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)


def _values(called: str, value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    for item in items:
        if item is None:
            raise InvalidOption(f"{called} is null: leave it out where the runbook's default is to be used.")
        if isinstance(item, list):
            raise InvalidOption(
                f"{called} holds a list in a list, which no parameter takes: use the to_json filter if the"
                " runbook wants JSON."
            )
    return [as_text(item) for item in items]

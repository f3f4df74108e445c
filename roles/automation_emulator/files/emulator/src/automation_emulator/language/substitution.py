# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replacing `{{ references }}` in a runbook by the values that they name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

# Blanks inside the braces are optional, and braces do not nest [D]. Scripts hold other things in braces [O].
REFERENCE = re.compile(r"""\{\{\s*([^{}\s"',;$]+)\s*\}\}""")

Lookup = Callable[[str], Any]


class UnresolvedReference(LookupError):
    """A reference names something that has no value, or none yet."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{as_reference(name)} has no value")


def as_reference(name: str) -> str:
    """The reference to a name."""
    return f"{{{{ {name} }}}}"


def references(value: Any) -> Iterator[str]:
    """Every name that a value refers to, at any depth."""
    if isinstance(value, str):
        yield from REFERENCE.findall(value)
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def resolve(value: Any, lookup: Lookup) -> Any:
    """The value with its references replaced; a reference that stands alone keeps the type of its value [O]."""
    if isinstance(value, dict):
        return {key: resolve(item, lookup) for key, item in value.items()}
    if isinstance(value, list):
        return [one for item in value for one in _spliced(item, resolve(item, lookup))]
    if not isinstance(value, str):
        return value
    lone = REFERENCE.fullmatch(value)
    return lookup(lone[1]) if lone else REFERENCE.sub(lambda found: text(lookup(found[1])), value)


def _spliced(item: Any, resolved: Any) -> list[Any]:
    """The values of an item of a list: a reference to a list gives that list's items, as in AWS's examples [D]."""
    return resolved if isinstance(item, str) and isinstance(resolved, list) else [resolved]


def text(value: Any) -> str:
    """A value as it is written inside a longer string: a string as it is, anything else as JSON [I]."""
    return value if isinstance(value, str) else json.dumps(value)

# Copyright (c) Contributors to the ssmops.automation project
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
# Writes a value inside a longer string.
Write = Callable[[Any], str]


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


def resolve(value: Any, lookup: Lookup, write: Write | None = None) -> Any:
    """The value with its references replaced; a reference that stands alone keeps the type of its value [O].

    `write` says how a value is written inside a longer string.
    """
    if isinstance(value, dict):
        return {key: resolve(item, lookup, write) for key, item in value.items()}
    if isinstance(value, list):
        return [one for item in value for one in _spliced(item, resolve(item, lookup, write))]
    if not isinstance(value, str):
        return value
    lone, written = lone_reference(value), write or text
    return lookup(lone) if lone else REFERENCE.sub(lambda found: written(lookup(found[1])), value)


def lone_reference(value: Any) -> str | None:
    """The name that a string refers to which is nothing but a reference."""
    found = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else None


def _spliced(item: Any, resolved: Any) -> list[Any]:
    """The values of an item of a list: a reference to a list gives that list's items, as in AWS's examples [D]."""
    return resolved if isinstance(item, str) and isinstance(resolved, list) else [resolved]


def text(value: Any) -> str:
    """A value as it is written inside a longer string: a string as it is, anything else as JSON [I]."""
    return value if isinstance(value, str) else json.dumps(value)


def inside_text(several: str) -> Write:
    """How values are written inside a longer string: a list of one as its item [O], one of several as chosen."""

    def write(value: Any) -> str:
        if not isinstance(value, list):
            return text(value)
        if len(value) == 1:
            return text(value[0])
        return ", ".join(map(text, value)) if several == "commas" else text(value)

    return write

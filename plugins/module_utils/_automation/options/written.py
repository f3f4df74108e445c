# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a task as the user wrote them, before Ansible converts them. Pure.

Ansible does not tell an option that is null from one that is left out, and turns lists and maps into strings where an
option is a string. Both hide mistakes: a guard that is null would be dropped, a comment that is a list would be sent
in the spelling of Python.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .invalid import InvalidOption


def as_written(raw: Mapping[str, Any], argument_spec: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the options that the user gave, by their own names instead of their aliases, null ones included."""
    names = {alias: option for option, spec in argument_spec.items() for alias in spec.get("aliases", ())}
    return {names.get(key, key): value for key, value in raw.items() if not key.startswith("_ansible_")}


def is_null(written: Mapping[str, Any], option: str) -> bool:
    """Return whether the user gave the option as null."""
    return option in written and written[option] is None


def is_blank(value: Any) -> bool:
    """Return whether a value is null, or a string of nothing but white space."""
    return value is None or (isinstance(value, str) and not value.strip())


def is_valid_text(text: str) -> bool:
    """Return whether a text can be sent: it is none with half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def refuse_null(written: Mapping[str, Any], advice: Mapping[str, str]) -> None:
    """Raise InvalidOption for an option that must not be null; `advice` tells by option what to do."""
    for option, what_to_do in advice.items():
        if is_null(written, option):
            raise InvalidOption(f"{option} is null: {what_to_do}.")


def refuse_structures(written: Mapping[str, Any], options: Iterable[str]) -> None:
    """Raise InvalidOption for an option that is to be a string and is a list or a map."""
    for option in options:
        if isinstance(written.get(option), (list, Mapping)):
            kind = "list" if isinstance(written[option], list) else "map"
            raise InvalidOption(f"{option} is a {kind}: give a string.")


def refuse_bad_text(written: Mapping[str, Any]) -> None:
    """Raise InvalidOption for text that cannot be sent, because it holds half a surrogate pair."""
    for option, value in written.items():
        for text, called in _texts(value, option):
            if not is_valid_text(text):
                raise InvalidOption(
                    f"{called} is no valid Unicode text, it holds half of a surrogate pair: {_escaped(text)}."
                )


def _texts(value: Any, called: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield value, called
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield str(key), f"a key of {called}"
            yield from _texts(each, f"{called}.{_escaped(str(key))}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _texts(each, f"{called}[{place}]")


def _escaped(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()[:80]

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as a request of the API: names and patterns come from botocore's model of the call, so they do not go stale.

Minimum lengths botocore enforces itself, in its words. Maximum lengths are left to the service: which of those in the
model it enforces is not documented, and longer parameter values than the model has are known to work. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from .invalid import InvalidOption
from .limits import range_of

if TYPE_CHECKING:
    from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

# The first botocore whose model has every option of the modules. amazon.aws works with older ones, too.
COMPLETE_SINCE = "1.35.21"


def to_api(shape: Shape, value: Any, option: str) -> Any:
    """Return the value of an option as the API takes it, members in CamelCase instead of snake_case.

    `option` is how the value is called when it is told to the user. Raises InvalidOption for the first thing that
    the model does not allow.
    """
    convert: Callable[..., Any] = _CONVERTERS.get(shape.type_name, _as_it_is)
    return convert(shape, value, option)


def _snake_case(member: str) -> str:
    return re.sub("(?<=[a-z0-9])(?=[A-Z])", "_", member).lower()


def _as_it_is(shape: Shape, value: Any, option: str) -> Any:
    return value


def _structure(shape: StructureShape, value: Mapping[str, Any], option: str) -> dict[str, Any]:
    members = {_snake_case(member): member for member in shape.members}
    given = {name: each for name, each in value.items() if each is not None}
    converted = {}
    for name in [*given, *map(_snake_case, shape.required_members)]:
        called = f"{option}.{name}" if option else name
        if name not in given:
            raise InvalidOption(f"{called} is missing.")
        if name not in members:
            raise InvalidOption(
                f"{called} is not known to the installed botocore: upgrade boto3 and botocore to {COMPLETE_SINCE} or"
                " later."
            )
        converted[members[name]] = to_api(shape.members[members[name]], given[name], called)
    return converted


def _list(shape: ListShape, value: Sequence[Any], option: str) -> list[Any]:
    _check_size(shape, value, option, "entries")
    return [to_api(shape.member, item, f"{option}[{place}]") for place, item in enumerate(value)]


def _map(shape: MapShape, value: Mapping[Any, Any], option: str) -> dict[str, Any]:
    _check_size(shape, value, option, "entries")
    return {
        to_api(shape.key, str(key), f"{option} key"): to_api(shape.value, each, f"{option}.{key}")
        for key, each in value.items()
    }


def _string(shape: StringShape, value: str, option: str) -> str:
    if not value and range_of(shape).minimum:
        raise InvalidOption(f"{option} is empty: give a value, or leave it out.")
    pattern = shape.metadata.get("pattern")
    if pattern is not None and not _matches(pattern, value):
        raise InvalidOption(f"{option} is `{value}`, the service takes what matches {pattern}.")
    return value


def _check_size(shape: Shape, value: Any, option: str, unit: str) -> None:
    allowed = range_of(shape)
    if not allowed.has_enough(len(value)):
        raise InvalidOption(f"{option} has {len(value)} {unit}, the service takes at least {allowed.minimum}.")


def _matches(pattern: str, text: str) -> bool:
    compiled = _compiled(pattern)
    return compiled is None or compiled.fullmatch(text) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """Return a pattern of the model, without its maximum lengths.

    None where it has character classes that Python lacks, so that all may pass.
    """
    try:
        return re.compile(re.sub(r"\{(\d+),\d+\}", r"{\1,}", pattern))
    except re.error:
        return None


_CONVERTERS: dict[str, Callable[..., Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
}

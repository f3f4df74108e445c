# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of an action, as far as they are checked when a runbook is registered. Pure.

That CreateDocument refuses names that it does not know, inputs that are missing, and values of the wrong JSON type was
observed, in its own words [O]. It is no stricter here than AWS's own documents need it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..language.operations import parameter_types


class Kind(Enum):
    """What JSON type an input has. A string fits every kind: it may be a reference."""

    TEXT = "a string"
    LIST = "a list"
    MAP = "a map"
    ANY = "any value"

    def fits(self, value: Any) -> bool:
        """Whether a value can be of this kind; a number or a Boolean is as good as the string that it is written as."""
        return not isinstance(value, _OTHERS[self])


_OTHERS: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (list, dict),
    Kind.LIST: (dict,),
    Kind.MAP: (list,),
    Kind.ANY: (),
}
_KINDS = {"list": Kind.LIST, "map": Kind.MAP, "structure": Kind.MAP}


@dataclass(frozen=True)
class Inputs:
    """The inputs of an action, and which of them have to be there."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    # Of each group one input is needed.
    needed: Sequence[Sequence[str]] = ()
    # The service and operation whose parameters are inputs, too; and whether there are inputs of any name.
    operation: tuple[str, str] | None = None
    open: bool = False
    # How the names of a numbered input begin.
    numbered: str | None = None

    def problems(self, given: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with the inputs of a step."""
        unknown = [name for name in given if self._kind(name) is None]
        if unknown:
            yield f"Unknown input names provided: {', '.join(unknown)}"
        missing = [" or ".join(names) for names in self.needed if not any(name in given for name in names)]
        if missing:
            yield f"Missing required input names: {', '.join(missing)}"
        for name, value in given.items():
            kind = self._kind(name)
            if kind is not None and not kind.fits(value):
                yield f"{name} must be {kind.value}"

    def _kind(self, name: str) -> Kind | None:
        """The kind of an input; None if there is none of that name."""
        if name in self.kinds:
            return self.kinds[name]
        if self.open or (self.numbered is not None and name.startswith(self.numbered)):
            return Kind.ANY
        types = parameter_types(*self.operation) if self.operation is not None else {}
        return _KINDS.get(types[name], Kind.TEXT) if name in types else None


def texts(*names: str) -> dict[str, Kind]:
    """Inputs that are strings, numbers or Booleans."""
    return dict.fromkeys(names, Kind.TEXT)


def lists(*names: str) -> dict[str, Kind]:
    """Inputs that are lists."""
    return dict.fromkeys(names, Kind.LIST)


def maps(*names: str) -> dict[str, Kind]:
    """Inputs that are maps."""
    return dict.fromkeys(names, Kind.MAP)


def each(*names: str) -> tuple[tuple[str, ...], ...]:
    """Inputs that are needed, all of them."""
    return tuple((name,) for name in names)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What identity policies say of a call: an explicit Deny counts, then an Allow; else it is not allowed [D]. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..state.errors import AutomationError

Document = Mapping[str, Any]
# What conditions and policy variables are about: condition keys, in small letters, with one or several values.
Surroundings = Mapping[str, str | Sequence[str]]
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Asked:
    """A call: its action, such as ssm:GetAutomationExecution, the ARN that it is for, and what surrounds it."""

    action: str
    resource: str
    surroundings: Surroundings


def allowed(documents: Iterable[Document], asked: Asked) -> bool:
    """Whether the policies of a caller allow a call."""
    effects = {one["Effect"] for document in documents for one in _statements(document) if _applies(one, asked)}
    return "Allow" in effects and "Deny" not in effects


def denied(documents: Iterable[Document], asked: Asked) -> bool:
    """Whether a statement denies it."""
    return any(
        one["Effect"] == "Deny" and _applies(one, asked) for document in documents for one in _statements(document)
    )


def _statements(document: Document) -> list[Mapping[str, Any]]:
    return _listed(document["Statement"])


def _applies(statement: Mapping[str, Any], asked: Asked) -> bool:
    return (
        _meant(statement, "Action", asked.action, re.IGNORECASE)
        and _meant(statement, "Resource", asked.resource, re.NOFLAG, asked.surroundings)
        and all(
            _holds(operator, key, _listed(values), asked.surroundings)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _meant(
    statement: Mapping[str, Any], element: str, value: str, flags: re.RegexFlag, known: Surroundings | None = None
) -> bool:
    """Whether an element, or its Not form, means a value."""
    if f"Not{element}" in statement:
        return not _any_like(_listed(statement[f"Not{element}"]), value, flags, known or {})
    return _any_like(_listed(statement.get(element, [])), value, flags, known or {})


def _any_like(patterns: Sequence[str], value: str, flags: re.RegexFlag, known: Surroundings) -> bool:
    return any(like(_filled(one, known), value, flags) for one in patterns)


def like(pattern: str, value: str, flags: re.RegexFlag = re.NOFLAG) -> bool:
    """Whether a pattern with `*` and `?` means a value."""
    written = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(written, value, flags | re.DOTALL) is not None


def _filled(pattern: str, known: Surroundings) -> str:
    """A pattern with its policy variables replaced, such as `${aws:username}`; one that is not known stays."""

    def value(found: re.Match[str]) -> str:
        values = _listed(known.get(found[1].lower(), found[0]))
        return str(values[0])

    return _VARIABLE.sub(value, pattern)


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda wanted, value: wanted == value,
    "StringEqualsIgnoreCase": lambda wanted, value: wanted.lower() == value.lower(),
    "StringLike": like,
    "ArnEquals": like,
    "ArnLike": like,
    "Bool": lambda wanted, value: wanted.lower() == value.lower(),
}


def _holds(operator: str, key: str, wanted: Sequence[Any], known: Surroundings) -> bool:
    """Whether a condition holds; a key that is not there fails it, unless it says Not or IfExists [D]."""
    name, if_exists = operator.removesuffix("IfExists"), operator.endswith("IfExists")
    quantifier, _colon, name = name.rpartition(":")
    values = [str(value) for value in _listed(known.get(key.lower(), []))]
    if name == "Null":
        return (str(wanted[0]).lower() == "true") is not bool(values)
    negated = name.startswith(("StringNot", "ArnNot"))
    test = _TESTS.get(name.replace("Not", "", 1) if negated else name)
    if test is None:
        raise AutomationError("AccessDeniedException", f"The emulator knows no condition operator {operator}.")
    if not values:
        return if_exists or negated or quantifier == "ForAllValues"
    patterns = [_filled(str(one), known) for one in wanted]
    matches = [any(test(pattern, value) for pattern in patterns) is not negated for value in values]
    return all(matches) if quantifier == "ForAllValues" or (negated and not quantifier) else any(matches)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]

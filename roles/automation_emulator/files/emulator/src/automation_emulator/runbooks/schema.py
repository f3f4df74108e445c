# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a runbook's text may contain: keys of steps and parameters, and the types of their values. Pure.

The keys are documented [D]; that AWS refuses any other key, and what it makes of values of the wrong type, is not [I].
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..actions.loop import LOOP
from ..actions.registry import misspelt
from ..language.parameters import ParameterError
from ..language.parameters import read as read_parameter
from ..language.patterns import compiled
from ..language.selectors import TYPES, SelectorError, path
from ..language.substitution import REFERENCE, references
from ..language.variables import TYPES as VARIABLE_TYPES
from ..language.variables import VariableError, check_default
from ..language.variables import read as read_variable

STEP_KEYS = (
    "name",
    "action",
    "inputs",
    "maxAttempts",
    "timeoutSeconds",
    "onFailure",
    "onCancel",
    "isEnd",
    "nextStep",
    "isCritical",
    "description",
    "outputs",
)
PARAMETER_KEYS = (
    "type",
    "description",
    "default",
    "allowedValues",
    "allowedPattern",
    "displayType",
    "interpolationType",
)
VARIABLE_KEYS = ("type", "description", "default")
LIMITS = (("minItems", "maxItems"), ("minChars", "maxChars"))
_TYPE = re.compile(
    r"String|StringList|Integer|Boolean|MapList|StringMap|AWS(::[A-Za-z0-9]+)+|List<AWS(::[A-Za-z0-9]+)+>"
)
Entry = Mapping[str, Any]
# Gives the problems of one declared parameter or variable.
Check = Callable[[str, Entry], Iterator[str]]


def problems(document: Entry) -> Iterator[str]:
    """Every problem of form, in sentences; what the parts mean is not looked at."""
    yield from _declaration_problems(document, "parameters", _parameter_problems)
    yield from _declaration_problems(document, "variables", _variable_problems)
    if not _is_text(document.get("assumeRole") or ""):
        yield "assumeRole must be a string."
    if not _is_list_of(str, _given(document, "outputs", [])):
        yield "outputs must be a list of strings."
    for entry in document["mainSteps"]:
        yield from _step_problems(entry)


def _given(document: Entry, key: str, otherwise: Any) -> Any:
    """The value of a key, which may be missing or null."""
    return otherwise if document.get(key) is None else document[key]


def _declaration_problems(document: Entry, key: str, check: Check) -> Iterator[str]:
    """Problems of the parameters or the variables: a map from names to maps."""
    entries = _given(document, key, {})
    if not isinstance(entries, dict) or not _is_list_of(dict, list(entries.values())):
        yield f"{key} must be a map of maps."
        return
    for name, entry in entries.items():
        yield from check(name, entry)


def _step_problems(entry: Any) -> Iterator[str]:
    if not isinstance(entry, dict) or not all(isinstance(entry.get(key), str) for key in ("name", "action")):
        yield "Every step needs a name and an action, which are strings."
        return
    where = f"Step {entry['name']}"
    yield from _unknown(where, entry, STEP_KEYS)
    meant = misspelt(entry["action"])
    if meant:
        yield f"{where}: there is no action {entry['action']}; did you mean {meant}?"
    if not isinstance(entry.get("inputs"), dict):
        yield f"{where} needs inputs, which are a map."
    elif entry["action"] == LOOP:
        yield from _inner_problems(where, entry["inputs"].get("Steps"))
    for key, (fits, what) in _STEP_VALUES.items():
        if key in entry and not fits(entry[key]):
            yield f"{where}: {key} must be {what}."
    yield from _output_problems(where, entry.get("outputs") or [])


def _inner_problems(where: str, steps: Any) -> Iterator[str]:
    """The steps inside a loop are written as those of a runbook [D]."""
    if not isinstance(steps, list) or not steps:
        yield f"{where} needs Steps, which are a list."
        return
    for entry in steps:
        yield from _step_problems(entry)


def _output_problems(where: str, outputs: Any) -> Iterator[str]:
    """Name and Selector are needed, Type is one of six [D]."""
    if not _is_list_of(dict, outputs):
        yield f"{where}: outputs must be a list of maps."
        return
    for one in outputs:
        if not _is_text(one.get("Name")) or not _is_text(one.get("Selector")):
            yield f"{where}: every output needs a Name and a Selector, which are strings."
        elif one.get("Type", "String") not in TYPES:
            yield f"{where}: the Type of output {one['Name']} is one of {', '.join(TYPES)}."
        else:
            yield from _selector_problems(where, one["Selector"])


def _selector_problems(where: str, selector: str) -> Iterator[str]:
    try:
        path(selector)
    except SelectorError as problem:
        yield f"{where}: {problem}."


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list_of(kind: type, value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, kind) for one in value)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool) or (isinstance(value, str) and value.lower() in ("true", "false"))


def _is_whole(value: Any, least: int) -> bool:
    """A whole number, which may be written as a string [I]."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value) >= least
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_positive(value: Any) -> bool:
    """A whole number from 1 on, or a reference to one."""
    return _is_whole(value, 1) or (isinstance(value, str) and REFERENCE.search(value) is not None)


_STEP_VALUES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "timeoutSeconds": (_is_positive, "a whole number from 1 on"),
    "maxAttempts": (_is_positive, "a whole number from 1 on"),
    "isEnd": (_is_flag, "true or false"),
    "isCritical": (_is_flag, "true or false"),
    "nextStep": (_is_text, "the name of a step"),
    "onFailure": (_is_text, "Abort, Continue or step:name"),
    "onCancel": (_is_text, "Abort or step:name"),
}


def _unknown(where: str, entry: Entry, known: tuple[str, ...]) -> Iterator[str]:
    unknown = ", ".join(str(key) for key in entry if key not in known)
    if unknown:
        yield f"{where} has keys that mean nothing: {unknown}."


def _variable_problems(name: str, entry: Entry) -> Iterator[str]:
    where = f"Variable {name}"
    yield from _unknown(where, entry, VARIABLE_KEYS)
    if entry.get("type") not in VARIABLE_TYPES:
        yield f"{where} needs a type: one of {', '.join(VARIABLE_TYPES)}."
        return
    try:
        check_default(read_variable(name, entry))
    except VariableError as problem:
        yield f"{where}: default does not fit, {problem}."


def _parameter_problems(name: str, entry: Entry) -> Iterator[str]:
    where = f"Parameter {name}"
    found = [*_unknown(where, entry, PARAMETER_KEYS + LIMITS[0] + LIMITS[1]), *_form_problems(where, entry)]
    yield from found
    default = entry.get("default")
    if not found and default is not None and not any(references(default)):
        try:
            read_parameter(name, entry).typed_default()
        except ParameterError as problem:
            yield f"{where}: default does not fit. {problem}"


def _form_problems(where: str, entry: Entry) -> Iterator[str]:
    """Problems of a parameter's declaration."""
    if not isinstance(entry.get("type"), str) or not _TYPE.fullmatch(entry["type"]):
        yield f"{where} needs a type that there is, such as String or StringList."
    if not isinstance(entry.get("allowedValues", []), list):
        yield f"{where}: allowedValues must be a list."
    pattern = entry.get("allowedPattern", "")
    if not isinstance(pattern, str) or not _is_pattern(pattern):
        yield f"{where}: allowedPattern must be a regular expression."
    for least, most in LIMITS:
        yield from _limit_problems(where, entry, least, most)


def _limit_problems(where: str, entry: Entry, least: str, most: str) -> Iterator[str]:
    wrong = [key for key in (least, most) if key in entry and not _is_whole(entry[key], 0)]
    for key in wrong:
        yield f"{where}: {key} must be a whole number from 0 on."
    if not wrong and least in entry and most in entry and int(entry[least]) > int(entry[most]):
        yield f"{where}: {least} must not be above {most}."


def _is_pattern(pattern: str) -> bool:
    try:
        compiled(pattern)
    except re.error:
        return False
    return True

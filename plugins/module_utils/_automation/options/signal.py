# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signal that a task asks for, made of its options, and the rules of its payload.

API reference: SendAutomationSignal, Payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.signals import (
    APPROVE,
    COMMENT,
    GUARDED,
    REJECT,
    RESUME,
    REVOKE,
    START_STEP,
    STEP_EXECUTION_ID,
    STEP_NAME,
    STOP_STEP,
    Signal,
)
from .invalid import InvalidOption
from .limits import Limits, Range
from .spelling import did_you_mean
from .written import is_blank

# The one key that a signal may carry, and whether it must. Revoke has no documented payload; like the other
# decisions it may carry a comment.
_PAYLOAD_KEY = {
    APPROVE: COMMENT,
    REJECT: COMMENT,
    REVOKE: COMMENT,
    START_STEP: STEP_NAME,
    RESUME: STEP_NAME,
    STOP_STEP: STEP_EXECUTION_ID,
}
_KEY_OF_OPTION = {"comment": COMMENT, "step_name": STEP_NAME, "step_execution_id": STEP_EXECUTION_ID}
_OPTION_OF_KEY = {key: option for option, key in _KEY_OF_OPTION.items()}


def build_signal(
    signal_type: str, payload: Mapping[Any, Any] | None, options: Mapping[str, Any], limits: Limits
) -> Signal:
    """Return the signal that the user asks for.

    `payload` is the API's map as the user wrote it, or none; `options` holds `comment`, `step_name` and
    `step_execution_id`, each a string or none. Raises InvalidOption with one sentence for the first thing wrong.
    """
    given = {option: value for option, value in options.items() if value is not None}
    if payload is None:
        return _from_options(signal_type, given, limits)
    _refuse_twice(payload, given)
    sent = _checked_payload(payload, limits)
    _check_keys(signal_type, sent)
    return _signal(signal_type, sent)


def refuse_guard_under_force(signal: Signal) -> None:
    """Raise InvalidOption for a guard, when the signal is to be sent without a look."""
    if signal.is_guarded:
        raise InvalidOption(
            f"force sends without looking, but step_name `{signal.step_name}` guards {signal.type} by looking"
            " which step waits: leave out one of them."
        )


def refuse_one_run_of_a_step(signal: Signal) -> None:
    """Raise InvalidOption for a step execution id, when the signal is for several executions."""
    if signal.step_execution_id is not None:
        raise InvalidOption(
            f"step execution {signal.step_execution_id} belongs to one execution: name the step with step_name, of"
            " which each execution has its own run, or give automation_execution_id."
        )


def _from_options(signal_type: str, given: Mapping[str, Any], limits: Limits) -> Signal:
    sent: dict[str, list[str]] = {}
    for option, value in given.items():
        _refuse_foreign_option(signal_type, option)
        _check_value(option, value, limits.payload_value)
        if _KEY_OF_OPTION[option] == _PAYLOAD_KEY[signal_type]:
            sent[_KEY_OF_OPTION[option]] = [value]
    if signal_type != STOP_STEP or "step_name" not in given:
        _check_keys(signal_type, sent)
    return Signal(signal_type, sent, given.get("step_name"), given.get("step_execution_id"))


def _signal(signal_type: str, sent: Mapping[str, list[str]]) -> Signal:
    return Signal(
        signal_type, sent, next(iter(sent.get(STEP_NAME, ())), None), next(iter(sent.get(STEP_EXECUTION_ID, ())), None)
    )


def _refuse_twice(payload: Mapping[Any, Any], given: Mapping[str, Any]) -> None:
    for option in given:
        raise InvalidOption(
            f"payload and {option} are both given: write {_KEY_OF_OPTION[option]} once, in payload or as {option}."
        )
    if not payload:
        raise InvalidOption("payload is empty, the service takes a map of at least one entry: leave payload out.")


def _refuse_foreign_option(signal_type: str, option: str) -> None:
    step_name_helps = signal_type in GUARDED or signal_type == STOP_STEP
    if _KEY_OF_OPTION[option] == _PAYLOAD_KEY[signal_type] or (option == "step_name" and step_name_helps):
        return
    raise InvalidOption(f"{option} does not belong to {signal_type}, which takes {_options_for(signal_type)}.")


def _options_for(signal_type: str) -> str:
    options = [_OPTION_OF_KEY[_PAYLOAD_KEY[signal_type]]]
    if signal_type in GUARDED or signal_type == STOP_STEP:
        options.append("step_name")
    return " or ".join(options)


def _check_keys(signal_type: str, sent: Mapping[str, list[str]]) -> None:
    wanted = _PAYLOAD_KEY[signal_type]
    for key in sent:
        if key != wanted:
            meant = did_you_mean(key, [wanted])
            raise InvalidOption(
                f"payload key {key}{meant} does not belong to {signal_type}, which takes {wanted} alone."
            )
    if wanted == COMMENT:
        return
    if not sent.get(wanted):
        raise InvalidOption(_missing(signal_type, wanted))
    if len(sent[wanted]) > 1:
        raise InvalidOption(f"payload key {wanted} has {len(sent[wanted])} values, {signal_type} is for exactly one.")


def _missing(signal_type: str, key: str) -> str:
    ways = _OPTION_OF_KEY[key] if signal_type != STOP_STEP else "step_execution_id or step_name"
    return f"{signal_type} needs to know its step: give {ways}, or {key} in payload."


def _checked_payload(payload: Mapping[Any, Any], limits: Limits) -> dict[str, list[str]]:
    if not limits.payload_entries.holds(len(payload)):
        raise InvalidOption(f"payload has {len(payload)} entries, the service takes {limits.payload_entries}.")
    return {_checked_key(key, limits): _checked_values(key, values, limits) for key, values in payload.items()}


def _checked_key(key: Any, limits: Limits) -> str:
    if not limits.payload_key.holds(len(str(key))):
        raise InvalidOption(
            f"payload key {str(key)[:60]!r} is {len(str(key))} characters long, the service takes {limits.payload_key}."
        )
    return str(key)


def _checked_values(key: Any, values: Any, limits: Limits) -> list[str]:
    items = values if isinstance(values, list) else [values]
    if not limits.payload_values.holds(len(items)):
        raise InvalidOption(f"payload key {key} has {len(items)} values, the service takes {limits.payload_values}.")
    return [_checked_value(key, item, limits) for item in items]


def _checked_value(key: Any, item: Any, limits: Limits) -> str:
    if not isinstance(item, (str, int, float)):
        raise InvalidOption(
            f"payload key {key} holds a {_kind(item)}: give a string, a number, a boolean, or a list of these."
        )
    _check_length(f"payload key {key}", str(item), limits.payload_value)
    return str(item)


def _check_value(option: str, value: str, allowed: Range) -> None:
    if not value or (is_blank(value) and option != "comment"):
        optional = ": leave it out if there is nothing to say" if option == "comment" else ": name the step"
        raise InvalidOption(f"{option} is empty{optional}.")
    _check_length(option, value, allowed)


def _check_length(what: str, text: str, allowed: Range) -> None:
    if not allowed.holds(len(text)):
        raise InvalidOption(f"{what} holds a value of {len(text)} characters, the service takes {allowed}.")


def _kind(item: Any) -> str:
    if item is None:
        return "null"
    return "map" if isinstance(item, Mapping) else "list in a list" if isinstance(item, list) else type(item).__name__

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signal that a task asks for, made of its options; payload.py makes it of the option `payload`.

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
from .written import is_blank

# The one key that a signal may carry, and whether it must. Revoke has no documented payload; like the other
# decisions it may carry a comment.
PAYLOAD_KEY = {
    APPROVE: COMMENT,
    REJECT: COMMENT,
    REVOKE: COMMENT,
    START_STEP: STEP_NAME,
    RESUME: STEP_NAME,
    STOP_STEP: STEP_EXECUTION_ID,
}
KEY_OF_OPTION = {"comment": COMMENT, "step_name": STEP_NAME, "step_execution_id": STEP_EXECUTION_ID}
_OPTION_OF_KEY = {key: option for option, key in KEY_OF_OPTION.items()}


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
    # Every task loads its code anew, so what only a payload needs is not loaded for the others.
    from .payload import signal_of_payload

    return signal_of_payload(signal_type, payload, given, limits)


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
        if KEY_OF_OPTION[option] == PAYLOAD_KEY[signal_type]:
            sent[KEY_OF_OPTION[option]] = [value]
    if signal_type != STOP_STEP or "step_name" not in given:
        check_step(signal_type, sent)
    return Signal(signal_type, sent, given.get("step_name"), given.get("step_execution_id"))


def _refuse_foreign_option(signal_type: str, option: str) -> None:
    step_name_helps = signal_type in GUARDED or signal_type == STOP_STEP
    if KEY_OF_OPTION[option] == PAYLOAD_KEY[signal_type] or (option == "step_name" and step_name_helps):
        return
    raise InvalidOption(f"{option} does not belong to {signal_type}, which takes {_options_for(signal_type)}.")


def _options_for(signal_type: str) -> str:
    options = [_OPTION_OF_KEY[PAYLOAD_KEY[signal_type]]]
    if signal_type in GUARDED or signal_type == STOP_STEP:
        options.append("step_name")
    return " or ".join(options)


def check_step(signal_type: str, sent: Mapping[str, list[str]]) -> None:
    """Raise InvalidOption where a payload does not name the step of a signal that has to."""
    key = PAYLOAD_KEY[signal_type]
    if key != COMMENT and not sent.get(key):
        raise InvalidOption(_missing(signal_type, key))


def _missing(signal_type: str, key: str) -> str:
    ways = _OPTION_OF_KEY[key] if signal_type != STOP_STEP else "step_execution_id or step_name"
    return f"{signal_type} needs to know its step: give {ways}, or {key} in payload."


def _check_value(option: str, value: str, allowed: Range) -> None:
    if not value or (is_blank(value) and option != "comment"):
        optional = ": leave it out if there is nothing to say" if option == "comment" else ": name the step"
        raise InvalidOption(f"{option} is empty{optional}.")
    check_length(option, value, allowed)


def check_length(what: str, text: str, allowed: Range) -> None:
    """Raise InvalidOption for a value that is longer or shorter than the service takes."""
    if not allowed.holds(len(text)):
        raise InvalidOption(f"{what} holds a value of {len(text)} characters, the service takes {allowed}.")

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The signal that a task asks for by the option `payload`, the API's own map, and its rules.

API reference: SendAutomationSignal, Payload.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model.signals import COMMENT, STEP_EXECUTION_ID, STEP_NAME, Signal
from .invalid import InvalidOption
from .limits import Limits
from .signal import KEY_OF_OPTION, PAYLOAD_KEY, check_length, check_step
from .spelling import did_you_mean


def signal_of_payload(signal_type: str, payload: Mapping[Any, Any], given: Mapping[str, Any], limits: Limits) -> Signal:
    """Return the signal with this payload, as the user wrote it; `given` are the options that stand for parts of it.

    Raises InvalidOption with one sentence for the first thing wrong.
    """
    _refuse_twice(payload, given)
    sent = _checked_payload(payload, limits)
    _check_keys(signal_type, sent)
    return Signal(
        signal_type, sent, next(iter(sent.get(STEP_NAME, ())), None), next(iter(sent.get(STEP_EXECUTION_ID, ())), None)
    )


def _refuse_twice(payload: Mapping[Any, Any], given: Mapping[str, Any]) -> None:
    for option in given:
        raise InvalidOption(
            f"payload and {option} are both given: write {KEY_OF_OPTION[option]} once, in payload or as {option}."
        )
    if not payload:
        raise InvalidOption("payload is empty, the service takes a map of at least one entry: leave payload out.")


def _check_keys(signal_type: str, sent: Mapping[str, list[str]]) -> None:
    wanted = PAYLOAD_KEY[signal_type]
    for key in sent:
        if key != wanted:
            meant = did_you_mean(key, [wanted])
            raise InvalidOption(
                f"payload key {key}{meant} does not belong to {signal_type}, which takes {wanted} alone."
            )
    check_step(signal_type, sent)
    if wanted != COMMENT and len(sent[wanted]) > 1:
        raise InvalidOption(f"payload key {wanted} has {len(sent[wanted])} values, {signal_type} is for exactly one.")


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
    check_length(f"payload key {key}", str(item), limits.payload_value)
    return str(item)


def _kind(item: Any) -> str:
    if item is None:
        return "null"
    return "map" if isinstance(item, Mapping) else "list in a list" if isinstance(item, list) else type(item).__name__

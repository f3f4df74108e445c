# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an answer has the shape that the API reference gives it. Pure.

A proxy between here and the service may change an answer or swap it with another, so shapes are checked once,
where answers come in; behind this file they are trusted.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

Check = Callable[[Any], str]


def problem_with_execution(raw: Any, asked_for: str) -> str:
    """Return what is wrong with an AutomationExecution, or an empty string."""
    return _first_problem(raw, _EXECUTION) or _problem_with_id(raw, asked_for)


def problem_with_summaries(raw: Any) -> str:
    """Return what is wrong with an AutomationExecutionMetadataList, or an empty string."""
    return _list_of(_members(_SUMMARY))(raw)


def problem_with_steps(raw: Any) -> str:
    """Return what is wrong with a list of StepExecution, or an empty string."""
    return _list_of(_members(_STEP))(raw)


def problem_with_body(body: bytes) -> str:
    """Return what is wrong with the body of an answer that tells of success, or an empty string."""
    try:
        content = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        return "it is no JSON"
    return "" if isinstance(content, dict) else "it is no JSON object"


def problem_with_document(raw: Any) -> str:
    """Return what is wrong with a DocumentDescription, or an empty string."""
    return _first_problem(raw, _DOCUMENT)


def problem_with_ops_item(raw: Any) -> str:
    """Return what is wrong with an OpsItem, or an empty string."""
    return _first_problem(raw, _OPS_ITEM)


def _problem_with_id(raw: Mapping[str, Any], asked_for: str) -> str:
    found = raw["AutomationExecutionId"]
    # Both come from strings of users and services, so the case of an id may differ.
    return "" if found.lower() == asked_for.lower() else f"it is about execution {found}, asked for was {asked_for}"


def is_text(value: Any) -> str:
    """Return what is wrong with a string, or an empty string."""
    return "" if isinstance(value, str) else f"{value!r:.60} is no text"


def is_text_with_content(value: Any) -> str:
    """Return what is wrong with a string that must not be empty, or an empty string."""
    return is_text(value) or ("" if value else "it is empty")


def _is_time(value: Any) -> str:
    return "" if isinstance(value, datetime) else f"{value!r:.60} is no time"


def _is_flag(value: Any) -> str:
    return "" if isinstance(value, bool) else f"{value!r:.60} is neither true nor false"


def _is_number(value: Any) -> str:
    is_one = isinstance(value, int) and not isinstance(value, bool)
    return "" if is_one else f"{value!r:.60} is no whole number"


def _list_of(check: Check) -> Check:
    def problem(value: Any) -> str:
        if not isinstance(value, list):
            return f"{value!r:.60} is no list"
        return next((found for found in map(check, value) if found), "")

    return problem


def _map_of(check: Check) -> Check:
    def problem(value: Any) -> str:
        if not isinstance(value, Mapping):
            return f"{value!r:.60} is no map"
        return next((found for found in map(check, value.values()) if found), "")

    return problem


def _members(checks: Mapping[str, Check]) -> Check:
    return lambda value: _first_problem(value, checks)


def _first_problem(raw: Any, checks: Mapping[str, Check]) -> str:
    if not isinstance(raw, Mapping):
        return f"{raw!r:.60} is no map"
    for name, check in checks.items():
        value = raw.get(name)
        # An answer without such a text says nothing; other members appear when they are set.
        if value is None and check is not is_text_with_content:
            continue
        problem = check(value)
        if problem:
            return f"{name}: {problem}"
    return ""


_LISTS = _map_of(_list_of(is_text))
_PARENT = {"StepExecutionId": is_text, "StepName": is_text, "Action": is_text, "Iteration": _is_number}
_STEP: dict[str, Check] = {
    "StepName": is_text_with_content,
    "StepStatus": is_text_with_content,
    "StepExecutionId": is_text,
    "Action": is_text,
    "OnFailure": is_text,
    "FailureMessage": is_text,
    "NextStep": is_text,
    "Inputs": _map_of(is_text),
    "Outputs": _LISTS,
    "ExecutionStartTime": _is_time,
    "ExecutionEndTime": _is_time,
    "TimeoutSeconds": _is_number,
    "MaxAttempts": _is_number,
    "IsCritical": _is_flag,
    "IsEnd": _is_flag,
    "ValidNextSteps": _list_of(is_text),
    "ParentStepDetails": _members(_PARENT),
}
_SUMMARY: dict[str, Check] = {
    "AutomationExecutionId": is_text_with_content,
    "AutomationExecutionStatus": is_text_with_content,
    "DocumentName": is_text,
    "Mode": is_text,
    "AutomationSubtype": is_text,
    "CurrentStepName": is_text,
    "CurrentAction": is_text,
    "FailureMessage": is_text,
    "Outputs": _LISTS,
    "ExecutionStartTime": _is_time,
    "ExecutionEndTime": _is_time,
    "ExecutedBy": is_text,
    "ParentAutomationExecutionId": is_text,
    "OpsItemId": is_text,
    "Target": is_text,
}
_EXECUTION: dict[str, Check] = {
    **_SUMMARY,
    "Parameters": _LISTS,
    "StepExecutions": _list_of(_members(_STEP)),
    "StepExecutionsTruncated": _is_flag,
}
_DOCUMENT: dict[str, Check] = {
    "Name": is_text_with_content,
    "DocumentType": is_text_with_content,
    "DocumentVersion": is_text,
    "Parameters": _list_of(_members({"Name": is_text_with_content, "DefaultValue": is_text})),
}
_OPS_ITEM: dict[str, Check] = {
    "OpsItemId": is_text_with_content,
    "OperationalData": _map_of(_members({"Value": is_text})),
}

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of aws:approve that say who has to approve, in both of their forms. Pure.

`Approvers` is a list of names and ARNs. `EnhancedApprovals` is what change templates and policies for just-in-time
access have instead: approvers with their types, groups among them, and how many approvals each line needs [D].
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.gates import Gate, Line
from .base import InputProblem

MOST_APPROVERS = 10
KINDS = ("IamUser", "IamGroup", "IamRole", "SSOUser", "SSOGroup")


def gate(inputs: Mapping[str, Any]) -> Gate:
    """The gate that a step opens; raise InputProblem if its inputs name no approvers."""
    if "EnhancedApprovals" in inputs:
        return _enhanced(inputs)
    approvers = _approvers(inputs)
    return Gate(approvers, _required(inputs, len(approvers)))


def notification_arn(inputs: Mapping[str, Any]) -> str | None:
    """The SNS topic that is told of the gate; EnhancedApprovals may name it, too [D]."""
    enhanced = inputs.get("EnhancedApprovals")
    inside = enhanced.get("NotificationArn") if isinstance(enhanced, Mapping) else None
    found = inputs.get("NotificationArn") or inside
    return found if isinstance(found, str) and found else None


def _approvers(inputs: Mapping[str, Any]) -> list[str]:
    """Approvers: required, at most 10 [D]."""
    approvers = inputs.get("Approvers")
    if not isinstance(approvers, list) or not all(isinstance(entry, str) for entry in approvers):
        raise InputProblem("Approvers must be a list of strings")
    if not 1 <= len(approvers) <= MOST_APPROVERS:
        raise InputProblem(f"Approvers must have 1 to {MOST_APPROVERS} entries")
    return approvers


def _required(inputs: Mapping[str, Any], approvers: float) -> int:
    """MinRequiredApprovals: 1 unless given, never more than there are approvers [D]."""
    required = _number("MinRequiredApprovals", inputs.get("MinRequiredApprovals", 1))
    if not 1 <= required <= approvers:
        raise InputProblem(f"MinRequiredApprovals must be from 1 to {approvers}, the number of Approvers")
    return required


def _enhanced(inputs: Mapping[str, Any]) -> Gate:
    """A gate with lines: whatever needs more approvals counts, the lines together or MinRequiredApprovals [D]."""
    enhanced = inputs["EnhancedApprovals"]
    entries = enhanced.get("Approvers") if isinstance(enhanced, Mapping) else None
    if not isinstance(entries, list) or not entries:
        raise InputProblem("EnhancedApprovals must have Approvers, a list that is not empty")
    lines = tuple(_line(entry) for entry in entries)
    of_lines = sum(line.required for line in lines)
    of_level = _required(inputs, sum(line.members for line in lines)) if "MinRequiredApprovals" in inputs else 1
    return Gate([line.name for line in lines], max(of_level, of_lines), lines=lines)


def _line(entry: Any) -> Line:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("approver"), str) or not entry["approver"]:
        raise InputProblem("Every approver of EnhancedApprovals must be a map with approver, a string")
    if entry.get("type") not in KINDS:
        raise InputProblem(f"The type of approver {entry['approver']} must be one of {', '.join(KINDS)}")
    required = _number("minRequiredApprovals", entry.get("minRequiredApprovals", 0))
    if required < 0:
        raise InputProblem("minRequiredApprovals must not be negative")
    return Line(entry["type"], entry["approver"], required)


def _number(key: str, given: Any) -> int:
    try:
        return int(given)
    except (TypeError, ValueError, OverflowError) as problem:
        raise InputProblem(f"{key} must be a number") from problem

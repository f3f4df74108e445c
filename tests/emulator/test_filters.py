# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters on executions: every one of several is to be met, whichever the emulator looks at first."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}


@pytest.fixture
def family(runs: Any) -> dict[str, str]:
    """A parent, its child, and one that is neither, though it has what they have otherwise."""
    runs.document(PAUSE, name="Child")
    call = {"name": "call", "action": "aws:executeAutomation", "inputs": {"DocumentName": "Child"}}
    parent = runs.start(call)
    other = runs.ssm.start_automation_execution(DocumentName="Child")["AutomationExecutionId"]
    return {"parent": parent, "child": runs.step(parent, "call")["Outputs"]["ExecutionId"][0], "other": other}


@pytest.mark.ledger("finding-2")
@pytest.mark.parametrize(
    ("key", "values", "met"),
    [
        ("ParentExecutionId", ["parent"], ["child"]),
        ("ExecutionId", ["child", "parent"], ["child", "parent"]),
        ("ExecutionStatus", ["Waiting"], ["child", "other"]),
        ("CurrentAction", ["aws:executeAutomation"], ["parent"]),
        ("DocumentNamePrefix", ["Gat"], ["parent"]),
    ],
)
def test_each_is_to_be_met(runs: Any, family: dict[str, str], key: str, values: list[str], met: list[str]) -> None:
    every = {"ExecutionId": list(family.values()), "ExecutionStatus": ["Waiting", "InProgress", "Success"]}
    for also in itertools.permutations([{"Key": name, "Values": ids} for name, ids in every.items() if name != key]):
        asked = [*also, {"Key": key, "Values": [family.get(value, value) for value in values]}]
        found = runs.ssm.describe_automation_executions(Filters=asked)["AutomationExecutionMetadataList"]
        assert {one["AutomationExecutionId"] for one in found} == {family[name] for name in met}


@pytest.mark.ledger("children-6", "finding-2")
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("key", "values", "ids"),
    [
        ("ParentExecutionId", ["parent"], ["other"]),
        ("ParentExecutionId", ["parent"], ["other", "parent"]),
        ("DocumentNamePrefix", ["Gat"], ["child"]),
        ("ExecutionStatus", ["InProgress"], ["child"]),
        ("CurrentAction", ["aws:executeAutomation"], ["child"]),
    ],
)
def test_what_one_filter_finds_the_other_may_not(
    runs: Any, family: dict[str, str], key: str, values: list[str], ids: list[str], order: int
) -> None:
    asked = [
        {"Key": "ExecutionId", "Values": [family[name] for name in ids]},
        {"Key": key, "Values": [family.get(value, value) for value in values]},
    ]
    found = runs.ssm.describe_automation_executions(Filters=asked[::order])
    assert found["AutomationExecutionMetadataList"] == []

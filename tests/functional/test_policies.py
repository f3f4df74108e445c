# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The policies in docs/policies: with one the tasks of its role succeed, without any of its statements one fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.ssmops.automation.plugins.modules import (
    ssm_automation_execution,
    ssm_automation_execution_info,
    ssm_automation_signal,
)
from ansible_collections.ssmops.automation.tests.functional.conftest import run_module

POLICIES = Path(__file__).resolve().parents[2] / "docs" / "policies"


def read_all(_execution):
    return ssm_automation_execution_info, {"filters": {"DocumentNamePrefix": ["GateAfterGate"]}}


def read_one(execution):
    return ssm_automation_execution_info, {"automation_execution_id": execution, "include_steps": True}


def start(_execution):
    return ssm_automation_execution, {"document_name": "GateAfterGate", "parameters": {"Approvers": ["carol"]}}


def start_and_wait(execution):
    module, options = start(execution)
    return module, {**options, "wait": True}


def approve(execution):
    return ssm_automation_signal, {
        "automation_execution_id": execution,
        "signal_type": "Approve",
        "step_name": "first_gate",
        "forbid_self_approval": True,
        "wait": True,
    }


def stop(execution):
    return ssm_automation_execution, {"state": "cancelled", "automation_execution_id": execution, "wait": True}


# The tasks of a role, in their order, and which of them fails first without a statement.
ROLES = {
    "reader": ((read_all, read_one), {"ListExecutions": read_all, "LookAtExecutions": read_one}),
    "starter": ((start_and_wait,), {"StartRunbooks": start_and_wait, "LookAtExecutions": start_and_wait}),
    "approver": ((approve,), {"SendSignals": approve, "LookAtExecutions": approve}),
    "operator": (
        (read_all, start, read_one, approve, stop),
        {
            "ListExecutions": read_all,
            "StartRunbooks": start,
            "LookAtExecutions": read_one,
            "SendSignals": approve,
            "StopExecutions": stop,
        },
    ),
}


def statements(role):
    return json.loads((POLICIES / f"{role}.json").read_text(encoding="utf-8"))["Statement"]


@pytest.fixture
def first_to_fail(emulator):
    """Plays the tasks of a role as carol, who has these statements; gives the task that failed and its result."""
    execution = emulator.start("GateAfterGate", Approvers=["carol", "dave"])
    carol = emulator.user("carol")
    emulator.enforce_iam()

    def play(tasks, allowed):
        policy = json.dumps({"Version": "2012-10-17", "Statement": allowed})
        emulator.client("iam").put_user_policy(UserName="carol", PolicyName="role", PolicyDocument=policy)
        for task in tasks:
            module, options = task(execution)
            result = run_module(module, {**options, **carol})
            if result.get("failed"):
                return task, result
        return None, {}

    return play


def test_every_policy_is_tested_in_all_its_statements():
    assert {path.stem for path in POLICIES.glob("*.json")} == set(ROLES)
    for role, (_tasks, without) in ROLES.items():
        assert {statement["Sid"] for statement in statements(role)} == set(without)


@pytest.mark.parametrize("role", ROLES)
def test_a_role_gets_along_with_its_policy(first_to_fail, role):
    assert first_to_fail(ROLES[role][0], statements(role)) == (None, {})


@pytest.mark.parametrize("role, sid", [(role, sid) for role, (_tasks, without) in ROLES.items() for sid in without])
def test_it_needs_each_statement(first_to_fail, role, sid):
    tasks, without = ROLES[role]
    task, result = first_to_fail(tasks, [statement for statement in statements(role) if statement["Sid"] != sid])
    assert task is without[sid]
    assert "AccessDenied" in json.dumps(result)

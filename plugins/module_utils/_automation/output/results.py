# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get to see: the API's shapes as Ansible dictionaries, diffs, console addresses. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.transformation import boto3_resource_to_ansible_dict

from ..model import statuses
from ..model.executions import APPROVE_ACTION, Execution
from ..model.pending import WaitingFor, waiting_for

# Maps whose keys are the users' own names, not the API's, and so stay as they are.
_USERS_MAPS = ["Parameters", "Outputs", "Variables", "TargetMaps", "AlarmConfiguration"]
_USERS_MAPS_OF_STEPS = ["Inputs", "Outputs", "OverriddenParameters"]

_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
}


def execution_result(execution: Execution, region: str, partition: str) -> dict[str, Any]:
    """Return the execution as all modules return it.

    It has the API's names in snake_case and times in ISO 8601, and on top `waiting_for`, with addresses in the console
    of the region, and `failed_step`.
    """
    result = boto3_resource_to_ansible_dict(
        execution.raw,
        transform_tags=False,
        force_tags=False,
        ignore_list=_USERS_MAPS,
        nested_transforms={"StepExecutions": _step_results},
    )
    waits = [_waiting_for_result(wait, execution, region, partition) for wait in waiting_for(execution)]
    return {**result, "waiting_for": waits, "failed_step": failed_step_result(execution)}


def unstarted_execution(**known: Any) -> dict[str, Any]:
    """Return an execution that check mode did not start, as far as it is known, in the shape of `execution_result`."""
    return {**_UNSTARTED, **known}


# What every execution has; see RETURN of ssm_automation_execution_info.
_UNSTARTED: Mapping[str, Any] = {
    "automation_execution_id": None,
    "automation_execution_status": None,
    "document_name": None,
    "document_version": None,
    "mode": None,
    "execution_start_time": None,
    "executed_by": None,
    "parameters": {},
    "outputs": {},
    "waiting_for": [],
    "failed_step": None,
    "step_executions": [],
}


def _waiting_for_result(wait: WaitingFor, execution: Execution, region: str, partition: str) -> dict[str, Any]:
    step, approvals = wait.step, wait.approvals
    execution_id = wait.execution_id or execution.id
    # Requests are decided about in other places of the console.
    is_gate = step is not None and step.action == APPROVE_ACTION and not execution.subtype
    return {
        "automation_execution_id": execution_id,
        "step_name": step.name if step else None,
        "step_execution_id": (step.execution_id or None) if step else None,
        "action": step.action if step else None,
        "signals": list(wait.signals),
        "valid_next_steps": list(wait.valid_next_steps),
        "approvers": list(approvals.approvers) if approvals else None,
        "enhanced_approvers": [each._asdict() for each in approvals.enhanced_approvers] if approvals else None,
        "min_required_approvals": approvals.min_required_approvals if approvals else None,
        "approvals_missing": approvals.approvals_missing if approvals else None,
        "decisions": [decision._asdict() for decision in approvals.decisions] if approvals else None,
        "message": approvals.message if approvals else None,
        "times_out_at": wait.times_out_at,
        "console_url": approval_url(execution_id, region, partition) if is_gate else None,
    }


def failed_step_result(execution: Execution) -> dict[str, Any] | None:
    """Return the step that ended an execution badly, or none where none did or its steps were not read."""
    if execution.status not in statuses.UNSUCCESSFUL:
        return None
    # Every task loads its code anew, so what only a run that went wrong needs is not loaded for the others.
    from ..model.settling import failed_step

    step = failed_step(execution)
    if step is None:
        return None
    return {
        "step_name": step.name,
        "step_execution_id": step.execution_id or None,
        "action": step.action,
        "step_status": step.status,
        "failure_message": step.failure_message or None,
    }


def _step_results(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [_step_result(step) for step in steps]


def _step_result(step: Mapping[str, Any]) -> dict[str, Any]:
    return boto3_resource_to_ansible_dict(
        step,
        transform_tags=False,
        force_tags=False,
        ignore_list=_USERS_MAPS_OF_STEPS,
        nested_transforms={"FailureDetails": _failure_details},
    )


def _failure_details(details: Mapping[str, Any]) -> dict[str, Any]:
    return boto3_resource_to_ansible_dict(details, transform_tags=False, force_tags=False, ignore_list=["Details"])


def execution_summary(
    execution: Execution | None, execution_id: str | None, is_full: bool, region: str, partition: str
) -> dict[str, Any]:
    """Return the id and the status of an execution, the step that ended it badly, and the whole of it where `is_full`.

    An execution of which nothing but the id is known has no status.
    """
    summary: dict[str, Any] = {"automation_execution_id": execution_id}
    if execution is not None and execution.status:
        summary["automation_execution_status"] = execution.status
    failed = failed_step_result(execution) if execution is not None else None
    if failed:
        summary["failed_step"] = failed
    if execution is not None and is_full:
        summary["automation_execution"] = execution_result(execution, region, partition)
    return summary


def console_url(execution_id: str, region: str, partition: str) -> str | None:
    """Return the address of the execution in the AWS console; none in partitions whose console is not known."""
    page = _execution_page(execution_id, region, partition)
    return f"{page}?region={region}" if page else None


def approval_url(execution_id: str, region: str, partition: str) -> str | None:
    """Return the address in the AWS console at which approvers decide about the gate that waits, or none as above.

    AWS does not document it. Runbooks in use send it to their approvers.
    """
    page = _execution_page(execution_id, region, partition)
    return f"{page}/approval" if page else None


def _execution_page(execution_id: str, region: str, partition: str) -> str | None:
    if partition not in _CONSOLES:
        return None
    return f"https://{region}.{_CONSOLES[partition]}/systems-manager/automation/execution/{execution_id}"

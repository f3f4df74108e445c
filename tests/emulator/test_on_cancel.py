# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where onCancel may lead, and what ends a run all the same."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
# Inputs with which each of these actions could be registered.
INPUTS: dict[str, Any] = {
    "approve": {"Approvers": ["moto"]},
    "copyImage": {"ImageName": "image", "SourceImageId": "ami-0", "SourceRegion": "eu-west-1"},
    "createImage": {"ImageName": "image", "InstanceId": "i-0"},
    "createStack": {"StackName": "stack", "TemplateBody": "{}"},
    "createTags": {"ResourceIds": ["i-0"], "Tags": [{"Key": "a", "Value": "b"}]},
    "loop": {
        "Iterators": ["a"],
        "Steps": [{"name": "inner", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}}],
    },
    "pause": {},
    "runInstances": {"ImageId": "ami-0"},
}


@pytest.mark.ledger("flow-14")
@pytest.mark.parametrize("action", INPUTS)
def test_where_a_cancel_cannot_lead(runs: Any, action: str) -> None:
    target = {"name": "target", "action": f"aws:{action}", "inputs": INPUTS[action]}
    runs.document(PAUSE, target, name="Allowed")
    with pytest.raises(ClientError) as caught:
        runs.document({**PAUSE, "onCancel": "step:target"}, target)
    assert caught.value.response["Error"]["Code"] == "InvalidDocumentContent"
    assert f"aws:{action}" in str(caught.value)


@pytest.mark.ledger("on_cancel_may_sleep=true", "on_cancel_may_sleep=false")
@pytest.mark.parametrize("allowed", [True, False])
def test_a_cancel_may_lead_to_a_sleep(runs: Any, control: Any, allowed: bool) -> None:
    control.choose(on_cancel_may_sleep=allowed)
    steps = [
        {**PAUSE, "onCancel": "step:rest", "isEnd": True},
        {"name": "rest", "action": "aws:sleep", "inputs": {"Duration": "PT1S"}},
    ]
    if not allowed:
        with pytest.raises(ClientError, match="onCancel of step pause cannot lead to aws:sleep"):
            runs.document(*steps)
        return
    execution = runs.start(*steps)
    runs.ssm.stop_automation_execution(AutomationExecutionId=execution)
    assert runs.step(execution, "rest")["StepStatus"] == "InProgress"
    control.pass_time(1)
    assert (runs.step(execution, "rest")["StepStatus"], runs.status(execution)) == ("Success", "Cancelled")

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Executions to test with, written as short as the case allows."""

from __future__ import annotations

import json

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.executions import Execution, Step

EXECUTION_ID = "0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f"
ALICE = "arn:aws:iam::123456789012:user/alice"
BOB = "arn:aws:iam::123456789012:user/bob"


def step(name, action="aws:sleep", status="Pending", **more):
    """Return a step whose execution id is made of its name."""
    return Step(name, action, status, **{"execution_id": f"{name}-1", **more})


def gate(name, status="Pending", decisions=(), needed=1, came_to=None, approvers=(), **more):
    """Return an aws:approve step; decisions are pairs of approver and verdict, as the service lists them."""
    listed = [json.dumps({"Approver": approver, "ApprovalStatus": verdict}) for approver, verdict in decisions]
    outputs = {"ApproverDecisions": listed, **({"ApprovalStatus": [came_to]} if came_to else {})}
    inputs = {"MinRequiredApprovals": str(needed), **({"Approvers": json.dumps(approvers)} if approvers else {})}
    return step(name, "aws:approve", status, inputs=inputs, outputs=outputs, **more)


def pause(name, status="Pending", **more):
    """Return an aws:pause step."""
    return step(name, "aws:pause", status, **more)


def run(status, *steps, id=EXECUTION_ID, **more):
    """Return an execution with these steps."""
    return Execution(id, status, steps=steps, **more)


def interactive(status, *steps, **more):
    """Return an execution in mode Interactive with these steps."""
    return run(status, *steps, mode="Interactive", **more)

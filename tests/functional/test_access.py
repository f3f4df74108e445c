# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Just-in-time access: who may decide on a request, and what approvers can do who follow AWS's own policy for them."""

from __future__ import annotations

import json

import pytest

# An image that every account of moto's has.
AMI = "ami-12c6146b"
POLICY = {
    "schemaVersion": "0.3",
    "accessDuration": 3600,
    "accessTokenRole": "SSM-JustInTimeAccessTokenRole",
    "targets": [{"Key": "tag:Workload", "Values": ["shop"]}],
    "mainSteps": [
        {
            "name": "ManualApproval",
            "action": "aws:approve",
            "inputs": {
                "Message": "Please approve",
                "MinRequiredApprovals": 2,
                "EnhancedApprovals": {
                    "Approvers": [
                        {"approver": "alice", "type": "IamUser"},
                        {"approver": "operators", "type": "IamGroup"},
                    ]
                },
            },
        }
    ],
}


@pytest.fixture
def request_id(emulator, alice, bob):
    """The execution of a request, found as approvers find it: by its OpsItem."""
    ec2, iam, ssm = emulator.client("ec2"), emulator.client("iam"), emulator.client("ssm")
    iam.create_group(GroupName="operators")
    iam.add_user_to_group(GroupName="operators", UserName="bob")
    node = ec2.run_instances(ImageId=AMI, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    ec2.create_tags(Resources=[node], Tags=[{"Key": "Workload", "Value": "shop"}])
    ssm.create_document(Name="Shop", DocumentType="ManualApprovalPolicy", Content=json.dumps(POLICY))
    targets = [{"Key": "InstanceIds", "Values": [node]}]
    request = ssm.start_access_request(Reason="look at a disk", Targets=targets)["AccessRequestId"]
    data = ssm.get_ops_item(OpsItemId=request)["OpsItem"]["OperationalData"]["/aws/accessrequest"]["Value"]
    return json.loads(data)["automationExecutionId"]


def test_who_may_decide_and_how_many_are_needed(info, request_id):
    (execution,) = info(automation_execution_id=request_id, include_steps=True)["automation_executions"]
    (wait,) = execution["waiting_for"]
    assert (wait["step_name"], wait["signals"]) == ("ManualApproval", ["Approve", "Reject"])
    assert wait["approvers"] == ["alice", "operators"]
    assert wait["enhanced_approvers"] == [
        {"approver": "alice", "type": "IamUser", "min_required_approvals": 0},
        {"approver": "operators", "type": "IamGroup", "min_required_approvals": 0},
    ]
    assert (wait["min_required_approvals"], wait["approvals_missing"]) == (2, 2)


@pytest.fixture(params=["request", "run"])
def statuses(request, emulator):
    """Which statuses the execution shows: nobody says."""
    emulator.choose(access_request_statuses=request.param)


@pytest.mark.usefixtures("statuses")
def test_it_is_approved_by_a_user_and_a_member_of_a_group_and_revoked(signal, alice, bob, request_id):
    first = signal("Approve", request_id, **alice)
    assert first["changed"] is True
    assert "1 of 2 approvals" in first["msg"]
    assert signal("Approve", request_id, **alice)["changed"] is False
    assert signal("Approve", request_id, **bob)["changed"] is True
    assert signal("Revoke", request_id, **bob)["changed"] is True


def test_approvers_without_permission_to_read_are_told_what_was_not_checked(emulator, signal, alice, request_id):
    emulator.deny("*", "ssm:GetAutomationExecution", "ssm:DescribeAutomation*")
    result = signal("Approve", request_id, **alice)
    assert result["changed"] is True
    assert "not checked whether it waits for Approve" in str(result["warnings"])
    again = signal("Approve", request_id, **alice)
    assert again["failed"] is True
    assert "could not be read, so why is not known" in again["msg"]
    assert "may have decided before" in again["msg"]

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which statuses mean the end, a rest or a decision; none of those that AWS may add."""

from __future__ import annotations

import botocore.session
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model import statuses

MODEL = botocore.session.get_session().get_service_model("ssm")
GET = MODEL.operation_model("GetAutomationExecution").output_shape
OF_THE_MODEL = GET.members["AutomationExecution"].members["AutomationExecutionStatus"].enum


def test_every_status_of_the_model_is_known():
    assert set(OF_THE_MODEL) == statuses.KNOWN


@pytest.mark.parametrize(
    ("status", "has_ended"),
    [
        ("Pending", False),
        ("InProgress", False),
        ("Waiting", False),
        ("Success", True),
        ("TimedOut", True),
        ("Cancelling", False),
        ("Cancelled", True),
        ("Failed", True),
        ("PendingApproval", False),
        ("Approved", False),
        ("Rejected", True),
        ("Scheduled", False),
        ("RunbookInProgress", False),
        ("PendingChangeCalendarOverride", False),
        ("ChangeCalendarOverrideApproved", False),
        ("ChangeCalendarOverrideRejected", False),
        ("CompletedWithSuccess", True),
        ("CompletedWithFailure", True),
        ("Exited", True),
    ],
)
def test_has_ended(status, has_ended):
    assert statuses.has_ended(status) is has_ended
    assert statuses.is_known(status)


def test_a_status_that_aws_added_later_is_never_taken_for_an_end():
    assert not statuses.is_known("Simmering")
    assert not statuses.has_ended("Simmering")


def test_a_status_means_one_thing():
    groups = [statuses.SUCCESSFUL, statuses.UNSUCCESSFUL, statuses.RESTING, statuses.MOVING]
    assert sum(map(len, groups)) == len(frozenset().union(*groups))

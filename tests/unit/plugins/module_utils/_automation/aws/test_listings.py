# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that come page by page: what is asked for, and what is returned; test_api.py has the answers that are none."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import listings
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

OF_EXECUTION = {"AutomationExecutionId": EXECUTION_ID}
RAW = {**OF_EXECUTION, "AutomationExecutionStatus": "Waiting"}


@pytest.mark.parametrize(("token", "asked"), [("", {}), ("more", {"NextToken": "more"})])
def test_steps_come_page_by_page(client, answers, token, asked):
    steps = [{"StepName": "s", "StepStatus": "Success"}]
    answers.add_response(
        "describe_automation_step_executions",
        {"StepExecutions": steps, "NextToken": "next"},
        {**OF_EXECUTION, "MaxResults": 50, **asked},
    )
    page = listings.describe_automation_step_executions(client, EXECUTION_ID, token)
    assert page == listings.Page(steps, "next")


@pytest.mark.parametrize("filters", [[], [{"Key": "TagKey", "Values": ["team"]}]])
@pytest.mark.parametrize("last", [{}, {"NextToken": ""}])
def test_the_last_page_of_a_listing_has_no_token(client, answers, filters, last):
    asked = {"MaxResults": 7, **({"Filters": filters} if filters else {})}
    listed = {"AutomationExecutionMetadataList": [RAW], **last}
    answers.add_response("describe_automation_executions", listed, asked)
    assert listings.describe_automation_executions(client, filters, at_most=7) == listings.Page([RAW], "")


def test_what_the_client_knows_of_a_listing_without_a_call(client):
    assert listings.listing_model(client).name == "DescribeAutomationExecutionsRequest"

# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading executions: with all their steps, or several in one call."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.reading import (
    list_executions,
    read_execution,
)
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

OF_EXECUTION = {"AutomationExecutionId": EXECUTION_ID}


def steps(*names):
    return [{"StepName": name, "StepExecutionId": f"{name}-1", "StepStatus": "Success"} for name in names]


def test_a_list_of_steps_that_was_cut_short_is_read_to_its_end(client, answers):
    answers.add_response(
        "get_automation_execution",
        {"AutomationExecution": {**OF_EXECUTION, "StepExecutions": steps("a"), "StepExecutionsTruncated": True}},
    )
    page = {**OF_EXECUTION, "MaxResults": 50}
    answers.add_response(
        "describe_automation_step_executions", {"StepExecutions": steps("a", "b"), "NextToken": "more"}, page
    )
    answers.add_response(
        "describe_automation_step_executions",
        {"StepExecutions": steps("c"), "NextToken": ""},
        {**page, "NextToken": "more"},
    )
    execution = read_execution(client, EXECUTION_ID)
    assert [step.name for step in execution.steps] == ["a", "b", "c"]
    assert execution.steps_complete


def test_a_list_of_steps_that_the_caller_may_not_complete_is_known_to_be_short(client, answers):
    answers.add_response(
        "get_automation_execution",
        {"AutomationExecution": {**OF_EXECUTION, "StepExecutions": steps("a"), "StepExecutionsTruncated": True}},
    )
    answers.add_client_error("describe_automation_step_executions", "AccessDeniedException")
    assert not read_execution(client, EXECUTION_ID).steps_complete


def test_another_error_on_the_way_to_the_steps_is_raised(answers, client):
    answers.add_response(
        "get_automation_execution",
        {"AutomationExecution": {**OF_EXECUTION, "StepExecutions": [], "StepExecutionsTruncated": True}},
    )
    answers.add_client_error("describe_automation_step_executions", "ValidationException")
    with pytest.raises(AnsibleAutomationError, match="Failed to read the steps"):
        read_execution(client, EXECUTION_ID)


def test_several_are_listed_in_one_call_without_their_steps(answers, client):
    ids = [EXECUTION_ID, EXECUTION_ID.replace("0", "1"), EXECUTION_ID.replace("0", "2")]
    listed = [{"AutomationExecutionId": each, "AutomationExecutionStatus": "Waiting"} for each in ids[:2]]
    asked = {"Filters": [{"Key": "ExecutionId", "Values": ids}], "MaxResults": 3}
    answers.add_response("describe_automation_executions", {"AutomationExecutionMetadataList": listed}, asked)
    found = list_executions(client, ids)
    assert list(found) == ids[:2]
    assert all(execution.is_summary for execution in found.values())


def test_a_listing_is_tried_once(answers, client):
    answers.add_client_error("describe_automation_executions", "ThrottlingException")
    with pytest.raises(AnsibleAutomationError, match="Throttling"):
        list_executions(client, [EXECUTION_ID])

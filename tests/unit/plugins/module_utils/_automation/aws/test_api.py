# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls, made by a real botocore client on stubbed answers."""

from __future__ import annotations

from pathlib import Path

import boto3
import pytest
import yaml
from ansible_collections.amazon.aws.plugins.module_utils import cloud
from botocore.config import Config
from botocore.stub import Stubber

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.reading import read_execution
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

COLLECTION = Path(__file__).resolve().parents[6]
ACCEPTED = {"ResponseMetadata": {"RequestId": "0b3f7c1e"}}
OF_EXECUTION = {"AutomationExecutionId": EXECUTION_ID}


@pytest.fixture
def client():
    return boto3.client(
        "ssm",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def answers(client):
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(cloud.time, "sleep", lambda seconds: None)


def steps(*names):
    return [{"StepName": name, "StepExecutionId": f"{name}-1", "StepStatus": "Success"} for name in names]


def test_the_version_in_the_user_agent_is_that_of_the_collection():
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == api.COLLECTION_VERSION


def test_an_empty_payload_is_left_out(client, answers):
    answers.add_response("send_automation_signal", ACCEPTED, {**OF_EXECUTION, "SignalType": "Approve"})
    api.send_automation_signal(client, EXECUTION_ID, "Approve", {})


def test_an_error_keeps_its_code(client, answers):
    answers.add_client_error("send_automation_signal", "InvalidAutomationSignalException", "no")
    with pytest.raises(AnsibleAutomationError, match="Failed to send the signal") as failure:
        api.send_automation_signal(client, EXECUTION_ID, "Approve", {})
    assert failure.value.code == "InvalidAutomationSignalException"


@pytest.mark.parametrize(
    ("code", "status"), [("ThrottlingException", 400), ("InternalServerError", 500), ("Unknown", 503)]
)
def test_reads_are_tried_again_after_passing_faults(client, answers, code, status):
    answers.add_client_error("get_automation_execution", code, http_status_code=status)
    answers.add_response("get_automation_execution", {"AutomationExecution": OF_EXECUTION}, OF_EXECUTION)
    assert api.get_automation_execution(client, EXECUTION_ID) == OF_EXECUTION


def test_reads_are_not_tried_again_after_other_errors_or_when_told_not_to(client, answers):
    answers.add_client_error("get_automation_execution", "AccessDeniedException")
    with pytest.raises(AnsibleAutomationError, match="AccessDenied"):
        api.get_automation_execution(client, EXECUTION_ID)
    answers.add_client_error("get_automation_execution", "ThrottlingException")
    with pytest.raises(AnsibleAutomationError, match="Throttling"):
        api.get_automation_execution(client, EXECUTION_ID, aws_retry=False)


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


def test_an_answer_that_is_not_the_services_is_no_success(client, answers):
    answers.add_response("send_automation_signal", {"ResponseMetadata": {}})
    with pytest.raises(AnsibleAutomationError, match="cannot be read"):
        api.send_automation_signal(client, EXECUTION_ID, "Approve", {})


def test_a_read_whose_answer_cannot_be_read_is_tried_again(client, answers):
    answers.add_response("get_automation_execution", {})
    answers.add_response("get_automation_execution", {"AutomationExecution": OF_EXECUTION})
    assert api.get_automation_execution(client, EXECUTION_ID) == OF_EXECUTION

# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls that start and stop, made by a real botocore client on stubbed answers."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

REQUEST = {"DocumentName": "Deploy", "ClientToken": "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"}
DATE = "Mon, 04 May 2026 12:00:00 GMT"


@pytest.fixture
def client():
    config = Config(retries=api.NO_RETRIES)
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.client("ssm", region_name="us-east-1", config=config, **keys)


@pytest.fixture
def answers(client):
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def test_a_start_returns_the_id_and_the_services_time(client, answers):
    answer = {"AutomationExecutionId": EXECUTION_ID, "ResponseMetadata": {"HTTPHeaders": {"date": DATE}}}
    answers.add_response("start_automation_execution", answer, REQUEST)
    assert api.start_automation_execution(client, REQUEST) == api.Started(EXECUTION_ID, DATE)


def test_a_start_whose_answer_has_no_date(client, answers):
    answer = {"AutomationExecutionId": EXECUTION_ID, "ResponseMetadata": {}}
    answers.add_response("start_automation_execution", answer, REQUEST)
    assert api.start_automation_execution(client, REQUEST).date is None


def test_a_start_is_not_tried_again_by_itself(client, answers):
    answers.add_client_error("start_automation_execution", "ThrottlingException")
    with pytest.raises(AnsibleAutomationError, match="Failed to start the Automation execution"):
        api.start_automation_execution(client, REQUEST)


def test_an_answer_to_a_start_that_is_not_the_services_is_no_success(client, answers):
    answers.add_response("start_automation_execution", {})
    with pytest.raises(AnsibleAutomationError, match="cannot be read"):
        api.start_automation_execution(client, REQUEST)


def test_an_answer_to_a_stop_that_is_not_the_services_is_no_success(client, answers):
    request = {"AutomationExecutionId": EXECUTION_ID, "Type": "Cancel"}
    answers.add_response("stop_automation_execution", {"ResponseMetadata": {}}, request)
    with pytest.raises(AnsibleAutomationError, match="cannot be read"):
        api.stop_automation_execution(client, EXECUTION_ID, "Cancel")


@pytest.mark.parametrize(("version", "asked"), [(None, {}), ("3", {"DocumentVersion": "3"})])
def test_the_version_of_a_document_is_asked_for_where_one_is_given(client, answers, version, asked):
    answers.add_response("describe_document", {"Document": {"Name": "Deploy"}}, {"Name": "Deploy", **asked})
    answers.add_response("get_document", {"Content": "{}"}, {"Name": "Deploy", "DocumentFormat": "JSON", **asked})
    assert api.describe_document(client, "Deploy", version) == {"Name": "Deploy"}
    assert api.get_document(client, "Deploy", version) == "{}"

# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls: what is asked, what is returned, and what is tried again."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.amazon.aws.plugins.module_utils import cloud

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

COLLECTION = Path(__file__).resolve().parents[6]
ACCEPTED = {"ResponseMetadata": {"RequestId": "0b3f7c1e"}}
REQUEST = {"DocumentName": "Deploy", "ClientToken": "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"}
DATE = "Mon, 04 May 2026 12:00:00 GMT"
OF_EXECUTION = {"AutomationExecutionId": EXECUTION_ID}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(cloud.time, "sleep", lambda seconds: None)


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


def test_an_answer_that_is_not_the_services_is_no_success(client, answers):
    answers.add_response("send_automation_signal", {"ResponseMetadata": {}})
    with pytest.raises(AnsibleAutomationError, match="cannot be read"):
        api.send_automation_signal(client, EXECUTION_ID, "Approve", {})


def test_a_read_whose_answer_cannot_be_read_is_tried_again(client, answers):
    answers.add_response("get_automation_execution", {})
    answers.add_response("get_automation_execution", {"AutomationExecution": OF_EXECUTION})
    assert api.get_automation_execution(client, EXECUTION_ID) == OF_EXECUTION


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


def listing(*ids, **more):
    return {"AutomationExecutionMetadataList": [{"AutomationExecutionId": each * 36} for each in ids], **more}


@pytest.mark.parametrize(("at_most", "size", "ids"), [(None, 50, "abc"), (3, 3, "abc"), (2, 2, "ab")])
def test_a_listing_is_read_page_by_page_until_there_are_enough(client, answers, at_most, size, ids):
    filters = [{"Key": "TagKey", "Values": ["team"]}]
    page = {"Filters": filters, "MaxResults": size}
    answers.add_response("describe_automation_executions", listing("a", NextToken="more"), page)
    answers.add_response("describe_automation_executions", listing("b", "c"), {**page, "NextToken": "more"})
    found = api.describe_automation_executions(client, filters, at_most)
    assert [each["AutomationExecutionId"][0] for each in found] == list(ids)


def test_a_listing_without_filters_asks_for_none(client, answers):
    answers.add_response("describe_automation_executions", listing("a"), {"MaxResults": 50})
    assert len(api.describe_automation_executions(client, [])) == 1


def test_a_stop_names_the_execution_and_its_type(client, answers):
    answers.add_response("stop_automation_execution", ACCEPTED, {**OF_EXECUTION, "Type": "Complete"})
    api.stop_automation_execution(client, EXECUTION_ID, "Complete")


class Module:
    """Notes with what a client is asked for, in the place of AnsibleAWSModule."""

    def __init__(self, **params):
        self.params = params

    def client(self, service, aws_config):
        return service, aws_config


@pytest.mark.parametrize(
    ("aws_config", "connections", "config"),
    [
        (None, None, {}),
        ({"read_timeout": 5, "retries": {"max_attempts": 9}}, None, {"read_timeout": 5}),
        (None, 8, {"max_pool_connections": 8}),
        ({"max_pool_connections": 2}, 8, {"max_pool_connections": 2}),
    ],
)
def test_a_client_sends_each_request_once_whatever_the_users_config(aws_config, connections, config):
    module = Module(aws_config=aws_config)
    service, used = api.connect(module, connections)
    assert service == "ssm"
    assert used.items() >= {**config, "retries": {"total_max_attempts": 1}}.items()


def test_what_the_client_knows_without_a_call(client):
    assert api.region_and_partition(client) == ("us-east-1", "aws")
    assert api.start_model(client).name == "StartAutomationExecutionRequest"
    assert api.listing_model(client).name == "DescribeAutomationExecutionsRequest"
    assert api.signal_limits(client).payload_value.maximum == 512

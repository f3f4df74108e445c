# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls, made by a real botocore client: what is asked, what is returned, and which answers are none."""

from __future__ import annotations

import io
import json
from functools import partial

import pytest
import urllib3
from botocore.awsrequest import AWSResponse

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api, identity, listings, runs
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    AnsibleAutomationError,
    MalformedAnswer,
    SendResult,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

ACCEPTED = {"ResponseMetadata": {"RequestId": "0b3f7c1e"}}
OF_EXECUTION = {"AutomationExecutionId": EXECUTION_ID}
RAW = {**OF_EXECUTION, "AutomationExecutionStatus": "Waiting"}
START = {"DocumentName": "Deploy", "ClientToken": "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"}
DOCUMENT = {"Name": "Deploy", "DocumentType": "Automation"}
DATE = "Mon, 04 May 2026 12:00:00 GMT"

CALLS = {
    "get_automation_execution": partial(api.get_automation_execution, automation_execution_id=EXECUTION_ID),
    "describe_automation_step_executions": partial(
        listings.describe_automation_step_executions, automation_execution_id=EXECUTION_ID
    ),
    "describe_automation_executions": partial(listings.describe_automation_executions, filters=[]),
    "send_automation_signal": partial(
        api.send_automation_signal, automation_execution_id=EXECUTION_ID, signal_type="Approve", payload={}
    ),
    "start_automation_execution": partial(runs.start_automation_execution, request=START),
    "stop_automation_execution": partial(
        runs.stop_automation_execution, automation_execution_id=EXECUTION_ID, stop_type="Cancel"
    ),
    "describe_document": partial(runs.describe_document, name="Deploy", version=None),
    "get_document": partial(runs.get_document, name="Deploy", version=None),
    "get_ops_item": partial(identity.get_ops_item, ops_item_id="oi-1"),
}
WITH_EMPTY_ANSWER = ["send_automation_signal", "stop_automation_execution"]
WITH_CONTENT = [name for name in CALLS if name not in WITH_EMPTY_ANSWER]


class TestRequests:
    def test_an_empty_payload_is_left_out(self, client, answers):
        answers.add_response("send_automation_signal", ACCEPTED, {**OF_EXECUTION, "SignalType": "Approve"})
        api.send_automation_signal(client, EXECUTION_ID, "Approve", {})

    def test_a_signal_goes_out_with_its_payload(self, client, answers):
        request = {**OF_EXECUTION, "SignalType": "Resume", "Payload": {"StepName": ["p"]}}
        answers.add_response("send_automation_signal", ACCEPTED, request)
        api.send_automation_signal(client, EXECUTION_ID, "Resume", {"StepName": ["p"]})

    def test_an_execution_is_returned_as_the_service_gives_it(self, client, answers):
        answers.add_response("get_automation_execution", {"AutomationExecution": RAW}, OF_EXECUTION)
        assert api.get_automation_execution(client, EXECUTION_ID) == RAW

    def test_what_the_client_knows_without_a_call(self, client):
        assert api.region_and_partition(client) == ("us-east-1", "aws")
        assert api.signal_limits(client).payload_value.maximum == 512


class TestErrors:
    @pytest.mark.parametrize("operation", CALLS)
    @pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("InternalServerError", 500)])
    def test_each_call_is_made_once_and_keeps_its_error(self, client, answers, operation, code, status):
        answers.add_client_error(operation, code, "no", http_status_code=status)
        with pytest.raises(AnsibleAutomationError, match="Failed to") as failure:
            CALLS[operation](client)
        assert failure.value.code == code


@pytest.fixture
def comes(client):
    """Let a test say what comes back for a request, byte by byte; botocore reads it as it would from the network."""
    registered = []

    def come(body, status=200, request_id="0b3f7c1e"):
        def respond(request, **_more):
            raw = urllib3.HTTPResponse(io.BytesIO(body), preload_content=False)
            return AWSResponse(request.url, status, {"x-amzn-RequestId": request_id}, raw)

        client.meta.events.register_first("before-send.ssm", respond)
        registered.append(respond)

    yield come
    for respond in registered:
        client.meta.events.unregister("before-send.ssm", respond)


BODIES = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"busy"',
    "a number": b"1",
    "cut short": b'{"AutomationExecution": {"AutomationExec',
    "a page": b"<html>Please log in</html>",
    "no UTF-8": b'{"Content": "\xff\xfe"}',
}
ERRORS = {
    **BODIES,
    "a code that is a number": b'{"__type": 5}',
    "no code": b'{"__type": null, "message": null}',
    "a message that is a map": b'{"message": {"a": 1}}',
}


class TestAnswersByteByByte:
    @pytest.mark.parametrize("operation", WITH_CONTENT)
    @pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
    def test_what_is_no_answer_of_the_service_leaves_a_doubt(self, client, comes, operation, body):
        comes(body)
        with pytest.raises(AnsibleAutomationError, match="cannot be read") as failure:
            CALLS[operation](client)
        assert failure.value.send_result is SendResult.UNCERTAIN
        assert failure.value.is_transient

    @pytest.mark.parametrize("operation", WITH_EMPTY_ANSWER)
    def test_an_empty_answer_is_the_services_if_it_has_a_request_id(self, client, comes, operation):
        comes(b"{}")
        CALLS[operation](client)

    @pytest.mark.parametrize("operation", WITH_EMPTY_ANSWER)
    @pytest.mark.parametrize("body", [body for body in BODIES.values() if body], ids=list(BODIES)[1:])
    def test_an_answer_of_another_kind_is_no_success_whatever_its_request_id(self, client, comes, operation, body):
        comes(body)
        with pytest.raises(AnsibleAutomationError, match="cannot be read") as failure:
            CALLS[operation](client)
        assert failure.value.send_result is SendResult.UNCERTAIN

    @pytest.mark.parametrize("operation", WITH_EMPTY_ANSWER)
    @pytest.mark.parametrize("body", [b"{}", *BODIES.values()], ids=["empty", *BODIES])
    def test_an_answer_without_a_request_id_is_no_success(self, client, comes, operation, body):
        comes(body, request_id="")
        with pytest.raises(AnsibleAutomationError, match="cannot be read") as failure:
            CALLS[operation](client)
        assert failure.value.send_result is SendResult.UNCERTAIN

    @pytest.mark.parametrize("operation", CALLS)
    @pytest.mark.parametrize("status", [502, 503])
    @pytest.mark.parametrize("body", ERRORS.values(), ids=ERRORS)
    def test_a_fault_of_any_shape_leaves_a_doubt(self, client, comes, operation, status, body):
        comes(body, status)
        with pytest.raises(AnsibleAutomationError) as failure:
            CALLS[operation](client)
        assert failure.value.send_result is SendResult.UNCERTAIN
        assert failure.value.is_transient

    @pytest.mark.parametrize("status", [302, 403, 404, 407])
    def test_a_proxys_page_is_no_refusal_of_the_service(self, client, comes, status):
        comes(b"<html>Please log in</html>", status)
        with pytest.raises(AnsibleAutomationError) as failure:
            CALLS["send_automation_signal"](client)
        assert failure.value.send_result is SendResult.UNCERTAIN

    def test_the_services_own_refusal(self, client, comes):
        comes(b'{"__type": "com.amazonaws.ssm#InvalidAutomationSignalException", "message": "no"}', 400)
        with pytest.raises(AnsibleAutomationError) as failure:
            CALLS["send_automation_signal"](client)
        assert failure.value.code == "InvalidAutomationSignalException"
        assert failure.value.send_result is SendResult.REFUSED

    @pytest.mark.parametrize(
        ("operation", "answer", "words"),
        [
            ("get_automation_execution", {}, "is no map|AutomationExecutionId: None"),
            ("get_automation_execution", {"AutomationExecution": None}, "is no map|AutomationExecutionId: None"),
            ("get_automation_execution", {"AutomationExecution": {**RAW, "AutomationExecutionId": "e"}}, "is about"),
            ("get_automation_execution", {"AutomationExecution": {**RAW, "ExecutionStartTime": "noon"}}, ""),
            ("get_automation_execution", {"AutomationExecution": {**RAW, "ExecutionStartTime": 1e300}}, ""),
            ("get_automation_execution", {"AutomationExecution": {**RAW, "StepExecutions": {"a": 1}}}, ""),
            ("describe_automation_step_executions", {"StepExecutions": [None]}, "is no map"),
            ("describe_automation_step_executions", {"StepExecutions": [], "NextToken": 5}, "is no text"),
            ("describe_automation_executions", {"NextToken": "more"}, "is no list"),
            ("describe_automation_executions", {"AutomationExecutionMetadataList": [{}]}, "is no text"),
            ("start_automation_execution", {"AutomationExecutionId": ""}, "it is empty"),
            ("start_automation_execution", {"AutomationExecutionId": None}, "is no text"),
            ("describe_document", {}, "is no map|Name: None"),
            ("describe_document", {"Document": None}, "is no map|Name: None"),
            ("describe_document", {"Document": "Deploy"}, ""),
            ("get_document", {"Content": 5}, "is no text"),
            ("get_ops_item", {"OpsItem": {}}, "OpsItemId: None"),
        ],
    )
    def test_an_answer_of_another_shape(self, client, comes, operation, answer, words):
        comes(json.dumps(answer).encode())
        with pytest.raises(
            AnsibleAutomationError, match=f"The answer to {operation} cannot be read: .*({words})"
        ) as told:
            CALLS[operation](client)
        assert isinstance(told.value.exception, MalformedAnswer)


class Module:
    """Notes with what a client is asked for, in the place of AnsibleAWSModule."""

    def __init__(self, client, **params):
        self.params, self.asked, self._client = params, [], client

    def client(self, service, aws_config):
        self.asked.append((service, aws_config))
        return self._client


@pytest.mark.parametrize(
    ("aws_config", "connections", "config"),
    [
        (None, None, {"connect_timeout": 10, "read_timeout": 20}),
        ({"read_timeout": 5, "retries": {"max_attempts": 9}}, None, {"read_timeout": 5}),
        ({"connect_timeout": 3}, None, {"connect_timeout": 3}),
        (None, 8, {"max_pool_connections": 8}),
        ({"max_pool_connections": 2}, 8, {"max_pool_connections": 2}),
    ],
)
def test_a_client_sends_each_request_once_whatever_the_users_config(client, aws_config, connections, config):
    module = Module(client, aws_config=aws_config)
    assert api.connect(module, connections) is client
    ((service, used),) = module.asked
    assert service == "ssm"
    assert used.items() >= {**config, "retries": {"total_max_attempts": 1}}.items()


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"aws_config": {"nonsense": 1}}, "aws_config is not one that botocore takes: .*nonsense"),
        ({"aws_config": {"max_pool_connections": "many"}}, "aws_config.max_pool_connections is `many`: give a number"),
        ({"endpoint_url": "127.0.0.1:4599"}, "endpoint_url is no address of a service"),
    ],
)
def test_what_botocore_would_not_take_is_refused_before_a_client_is_made(client, params, words):
    module = Module(client, **params)
    with pytest.raises(InvalidOption, match=words):
        api.connect(module)
    assert module.asked == []

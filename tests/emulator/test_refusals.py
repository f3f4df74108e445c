# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that nothing can be made of: an error of the protocol, never a page of HTML or a traceback."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError

from automation_emulator.language.nesting import MOST_LEVELS, too_deep

PAUSE = {"name": "pause", "action": "aws:pause", "inputs": {}}
SIGNED = "AWS4-HMAC-SHA256 Credential=AKIA0000000000000000/20300101/eu-central-1/ssm/aws4_request, Signature=none"
JSON = "application/x-amz-json-1.1"
DEEP = b"[" * 3000 + b"]" * 3000


def error_of(call: Any, *args: Any, **kwargs: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(*args, **kwargs)
    error = caught.value.response["Error"]
    return error["Code"], error.get("Message", "")


def raw(url: str, body: bytes, operation: str) -> tuple[int, dict[str, Any]]:
    headers = {"X-Amz-Target": f"AmazonSSM.{operation}", "Content-Type": JSON, "Authorization": SIGNED}
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers))
    with caught.value as answer:
        assert answer.headers["Content-Type"] == JSON
        return answer.code, json.load(answer)


@pytest.mark.parametrize("operation", ["StartAutomationExecution", "ListDocuments"])
@pytest.mark.parametrize(
    "body", [b"{", b'{"DocumentName": "\xff"}', b"[]", b"null", DEEP, b'{"DocumentName": ' + DEEP + b"}"]
)
def test_bodies_that_cannot_be_read(account: Any, operation: str, body: bytes) -> None:
    status, error = raw(account.url, body, operation)
    assert (status, error["__type"]) == (400, "SerializationException")


@pytest.mark.ledger("errors-2")
@pytest.mark.parametrize("operation", ["NoSuchOperation", "", "__init__", "dispatch", "GetInventory"])
def test_operations_that_are_not_there(account: Any, operation: str) -> None:
    status, error = raw(account.url, b"{}", operation)
    assert (status, error["__type"]) == (400, "UnknownOperationException")
    assert operation in error["message"]


def test_a_change_request_is_made_elsewhere(runs: Any, control: Any) -> None:
    request = {"DocumentName": "Gated", "Runbooks": [{"DocumentName": "Gated"}]}
    code, message = error_of(runs.ssm.start_change_request_execution, **request)
    assert code == "UnknownOperationException"
    assert "/_emulator/change-requests" in message
    assert control("GET", "requests")["requests"][-1]["error_code"] == code


def test_operations_of_other_services_that_are_not_there(account: Any) -> None:
    organizations = account.client("organizations")
    assert error_of(organizations.list_handshakes_for_account)[0] == "UnknownOperationException"
    iam = account.client("iam")
    code, message = error_of(iam.generate_organizations_access_report, EntityPath="o-abcdefghij/r-abcd")
    assert (code, "emulator" in message) == ("InvalidAction", True)


@pytest.mark.ledger("errors-1")
@pytest.mark.parametrize("operation", ["AddTagsToResource", "RemoveTagsFromResource", "ListTagsForResource"])
def test_requests_about_tags_are_checked(runs: Any, operation: str) -> None:
    body = {"ResourceType": "Automation", "ResourceId": runs.start(PAUSE), "Tags": "red", "TagKeys": "red"}
    if operation == "ListTagsForResource":
        del body["ResourceId"]
    _status, error = raw(runs.ssm.meta.endpoint_url, json.dumps(body).encode(), operation)
    assert error["__type"] == "ValidationException"


@pytest.mark.parametrize("operation", ["CreateDocument", "UpdateDocument"])
def test_requests_about_documents_are_checked(runs: Any, operation: str) -> None:
    runs.document(PAUSE)
    for content in (None, 5):
        body = {"Name": "Gated", "DocumentType": "Automation", "Content": content}
        _status, error = raw(runs.ssm.meta.endpoint_url, json.dumps(body).encode(), operation)
        assert error["__type"] == "ValidationException"


@pytest.mark.ledger("signals-3")
def test_validation_errors_are_sentences(runs: Any) -> None:
    send = runs.ssm.send_automation_signal
    assert error_of(send, AutomationExecutionId="x" * 40, SignalType="Approve") == (
        "ValidationException",
        f"1 validation error detected: Value '{'x' * 40}' at 'automationExecutionId' failed to satisfy constraint: "
        "Member must have length less than or equal to 36",
    )
    _code, message = error_of(send, AutomationExecutionId="x" * 40, SignalType="Deny")
    assert message.startswith("2 validation errors detected: ")
    assert "; Value 'Deny' at 'signalType' failed to satisfy constraint: Member must satisfy enum value set" in message
    _code, message = error_of(runs.ssm.describe_automation_executions, MaxResults=51)
    assert "Value 51 at 'maxResults'" in message


def test_tag_keys_differ(runs: Any) -> None:
    twice = [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}]
    execution = runs.start(PAUSE)
    assert error_of(runs.ssm.start_automation_execution, DocumentName="Gated", Tags=twice)[0] == "ValidationException"
    add = runs.ssm.add_tags_to_resource
    about = {"ResourceType": "Automation", "ResourceId": execution}
    assert error_of(add, **about, Tags=twice)[0] == "ValidationException"
    assert runs.ssm.list_tags_for_resource(**about)["TagList"] == []


def test_lost_connections_leave_the_console_alone(runs: Any, account: Any, control: Any, capfd: Any) -> None:
    short_timeout = account.client("ssm", read_timeout=0.05)
    for kind in ("reset_before", "reset_after", "hang", "hang_after", "latency"):
        control("POST", "faults", {"kind": kind, "operation": "ListDocuments", "seconds": 0.1})
        client = short_timeout if kind == "latency" else runs.ssm
        with pytest.raises((ConnectionClosedError, ReadTimeoutError)):
            client.list_documents()
    assert control("GET", "health")["ready"] is True
    assert capfd.readouterr().err == ""


def nested(levels: int) -> Any:
    value: Any = "bottom"
    for _level in range(levels):
        value = [value]
    return value


def test_how_deep_is_too_deep() -> None:
    assert not too_deep(nested(MOST_LEVELS - 1))
    assert too_deep(nested(MOST_LEVELS))
    cycle: dict[str, Any] = {}
    cycle["self"] = [cycle]
    assert too_deep(cycle)
    bomb: Any = "boom"
    for _level in range(MOST_LEVELS - 1):
        bomb = [bomb] * 9
    assert not too_deep(bomb)

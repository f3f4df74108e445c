# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls to AWS, one thin function each; nothing else in plugins/ calls AWS.

Each call to SSM is made once: its client does not retry (see `connect`). Calls that may be repeated blindly are retried
by runtime/retry.py, signals by signal/redelivery.py. The STS client tries twice (identity.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

try:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:  # AnsibleAWSModule tells the user that boto3 is missing.
    BotoCoreError = ClientError = Exception
    Config = None

from ansible_collections.amazon.aws.plugins.module_utils.common import set_collection_info

from ..options.invalid import InvalidOption
from ..options.limits import Limits, limits_of
from . import answers
from .connection import check_aws_config, check_endpoint
from .errors import AutomationErrorHandler, MalformedAnswer

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
    from botocore.client import BaseClient
    from botocore.model import StructureShape

# botocore's own retries are off: it would repeat a request whose answer got lost. botocore adds to what it is given.
NO_RETRIES = {"total_max_attempts": 1}
# How long to wait for a connection and for an answer, in seconds; users may give other times in aws_config. Both end
# before the scheduler gives a call up as a whole: after that a request may still leave, and is not sent again.
_TIMEOUTS = {"connect_timeout": 10, "read_timeout": 20}
# Part of the user agent of every call. A test holds it against galaxy.yml.
COLLECTION_VERSION = "1.0.0"
# How many entries one call lists at most (API reference).
PAGE = 50


def connect(module: AnsibleAWSModule, connections: int | None = None) -> BaseClient:
    """Return an SSM client that sends each request once, over so many `connections` at a time.

    botocore would repeat a request whose answer got lost, and so deliver a signal twice. The user's aws_config
    is honoured but for its retries. Raises InvalidOption for an endpoint or a configuration that cannot be one.
    """
    set_collection_info(collection_name="ssmops.automation", collection_version=COLLECTION_VERSION)
    pool = {"max_pool_connections": connections} if connections else {}
    config = {**_TIMEOUTS, **pool, **(module.params.get("aws_config") or {}), "retries": dict(NO_RETRIES)}
    check_endpoint(module.params.get("endpoint_url"))
    check_aws_config(module.params.get("aws_config"))
    try:
        Config(**config)
    except (TypeError, AttributeError, BotoCoreError) as error:
        raise InvalidOption(f"aws_config is not one that botocore takes: {error}.") from error
    return refuse_odd_bodies(module.client("ssm", aws_config=config))


def refuse_odd_bodies(client: BaseClient) -> BaseClient:
    """Return the client, which from now on takes no answer for a success whose body is no JSON object."""
    client.meta.events.register("response-received.ssm", _refuse_what_is_no_object)
    return client


def _refuse_what_is_no_object(event_name: str, response_dict: Mapping[str, Any] | None, **more: Any) -> None:
    """Raise MalformedAnswer for a success whose body is no JSON object; botocore would take it for an empty answer.

    Where its parser does not fail on it, that is, which it does on some before it tells of the event. There is an event
    before the parser is called, too, but not in botocore 1.34.
    """
    if response_dict is None or response_dict["status_code"] >= 300:
        return
    problem = answers.problem_with_body(response_dict["body"])
    if problem:
        raise MalformedAnswer(operation=event_name.rpartition(".")[2], problem=problem)


def signal_limits(client: BaseClient) -> Limits:
    """Return the limits of SendAutomationSignal in botocore's model; no call is made."""
    return limits_of(client.meta.service_model.operation_model("SendAutomationSignal").input_shape)


class Page(NamedTuple):
    """Some entries of a list, and the token of the next page, which is empty on the last one."""

    entries: list[dict[str, Any]]
    next_token: str


@AutomationErrorHandler.common_error_handler("read the Automation execution")
def get_automation_execution(client: BaseClient, automation_execution_id: str) -> dict[str, Any]:
    """Return the API's AutomationExecution (GetAutomationExecution)."""
    answer = _call(client.get_automation_execution, {"AutomationExecutionId": automation_execution_id})
    raw: dict[str, Any] = answer.get("AutomationExecution", {})
    _refuse(client.get_automation_execution, answers.problem_with_execution(raw, automation_execution_id))
    return raw


@AutomationErrorHandler.common_error_handler("read the steps of the Automation execution")
def describe_automation_step_executions(client: BaseClient, automation_execution_id: str, token: str = "") -> Page:
    """Return the API's StepExecutions, one page (DescribeAutomationStepExecutions, 50 a call)."""
    request = {"AutomationExecutionId": automation_execution_id, "MaxResults": PAGE}
    call = client.describe_automation_step_executions
    return _page(call, request, token, "StepExecutions", answers.problem_with_steps)


@AutomationErrorHandler.common_error_handler("list Automation executions")
def describe_automation_executions(
    client: BaseClient, filters: Sequence[Mapping[str, Any]], token: str = "", at_most: int = PAGE
) -> Page:
    """Return the API's AutomationExecutionMetadata that match, one page (DescribeAutomationExecutions, 50 a call)."""
    request: dict[str, Any] = {"MaxResults": at_most, **({"Filters": list(filters)} if filters else {})}
    call = client.describe_automation_executions
    return _page(call, request, token, "AutomationExecutionMetadataList", answers.problem_with_summaries)


@AutomationErrorHandler.common_error_handler("send the signal to the Automation execution")
def send_automation_signal(
    client: BaseClient, automation_execution_id: str, signal_type: str, payload: Mapping[str, list[str]]
) -> None:
    """Send a signal, once (SendAutomationSignal). An empty payload is left out, as the API does not take one."""
    request: dict[str, Any] = {"AutomationExecutionId": automation_execution_id, "SignalType": signal_type}
    if payload:
        request["Payload"] = dict(payload)
    _expect_empty(client.send_automation_signal, request)


class Started(NamedTuple):
    """The answer to a start: the execution's id, and the Date header, which is the service's time."""

    execution_id: str
    date: str | None


@AutomationErrorHandler.common_error_handler("start the Automation execution")
def start_automation_execution(client: BaseClient, request: Mapping[str, Any]) -> Started:
    """Start an execution (StartAutomationExecution)."""
    answer = _call(client.start_automation_execution, request)
    execution_id = answer.get("AutomationExecutionId")
    _refuse(client.start_automation_execution, answers.is_text_with_content(execution_id))
    return Started(str(execution_id), answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date"))


@AutomationErrorHandler.common_error_handler("stop the Automation execution")
def stop_automation_execution(client: BaseClient, automation_execution_id: str, stop_type: str) -> None:
    """Stop an execution, by `Cancel` or `Complete` (StopAutomationExecution)."""
    request = {"AutomationExecutionId": automation_execution_id, "Type": stop_type}
    _expect_empty(client.stop_automation_execution, request)


@AutomationErrorHandler.common_error_handler("read the runbook")
def describe_document(client: BaseClient, name: str, version: str | None) -> dict[str, Any]:
    """Return the API's DocumentDescription (DescribeDocument); without a version that of the default one."""
    raw: dict[str, Any] = _call(client.describe_document, _document(name, version)).get("Document", {})
    _refuse(client.describe_document, answers.problem_with_document(raw))
    return raw


@AutomationErrorHandler.common_error_handler("read the content of the runbook")
def get_document(client: BaseClient, name: str, version: str | None) -> str:
    """Return the content of a document in JSON (GetDocument); without a version that of the default one."""
    content = _call(client.get_document, {**_document(name, version), "DocumentFormat": "JSON"}).get("Content")
    _refuse(client.get_document, answers.is_text(content))
    return str(content)


@AutomationErrorHandler.common_error_handler("read the OpsItem")
def get_ops_item(client: BaseClient, ops_item_id: str) -> dict[str, Any]:
    """Return the API's OpsItem (GetOpsItem)."""
    raw: dict[str, Any] = _call(client.get_ops_item, {"OpsItemId": ops_item_id}).get("OpsItem", {})
    _refuse(client.get_ops_item, answers.problem_with_ops_item(raw))
    return raw


def _document(name: str, version: str | None) -> dict[str, str]:
    return {"Name": name, **({"DocumentVersion": version} if version else {})}


def start_model(client: BaseClient) -> StructureShape:
    """Return botocore's model of a request of StartAutomationExecution; no call is made."""
    return client.meta.service_model.operation_model("StartAutomationExecution").input_shape


def listing_model(client: BaseClient) -> StructureShape:
    """Return botocore's model of a request of DescribeAutomationExecutions; no call is made."""
    return client.meta.service_model.operation_model("DescribeAutomationExecutions").input_shape


def region_and_partition(client: BaseClient) -> tuple[str, str]:
    """Return the client's region and its partition, such as `aws` or `aws-cn`; no call is made."""
    return client.meta.region_name, client.meta.partition


@AutomationErrorHandler.common_error_handler("ask who the caller is")
def get_caller_identity(client: BaseClient) -> str:
    """Return the caller's ARN as STS names it (GetCallerIdentity)."""
    arn = _call(client.get_caller_identity, {}).get("Arn")
    _refuse(client.get_caller_identity, answers.is_text_with_content(arn))
    return str(arn)


def _page(
    call: Callable[..., dict[str, Any]],
    request: Mapping[str, Any],
    token: str,
    member: str,
    problem_with: Callable[[Any], str],
) -> Page:
    answer = _call(call, {**request, **({"NextToken": token} if token else {})})
    entries: Any = answer.get(member)
    next_token = answer.get("NextToken")
    # The last page has no token or an empty one (API reference).
    _refuse(call, problem_with(entries) or answers.is_text(next_token or ""))
    return Page(entries, next_token or "")


def _expect_empty(call: Callable[..., dict[str, Any]], request: Mapping[str, Any]) -> None:
    answer = _call(call, request)
    # The answer is empty, so it is its request id alone that tells the service's from a proxy's.
    _refuse(call, "" if answer["ResponseMetadata"].get("RequestId") else "it has no request id")


def _call(call: Callable[..., dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return call(**request)
    except (BotoCoreError, ClientError):
        raise
    except Exception as error:
        # botocore's parsers take the shape of an answer for granted and fail in many ways where it is another one.
        raise MalformedAnswer(operation=call.__name__, problem=repr(error)) from error


def _refuse(call: Callable[..., dict[str, Any]], problem: str) -> None:
    if problem:
        raise MalformedAnswer(operation=call.__name__, problem=problem)

# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The calls to AWS, one thin function each; nothing else in the collection talks to boto3.

Reads take C(aws_retry): whether they are tried again by themselves after throttling, a lost connection or a fault
of the service. Sends never are, and the client itself has no retries (see C(connect)).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

try:
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
except ImportError:  # AnsibleAWSModule tells the user that boto3 is missing.
    BotoCoreError = ClientError = ResponseParserError = Exception
    Config = None

from ansible_collections.amazon.aws.plugins.module_utils.common import set_collection_info
from ansible_collections.amazon.aws.plugins.module_utils.retries import AWSRetry

from ..options.invalid import InvalidOption
from ..options.limits import Limits, limits_of
from .connection import check_aws_config, check_endpoint
from .errors import AutomationErrorHandler, MalformedAnswer, is_transient

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
    from botocore.client import BaseClient
    from botocore.model import StructureShape

# botocore's own retries are off: it would repeat a request whose answer got lost.
NO_RETRIES = {"total_max_attempts": 1}
# Part of the user agent of every call. A test holds it against galaxy.yml.
COLLECTION_VERSION = "0.1.0"


class ReadRetry(AWSRetry):
    """Retries of reads: AWSRetry knows a list of codes; here every transient fault counts, lost connections too."""

    base_class = (ClientError, BotoCoreError)

    @staticmethod
    def status_code_from_exception(error: Exception) -> Exception:
        """Return the error itself: more than its code says whether it is transient."""
        return error

    @staticmethod
    def found(response_code: Exception, catch_extra_error_codes: Sequence[str] | None = None) -> bool:
        """Return whether to try again."""
        return is_transient(response_code)


def connect(module: AnsibleAWSModule, connections: int | None = None) -> BaseClient:
    """Return an SSM client that sends each request once, over so many `connections` at a time.

    botocore would repeat a request whose answer got lost, and so deliver a signal twice. The user's aws_config
    is honoured but for its retries. Raises InvalidOption for an endpoint or a configuration that cannot be one.
    """
    set_collection_info(collection_name="ssmops.automation", collection_version=COLLECTION_VERSION)
    pool = {"max_pool_connections": connections} if connections else {}
    config = {**pool, **(module.params.get("aws_config") or {}), "retries": NO_RETRIES}
    check_endpoint(module.params.get("endpoint_url"))
    check_aws_config(config)
    try:
        Config(**config)
    except (TypeError, AttributeError, BotoCoreError) as error:
        raise InvalidOption(f"aws_config is not one that botocore takes: {error}.") from error
    return module.client("ssm", aws_config=config)


def signal_limits(client: BaseClient) -> Limits:
    """Return the limits of SendAutomationSignal in botocore's model; no call is made."""
    return limits_of(client.meta.service_model.operation_model("SendAutomationSignal").input_shape)


@AutomationErrorHandler.common_error_handler("read the Automation execution")
def get_automation_execution(
    client: BaseClient, automation_execution_id: str, aws_retry: bool = True
) -> dict[str, Any]:
    """Return the API's AutomationExecution (GetAutomationExecution)."""
    request = {"AutomationExecutionId": automation_execution_id}
    return _read(client.get_automation_execution, request, "AutomationExecution", aws_retry)["AutomationExecution"]


@AutomationErrorHandler.common_error_handler("read the steps of the Automation execution")
def describe_automation_step_executions(
    client: BaseClient, automation_execution_id: str, aws_retry: bool = True
) -> list[dict[str, Any]]:
    """Return the API's StepExecutions, all pages of them (DescribeAutomationStepExecutions, 50 a call)."""
    steps: list[dict[str, Any]] = []
    page: dict[str, Any] = {"AutomationExecutionId": automation_execution_id, "MaxResults": 50}
    while True:
        answer = _read(client.describe_automation_step_executions, page, "StepExecutions", aws_retry)
        steps += answer["StepExecutions"]
        # The last page may carry an empty token (API reference).
        if not answer.get("NextToken"):
            return steps
        page["NextToken"] = answer["NextToken"]


@AutomationErrorHandler.common_error_handler("list Automation executions")
def describe_automation_executions(
    client: BaseClient, filters: Sequence[Mapping[str, Any]], at_most: int | None = None
) -> list[dict[str, Any]]:
    """Return the API's AutomationExecutionMetadata that match, all pages (DescribeAutomationExecutions, 50 a call).

    C(at_most) ends the listing once so many are found.
    """
    found: list[dict[str, Any]] = []
    page: dict[str, Any] = {"MaxResults": min(50, at_most or 50), **({"Filters": list(filters)} if filters else {})}
    while True:
        answer = _read(client.describe_automation_executions, page, "AutomationExecutionMetadataList", True)
        found += answer["AutomationExecutionMetadataList"]
        if not answer.get("NextToken") or (at_most is not None and len(found) >= at_most):
            return found[:at_most]
        page["NextToken"] = answer["NextToken"]


@AutomationErrorHandler.common_error_handler("list Automation executions")
def list_automation_executions(client: BaseClient, automation_execution_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Return the API's AutomationExecutionMetadata of these executions, in one call that is tried once."""
    request = {
        "Filters": [{"Key": "ExecutionId", "Values": list(automation_execution_ids)}],
        "MaxResults": len(automation_execution_ids),
    }
    listed = _answer_with(client.describe_automation_executions, request, "AutomationExecutionMetadataList")
    return listed["AutomationExecutionMetadataList"]


@AutomationErrorHandler.common_error_handler("send the signal to the Automation execution")
def send_automation_signal(
    client: BaseClient, automation_execution_id: str, signal_type: str, payload: Mapping[str, list[str]]
) -> None:
    """Send a signal, once (SendAutomationSignal). An empty payload is left out, as the API does not take one."""
    request: dict[str, Any] = {"AutomationExecutionId": automation_execution_id, "SignalType": signal_type}
    if payload:
        request["Payload"] = dict(payload)
    answer = _call(client.send_automation_signal, request)
    # The answer is empty, so it is its request id alone that tells the service's from a proxy's.
    if not answer["ResponseMetadata"].get("RequestId"):
        raise MalformedAnswer(operation="SendAutomationSignal")


@dataclass(frozen=True)
class Started:
    """The answer to a start: the execution's id, and the Date header, which is the service's time."""

    execution_id: str
    date: str | None


@AutomationErrorHandler.common_error_handler("start the Automation execution")
def start_automation_execution(client: BaseClient, request: Mapping[str, Any]) -> Started:
    """Start an execution (StartAutomationExecution)."""
    answer = _answer_with(client.start_automation_execution, request, "AutomationExecutionId")
    return Started(answer["AutomationExecutionId"], answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date"))


@AutomationErrorHandler.common_error_handler("stop the Automation execution")
def stop_automation_execution(client: BaseClient, automation_execution_id: str, stop_type: str) -> None:
    """Stop an execution, by C(Cancel) or C(Complete) (StopAutomationExecution)."""
    request = {"AutomationExecutionId": automation_execution_id, "Type": stop_type}
    answer = _call(client.stop_automation_execution, request)
    # The answer is empty, see send_automation_signal.
    if not answer["ResponseMetadata"].get("RequestId"):
        raise MalformedAnswer(operation="StopAutomationExecution")


@AutomationErrorHandler.common_error_handler("read the runbook")
def describe_document(client: BaseClient, name: str, version: str | None) -> dict[str, Any]:
    """Return the API's DocumentDescription (DescribeDocument); without a version that of the default one."""
    return _read(client.describe_document, _document(name, version), "Document", True)["Document"]


@AutomationErrorHandler.common_error_handler("read the content of the runbook")
def get_document(client: BaseClient, name: str, version: str | None) -> str:
    """Return the content of a document in JSON (GetDocument); without a version that of the default one."""
    request = {**_document(name, version), "DocumentFormat": "JSON"}
    return str(_read(client.get_document, request, "Content", True)["Content"])


def _document(name: str, version: str | None) -> dict[str, str]:
    return {"Name": name, **({"DocumentVersion": version} if version else {})}


def start_model(client: BaseClient) -> StructureShape:
    """Return botocore's model of a request of StartAutomationExecution; no call is made."""
    return client.meta.service_model.operation_model("StartAutomationExecution").input_shape


def listing_model(client: BaseClient) -> StructureShape:
    """Return botocore's model of a request of DescribeAutomationExecutions; no call is made."""
    return client.meta.service_model.operation_model("DescribeAutomationExecutions").input_shape


def region_and_partition(client: BaseClient) -> tuple[str, str]:
    """Return the client's region and its partition, such as C(aws) or C(aws-cn); no call is made."""
    return client.meta.region_name, client.meta.partition


@AutomationErrorHandler.common_error_handler("ask who the caller is")
def caller_arn(module: AnsibleAWSModule) -> str:
    """Return the caller's ARN as STS names it (GetCallerIdentity)."""
    return str(_answer_with(module.client("sts").get_caller_identity, {}, "Arn")["Arn"])


_patiently = ReadRetry.jittered_backoff(retries=6, delay=0.5, max_delay=8)


def _read(
    call: Callable[..., dict[str, Any]], request: Mapping[str, Any], member: str, aws_retry: bool
) -> dict[str, Any]:
    return (_patiently(_answer_with) if aws_retry else _answer_with)(call, request, member)


def _answer_with(call: Callable[..., dict[str, Any]], request: Mapping[str, Any], member: str) -> dict[str, Any]:
    answer = _call(call, request)
    if member not in answer:
        raise MalformedAnswer(operation=call.__name__)
    return answer


def _call(call: Callable[..., dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return call(**request)
    except ResponseParserError as error:
        raise MalformedAnswer(operation=call.__name__) from error

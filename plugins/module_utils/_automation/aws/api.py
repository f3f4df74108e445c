# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls to AWS, one thin function each: the client, and what most tasks call. Nothing outside aws/ calls AWS.

Lists are in listings.py, starts, stops and runbooks in runs.py, people in identity.py.

Each call to SSM is made once: its client does not retry (see `connect`). Calls that may be repeated blindly are retried
by runtime/retry.py, signals by signal/redelivery.py. The STS client tries twice (identity.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

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
from .errors import AutomationErrorHandler, MalformedAnswer

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule
    from botocore.client import BaseClient

# botocore's own retries are off: it would repeat a request whose answer got lost. botocore adds to what it is given.
NO_RETRIES = {"total_max_attempts": 1}
# How long to wait for a connection and for an answer, in seconds; users may give other times in aws_config. Both end
# before the scheduler gives a call up as a whole: after that a request may still leave, and is not sent again.
_TIMEOUTS = {"connect_timeout": 10, "read_timeout": 20}
# Part of the user agent of every call. A test holds it against galaxy.yml.
COLLECTION_VERSION = "1.0.0"


def connect(module: AnsibleAWSModule, connections: int | None = None) -> BaseClient:
    """Return an SSM client that sends each request once, over so many `connections` at a time.

    botocore would repeat a request whose answer got lost, and so deliver a signal twice. The user's aws_config
    is honoured but for its retries. Raises InvalidOption for an endpoint or a configuration that cannot be one.
    """
    set_collection_info(collection_name="ssmops.automation", collection_version=COLLECTION_VERSION)
    pool = {"max_pool_connections": connections} if connections else {}
    config = {**_TIMEOUTS, **pool, **(module.params.get("aws_config") or {}), "retries": dict(NO_RETRIES)}
    _check_connection(module.params)
    try:
        Config(**config)
    except (TypeError, AttributeError, BotoCoreError) as error:
        raise InvalidOption(f"aws_config is not one that botocore takes: {error}.") from error
    return refuse_odd_bodies(module.client("ssm", aws_config=config))


def _check_connection(params: Mapping[str, Any]) -> None:
    endpoint_url, aws_config = params.get("endpoint_url"), params.get("aws_config")
    if not endpoint_url and not aws_config:
        return
    # Every task loads its code anew, so what only these options need is not loaded for the others.
    from .connection import check_aws_config, check_endpoint

    check_endpoint(endpoint_url)
    check_aws_config(aws_config)


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


@AutomationErrorHandler.common_error_handler("read the Automation execution")
def get_automation_execution(client: BaseClient, automation_execution_id: str) -> dict[str, Any]:
    """Return the API's AutomationExecution (GetAutomationExecution)."""
    answer = call(client.get_automation_execution, {"AutomationExecutionId": automation_execution_id})
    raw: dict[str, Any] = answer.get("AutomationExecution", {})
    refuse(client.get_automation_execution, answers.problem_with_execution(raw, automation_execution_id))
    return raw


@AutomationErrorHandler.common_error_handler("send the signal to the Automation execution")
def send_automation_signal(
    client: BaseClient, automation_execution_id: str, signal_type: str, payload: Mapping[str, list[str]]
) -> None:
    """Send a signal, once (SendAutomationSignal). An empty payload is left out, as the API does not take one."""
    request: dict[str, Any] = {"AutomationExecutionId": automation_execution_id, "SignalType": signal_type}
    if payload:
        request["Payload"] = dict(payload)
    expect_empty(client.send_automation_signal, request)


def region_and_partition(client: BaseClient) -> tuple[str, str]:
    """Return the client's region and its partition, such as `aws` or `aws-cn`; no call is made."""
    return client.meta.region_name, client.meta.partition


def expect_empty(operation: Callable[..., dict[str, Any]], request: Mapping[str, Any]) -> None:
    """Make a call whose answer is empty. Raises MalformedAnswer where it is none of the service's."""
    answer = call(operation, request)
    # The answer is empty, so it is its request id alone that tells the service's from a proxy's.
    refuse(operation, "" if answer["ResponseMetadata"].get("RequestId") else "it has no request id")


def call(operation: Callable[..., dict[str, Any]], request: Mapping[str, Any]) -> dict[str, Any]:
    """Make a call once, and return its answer. Raises botocore's errors, and MalformedAnswer."""
    try:
        return operation(**request)
    except (BotoCoreError, ClientError):
        raise
    except Exception as error:
        # botocore's parsers take the shape of an answer for granted and fail in many ways where it is another one.
        raise MalformedAnswer(operation=operation.__name__, problem=repr(error)) from error


def refuse(operation: Callable[..., dict[str, Any]], problem: str) -> None:
    """Raise MalformedAnswer for an answer with a problem; the text is empty where there is none."""
    if problem:
        raise MalformedAnswer(operation=operation.__name__, problem=problem)

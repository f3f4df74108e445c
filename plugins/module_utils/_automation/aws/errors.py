# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of the Automation API: one exception, the handler that raises it, and what to tell the user next."""

from __future__ import annotations

from enum import Enum

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectionError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
        ProxyConnectionError,
    )

    # The request did not leave: no connection came about.
    _NEVER_ARRIVED: tuple[type[Exception], ...] = (EndpointConnectionError, ConnectTimeoutError, ProxyConnectionError)
    _CONNECTION_LOST: tuple[type[Exception], ...] = (ConnectionError, HTTPClientError)
except ImportError:  # AnsibleAWSModule tells the user that boto3 is missing.
    BotoCoreError = ClientError = Exception
    _NEVER_ARRIVED = _CONNECTION_LOST = ()

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler
from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

ACCESS_DENIED = "AccessDeniedException"
EXECUTION_NOT_FOUND = "AutomationExecutionNotFoundException"
STEP_NOT_FOUND = "AutomationStepNotFoundException"
INVALID_SIGNAL = "InvalidAutomationSignalException"
INTERNAL_ERROR = "InternalServerError"
VALIDATION = "ValidationException"
RUNBOOK_NOT_FOUND = "AutomationDefinitionNotFoundException"
RUNBOOK_VERSION_NOT_FOUND = "AutomationDefinitionVersionNotFoundException"
INVALID_PARAMETERS = "InvalidAutomationExecutionParametersException"
TOO_MANY_EXECUTIONS = "AutomationExecutionLimitExceededException"
TOKEN_MISMATCH = "IdempotentParameterMismatch"
INVALID_TARGET = "InvalidTarget"
INVALID_STOP = "InvalidAutomationStatusUpdateException"
# DescribeDocument and GetDocument call the same two things by other names.
INVALID_DOCUMENT = "InvalidDocument"
INVALID_DOCUMENT_VERSION = "InvalidDocumentVersion"

# Every code by which the service says that it took nothing in because calls come too fast. The API's own is
# ThrottlingException, which the retries of amazon.aws do not know.
THROTTLING = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "SlowDown",
        "LimitExceededException",
        "BandwidthLimitExceeded",
        "ProvisionedThroughputExceededException",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
    }
)


class AnsibleAutomationError(AnsibleAWSError):
    """A call to the Automation API that failed; C(exception) is botocore's error."""

    @property
    def code(self) -> str:
        """The service's error code, or an empty string where it gave none."""
        return error_code(self.exception)


class AutomationErrorHandler(AWSErrorHandler):
    """Turns botocore's errors into AnsibleAutomationError."""

    _CUSTOM_EXCEPTION = AnsibleAutomationError


class MalformedAnswer(BotoCoreError):
    """An answer that is not the service's, although its status says success: cut short, or some proxy's page."""

    fmt = "The answer to {operation} cannot be read."


class SendResult(Enum):
    """What the error of a request that must not be repeated says of the request."""

    ACCEPTED = "there is no error"
    NOT_ACCEPTED = "the service is throttling and took nothing in"
    NEVER_ARRIVED = "no connection came about"
    UNCERTAIN = "the request went out, the answer got lost or is a fault"
    REFUSED = "the service said no, or botocore before it"


def error_code(error: BaseException | None) -> str:
    """Return the service's error code of a botocore error, or an empty string where it carries none."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def send_result_of(error: BaseException | None) -> SendResult:
    """Return what an error says of the request that met it."""
    if error_code(error) in THROTTLING:
        return SendResult.NOT_ACCEPTED
    if isinstance(error, _NEVER_ARRIVED):
        return SendResult.NEVER_ARRIVED
    if isinstance(error, (*_CONNECTION_LOST, MalformedAnswer)) or _is_fault(error):
        return SendResult.UNCERTAIN
    return SendResult.REFUSED


def is_transient(error: BaseException | None) -> bool:
    """Return whether the same read may well succeed soon: throttling, a lost connection, a fault of the service."""
    return send_result_of(error) is not SendResult.REFUSED


def _is_fault(error: BaseException | None) -> bool:
    if not isinstance(error, ClientError):
        return False
    return error_code(error) == INTERNAL_ERROR or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the Automation API: one exception, the handler that raises it, and what an error says of its request."""

from __future__ import annotations

import socket
import ssl
from enum import Enum
from typing import Any

try:
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        ConnectionError,
        HTTPClientError,
    )
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError, SSLError

    _CONNECTION_LOST: tuple[type[Exception], ...] = (ConnectionError, HTTPClientError)
    # urllib3 raises these while it connects, before it writes a byte of the request. botocore's own classes tell
    # less: its ProxyConnectionError is also raised for a connection that broke after the request had gone out.
    _NOT_CONNECTED: tuple[type[Exception], ...] = (NewConnectionError, ConnectTimeoutError, socket.gaierror)
    _BY_PROXY: tuple[type[Exception], ...] = (ProxyError,)
    _BY_TLS: tuple[type[Exception], ...] = (SSLError,)
except ImportError:  # AnsibleAWSModule tells the user that boto3 is missing.
    BotoCoreError = ClientError = Exception
    _CONNECTION_LOST = _NOT_CONNECTED = _BY_PROXY = _BY_TLS = ()

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
    """A call to the Automation API that failed; `exception` is botocore's error."""

    @property
    def code(self) -> str:
        """The service's error code, or an empty string where it gave none."""
        return error_code(self.exception)

    @property
    def send_result(self) -> SendResult:
        """What the error says of the request."""
        return send_result_of(self.exception)

    @property
    def is_transient(self) -> bool:
        """Whether the same read may well succeed soon."""
        return is_transient(self.exception)


class AutomationErrorHandler(AWSErrorHandler):
    """Turns botocore's errors into AnsibleAutomationError."""

    _CUSTOM_EXCEPTION = AnsibleAutomationError


class MalformedAnswer(BotoCoreError):
    """An answer that is not the service's, although it came: cut short, some proxy's page, or of a wrong shape."""

    fmt = "The answer to {operation} cannot be read: {problem}."


class NoAnswerInTime(BotoCoreError):
    """A call that was waited for no longer; what becomes of it is not known."""

    fmt = "There was no answer to {operation} within {seconds:g} s."


def no_answer(operation: str, seconds: float) -> AnsibleAutomationError:
    """Return the error of a call that was waited for no longer."""
    cause = NoAnswerInTime(operation=operation, seconds=seconds)
    return AnsibleAutomationError(message="The call got no answer", exception=cause)


def endless_list(operation: str) -> AnsibleAutomationError:
    """Return the error of a list whose pages bring nothing new and do not end."""
    cause = MalformedAnswer(operation=operation, problem="its pages do not end")
    return AnsibleAutomationError(message="The list does not end", exception=cause)


class SendResult(Enum):
    """What the error of a request that must not be repeated says of the request."""

    ACCEPTED = "there is no error"
    NOT_ACCEPTED = "the service is throttling and took nothing in"
    NEVER_ARRIVED = "no connection came about"
    UNCERTAIN = "the request may have gone out, the answer got lost or is a fault"
    REFUSED = "the service said no, or botocore before it"

    @property
    def is_certainly_not_taken(self) -> bool:
        """Whether the service has not taken the request, so that it may be sent again."""
        return self in (SendResult.NOT_ACCEPTED, SendResult.NEVER_ARRIVED)


def error_code(error: BaseException | None) -> str:
    """Return the service's error code of a botocore error, or an empty string where it carries none."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def send_result_of(error: BaseException | None) -> SendResult:
    """Return what an error says of the request that met it."""
    if _never_connected(error):
        return SendResult.NEVER_ARRIVED
    if isinstance(error, ClientError):
        return _send_result_of_answer(error)
    if isinstance(error, (*_CONNECTION_LOST, MalformedAnswer, NoAnswerInTime)):
        return SendResult.UNCERTAIN
    return SendResult.REFUSED


def _send_result_of_answer(error: ClientError) -> SendResult:
    if error_code(error) in THROTTLING:
        return SendResult.NOT_ACCEPTED
    if is_fault(error) or not _is_of_the_service(error):
        return SendResult.UNCERTAIN
    return SendResult.REFUSED


def _is_of_the_service(error: ClientError) -> bool:
    """Return whether the service itself says no: a proxy on the way gives no code, so botocore takes the status."""
    code = error_code(error)
    return bool(code) and not code.isdigit()


def is_fault(error: ClientError) -> bool:
    """Return whether the service failed, rather than refused."""
    return error_code(error) == INTERNAL_ERROR or error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500


def _never_connected(error: BaseException | None) -> bool:
    """Return whether no byte of the request was written, going by what urllib3 raised."""
    cause = _cause_of(error)
    return isinstance(cause, _NOT_CONNECTED) or _is_untrusted(cause)


def _cause_of(error: BaseException | None) -> Any:
    """Return what urllib3 raised, be it on the way through a proxy or not; none where nothing of it is known."""
    cause = getattr(error, "kwargs", {}).get("error")
    return getattr(cause, "original_error", None) if isinstance(cause, _BY_PROXY) else cause


def _is_untrusted(cause: Any) -> bool:
    """Return whether the server's certificate was refused, which ends the handshake."""
    reason = cause.args[0] if isinstance(cause, _BY_TLS) and cause.args else None
    return isinstance(reason, ssl.SSLCertVerificationError)


def is_transient(error: BaseException | None) -> bool:
    """Return whether the same read may well succeed soon: throttling, a lost connection, a fault of the service."""
    if isinstance(error, ClientError):
        return error_code(error) in THROTTLING or is_fault(error)
    return send_result_of(error) is not SendResult.REFUSED and not _is_untrusted(_cause_of(error))

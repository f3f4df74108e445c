# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Errors of the Automation API: one exception, the handler that raises it; diagnosis.py says what an error means."""

from __future__ import annotations

from enum import Enum

try:
    from botocore.exceptions import BotoCoreError, ClientError
except ImportError:  # AnsibleAWSModule tells the user that boto3 is missing.
    BotoCoreError = ClientError = Exception

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
        # Every task loads its code anew, so what only a failed call needs is not loaded for the others.
        from .diagnosis import send_result_of

        return send_result_of(self.exception)

    @property
    def is_transient(self) -> bool:
        """Whether the same read may well succeed soon."""
        from .diagnosis import is_transient

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

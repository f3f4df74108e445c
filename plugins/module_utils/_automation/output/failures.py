# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How modules fail: with a sentence of ours first, the service's word behind it, and its error code kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict
from ansible_collections.amazon.aws.plugins.module_utils.botocore import gather_sdk_versions

from ..aws.errors import (
    ACCESS_DENIED,
    EXECUTION_NOT_FOUND,
    INTERNAL_ERROR,
    THROTTLING,
    VALIDATION,
    AnsibleAutomationError,
    SendResult,
)

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule


def fail(module: AnsibleAWSModule, msg: str, error: AnsibleAutomationError | None = None, **result: Any) -> None:
    """Fail a module; `error.code` and `response_metadata` are returned where a call failed.

    The base class's fail_json_aws puts botocore's whole sentence, retries and all, into the message.
    """
    if error is None:
        module.fail_json(msg=msg, **result)
    else:
        # What is not found is mostly looked for in the wrong place.
        msg = f"{msg.rstrip('.')}; the region is {module.region}" if error.code == EXECUTION_NOT_FOUND else msg
        module.fail_json(msg=with_cause(msg, error), **failure_details(error), **result)


def with_cause(msg: str, error: AnsibleAutomationError) -> str:
    """Return the sentence with the service's own word behind it."""
    return f"{msg.rstrip('.')} ({in_words(error)})"


_EXPIRED = frozenset({"ExpiredTokenException", "ExpiredToken", "RequestExpired"})
_UNKNOWN_CALLER = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "IncompleteSignature"}
)


def advice(error: AnsibleAutomationError, execution_id: str) -> str:
    """Return what to do about a failed call, as a sentence that ends without a full stop."""
    code = error.code
    if code == EXECUTION_NOT_FOUND:
        return f"No execution {execution_id} in this account and region: check the id, the region and the credentials"
    if code == ACCESS_DENIED:
        return f"The caller may not make this call: it needs ssm:{_operation(error.exception)} on the execution"
    if code == INTERNAL_ERROR:
        return "The service failed: look at the execution before you run the task again"
    if code == VALIDATION:
        return "The service refuses the request, since a value in it is too long or of another form than it takes"
    if code in THROTTLING:
        return "The service is throttling this account's calls: run the task again later or with less in parallel"
    if error.send_result is SendResult.NEVER_ARRIVED:
        return "The service could not be reached: check region and endpoint_url, and the proxy if there is one"
    if code in _EXPIRED:
        return "The credentials have expired: renew them and run the task again"
    if code in _UNKNOWN_CALLER:
        return "The service does not know these credentials: check the access key, the secret key and the region"
    return error.message or "The call failed"


def failure_details(error: AnsibleAutomationError) -> dict[str, Any]:
    """Return what a failed task returns of an error: the service's code, message and response metadata."""
    response = getattr(error.exception, "response", None) or {}
    return {**camel_dict_to_snake_dict(response), **gather_sdk_versions()}


def in_full(error: AnsibleAutomationError) -> str:
    """Return what failed and what the service or botocore said of it; without a full stop at the end."""
    return str(error).rstrip(".")


def in_words(error: AnsibleAutomationError) -> str:
    """Return what the service or botocore said, with the code where there is one; without a full stop at the end."""
    response = getattr(error.exception, "response", None) or {}
    said = response.get("Error", {}).get("Message") or ""
    words = f"{error.code}: {said}" if error.code else str(error.exception)
    # Our sentence ends after it.
    return words.rstrip(".")


def _operation(error: BaseException | None) -> str:
    return str(getattr(error, "operation_name", "*"))

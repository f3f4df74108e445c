# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an error says of the request that met it, and whether the same read may succeed soon."""

from __future__ import annotations

import botocore.exceptions
import pytest
import urllib3.exceptions

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    AnsibleAutomationError,
    AutomationErrorHandler,
    MalformedAnswer,
    SendResult,
    error_code,
    is_transient,
    send_result_of,
)
from ansible_collections.ssmops.automation.tests.unit.errors import (
    ENDPOINT,
    LOST_ANSWER,
    NO_CONNECTION,
    REFUSED_CONNECTION,
    client_error,
    failed,
)

CONNECT_TIMEOUT = botocore.exceptions.ConnectTimeoutError(
    endpoint_url=ENDPOINT, error=urllib3.exceptions.ConnectTimeoutError("too late")
)
NO_PROXY = botocore.exceptions.ProxyConnectionError(
    proxy_url=ENDPOINT, error=urllib3.exceptions.ProxyError("no proxy", REFUSED_CONNECTION)
)
CUT_CONNECTION = botocore.exceptions.ConnectionClosedError(
    endpoint_url=ENDPOINT, error=urllib3.exceptions.ProtocolError("cut")
)
RESULTS = {
    "throttled": (client_error("ThrottlingException"), SendResult.NOT_ACCEPTED),
    "throttled, as amazon.aws knows it": (client_error("RequestLimitExceeded"), SendResult.NOT_ACCEPTED),
    "throttled with a fault's status": (client_error("ThrottlingException", status=503), SendResult.NOT_ACCEPTED),
    "no connection": (NO_CONNECTION, SendResult.NEVER_ARRIVED),
    "no connection in time": (CONNECT_TIMEOUT, SendResult.NEVER_ARRIVED),
    "no connection to the proxy": (NO_PROXY, SendResult.NEVER_ARRIVED),
    "no answer in time": (LOST_ANSWER, SendResult.UNCERTAIN),
    "the connection was cut": (CUT_CONNECTION, SendResult.UNCERTAIN),
    "the answer cannot be read": (MalformedAnswer(operation="Op", problem="it is empty"), SendResult.UNCERTAIN),
    "a fault by its code": (client_error("InternalServerError"), SendResult.UNCERTAIN),
    "a fault by its status": (client_error("Unknown", status=502), SendResult.UNCERTAIN),
    "refused": (client_error("InvalidAutomationSignalException"), SendResult.REFUSED),
    "not allowed": (client_error("AccessDeniedException"), SendResult.REFUSED),
    "refused by botocore": (botocore.exceptions.ParamValidationError(report="r"), SendResult.REFUSED),
    "no credentials": (botocore.exceptions.NoCredentialsError(), SendResult.REFUSED),
}


@pytest.mark.parametrize(("error", "result"), RESULTS.values(), ids=RESULTS)
def test_what_an_error_says_of_the_request(error, result):
    assert send_result_of(error) is result
    assert is_transient(error) is (result is not SendResult.REFUSED)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (client_error("InvalidTarget"), "InvalidTarget"),
        (botocore.exceptions.ClientError({}, "Op"), ""),
        (LOST_ANSWER, ""),
        (None, ""),
    ],
    ids=["the service's", "an answer without one", "no answer", "no error"],
)
def test_the_code_is_the_services_or_empty(error, code):
    assert error_code(error) == failed(error).code == code


def test_the_handler_raises_the_collections_own_error():
    @AutomationErrorHandler.common_error_handler("do the work")
    def call():
        raise client_error("InvalidTarget", "not there")

    with pytest.raises(AnsibleAutomationError, match=r"Failed to do the work.*not there") as failure:
        call()
    assert failure.value.code == "InvalidTarget"

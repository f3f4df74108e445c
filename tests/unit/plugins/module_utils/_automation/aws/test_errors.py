# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an error says of the request that met it, and whether the same read may succeed soon."""

from __future__ import annotations

import botocore.exceptions
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    AnsibleAutomationError,
    AutomationErrorHandler,
    MalformedAnswer,
    SendResult,
    error_code,
    is_transient,
    send_result_of,
)
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, NO_CONNECTION, client_error, failed

URL = {"endpoint_url": "http://127.0.0.1"}
RESULTS = {
    "throttled": (client_error("ThrottlingException"), SendResult.NOT_ACCEPTED),
    "throttled, as amazon.aws knows it": (client_error("RequestLimitExceeded"), SendResult.NOT_ACCEPTED),
    "throttled with a fault's status": (client_error("ThrottlingException", status=503), SendResult.NOT_ACCEPTED),
    "no connection": (NO_CONNECTION, SendResult.NEVER_ARRIVED),
    "no connection in time": (botocore.exceptions.ConnectTimeoutError(**URL), SendResult.NEVER_ARRIVED),
    "no connection to the proxy": (botocore.exceptions.ProxyConnectionError(proxy_url="p"), SendResult.NEVER_ARRIVED),
    "no answer in time": (LOST_ANSWER, SendResult.UNCERTAIN),
    "the connection was cut": (botocore.exceptions.ConnectionClosedError(**URL), SendResult.UNCERTAIN),
    "the answer cannot be read": (MalformedAnswer(operation="Op"), SendResult.UNCERTAIN),
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

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an error says of the request that met it, and whether the same read may succeed soon.

The errors are those that botocore raises, with the error of urllib3 in them that tells what has happened.
"""

from __future__ import annotations

import http.client
import socket
import ssl

import botocore.exceptions
import pytest
import urllib3.exceptions

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.diagnosis import (
    is_transient,
    send_result_of,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    THROTTLING,
    MalformedAnswer,
    NoAnswerInTime,
    SendResult,
)
from ansible_collections.ssmops.automation.tests.unit.errors import (
    ENDPOINT,
    LOST_ANSWER,
    NO_CONNECTION,
    REFUSED_CONNECTION,
    client_error,
    failed,
)

NO_NAME = urllib3.exceptions.NameResolutionError("ssm.invalid", None, socket.gaierror("no such host"))
NO_TIME_TO_CONNECT = urllib3.exceptions.ConnectTimeoutError(None, "too late")
UNTRUSTED = urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed"))
BROKEN_TLS = urllib3.exceptions.SSLError(ssl.SSLEOFError("violation of protocol"))
TOO_LATE = urllib3.exceptions.ReadTimeoutError(None, ENDPOINT, "too late")
RESET = ConnectionResetError("reset by peer")
CUT = urllib3.exceptions.ProtocolError("Connection aborted.", RESET)
HUNG_UP = urllib3.exceptions.ProtocolError("Connection aborted.", http.client.RemoteDisconnected("closed"))
NOT_TUNNELLED = OSError("Tunnel connection failed: 502 Bad Gateway")


def at_endpoint(error_class, cause):
    return error_class(endpoint_url=ENDPOINT, error=cause)


def by_proxy(cause):
    """Return what botocore makes of whatever urllib3 blames on a proxy."""
    return botocore.exceptions.ProxyConnectionError(
        proxy_url=ENDPOINT, error=urllib3.exceptions.ProxyError("Unable to connect to proxy", cause)
    )


NOT_ARRIVED = {
    "the connection was refused": NO_CONNECTION,
    "the name is not known": at_endpoint(botocore.exceptions.EndpointConnectionError, NO_NAME),
    "the resolver failed": at_endpoint(botocore.exceptions.EndpointConnectionError, socket.gaierror("no such host")),
    "no connection in time": at_endpoint(botocore.exceptions.ConnectTimeoutError, NO_TIME_TO_CONNECT),
    "no connection to the proxy": by_proxy(REFUSED_CONNECTION),
    "the proxy's name is not known": by_proxy(NO_NAME),
    "no connection to the proxy in time": by_proxy(NO_TIME_TO_CONNECT),
}
NOT_TRUSTED = {
    "the certificate was refused": at_endpoint(botocore.exceptions.SSLError, UNTRUSTED),
    "the proxy's certificate was refused": by_proxy(UNTRUSTED),
}
DOUBTFUL = {
    "no answer in time": LOST_ANSWER,
    "the connection was cut": at_endpoint(botocore.exceptions.ConnectionClosedError, CUT),
    "the other side hung up": at_endpoint(botocore.exceptions.ConnectionClosedError, HUNG_UP),
    "TLS broke": at_endpoint(botocore.exceptions.SSLError, BROKEN_TLS),
    "TLS broke and says nothing": at_endpoint(botocore.exceptions.SSLError, urllib3.exceptions.SSLError()),
    "another error of the client": botocore.exceptions.HTTPClientError(error=RESET),
    "no time to connect, but nobody says when": at_endpoint(botocore.exceptions.ConnectTimeoutError, TOO_LATE),
    "no connection, and no cause": botocore.exceptions.EndpointConnectionError(endpoint_url=ENDPOINT),
    "a proxy reset the connection": by_proxy(RESET),
    "a proxy cut the connection": by_proxy(CUT),
    "a proxy hung up": by_proxy(HUNG_UP),
    "a proxy gave no answer in time": by_proxy(TOO_LATE),
    "a proxy broke TLS": by_proxy(BROKEN_TLS),
    "a proxy made no tunnel": by_proxy(NOT_TUNNELLED),
    "a proxy and no cause": by_proxy(None),
    "the proxy's error is none of urllib3": botocore.exceptions.ProxyConnectionError(proxy_url=ENDPOINT, error="no"),
    "the answer cannot be read": MalformedAnswer(operation="Op", problem="it is empty"),
    "it was waited for no longer": NoAnswerInTime(operation="Op", seconds=30),
    "a fault by its code": client_error("InternalServerError"),
    "a fault by its status": client_error("Unknown", status=502),
}
# A page of a proxy: botocore takes its status for the code.
FOREIGN = {
    "a proxy forbids": client_error("403", status=403),
    "a proxy wants a password": client_error("407", status=407),
    "nobody gives a code": client_error("", status=404),
}
FINAL = {
    "refused": client_error("InvalidAutomationSignalException"),
    "not allowed": client_error("AccessDeniedException"),
    "refused by botocore": botocore.exceptions.ParamValidationError(report="r"),
    "no credentials": botocore.exceptions.NoCredentialsError(),
    "another exception": ValueError("x"),
    "no error": None,
}


def rows(table, *values):
    return [pytest.param(error, *values, id=name) for name, error in table.items()]


@pytest.mark.parametrize(
    ("error", "result", "transient"),
    [
        *rows(NOT_ARRIVED, SendResult.NEVER_ARRIVED, True),
        *rows(NOT_TRUSTED, SendResult.NEVER_ARRIVED, False),
        *rows(DOUBTFUL, SendResult.UNCERTAIN, True),
        *rows(FOREIGN, SendResult.UNCERTAIN, False),
        *rows(FINAL, SendResult.REFUSED, False),
    ],
)
def test_what_an_error_says_of_the_request(error, result, transient):
    assert send_result_of(error) is failed(error).send_result is result
    assert is_transient(error) is failed(error).is_transient is transient


@pytest.mark.parametrize("status", [400, 429, 503])
@pytest.mark.parametrize("code", sorted(THROTTLING))
def test_who_throttles_has_taken_nothing_in(code, status):
    error = client_error(code, status=status)
    assert send_result_of(error) is SendResult.NOT_ACCEPTED
    assert is_transient(error)

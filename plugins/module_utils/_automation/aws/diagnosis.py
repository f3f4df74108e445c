# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error says of the request that met it: whether it went out and was taken, and may succeed soon."""

from __future__ import annotations

import socket
import ssl
from typing import Any

try:
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError, SSLError

    _CONNECTION_LOST: tuple[type[Exception], ...] = (ConnectionError, HTTPClientError)
    # urllib3 raises these while it connects, before it writes a byte of the request. botocore's own classes tell
    # less: its ProxyConnectionError is also raised for a connection that broke after the request had gone out.
    _NOT_CONNECTED: tuple[type[Exception], ...] = (NewConnectionError, ConnectTimeoutError, socket.gaierror)
    _BY_PROXY: tuple[type[Exception], ...] = (ProxyError,)
    _BY_TLS: tuple[type[Exception], ...] = (SSLError,)
except ImportError:  # AnsibleAWSModule tells the user that boto3 is missing.
    ClientError = Exception
    _CONNECTION_LOST = _NOT_CONNECTED = _BY_PROXY = _BY_TLS = ()

from .errors import INTERNAL_ERROR, THROTTLING, MalformedAnswer, NoAnswerInTime, SendResult, error_code


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

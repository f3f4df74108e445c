# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors to test with: what a call may be met with."""

from __future__ import annotations

import botocore.exceptions
import urllib3.exceptions

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError


def client_error(code, message="m", status=400, operation="SendAutomationSignal"):
    """Return botocore's error for an error answer of the service."""
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return botocore.exceptions.ClientError(answer, operation)


def refusal(code, message="m", status=400, operation="SendAutomationSignal"):
    """Return the error of a call that the service has answered with this code."""
    return failed(client_error(code, message, status, operation))


def failed(error):
    """Return the error of a call that has failed with this error of botocore."""
    return AnsibleAutomationError(message="Failed to call", exception=error)


# As botocore raises them: with the error of urllib3 in them.
ENDPOINT = "http://127.0.0.1"
REFUSED_CONNECTION = urllib3.exceptions.NewConnectionError(None, "refused")
NO_CONNECTION = botocore.exceptions.EndpointConnectionError(endpoint_url=ENDPOINT, error=REFUSED_CONNECTION)
LOST_ANSWER = botocore.exceptions.ReadTimeoutError(
    endpoint_url=ENDPOINT, error=urllib3.exceptions.ReadTimeoutError(None, ENDPOINT, "too late")
)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's own error: its code, the handler that raises it, and which results allow to send again."""

from __future__ import annotations

import botocore.exceptions
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import (
    AnsibleAutomationError,
    AutomationErrorHandler,
    SendResult,
    error_code,
)
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, client_error, failed


def test_only_two_results_allow_to_send_again_at_once():
    assert {result for result in SendResult if result.is_certainly_not_taken} == {
        SendResult.NOT_ACCEPTED,
        SendResult.NEVER_ARRIVED,
    }


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

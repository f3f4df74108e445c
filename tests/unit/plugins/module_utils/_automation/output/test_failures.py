# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a task fails: our sentence, the service's words, and what to do."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.output.failures import (
    advice,
    failure_details,
    with_cause,
)
from ansible_collections.ssmops.automation.tests.unit.errors import LOST_ANSWER, client_error, failed, refusal
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

ADVICE = {
    "AutomationExecutionNotFoundException": ("check the id, the region and the credentials", EXECUTION_ID),
    "AccessDeniedException": ("it needs ssm:SendAutomationSignal",),
    "InternalServerError": ("look at the execution",),
    "ThrottlingException": ("throttling", "run the task again"),
    "RequestLimitExceeded": ("throttling", "run the task again"),
    "ExpiredTokenException": ("expired", "renew them"),
    "RequestExpired": ("expired", "renew them"),
    "UnrecognizedClientException": ("check the access key, the secret key and the region",),
    "InvalidSignatureException": ("check the access key, the secret key and the region",),
    "AddedByAwsLater": ("Failed to call",),
}


@pytest.mark.parametrize(("code", "words"), ADVICE.items(), ids=ADVICE)
def test_advice(code, words):
    sentence = advice(refusal(code), EXECUTION_ID)
    assert all(word in sentence for word in words), sentence
    assert not sentence.endswith(".")


def test_there_is_advice_without_an_answer():
    assert advice(failed(LOST_ANSWER), EXECUTION_ID) == "Failed to call"


@pytest.mark.parametrize("msg", ["It failed", "It failed."])
@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (refusal("InvalidTarget", "No such tag."), "InvalidTarget: No such tag"),
        (refusal("InvalidTarget", None), "InvalidTarget: "),
        (failed(LOST_ANSWER), str(LOST_ANSWER)),
    ],
    ids=["code and words", "a code alone", "no answer"],
)
def test_the_services_words_follow_ours(msg, error, cause):
    assert with_cause(msg, error) == f"It failed ({cause})"


def test_the_details_of_a_failure_are_the_services_answer_and_the_versions():
    details = failure_details(failed(client_error("InvalidTarget", "No such tag.")))
    assert details["error"] == {"code": "InvalidTarget", "message": "No such tag."}
    assert details["response_metadata"] == {"http_status_code": 400}
    assert {"boto3_version", "botocore_version"} <= set(details)


def test_a_failure_without_an_answer_has_the_versions_alone():
    assert set(failure_details(failed(LOST_ANSWER))) == {"boto3_version", "botocore_version"}

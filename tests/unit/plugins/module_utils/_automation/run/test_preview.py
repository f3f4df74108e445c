# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What check mode finds out about a start, from the runbook's document alone."""

from __future__ import annotations

import json

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws.errors import AnsibleAutomationError
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.start import StartRequest
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.outcome import RunOutcome
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.preview import StartPreview
from ansible_collections.ssmops.automation.tests.unit.service import run_one, service_of

TOKEN = "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"
DESCRIBED = {
    "Document": {
        "Name": "Deploy",
        "DocumentType": "Automation",
        "DocumentVersion": "3",
        "Parameters": [{"Name": "Stage", "Type": "String"}],
    }
}
CONTENT = {"Content": json.dumps({"parameters": {"Stage": {"type": "String", "allowedValues": ["test", "live"]}}})}


@pytest.fixture
def preview(client):
    def predicted(is_repeatable=False, **members):
        request = {"DocumentName": "Deploy", "ClientToken": TOKEN, **members}
        outcome = RunOutcome()
        service = service_of(client)
        run_one(StartPreview(service, StartRequest(request, is_repeatable)).preview(outcome), service)
        return outcome

    return predicted


@pytest.mark.parametrize(("mode", "status"), [("Auto", "Pending"), ("Interactive", "Waiting")])
def test_a_start_that_nothing_speaks_against(answers, preview, mode, status):
    answers.add_response("describe_document", DESCRIBED)
    answers.add_response("get_document", CONTENT)
    outcome = preview(Parameters={"Stage": ["live"]}, Mode=mode)
    assert (outcome.changed, outcome.failed, outcome.warnings) == (True, False, [])
    assert outcome.diff == ({}, {"document_name": "Deploy", "automation_execution_status": status})
    assert outcome.msg.startswith("Would start runbook `Deploy`")


def test_values_are_looked_at_only_where_some_are_given(answers, preview):
    described = {"Document": {**DESCRIBED["Document"], "Parameters": []}}
    answers.add_response("describe_document", described)
    assert preview().changed


REFUSALS = {
    "a parameter is missing": ({}, [DESCRIBED], "it needs `Stage`"),
    "a parameter is not known": (
        {"Stage": ["live"], "stage": ["live"]},
        [DESCRIBED],
        "it has no parameter `stage`",
    ),
    "a value is not allowed": ({"Stage": ["production"]}, [DESCRIBED, CONTENT], "not `production`"),
    "no runbook": ({}, [{"Document": {"Name": "Deploy", "DocumentType": "Command"}}], "of type Command"),
}


@pytest.mark.parametrize(("parameters", "answered", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_start_that_the_service_would_refuse(answers, preview, parameters, answered, words):
    for operation, answer in zip(("describe_document", "get_document"), answered):
        answers.add_response(operation, answer)
    outcome = preview(Parameters=parameters)
    assert (outcome.changed, outcome.failed, outcome.diff) == (False, True, None)
    assert outcome.msg.startswith("Cannot start runbook `Deploy`")
    assert words in outcome.msg


def test_a_runbook_that_the_caller_may_not_describe_is_left_to_the_service(answers, preview):
    answers.add_client_error("describe_document", "AccessDeniedException")
    outcome = preview(Parameters={"Stage": ["production"]})
    assert (outcome.changed, outcome.failed) == (True, False)
    (warning,) = outcome.warnings
    assert "AccessDeniedException" in warning


def test_values_that_the_caller_may_not_compare_are_left_to_the_service(answers, preview):
    answers.add_response("describe_document", DESCRIBED)
    answers.add_client_error("get_document", "AccessDeniedException")
    outcome = preview(Parameters={"Stage": ["production"]})
    assert (outcome.changed, outcome.failed, len(outcome.warnings)) == (True, False, 1)


def test_passing_faults_are_borne(answers, preview):
    answers.add_client_error("describe_document", "ThrottlingException")
    answers.add_response("describe_document", DESCRIBED)
    answers.add_client_error("get_document", "InternalServerError", http_status_code=500)
    answers.add_response("get_document", CONTENT)
    assert preview(Parameters={"Stage": ["live"]}).changed


def test_another_error_is_raised(answers, preview):
    answers.add_client_error("describe_document", "ValidationException")
    with pytest.raises(AnsibleAutomationError, match="ValidationException"):
        preview()


@pytest.mark.parametrize(("is_repeatable", "token"), [(True, TOKEN), (False, None)])
def test_a_token_is_returned_where_it_is_the_users(answers, preview, is_repeatable, token):
    answers.add_response("describe_document", {"Document": {**DESCRIBED["Document"], "Parameters": []}})
    assert preview(is_repeatable).client_token == token

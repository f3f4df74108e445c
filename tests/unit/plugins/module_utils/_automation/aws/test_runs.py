# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Starts, stops and runbooks: what is asked for, and what is returned; test_api.py has the answers that are none."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import runs
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID

ACCEPTED = {"ResponseMetadata": {"RequestId": "0b3f7c1e"}}
START = {"DocumentName": "Deploy", "ClientToken": "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"}
DOCUMENT = {"Name": "Deploy", "DocumentType": "Automation"}
DATE = "Mon, 04 May 2026 12:00:00 GMT"


@pytest.mark.parametrize(("headers", "date"), [({"HTTPHeaders": {"date": DATE}}, DATE), ({}, None)])
def test_a_start_returns_the_id_and_the_services_time(client, answers, headers, date):
    answer = {"AutomationExecutionId": EXECUTION_ID, "ResponseMetadata": headers}
    answers.add_response("start_automation_execution", answer, START)
    assert runs.start_automation_execution(client, START) == runs.Started(EXECUTION_ID, date)


def test_a_stop_names_the_execution_and_its_type(client, answers):
    answers.add_response(
        "stop_automation_execution", ACCEPTED, {"AutomationExecutionId": EXECUTION_ID, "Type": "Complete"}
    )
    runs.stop_automation_execution(client, EXECUTION_ID, "Complete")


@pytest.mark.parametrize(("version", "asked"), [(None, {}), ("3", {"DocumentVersion": "3"})])
def test_the_version_of_a_document_is_asked_for_where_one_is_given(client, answers, version, asked):
    answers.add_response("describe_document", {"Document": DOCUMENT}, {"Name": "Deploy", **asked})
    answers.add_response("get_document", {"Content": "{}"}, {"Name": "Deploy", "DocumentFormat": "JSON", **asked})
    assert runs.describe_document(client, "Deploy", version) == DOCUMENT
    assert runs.get_document(client, "Deploy", version) == "{}"


def test_what_the_client_knows_of_a_start_without_a_call(client):
    assert runs.start_model(client).name == "StartAutomationExecutionRequest"

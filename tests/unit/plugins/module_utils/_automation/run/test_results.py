# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get to see of a start or a stop."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.start import StartRequest
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.outcome import RunOutcome
from ansible_collections.ssmops.automation.plugins.module_utils._automation.run.results import (
    diff_side,
    run_result,
    unstarted_stop_result,
)
from ansible_collections.ssmops.automation.tests.unit.executions import EXECUTION_ID, run

TOKEN = "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"


def result_of(**outcome):
    return run_result(RunOutcome(**outcome), region="eu-central-1", partition="aws", return_execution="on_success")


def test_a_start():
    told = result_of(
        execution_id=EXECUTION_ID,
        client_token=TOKEN,
        changed=True,
        msg="Started.",
        after=run("Success", raw={"AutomationExecutionStatus": "Success"}),
        diff=({}, {"automation_execution_status": "Success"}),
    )
    assert (told["changed"], told["msg"], told["client_token"]) == (True, "Started.", TOKEN)
    assert told["automation_execution"]["automation_execution_status"] == "Success"
    assert told["diff"] == {"before": {}, "after": {"automation_execution_status": "Success"}}
    assert EXECUTION_ID in told["console_url"]


def test_what_is_not_known_is_left_out():
    assert result_of(msg="It failed.", failed=True) == {"changed": False, "msg": "It failed."}


def test_a_start_that_check_mode_predicts():
    told = result_of(
        msg="Would start.", changed=True, predicted={"automation_execution_status": "Pending", "mode": "Auto"}
    )
    assert (told["automation_execution_id"], told["automation_execution_status"]) == (None, "Pending")
    assert told["automation_execution"]["mode"] == "Auto"
    assert "console_url" not in told


@pytest.mark.parametrize(("choice", "is_full"), [("always", True), ("on_success", True), ("never", False)])
def test_a_stop_of_what_check_mode_did_not_start(choice, is_full):
    told = unstarted_stop_result("Cancel", choice)
    assert (told["changed"], told["automation_execution_id"]) == (True, None)
    assert told["msg"].startswith("Would send Cancel to the execution that an earlier task would have started")
    assert told["diff"] == {"before": {}, "after": {"automation_execution_status": "Cancelled"}}
    assert ("automation_execution" in told) is is_full


def test_a_failure_is_short():
    told = result_of(execution_id=EXECUTION_ID, msg="It failed.", failed=True, after=run("Failed"))
    assert (told["automation_execution_id"], told["automation_execution_status"]) == (EXECUTION_ID, "Failed")
    assert "automation_execution" not in told


def test_partitions_whose_console_is_not_known_have_no_address():
    told = run_result(
        RunOutcome(execution_id=EXECUTION_ID), region="eu-isoe-west-1", partition="aws-iso-e", return_execution="never"
    )
    assert "console_url" not in told


@pytest.mark.parametrize(
    ("status", "side"),
    [
        ("Success", {"document_name": "Deploy", "automation_execution_status": "Success"}),
        ("", {"document_name": "Deploy"}),
    ],
)
def test_a_status_that_is_not_known_is_left_out_of_a_diff(status, side):
    assert diff_side(StartRequest({"DocumentName": "Deploy"}, is_repeatable=False), status) == side

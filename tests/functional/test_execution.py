# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_automation_execution against the emulator: what it starts and stops, what it predicts, and what it says."""

from __future__ import annotations

import json

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.tests.functional.conftest import NOBODYS

START, STOP, READ = "StartAutomationExecution", "StopAutomationExecution", "GetAutomationExecution"
LOOK_AT_RUNBOOK, READ_RUNBOOK = "DescribeDocument", "GetDocument"
MAINTENANCE = {"document_name": "Maintenance", "parameters": {"Approvers": ["alice"]}}
TOKEN = "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"

FAULTS = {
    "throttled": {"kind": "error", "code": "ThrottlingException", "status": 400},
    "fault before": {"kind": "error"},
    "fault after": {"kind": "server_error_after"},
    "reset before": {"kind": "reset_before"},
    "reset after": {"kind": "reset_after"},
    "hang before": {"kind": "hang", "seconds": 1},
    "hang after": {"kind": "hang_after", "seconds": 1},
    "truncated": {"kind": "truncated"},
    "not JSON": {"kind": "not_json"},
}
by_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
WITHOUT_EFFECT = {name: FAULTS[name] for name in ("throttled", "fault before", "reset before", "hang before")}
WITH_EFFECT = {name: fault for name, fault in FAULTS.items() if name not in WITHOUT_EFFECT}
IMPATIENT = {"aws_config": {"read_timeout": 0.3}}


def register(emulator, name, steps, parameters=None):
    emulator.register(**{name: {"schemaVersion": "0.3", "parameters": parameters or {}, "mainSteps": steps}})


def sleep(seconds, **more):
    return {"name": "work", "action": "aws:sleep", "inputs": {"Duration": f"PT{seconds}S"}, **more}


def executions(emulator):
    return [execution["AutomationExecutionId"] for execution in emulator.executions()]


def id_of(result):
    return result["automation_execution_id"]


def status_of(result):
    return result["automation_execution_status"]


class TestStart:
    def test_it_is_started_once_and_told(self, emulator, run):
        result = run(**MAINTENANCE)
        assert result["changed"] is True
        assert executions(emulator) == [id_of(result)]
        assert result["msg"].startswith(f"Started runbook `Maintenance` as execution {id_of(result)}; the execution is")
        assert result["diff"]["before"] == {}
        assert result["diff"]["after"] == {
            "document_name": "Maintenance",
            "automation_execution_status": status_of(result),
        }
        assert id_of(result) in result["console_url"]

    def test_it_takes_two_calls(self, emulator, run):
        result = run(**MAINTENANCE)
        assert emulator.operations() == [START, READ]
        assert emulator.requests(START)[0]["parameters"] == {
            "DocumentName": "Maintenance",
            "Parameters": {"Approvers": ["alice"]},
            "ClientToken": result["client_token"],
        }

    def test_check_mode_predicts_it_and_starts_nothing(self, emulator, run):
        result = run.check(**MAINTENANCE)
        assert result["changed"] is True
        assert result["msg"] == "Would start runbook `Maintenance`, version 1."
        assert result["diff"]["after"] == {"document_name": "Maintenance", "automation_execution_status": "Pending"}
        assert id_of(result) is None
        assert emulator.operations() == [LOOK_AT_RUNBOOK, READ_RUNBOOK]

    def test_without_parameters_check_mode_takes_one_call(self, emulator, run):
        register(emulator, "Plain", [sleep(1)])
        emulator.forget_requests()
        assert run.check(document_name="Plain")["changed"] is True
        assert emulator.operations() == [LOOK_AT_RUNBOOK]

    def test_without_a_token_each_task_starts_an_execution(self, emulator, run):
        first, second = run(**MAINTENANCE), run(**MAINTENANCE)
        assert first["changed"] is second["changed"] is True
        assert sorted(executions(emulator)) == sorted([id_of(first), id_of(second)])

    def test_values_arrive_as_the_service_takes_them(self, emulator, run):
        register(
            emulator,
            "Typed",
            [sleep(1)],
            {
                "Flag": {"type": "Boolean"},
                "Count": {"type": "Integer"},
                "Map": {"type": "StringMap"},
                "Maps": {"type": "MapList"},
                "Names": {"type": "StringList"},
            },
        )
        given = {"Flag": True, "Count": 3, "Map": {"b": [1], "a": False}, "Maps": [{"a": 1}], "Names": ["x", 2]}
        for start in (run.check, run):
            assert start(document_name="Typed", parameters=given)["changed"] is True
        assert emulator.requests(START)[0]["parameters"]["Parameters"] == {
            "Flag": ["true"],
            "Count": ["3"],
            "Map": ['{"a": false, "b": [1]}'],
            "Maps": ['{"a": 1}'],
            "Names": ["x", "2"],
        }

    def test_tags_and_version_are_sent(self, emulator, run):
        result = run(**MAINTENANCE, document_version="$LATEST", tags={"Change": 4711})
        tags = emulator.client("ssm").list_tags_for_resource(ResourceType="Automation", ResourceId=id_of(result))
        assert tags["TagList"] == [{"Key": "Change", "Value": "4711"}]
        assert emulator.requests(START)[0]["parameters"]["DocumentVersion"] == "$LATEST"

    def test_interactive_starts_waiting(self, run):
        assert run.check(**MAINTENANCE, mode="Interactive")["diff"]["after"]["automation_execution_status"] == "Waiting"
        result = run(**MAINTENANCE, mode="Interactive", wait=True)
        assert status_of(result) == "Waiting"
        assert result["automation_execution"]["mode"] == "Interactive"

    def test_an_execution_that_cannot_be_read_is_returned_by_its_id(self, emulator, run, alice):
        emulator.deny("alice", "ssm:GetAutomationExecution")
        result = run(**MAINTENANCE, **alice)
        assert result["changed"] is True
        assert executions(emulator) == [id_of(result)]
        assert f"Execution {id_of(result)} could not be read afterwards" in str(result["warnings"])

    def test_an_execution_that_the_service_finds_late_is_looked_for(self, emulator, run):
        not_found = {"kind": "error", "code": "AutomationExecutionNotFoundException", "status": 400}
        emulator.fail(operation=READ, **not_found, times=2)
        result = run(**MAINTENANCE)
        assert result["automation_execution"]["document_name"] == "Maintenance"
        assert id_of(result) not in str(result.get("warnings"))

    def test_an_execution_that_the_service_does_not_find_is_returned_by_its_id(self, emulator, run):
        not_found = {"kind": "error", "code": "AutomationExecutionNotFoundException", "status": 400}
        emulator.fail(operation=READ, **not_found, times=100)
        result = run(**MAINTENANCE)
        assert result["changed"] is True
        assert executions(emulator) == [id_of(result)]
        assert f"{id_of(result)} could not be read afterwards: the service does not find it" in str(result["warnings"])


class TestClientToken:
    def test_the_ladder(self, emulator, run):
        assert run.check(**MAINTENANCE, client_token=TOKEN)["changed"] is True
        first = run(**MAINTENANCE, client_token=TOKEN)
        emulator.sleep(120)
        checked_again = run.check(**MAINTENANCE, client_token=TOKEN)
        again = run(**MAINTENANCE, client_token=TOKEN)
        assert first["changed"] is True
        assert again["changed"] is False
        assert id_of(again) == id_of(first)
        assert executions(emulator) == [id_of(first)]
        assert f"Did not start runbook `Maintenance` again: client_token {TOKEN} started execution" in again["msg"]
        assert again["diff"]["before"] == again["diff"]["after"]
        # Whether a token was used cannot be asked without using it.
        assert checked_again["changed"] is True
        assert "unless client_token has started it before, which the start alone can tell" in checked_again["msg"]

    @pytest.mark.parametrize(("pause", "changed"), [(3, True), (5, True), (7, False)])
    def test_a_second_start_within_the_margin_counts_as_the_first(self, emulator, run, pause, changed):
        first = run(**MAINTENANCE, client_token=TOKEN)
        emulator.sleep(pause)
        again = run(**MAINTENANCE, client_token=TOKEN)
        assert again["changed"] is changed
        assert id_of(again) == id_of(first)

    def test_attempts_that_took_long_do_not_make_the_own_execution_an_older_one(self, emulator, run):
        emulator.fail("reset_after", START, times=5)
        before = emulator.monotonic()
        result = run(**MAINTENANCE, client_token=TOKEN)
        assert emulator.monotonic() - before > 5
        assert result["changed"] is True
        assert len(executions(emulator)) == 1

    def test_an_older_execution_is_told_from_the_own_one_after_faults_too(self, emulator, run):
        run(**MAINTENANCE, client_token=TOKEN)
        emulator.sleep(120)
        emulator.fail("reset_after", START, times=4)
        assert run(**MAINTENANCE, client_token=TOKEN)["changed"] is False

    def test_who_may_not_read_is_told_changed(self, emulator, run, alice):
        emulator.deny("alice", "ssm:GetAutomationExecution")
        first = run(**MAINTENANCE, client_token=TOKEN, **alice)
        emulator.sleep(120)
        again = run(**MAINTENANCE, client_token=TOKEN, **alice)
        assert again["changed"] is True
        assert id_of(again) == id_of(first)
        assert f"Execution {id_of(again)} could not be read afterwards" in str(again["warnings"])

    def test_a_token_is_not_for_other_options(self, emulator, run):
        run(**MAINTENANCE, client_token=TOKEN)
        result = run(document_name="Maintenance", parameters={"Approvers": ["bob"]}, client_token=TOKEN)
        assert result["failed"] is True
        assert result["error"]["code"] == "IdempotentParameterMismatch"
        assert f"client_token {TOKEN} has started an execution with other options before" in result["msg"]
        assert len(executions(emulator)) == 1

    def test_a_second_run_waits_for_the_same(self, run):
        run(**MAINTENANCE, client_token=TOKEN)
        result = run(**MAINTENANCE, client_token=TOKEN, wait=True)
        assert result["automation_execution"]["current_step_name"] == "patch_by_hand"

    def test_a_run_that_went_wrong_before_fails_the_task_that_waits(self, emulator, run):
        register(emulator, "Fails", [sleep(60, timeoutSeconds=5)])
        run(document_name="Fails", client_token=TOKEN)
        emulator.sleep(120)
        result = run(document_name="Fails", client_token=TOKEN, wait=True)
        assert result["failed"] is True
        assert result["changed"] is False
        assert "The run went wrong: the execution ended TimedOut: step `work`" in result["msg"]


class TestFaultsOnStart:
    # A user's token goes the way of the module's own, so one fault is enough to see that it is sent again.
    @pytest.mark.parametrize(
        ("fault", "token"),
        [*((fault, {}) for fault in FAULTS.values()), (FAULTS["reset after"], {"client_token": TOKEN})],
        ids=[*FAULTS, "reset after, user's token"],
    )
    def test_it_is_started_once(self, emulator, run, fault, token):
        emulator.fail(operation=START, **fault)
        result = run(**MAINTENANCE, **IMPATIENT, **token)
        assert result["changed"] is True
        assert executions(emulator) == [id_of(result)]
        assert ", at attempt 2" in result["msg"]
        tokens = [request["parameters"]["ClientToken"] for request in emulator.requests(START)]
        assert tokens == [result["client_token"]] * 2

    @by_fault
    def test_a_fault_of_reading_afterwards_is_overcome(self, emulator, run, fault):
        emulator.fail(operation=READ, **fault, times=2)
        for wait in (False, True):
            result = run(**MAINTENANCE, **IMPATIENT, wait=wait)
            assert result["automation_execution"]["document_name"] == "Maintenance"

    def test_a_service_that_goes_on_throttling_is_given_up(self, emulator, run):
        emulator.throttle(START, times=100)
        result = run(**MAINTENANCE)
        assert result["failed"] is True
        assert result["changed"] is False
        assert result["error"]["code"] == "ThrottlingException"
        assert 5 < len(emulator.requests(START)) < 20
        assert executions(emulator) == []

    @pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
    def test_where_every_answer_gets_lost_the_outcome_is_unknown_and_the_token_settles_it(self, emulator, run, kind):
        emulator.fail(kind, START, times=100)
        result = run(**MAINTENANCE)
        assert result["failed"] is True
        assert "Whether runbook `Maintenance` was started is not known" in result["msg"]
        assert f"Run the task again with client_token {result['client_token']}" in result["msg"]
        emulator.clear_faults()
        again = run(**MAINTENANCE, client_token=result["client_token"])
        assert executions(emulator) == [id_of(again)]

    def test_a_refusal_after_a_lost_answer_leaves_it_unknown(self, emulator, run):
        emulator.fail("reset_after", START)
        emulator.fail("error", START, code="ExpiredTokenException", status=400)
        result = run(**MAINTENANCE)
        assert result["error"]["code"] == "ExpiredTokenException"
        assert "is not known: an answer to the start got lost" in result["msg"]

    def test_a_connection_that_never_comes_about_is_no_doubt(self, run):
        result = run(**MAINTENANCE, endpoint_url="http://127.0.0.1:9")
        assert result["failed"] is True
        assert "Could not connect to the endpoint URL" in result["msg"]
        assert "not known" not in result["msg"]


class TestRefusedStarts:
    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("AutomationExecutionLimitExceededException", "Too many executions run or queue in this account"),
            ("InvalidTarget", "check targets, target_parameter_name and target_locations"),
            ("AccessDeniedException", "it needs ssm:StartAutomationExecution on runbook and execution"),
            ("ExpiredTokenException", "The credentials have expired"),
        ],
    )
    def test_the_error_keeps_its_code_and_gets_advice(self, emulator, run, code, words):
        emulator.fail("error", START, code=code, status=400)
        result = run(**MAINTENANCE)
        assert result["failed"] is True
        assert result["changed"] is False
        assert result["error"]["code"] == code
        assert words in result["msg"]
        assert len(emulator.requests(START)) == 1


class TestCheckModeForetellsRefusals:
    @pytest.fixture(autouse=True)
    def documents(self, emulator):
        parameters = {
            "Environment": {"type": "String", "allowedValues": ["staging", "production"]},
            "Drain": {"type": "Boolean", "allowedValues": [True], "default": True},
            "Hosts": {"type": "StringList", "default": [], "allowedValues": ["a", "b"]},
            "Note": {"type": "String", "default": ""},
        }
        register(emulator, "Deploy", [sleep(1)], parameters)
        command = json.dumps({"schemaVersion": "2.2", "description": "", "parameters": {}, "mainSteps": []})
        emulator.client("ssm").create_document(Name="NoRunbook", Content=command, DocumentType="Command")

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"parameters": {}}, "it needs `Environment`, for which it has no default"),
            (
                {"parameters": {"Environment": "staging", "note": "x"}},
                "it has no parameter `note` (did you mean `Note`?), its parameters are `Environment`, `Drain`,",
            ),
            ({"parameters": {"Environment": "prod"}}, "`Environment` takes `staging`, `production`, not `prod`"),
            ({"parameters": {"Environment": "staging", "Drain": False}}, "`Drain` takes `true`, not `false`"),
            ({"document_name": "NoRunbook"}, "it is a document of type Command, not an Automation runbook"),
            ({"document_name": "Nowhere"}, "There is no runbook `Nowhere`"),
        ],
    )
    def test_what_check_mode_refuses_the_service_refuses(self, emulator, run, options, words):
        options = {"document_name": "Deploy", **options}
        checked, real = run.check(**options), run(**options)
        assert checked["failed"] is real["failed"] is True
        assert checked["changed"] is real["changed"] is False
        assert words in checked["msg"]
        assert executions(emulator) == []

    def test_a_version_that_there_is_not(self, emulator, run):
        checked, real = (each(**MAINTENANCE, document_version="7") for each in (run.check, run))
        assert "it has no version 7, its default version is 1" in checked["msg"]
        assert real["error"]["code"] == "AutomationDefinitionVersionNotFoundException"
        assert "has no version 7" in real["msg"]

    @pytest.mark.parametrize(
        "parameters",
        [
            {"Environment": "staging"},
            {"Environment": ["production"], "Drain": True},
            {"Environment": "staging", "Hosts": ["a", "b"]},
        ],
    )
    def test_what_check_mode_lets_pass_the_service_takes(self, run, parameters):
        for start in (run.check, run):
            assert start(document_name="Deploy", parameters=parameters)["changed"] is True

    def test_the_parameter_that_the_service_names_is_named(self, run):
        result = run(document_name="Deploy", parameters={"Environment": "prod"})
        assert result["error"]["code"] == "InvalidAutomationExecutionParametersException"
        assert "Runbook `Deploy` does not take these parameters, look at `Environment`" in result["msg"]

    def test_who_may_not_describe_documents_is_warned(self, emulator, run, alice):
        emulator.deny("alice", "ssm:*Document")
        result = run.check(document_name="Deploy", **alice)
        assert result["changed"] is True
        assert "Check mode cannot tell whether runbook `Deploy` takes these parameters" in str(result["warnings"])
        assert result["msg"] == "Would start runbook `Deploy`."

    def test_who_may_not_read_their_content_is_warned_and_gets_what_can_be_told(self, emulator, run, alice):
        emulator.deny("alice", "ssm:GetDocument")
        assert run.check(document_name="Deploy", **alice)["failed"] is True
        result = run.check(document_name="Deploy", parameters={"Environment": "prod"}, **alice)
        assert result["changed"] is True
        assert "Failed to read the content of the runbook" in str(result["warnings"])

    def test_other_errors_fail_it(self, emulator, run):
        emulator.fail("error", LOOK_AT_RUNBOOK, code="ExpiredTokenException", status=400)
        result = run.check(document_name="Deploy")
        assert result["failed"] is True
        assert result["error"]["code"] == "ExpiredTokenException"

    def test_it_does_not_wait(self, emulator, run):
        before = emulator.monotonic()
        assert run.check(**MAINTENANCE, wait=True)["changed"] is True
        assert emulator.monotonic() == before


class TestWaitAfterStart:
    def test_it_ends_where_the_execution_waits_for_a_signal(self, run):
        result = run(document_name="TwoGates", parameters={"Approvers": ["alice", "bob"]}, wait=True)
        assert result["automation_execution"]["current_step_name"] == "approve_staging"
        assert result["automation_execution"]["waiting_for"][0]["approvals_missing"] == 2
        assert "The execution waits at step `approve_staging` (aws:approve) and has 0 of 2 approvals" in result["msg"]
        assert result["diff"]["after"]["automation_execution_status"] == "Waiting"

    def test_it_ends_with_the_run(self, emulator, run):
        register(emulator, "Plain", [sleep(30)])
        result = run(document_name="Plain", wait=True)
        assert status_of(result) == "Success"
        assert "The execution ended Success at " in result["msg"]

    def test_a_run_that_goes_wrong_fails_the_task_with_the_step_to_blame(self, emulator, run):
        register(emulator, "Fails", [sleep(60, timeoutSeconds=5)])
        result = run(document_name="Fails", wait=True)
        assert result["failed"] is True
        assert result["changed"] is True
        assert "The run went wrong: the execution ended TimedOut: step `work` (aws:sleep) is TimedOut" in result["msg"]
        assert status_of(result) == "TimedOut"

    def test_it_runs_out_and_tells_the_execution_as_last_seen(self, emulator, run):
        before = emulator.monotonic()
        result = run(**MAINTENANCE, wait=True, wait_timeout=10)
        assert result["failed"] is True
        assert result["changed"] is True
        assert "did not come to rest within 10 s (wait_timeout): the execution is InProgress at step" in result["msg"]
        assert "at step `drain`" in result["msg"]
        assert emulator.monotonic() - before == pytest.approx(10)

    def test_who_may_not_read_cannot_wait(self, emulator, run, alice):
        emulator.deny("alice", "ssm:GetAutomationExecution")
        result = run(**MAINTENANCE, wait=True, **alice)
        assert result["failed"] is True
        assert result["changed"] is True
        assert result["error"]["code"] == "AccessDeniedException"
        assert (
            f"Started runbook `Maintenance` as execution {id_of(result)}. It could not be waited for." in result["msg"]
        )


class TestStop:
    @pytest.fixture
    def running(self, emulator):
        execution_id = emulator.start("Maintenance")
        emulator.forget_requests()
        return execution_id

    @pytest.mark.parametrize(("state", "kind"), [("cancelled", "Cancel"), ("completed", "Complete")])
    def test_the_ladder(self, emulator, run, running, state, kind):
        options = {"state": state, "execution_id": running}
        checked = run.check(**options)
        assert emulator.operations() == [READ]
        emulator.forget_requests()
        real = run(**options)
        assert emulator.operations() == [READ, STOP, READ]
        checked_again, real_again = run.check(**options), run(**options)
        assert [each["changed"] for each in (checked, real, checked_again, real_again)] == [True, True, False, False]
        assert [entry["parameters"]["Type"] for entry in emulator.requests(STOP)] == [kind]
        assert f"Would send {kind} to execution {running}: the execution is InProgress at step" in checked["msg"]
        assert f"Sent {kind} to execution {running}; the execution ended" in real["msg"]
        assert f"Did not send {kind} to execution {running}: the execution ended" in real_again["msg"]
        assert checked_again["msg"] == real_again["msg"]
        assert real_again["automation_execution"] == real["automation_execution"]

    def test_the_diff_is_predicted_as_far_as_it_is_documented(self, run, running):
        before = {"automation_execution_status": "InProgress"}
        cancel, complete = (run.check(state=state, execution_id=running) for state in ("cancelled", "completed"))
        assert cancel["diff"] == {"before": before, "after": {"automation_execution_status": "Cancelled"}}
        assert complete["diff"] == {"before": before, "after": {}}
        assert run(state="cancelled", execution_id=running)["diff"] == cancel["diff"]

    @pytest.mark.parametrize("state", ["cancelled", "completed"])
    def test_what_is_being_cancelled_is_left_alone(self, emulator, run, running, state):
        emulator.choose(cancelling_seconds=30)
        assert status_of(run(state="cancelled", execution_id=running)) == "Cancelling"
        result = run(state=state, execution_id=running)
        assert result["changed"] is False
        assert "the execution is Cancelling" in result["msg"]
        waited = run(state=state, execution_id=running, wait=True)
        assert waited["changed"] is False
        assert status_of(waited) == "Cancelled"
        assert len(emulator.requests(STOP)) == 1

    def test_an_end_that_was_asked_for_is_no_failure(self, emulator, run, running):
        emulator.choose(cancelling_seconds=30)
        result = run(state="cancelled", execution_id=running, wait=True)
        assert result.get("failed", False) is False
        assert result["changed"] is True
        assert status_of(result) == "Cancelled"
        assert result["diff"]["after"] == {"automation_execution_status": "Cancelled"}

    def test_a_wait_runs_out(self, emulator, run, running):
        emulator.choose(cancelling_seconds=300)
        result = run(state="cancelled", execution_id=running, wait=True, wait_timeout=10)
        assert result["failed"] is True
        assert result["changed"] is True
        assert "within 10 s (wait_timeout)" in result["msg"]
        assert status_of(result) == "Cancelling"

    @pytest.mark.parametrize("fault", WITHOUT_EFFECT.values(), ids=WITHOUT_EFFECT)
    def test_a_fault_before_the_effect_is_overcome(self, emulator, run, running, fault):
        emulator.fail(operation=STOP, **fault)
        result = run(state="cancelled", execution_id=running, **IMPATIENT)
        assert result.get("failed", False) is False, result["msg"]
        assert result["changed"] is True
        assert result["automation_execution"]["execution_end_time"]
        assert len(emulator.requests(STOP)) == 2

    # Cancel and Complete go the same way.
    @pytest.mark.parametrize(
        ("state", "fault"),
        [*(("cancelled", fault) for fault in WITH_EFFECT.values()), ("completed", FAULTS["reset after"])],
        ids=[*WITH_EFFECT, "reset after, Complete"],
    )
    def test_an_execution_that_is_over_does_not_tell_who_has_stopped_it(self, emulator, run, running, state, fault):
        emulator.fail(operation=STOP, **fault)
        result = run(state=state, execution_id=running, **IMPATIENT)
        assert result["failed"] is True
        assert result["changed"] is False
        assert "is not known: an answer to it got lost" in result["msg"]
        assert "Now the execution ended" in result["msg"]
        assert run(state=state, execution_id=running)["changed"] is False

    def test_where_nothing_shows_the_outcome_is_unknown(self, emulator, run, running):
        emulator.fail("reset_before", STOP, times=100)
        result = run(state="cancelled", execution_id=emulator.start("LongStep"))
        assert result["failed"] is True
        assert result["changed"] is False
        assert "Whether Cancel had an effect" in result["msg"]
        assert "Run the task again" in result["msg"]

    def test_a_run_that_ends_between_look_and_stop_is_left_alone(self, emulator, run, running, monkeypatch):
        connect = api.connect

        def end(**more):
            emulator.client("ssm").stop_automation_execution(AutomationExecutionId=running, Type="Complete")

        def racing(module):
            client = connect(module)
            client.meta.events.register_first(f"before-send.ssm.{STOP}", lambda **more: end())
            return client

        monkeypatch.setattr(api, "connect", racing)
        result = run(state="cancelled", execution_id=running)
        assert result.get("failed", False) is False
        assert result["changed"] is False
        assert (
            f"Cancel to execution {running} was not needed, it was over before: the execution ended Success"
            in result["msg"]
        )

    def test_a_stop_that_the_service_refuses_fails(self, emulator, run, running):
        refused = {"kind": "error", "code": "InvalidAutomationStatusUpdateException", "status": 400}
        emulator.fail(operation=STOP, **refused)
        result = run(state="completed", execution_id=running)
        assert result["failed"] is True
        assert result["error"]["code"] == "InvalidAutomationStatusUpdateException"
        assert "refused Complete for execution" in result["msg"]
        assert "in its present state: the execution is InProgress at step `drain`" in result["msg"]

    def test_an_execution_that_does_not_exist(self, run):
        for stop in (run.check, run):
            result = stop(state="cancelled", execution_id=NOBODYS)
            assert result["failed"] is True
            assert result["error"]["code"] == "AutomationExecutionNotFoundException"
            assert "check the id, the region and the credentials" in result["msg"]

    def test_who_did_not_start_an_interactive_execution_is_told(self, emulator, run, alice):
        execution_id = emulator.start("Maintenance", mode="Interactive")
        result = run(state="completed", execution_id=execution_id, **alice)
        assert result["failed"] is True
        assert result["error"]["code"] == "AccessDeniedException"
        assert "it has been observed that an Interactive one can be stopped only by who started it" in result["msg"]
        assert emulator.execution(execution_id)["ExecutedBy"] in result["msg"]

    def test_who_may_not_stop(self, emulator, run, alice, running):
        emulator.deny("alice", "ssm:StopAutomationExecution")
        result = run(state="cancelled", execution_id=running, **alice)
        assert result["error"]["code"] == "AccessDeniedException"
        assert "it needs ssm:StopAutomationExecution on the execution" in result["msg"]

    def test_who_may_not_read_stops_without_a_look_and_is_warned(self, emulator, run, alice, running):
        emulator.deny("alice", "ssm:GetAutomationExecution")
        assert run.check(state="cancelled", execution_id=running, **alice)["changed"] is True
        result = run(state="cancelled", execution_id=running, **alice)
        assert result["changed"] is True
        assert "automation_execution" not in result
        assert f"may not read execution {running}" in str(result["warnings"])
        again = run(state="cancelled", execution_id=running, **alice)
        assert again["failed"] is True
        assert again["error"]["code"] == "InvalidAutomationStatusUpdateException"


@pytest.mark.usefixtures("interrupted_while_sleeping")
class TestInterruptions:
    def test_before_the_start(self, emulator, run):
        emulator.throttle(START)
        result = run(**MAINTENANCE)
        assert result["failed"] is True
        assert "Interrupted (SIGTERM) before runbook `Maintenance` was started; nothing was started" in result["msg"]

    def test_while_the_start_is_in_doubt(self, emulator, run):
        emulator.fail("reset_after", START)
        result = run(**MAINTENANCE)
        assert "Interrupted (SIGTERM). Whether runbook `Maintenance` was started is not known" in result["msg"]
        assert result["client_token"] in result["msg"]

    def test_while_it_waits(self, run):
        result = run(**MAINTENANCE, wait=True)
        assert result["failed"] is True
        assert result["changed"] is True
        assert f"as execution {id_of(result)}. Interrupted (SIGTERM), the execution goes on" in result["msg"]

    def test_while_it_waits_for_what_an_earlier_task_started(self, emulator, run):
        execution_id = id_of(run(**MAINTENANCE, client_token=TOKEN))
        emulator.sleep(20)
        result = run(**MAINTENANCE, client_token=TOKEN, wait=True)
        assert result["failed"] is True
        assert result["changed"] is False
        assert f"started execution {execution_id} before. Interrupted (SIGTERM), the execution goes on" in result["msg"]

    def test_before_while_and_after_a_stop(self, emulator, run):
        execution_id = emulator.start("Maintenance")
        emulator.throttle(STOP)
        emulator.fail("reset_before", STOP)
        told = [run(state="cancelled", execution_id=execution_id, wait=True)["msg"] for attempt in range(2)]
        emulator.choose(cancelling_seconds=30)
        after = run(state="cancelled", execution_id=execution_id, wait=True)
        assert "Interrupted (SIGTERM) before Cancel was sent" in told[0]
        assert "Interrupted (SIGTERM). Whether Cancel had an effect" in told[1]
        assert f"Sent Cancel to execution {execution_id}. Interrupted (SIGTERM)" in after["msg"]
        assert after["changed"] is True


class TestInvalidInput:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"document_name": None}, "document_name is missing"),
            ({"document_name": "a b"}, "document_name is `a b`, the service takes what matches"),
            ({"document_version": "latest"}, "document_version is `latest`, the service takes what matches"),
            ({"parameters": {"A": None}}, "parameters.A is null: leave it out"),
            ({"parameters": {"A": [["x"]]}}, "parameters.A holds a list in a list"),
            ({"parameters": {"A": ""}}, "parameters.A[0] is empty: give a value, or leave it out"),
            ({"client_token": "release-4.2"}, "make one of any text with the filter ansible.builtin.to_uuid"),
            ({"targets": [{"key": "k", "values": ["v"]}]}, "missing parameter(s) required by 'targets'"),
            ({"targets": [], "target_maps": []}, "mutually exclusive: targets|target_maps"),
            ({"max_errors": "many"}, "max_errors is `many`, the service takes what matches"),
            (
                {"target_locations": [{"exclude_accounts": ["12"]}]},
                "target_locations[0].exclude_accounts[0] is `12`, the service takes what matches",
            ),
            ({"execution_id": NOBODYS}, "automation_execution_id does not belong to state started"),
            ({"wait_delay": 0}, "wait_delay is 0, give at least 1"),
            (
                {"state": "cancelled", "document_name": None},
                "all of the following are missing: automation_execution_id",
            ),
            ({"state": "cancelled", "execution_id": NOBODYS}, "document_name does not belong to state cancelled"),
            (
                {"state": "completed", "execution_id": "short", "document_name": None},
                "automation_execution_id is `short`, 5 characters; an execution id has exactly 36 characters",
            ),
        ],
    )
    def test_is_told_in_one_sentence_and_nothing_is_called(self, emulator, run, options, words):
        arguments = {"document_name": "Maintenance", **options}
        for call in (run, run.check):
            result = call(**arguments)
            assert result["failed"] is True
            assert words in result["msg"]
            assert "\n" not in result["msg"]
        assert emulator.operations() == []

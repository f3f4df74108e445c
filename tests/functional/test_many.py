# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ssm_automation_signal over many executions in one task: the same as for one of them, in fewer calls."""

from __future__ import annotations

import signal as signals
import time
from collections import Counter
from functools import partial

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal import signaller
from ansible_collections.ssmops.automation.plugins.modules import ssm_automation_signal
from ansible_collections.ssmops.automation.tests.functional.conftest import NOBODYS

SEND, READ, LIST = "SendAutomationSignal", "GetAutomationExecution", "DescribeAutomationExecutions"
AT_GATES = {"DocumentNamePrefix": "FailsAfterGate", "ExecutionStatus": "Waiting"}
DENIED = {"kind": "error", "code": "AccessDeniedException", "status": 400}


@pytest.fixture
def gates(emulator):
    """Five executions, each at a gate with nothing behind it that waits."""
    return start(emulator, "FailsAfterGate", 5)


def start(emulator, document, number, **more):
    started = [emulator.start(document, **more) for _number in range(number)]
    emulator.forget_requests()
    return started


def calls(emulator):
    return Counter(emulator.operations())


def sent_to(emulator):
    return [entry["parameters"]["AutomationExecutionId"] for entry in emulator.requests(SEND)]


def by_id(result):
    return {outcome["automation_execution_id"]: outcome for outcome in result["outcomes"]}


def numbers(result):
    return [result["summary"][name] for name in ("matched", "changed", "unchanged", "failed", "not_tried")]


class TestEverySignal:
    def ladder(self, emulator, many, signal_type, ids, again="already_done", **options):
        """Check, real, check again, real again; one signal each in all."""
        emulator.forget_requests()
        checked = many.check(signal_type, ids, **options)
        assert numbers(checked) == [len(ids), len(ids), 0, 0, 0]
        assert calls(emulator)[SEND] == 0
        real = many(signal_type, ids, **options)
        assert numbers(real) == [len(ids), len(ids), 0, 0, 0]
        assert [outcome["automation_execution_id"] for outcome in real["outcomes"]] == ids
        assert all(outcome["signal"]["sent"] and outcome["signal"]["attempts"] == 1 for outcome in real["outcomes"])
        assert sorted(sent_to(emulator)) == sorted(ids)
        for run in (many.check, many):
            repeated = run(signal_type, ids, **options)
            assert repeated["changed"] is False
            assert {outcome["verdict"] for outcome in repeated["outcomes"]} == {again}
        assert sorted(sent_to(emulator)) == sorted(ids)
        return real

    def test_approve(self, emulator, many, alice, gates):
        real = self.ladder(emulator, many, "Approve", gates, comment="Fine", **alice)
        assert real["msg"] == "Sent Approve to 5 executions."
        assert {outcome["status_before"] for outcome in real["outcomes"]} == {"Waiting"}
        assert {outcome["status_after"] for outcome in real["outcomes"]} == {"InProgress"}
        assert {entry["parameters"]["Payload"]["Comment"][0] for entry in emulator.requests(SEND)} == {"Fine"}

    def test_approve_of_a_named_gate_among_several(self, emulator, many, alice):
        ids = start(emulator, "GateAfterGate", 3)
        self.ladder(emulator, many, "Approve", ids, step_name="first_gate", **alice)
        assert {emulator.execution(id_)["CurrentStepName"] for id_ in ids} == {"second_gate"}

    def test_reject(self, emulator, many, alice, gates):
        self.ladder(emulator, many, "Reject", gates, **alice)

    def test_resume(self, emulator, many):
        self.ladder(emulator, many, "Resume", start(emulator, "PauseAfterPause", 3), step_name="first_pause")

    def test_start_and_stop_step(self, emulator, many):
        ids = start(emulator, "LongStep", 3, mode="Interactive")
        self.ladder(emulator, many, "StartStep", ids, step_name="drain")
        stopped = self.ladder(emulator, many, "StopStep", ids, step_name="drain")
        runs = {outcome["signal"]["step_execution_id"] for outcome in stopped["outcomes"]}
        assert len(runs) == 3

    def test_revoke(self, emulator, many, alice):
        ids = [emulator.access_request("alice") for _number in range(3)]
        many("Approve", ids, **alice)
        emulator.forget_requests()
        revoked = many("Revoke", ids, **alice)
        assert numbers(revoked) == [3, 3, 0, 0, 0]
        assert many("Revoke", ids, **alice)["failed"] is True
        assert sorted(sent_to(emulator)) == sorted(ids)


class TestWhatIsTold:
    @pytest.fixture
    def mixed(self, emulator, many, alice, gates):
        """One is done already, one does not exist, three are to come; the approver sends."""
        many("Approve", gates[:1], **alice)
        emulator.forget_requests()
        return [*gates[:2], NOBODYS, *gates[2:]]

    @pytest.mark.parametrize("check_mode", [True, False])
    def test_each_has_its_own_outcome_and_the_task_fails_in_the_end(self, emulator, many, alice, mixed, check_mode):
        result = (many.check if check_mode else many)("Approve", mixed, **alice)
        assert result["failed"] is True
        assert result["changed"] is True
        assert numbers(result) == [6, 4, 1, 1, 0]
        assert [outcome["automation_execution_id"] for outcome in result["outcomes"]] == mixed
        assert by_id(result)[mixed[0]]["verdict"] == "already_done"
        assert by_id(result)[NOBODYS]["error"]["code"] == "AutomationExecutionNotFoundException"
        verb = "Would send" if check_mode else "Sent"
        assert result["msg"].startswith(f"{verb} Approve to 4 executions; 1 had it already; 1 failed: {NOBODYS}. ")
        assert f"The first to fail: No execution {NOBODYS} in this account and region" in result["msg"]
        assert sorted(sent_to(emulator)) == ([] if check_mode else sorted(set(mixed[1:]) - {NOBODYS}))

    def test_what_is_returned_can_be_limited_to_what_changed_or_failed(self, many, alice, mixed):
        result = many("Approve", mixed, return_outcomes="changed", **alice)
        assert [outcome["automation_execution_id"] for outcome in result["outcomes"]] == mixed[1:]
        assert numbers(result) == [6, 4, 1, 1, 0]

    def test_the_diff_has_a_line_for_each_that_changes(self, many, alice, mixed):
        result = many.check("Approve", mixed, **alice)
        assert set(result["diff"]["before"]) == set(result["diff"]["after"]) == set(mixed[1:]) - {NOBODYS}
        assert set(result["diff"]["before"].values()) == {"Waiting, approve, Waiting, 0 of 1 approval"}
        assert set(result["diff"]["after"].values()) == {"InProgress, approve, Success, 1 of 1 approval"}

    def test_where_the_steps_are_not_read_back_the_diff_does_not_pretend_to_know_them(self, many, alice, gates):
        diff = many("Approve", gates, **alice)["outcomes"][0]["diff"]
        assert diff["before"]["step_status"] == "Waiting"
        assert diff["after"] == {"automation_execution_status": "InProgress", "step_name": "approve"}

    def test_of_many_failures_some_are_named(self, emulator, many):
        ids = start(emulator, "LongStep", 13)
        result = many("Approve", ids)
        assert f"13 failed: {', '.join(ids[:10])} and 3 more." in result["msg"]
        assert result["msg"].startswith("Sent Approve to no execution; ")

    def test_duplicates_count_once(self, emulator, many, alice, gates):
        result = many("Approve", [*gates, *gates], **alice)
        assert numbers(result) == [5, 5, 0, 0, 0]
        assert sorted(sent_to(emulator)) == sorted(gates)

    def test_a_list_of_one_is_told_as_a_list(self, many, alice, gates):
        assert many("Approve", gates[:1], **alice)["msg"] == "Sent Approve to 1 execution."

    @pytest.mark.parametrize("fail", [False, True])
    def test_an_empty_list(self, emulator, many, fail):
        result = many("Approve", [], fail_when_none=fail)
        assert result.get("failed", False) is fail
        assert result["changed"] is False
        assert result["msg"] == "automation_execution_ids is empty."
        assert numbers(result) == [0] * 5
        assert calls(emulator) == {}

    def test_many_warnings_of_a_kind_are_cut_short(self, emulator, many, alice):
        ids = start(emulator, "FailsAfterGate", 8)
        emulator.deny("alice", "ssm:GetAutomationExecution")
        result = many("Approve", ids, **alice)
        assert numbers(result) == [8, 8, 0, 0, 0]
        assert len(result["warnings"]) == 6
        assert "There are 3 more warnings of this kind about other executions." in str(result["warnings"])


class TestAfterAPartialFailure:
    def test_a_second_run_touches_only_what_is_left(self, emulator, many, alice, gates):
        emulator.fail(operation=SEND, **DENIED, times=2)
        first = many("Approve", gates, **alice)
        assert numbers(first) == [5, 3, 0, 2, 0]
        left = [outcome["automation_execution_id"] for outcome in first["outcomes"] if outcome["failed"]]
        emulator.forget_requests()
        second = many("Approve", gates, **alice)
        assert numbers(second) == [5, 2, 3, 0, 0]
        assert sorted(sent_to(emulator)) == sorted(left)

    def test_one_that_fails_does_not_stop_the_others(self, emulator, many, alice, gates):
        emulator.fail("reset_before", SEND)
        ids = start(emulator, "GateAfterGate", 3)
        result = many("Approve", ids, **alice)
        assert numbers(result) == [3, 2, 0, 1, 0]
        assert "had an effect on execution" in result["msg"]


class TestFailFast:
    def test_after_the_first_failure_nothing_is_sent(self, emulator, many, alice, gates):
        ids = [NOBODYS, *gates]
        result = many("Approve", ids, fail_fast=True, concurrency=1, **alice)
        assert numbers(result) == [6, 0, 0, 1, 5]
        assert sent_to(emulator) == []
        assert f"5 were not tried, because fail_fast is set and execution {NOBODYS} failed." in result["msg"]
        left_alone = by_id(result)[gates[0]]
        assert (left_alone["tried"], left_alone["changed"], left_alone["failed"]) == (False, False, False)
        assert left_alone["signal"]["sent"] is False

    def test_what_is_sent_by_then_is_followed_to_its_end(self, emulator, many, alice, gates):
        emulator.fail(operation=SEND, **DENIED, skip=2)
        result = many("Approve", gates, fail_fast=True, concurrency=1, wait=True, wait_timeout=60, **alice)
        assert result["failed"] is True
        tried = [outcome for outcome in result["outcomes"] if outcome["tried"]]
        assert sorted(outcome["automation_execution_id"] for outcome in tried) == sorted(set(sent_to(emulator)))
        assert len(tried) < 5
        assert all(outcome["status_after"] == "TimedOut" for outcome in tried if outcome["changed"])

    def test_one_that_waits_to_get_ready_is_called_off(self, emulator, many, alice):
        not_ready = start(emulator, "Maintenance", 2)
        result = many("Approve", [*not_ready, NOBODYS], fail_fast=True, ready_timeout=600, **alice)
        assert numbers(result) == [3, 0, 0, 1, 2]
        assert sent_to(emulator) == []

    def test_the_preview_stops_as_well(self, many, alice, gates):
        result = many.check("Approve", [NOBODYS, *gates], fail_fast=True, concurrency=1, **alice)
        assert numbers(result)[3] == 1
        assert result["failed"] is True


class TestFilters:
    def test_what_matches_gets_the_signal(self, emulator, many, alice, gates):
        emulator.start("OneGate")
        result = many("Approve", filters=AT_GATES, max_executions=5, **alice)
        assert set(by_id(result)) == set(gates)
        assert numbers(result) == [5, 5, 0, 0, 0]

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_more_matches_than_allowed_are_refused_with_their_number(self, emulator, many, alice, gates, check_mode):
        run = many.check if check_mode else many
        result = run("Approve", filters=AT_GATES, max_executions=4, **alice)
        assert result["failed"] is True
        assert "The filters match 5 executions and max_executions is 4, so nothing was sent" in result["msg"]
        assert calls(emulator) == {LIST: 1}

    @pytest.mark.parametrize("fail", [False, True])
    def test_no_match(self, many, fail):
        result = many("Approve", filters=AT_GATES, max_executions=4, fail_when_none=fail)
        assert result.get("failed", False) is fail
        assert result["changed"] is False
        assert result["msg"] == "No execution matches the filters."

    def test_a_second_run_matches_nothing_any_more(self, many, alice, gates):
        many("Approve", filters=AT_GATES, max_executions=5, **alice)
        assert numbers(many("Approve", filters=AT_GATES, max_executions=5, **alice)) == [0] * 5

    def test_who_may_not_list_cannot_filter(self, emulator, many, alice):
        emulator.deny("alice", "ssm:DescribeAutomationExecutions")
        result = many("Approve", filters=AT_GATES, max_executions=5, **alice)
        assert result["error"]["code"] == "AccessDeniedException"
        assert "it needs ssm:DescribeAutomationExecutions" in result["msg"]


class TestWhatItCosts:
    def test_a_signal_takes_two_calls_and_a_tenth(self, emulator, many, alice):
        ids = start(emulator, "FailsAfterGate", 30)
        many("Approve", ids, concurrency=4, **alice)
        counted = calls(emulator)
        assert (counted[READ], counted[SEND]) == (30, 30)
        assert 3 <= counted[LIST] <= 6

    def test_what_is_done_takes_one_call(self, emulator, many, alice, gates):
        many("Approve", gates, **alice)
        emulator.forget_requests()
        many("Approve", gates, **alice)
        assert calls(emulator) == {READ: 5}

    def test_a_wait_looks_at_ten_executions_with_one_call(self, emulator, many):
        """Thirty executions run for 30 seconds: read in full before the signal and when they rest."""
        ids = start(emulator, "Maintenance", 30)
        emulator.sleep(40)
        emulator.forget_requests()
        result = many("Resume", ids, step_name="patch_by_hand", wait=True, wait_timeout=120)
        assert {outcome["status_after"] for outcome in result["outcomes"]} == {"Waiting"}
        assert numbers(result) == [30, 30, 0, 0, 0]
        counted = calls(emulator)
        assert counted[READ] == 60
        assert counted[LIST] <= 45

    def test_after_a_wait_runs_that_ended_well_are_not_read_again(self, emulator, many, alice):
        ids = start(emulator, "Maintenance", 20)
        emulator.sleep(40)
        many("Resume", ids, step_name="patch_by_hand", wait=True, wait_timeout=120)
        emulator.forget_requests()
        result = many("Approve", ids, wait=True, wait_timeout=120, **alice)
        assert {outcome["status_after"] for outcome in result["outcomes"]} == {"Success"}
        assert all("The execution ended Success" in outcome["msg"] for outcome in result["outcomes"])
        assert numbers(result) == [20, 20, 0, 0, 0]
        counted = calls(emulator)
        assert (counted[READ], counted[SEND]) == (20, 20)
        assert counted[LIST] <= 20

    def test_executions_that_are_not_ready_are_looked_at_together(self, emulator, many):
        ids = start(emulator, "Maintenance", 20)
        result = many("Resume", ids, step_name="patch_by_hand", ready_timeout=60)
        assert numbers(result) == [20, 20, 0, 0, 0]
        counted = calls(emulator)
        assert counted[READ] == 40
        assert counted[LIST] <= 30

    def test_a_time_out_tells_the_state_as_last_read(self, emulator, many):
        ids = start(emulator, "Maintenance", 3)
        result = many("Resume", ids, step_name="patch_by_hand", ready_timeout=10)
        assert {outcome["verdict"] for outcome in result["outcomes"]} == {"not_yet"}
        assert "within 10 s (ready_timeout)" in result["msg"]
        assert "InProgress at step `drain`" in result["msg"]

    def test_who_may_not_list_reads_each_and_is_warned_once(self, emulator, many, alice):
        ids = start(emulator, "FailsAfterGate", 25)
        emulator.deny("alice", "ssm:DescribeAutomationExecutions")
        result = many("Approve", ids, wait=True, wait_timeout=60, **alice)
        assert result["summary"]["changed"] == 25
        assert len([warning for warning in result["warnings"] if "could not be listed" in str(warning)]) == 1
        assert {outcome["status_after"] for outcome in result["outcomes"]} == {"TimedOut"}

    def test_calls_of_one_execution_are_what_they_were(self, emulator, signal, alice, gates):
        signal("Approve", gates[0], **alice)
        assert emulator.operations() == [READ, SEND, READ]


class TestAServiceThatThrottles:
    def test_all_arrive_once(self, emulator, many, alice):
        ids = start(emulator, "FailsAfterGate", 20)
        emulator.throttle("*", times=25)
        result = many("Approve", ids, **alice)
        assert numbers(result) == [20, 20, 0, 0, 0]
        taken = [entry for entry in emulator.requests(SEND) if entry["error_code"] is None]
        assert sorted(entry["parameters"]["AutomationExecutionId"] for entry in taken) == sorted(ids)

    def test_a_limited_rate_is_kept_to(self, emulator, many, alice, monkeypatch):
        """The emulator counts requests in real time, so here the module lives in it, too, for some seconds."""
        ids = start(emulator, "FailsAfterGate", 40)
        emulator.choose(requests_per_second=40)
        monkeypatch.setattr(ssm_automation_signal, "time", time)
        result = many("Approve", ids, **alice)
        assert numbers(result) == [40, 40, 0, 0, 0]
        errors = Counter(entry["error_code"] for entry in emulator.requests(SEND))
        assert errors[None] == 40
        assert errors["ThrottlingException"] < 20

    def test_a_service_that_takes_nothing_is_given_up_once_for_all(self, emulator, many, alice):
        ids = start(emulator, "FailsAfterGate", 60)
        emulator.throttle(SEND, times=10000)
        before = emulator.monotonic()
        result = many("Approve", ids, **alice)
        assert emulator.monotonic() - before < 120
        assert result["changed"] is False
        assert result["summary"]["failed"] + result["summary"]["not_tried"] == 60
        assert "not tried, because the service has taken no signal for 60 s" in result["msg"]

    def test_a_service_that_answers_no_look_is_given_up_once_for_all(self, emulator, many, alice):
        ids = start(emulator, "FailsAfterGate", 60)
        emulator.fail("error", READ, times=10000)
        before = emulator.monotonic()
        result = many("Approve", ids, **alice)
        assert emulator.monotonic() - before < 120
        assert sent_to(emulator) == []
        assert "not tried, because the service has answered no look for 60 s" in result["msg"]


class TestInterruptions:
    @pytest.fixture
    def interrupted_after(self, emulator, while_sleeping):
        """The process is told to end as soon as so many signals have gone out and the module lets time pass."""

        def after(number):
            def event():
                if len(emulator.requests(SEND)) >= number:
                    signals.raise_signal(signals.SIGTERM)

            while_sleeping(event)

        return after

    def test_every_outcome_is_told(self, emulator, many, alice, gates, interrupted_after):
        """Two wait to get ready, the others have got the signal and are waited for."""
        interrupted_after(5)
        not_ready = start(emulator, "Maintenance", 2)
        result = many("Approve", [*not_ready, *gates], ready_timeout=600, wait=True, **alice)
        assert result["failed"] is True
        assert numbers(result) == [7, 5, 0, 5, 2]
        assert "2 were not tried, because the task was interrupted (SIGTERM)." in result["msg"]
        for execution_id in gates:
            told = by_id(result)[execution_id]["msg"]
            assert "Interrupted (SIGTERM) after Approve for step `approve` had been sent and accepted." in told
        assert sorted(sent_to(emulator)) == sorted(gates)

    def test_what_is_in_doubt_is_told_as_unknown(self, emulator, many, gates, interrupted_after):
        interrupted_after(2)
        ids = start(emulator, "PauseAfterPause", 2)
        emulator.fail("reset_before", SEND)
        result = many("Resume", ids, step_name="first_pause")
        told = sorted((outcome["signal"]["sent"] for outcome in result["outcomes"]), key=str)
        assert told == [None, True]

    def test_an_answer_that_is_on_its_way_is_waited_for(self, emulator, many, alice, gates, monkeypatch):
        """The process is told to end while requests are at the service."""
        emulator.fail("latency", SEND, seconds=1, times=100)
        watch = emulator.requests

        class Clock:
            @staticmethod
            def monotonic():
                if watch(SEND) and signals.getsignal(signals.SIGTERM) is not signals.SIG_IGN:
                    signals.raise_signal(signals.SIGTERM)
                return emulator.monotonic()

            sleep = staticmethod(emulator.sleep)

        monkeypatch.setattr(ssm_automation_signal, "time", Clock)
        result = many("Approve", gates, concurrency=2, **alice)
        assert result["failed"] is True
        assert result["summary"]["changed"] == len(sent_to(emulator))
        assert 1 <= len(sent_to(emulator)) < 5
        assert {outcome["signal"]["sent"] for outcome in result["outcomes"]} == {True, False}


class TestFaultsOfTheProgram:
    def test_they_hide_nothing_of_what_became_of_the_executions(self, many, alice, gates, monkeypatch):
        before, after = gates[0], gates[1]
        decide, states_of = signaller.decide, signaller.diffs.states_of

        def trip(original, wrong, execution, *more):
            if execution.id == wrong:
                raise KeyError("odd")
            return original(execution, *more)

        monkeypatch.setattr(signaller, "decide", partial(trip, decide, before))
        monkeypatch.setattr(signaller.diffs, "states_of", partial(trip, states_of, after))
        result = many("Approve", gates, **alice)
        assert result["failed"] is True
        assert numbers(result) == [5, 4, 0, 2, 0]
        told = {execution_id: by_id(result)[execution_id]["msg"] for execution_id in (before, after)}
        assert all(
            "The module itself is at fault: KeyError('odd') in test_many.py, line " in msg for msg in told.values()
        )
        assert f"Approve has had no effect on execution {before}. Please report it" in told[before]
        assert f"had been sent to execution {after} and accepted. Please report it" in told[after]
        assert by_id(result)[after]["changed"] is True


class TestInvalidInput:
    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "one of the following is required: automation_execution_id, automation_execution_ids, filters"),
            ({"automation_execution_ids": ["x" * 36], "execution_id": "x" * 36}, "mutually exclusive"),
            ({"execution_ids": ["x" * 36], "filters": {}, "max_executions": 1}, "mutually exclusive"),
            ({"execution_ids": ["x" * 36, "short"]}, "automation_execution_ids[1] is `short`, 5 characters"),
            ({"filters": {"ExecutionStatus": "Waiting"}}, "required together: filters, max_executions"),
            ({"filters": {"Status": "Waiting"}, "max_executions": 1}, "unknown key Status"),
            ({"filters": {}, "max_executions": 1}, "filters is empty"),
            ({"filters": {"ExecutionStatus": "Waiting"}, "max_executions": 0}, "max_executions is 0, give at least 1"),
            ({"execution_ids": ["x" * 36], "concurrency": 0}, "concurrency is 0, give 1 to 50"),
            ({"execution_ids": ["x" * 36], "concurrency": 51}, "concurrency is 51, give 1 to 50"),
            (
                {"execution_ids": ["x" * 36], "signal_type": "StopStep", "step_execution_id": "i"},
                "step execution i belongs to one execution: name the step with step_name",
            ),
            (
                {"execution_ids": ["x" * 36], "signal_type": "StopStep", "payload": {"StepExecutionId": "i"}},
                "step execution i belongs to one execution",
            ),
        ],
    )
    def test_is_told_in_one_sentence_and_nothing_is_called(self, emulator, many, options, words):
        result = many(**{"signal_type": "Approve", **options})
        assert result["failed"] is True
        assert words in result["msg"]
        assert calls(emulator) == {}

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What people run into on their first day: blank options, ids in other forms, check mode, odd input, long failures."""

from __future__ import annotations

import json

import pytest

from ansible_collections.ssmops.automation.plugins.modules import (
    ssm_automation_execution,
    ssm_automation_execution_info,
    ssm_automation_signal,
)
from ansible_collections.ssmops.automation.tests.functional.conftest import run_module
from automation_emulator.testing import ANYONE, REGION

UNKNOWN = "0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f"
APPROVE = {"signal_type": "Approve"}
CANCEL = {"state": "cancelled"}
START = {"document_name": "OneGate", "parameters": {"Approvers": ["alice", "bob"]}}
TOKEN = "c9b1f1a6-5d0c-5c39-8f5e-0d1f8f0b7a42"
HALF = "\udc80"

SIGNAL, EXECUTION, INFO = ssm_automation_signal, ssm_automation_execution, ssm_automation_execution_info


@pytest.fixture
def task(emulator):
    """Run a module as an operator; options that are given win."""

    def run(module, check_mode=False, **options):
        common = {**ANYONE, "endpoint_url": emulator.url, "region": REGION}
        return run_module(module, {**common, **options}, check_mode)

    return run


class TestBlankOptions:
    @pytest.mark.parametrize("check_mode", [False, True])
    @pytest.mark.parametrize(
        ("module", "options", "words"),
        [
            (SIGNAL, {**APPROVE, "automation_execution_ids": None}, "automation_execution_ids is null"),
            (SIGNAL, {**APPROVE, "filters": None, "max_executions": 1}, "filters is null"),
            (SIGNAL, {**APPROVE, "filters": {}, "max_executions": 1}, "filters is empty"),
            (SIGNAL, {**APPROVE, "filters": {"TagKey": "a"}, "max_executions": None}, "max_executions is null"),
            (SIGNAL, {**APPROVE, "filters": {"TagKey": None}, "max_executions": 1}, "filter TagKey is null"),
            (SIGNAL, {**APPROVE, "execution_id": UNKNOWN, "step_name": None}, "step_name is null: name the step"),
            (SIGNAL, {**APPROVE, "execution_id": UNKNOWN, "step_name": ""}, "step_name is empty: name the step"),
            (SIGNAL, {**APPROVE, "execution_id": UNKNOWN, "step_name": " \n"}, "step_name is empty: name the step"),
            (SIGNAL, {**APPROVE, "execution_id": UNKNOWN, "comment": ""}, "comment is empty: leave it out"),
            (SIGNAL, {"signal_type": "Resume", "execution_id": UNKNOWN}, "Resume needs to know its step"),
            (SIGNAL, {"signal_type": "StopStep", "execution_id": UNKNOWN, "step_execution_id": " "}, "is empty: name"),
            (EXECUTION, {"document_name": None}, "document_name is missing"),
            (EXECUTION, {"document_name": " "}, "document_name is missing"),
            (EXECUTION, {**START, "document_version": ""}, "document_version is empty"),
            (EXECUTION, {**START, "client_token": None}, "client_token is null: without a token each task"),
            (EXECUTION, {**START, "targets": None, "target_parameter_name": "X"}, "targets is null"),
            (EXECUTION, {**START, "targets": [], "target_parameter_name": "X"}, "targets is an empty list"),
            (EXECUTION, {**START, "max_errors": ""}, "max_errors is empty"),
            (EXECUTION, {**START, "automation_execution_id": ""}, "does not belong to state started"),
            (INFO, {"automation_execution_ids": None}, "automation_execution_ids is null"),
            (INFO, {"filters": None}, "filters is null"),
        ],
    )
    def test_one_that_must_not_be_blank_is_refused_by_its_name(
        self, emulator, task, module, options, words, check_mode
    ):
        result = task(module, check_mode, **options)
        assert result["failed"]
        assert words in result["msg"]
        assert emulator.operations() == []

    @pytest.mark.parametrize("blank", [None, "", " \n"])
    @pytest.mark.parametrize(
        ("module", "option", "others"),
        [
            (SIGNAL, "automation_execution_id", APPROVE),
            (EXECUTION, "automation_execution_id", CANCEL),
            (INFO, "automation_execution_id", {}),
        ],
    )
    def test_an_id_is_needed_outside_check_mode(self, emulator, task, module, option, others, blank):
        result = task(module, **others, **{option: blank})
        kind = "null" if blank is None else "empty"
        assert result["msg"] == f"{option} is {kind}: give the id of an execution."
        assert emulator.operations() == []

    @pytest.mark.parametrize(("module", "others"), [(SIGNAL, APPROVE), (INFO, {})])
    def test_so_is_each_of_a_list(self, emulator, task, module, others):
        result = task(module, **others, automation_execution_ids=[UNKNOWN, None])
        assert result["msg"] == "automation_execution_ids[1] is null: give the id of an execution."
        assert emulator.operations() == []

    def test_null_is_as_if_it_were_left_out_where_nothing_depends_on_it(self, emulator, task, alice):
        gate = emulator.start("OneGate")
        assert task(SIGNAL, **APPROVE, automation_execution_id=gate, comment=None, **alice)["changed"]
        assert task(EXECUTION, **START, tags=None, document_version=None, max_errors=None)["changed"]
        assert task(INFO, max_results=None)["automation_executions"]


class TestIds:
    def forms(self, execution_id):
        console = f"https://{REGION}.console.aws.amazon.com/systems-manager/automation/execution"
        return {
            "blanks around it": f" {execution_id}\n",
            "an ARN": f"arn:aws:ssm:{REGION}:123456789012:automation-execution/{execution_id}",
            "a page of the console": f"{console}/{execution_id}?region={REGION}",
            "the page of an approval": f"{console}/{execution_id}/approval",
        }

    def test_the_forms_in_which_people_have_them_are_understood(self, emulator, task):
        execution_id = emulator.start("LongStep")
        for name, form in self.forms(execution_id).items():
            assert task(INFO, automation_execution_id=form)["automation_executions"], name
            (outcome,) = task(SIGNAL, True, **APPROVE, automation_execution_ids=[form])["outcomes"]
            assert outcome["automation_execution_id"] == execution_id, name
            assert task(EXECUTION, True, **CANCEL, execution_id=form)["automation_execution_id"] == execution_id, name

    @pytest.mark.parametrize(("module", "others"), [(SIGNAL, APPROVE), (INFO, {})])
    def test_one_of_another_region_is_refused(self, task, module, others):
        arn = f"arn:aws:ssm:eu-west-1:123456789012:automation-execution/{UNKNOWN}"
        msg = task(module, automation_execution_ids=[UNKNOWN, arn], **others)["msg"]
        assert msg.startswith(
            "automation_execution_ids[1] is an execution in region eu-west-1, and this task works in "
        )

    @pytest.mark.parametrize(
        ("option", "given", "shown"),
        [
            ("automation_execution_id", "7f3d1c52", "automation_execution_id is `7f3d1c52`, 8 characters"),
            ("automation_execution_ids", [UNKNOWN, "7f3d"], "automation_execution_ids[1] is `7f3d`, 4 characters"),
            ("automation_execution_id", "arn:aws:ssm:::automation-execution/x", "in which `x` has 1 characters"),
        ],
    )
    def test_a_wrong_one_is_shown_with_its_place(self, emulator, task, option, given, shown):
        for module, others in ((SIGNAL, APPROVE), (INFO, {})):
            assert shown in task(module, **others, **{option: given})["msg"]
        assert emulator.operations() == []

    def test_the_same_execution_in_two_forms_gets_the_signal_once(self, emulator, task, alice):
        gate = emulator.start("OneGate")
        result = task(SIGNAL, **APPROVE, automation_execution_ids=[gate, self.forms(gate)["an ARN"]], **alice)
        assert result["summary"]["matched"] == 1


class TestCheckMode:
    """A play survives check mode: what a start would make is known as far as it can be, and goes through the rest."""

    def test_a_start_returns_what_can_be_predicted(self, task):
        result = task(EXECUTION, True, **START, wait=True)
        assert result["automation_execution_id"] is None
        assert result["automation_execution_status"] == "Pending"
        execution = result["automation_execution"]
        assert execution["automation_execution_id"] is None
        assert (execution["document_name"], execution["document_version"], execution["mode"]) == (
            "OneGate",
            "1",
            "Auto",
        )
        assert execution["parameters"] == {"Approvers": ["alice", "bob"]}
        assert execution["waiting_for"] == execution["step_executions"] == []

    @pytest.mark.parametrize("blank", [None, ""])
    def test_the_other_tasks_take_its_id(self, emulator, task, blank):
        emulator.forget_requests()
        signalled = task(SIGNAL, True, **APPROVE, automation_execution_id=blank, step_name="gate", wait=True)
        assert signalled["changed"]
        assert signalled["msg"].startswith("Would send Approve for step `gate` to the execution that an earlier task")
        assert signalled["automation_execution"]["waiting_for"] == []
        stopped = task(EXECUTION, True, **CANCEL, automation_execution_id=blank, wait=True)
        assert stopped["changed"]
        assert stopped["automation_execution_id"] is None
        assert "an earlier task would have started" in stopped["msg"]
        found = task(INFO, True, automation_execution_id=blank, include_steps=True)
        assert [each["automation_execution_id"] for each in found["automation_executions"]] == [None]
        assert "an earlier task would have started" in found["msg"]
        assert emulator.operations() == []

    def test_so_they_do_in_a_list(self, emulator, task):
        gate = emulator.start("OneGate")
        result = task(SIGNAL, True, **APPROVE, automation_execution_ids=[None, gate, ""])
        assert [each["automation_execution_id"] for each in result["outcomes"]] == [None, gate, None]
        assert result["summary"] == {"matched": 3, "changed": 3, "unchanged": 0, "failed": 0, "not_tried": 0}
        assert task(SIGNAL, True, **APPROVE, automation_execution_ids=[None])["changed"]
        found = task(INFO, True, automation_execution_ids=[gate, None])["automation_executions"]
        assert [each["automation_execution_id"] for each in found] == [gate, None]

    def test_and_as_the_parent_in_filters(self, emulator, task):
        filters = {"ParentExecutionId": None, "ExecutionStatus": "Waiting"}
        result = task(SIGNAL, True, **APPROVE, filters=filters, max_executions=9, fail_when_none=True)
        assert (result["changed"], result["outcomes"]) == (True, [])
        assert task(INFO, True, filters=filters)["automation_executions"] == []
        assert "filter ParentExecutionId is null" in task(INFO, filters=filters)["msg"]
        assert emulator.operations() == []

    def test_options_that_are_wrong_are_refused_all_the_same(self, task):
        result = task(SIGNAL, True, **APPROVE, automation_execution_id=None, step_execution_id="x")
        assert "step_execution_id does not belong to Approve" in result["msg"]
        assert "it is for starts" in task(EXECUTION, True, **CANCEL, execution_id=None, mode="Auto")["msg"]

    def test_a_runbook_of_this_account_may_be_named_by_its_arn(self, task):
        arn = f"arn:aws:ssm:{REGION}:123456789012:document/OneGate"
        assert (
            task(EXECUTION, True, **{**START, "document_name": arn})["automation_execution"]["document_name"]
            == "OneGate"
        )
        other = arn.replace("123456789012", "210987654321")
        assert "There is no runbook" in task(EXECUTION, True, **{**START, "document_name": other})["msg"]

    def test_a_version_that_does_not_exist_is_told_as_such(self, task):
        msg = task(EXECUTION, True, **START, document_version="9")["msg"]
        assert msg == "Cannot start runbook `OneGate`: it has no version 9, its default version is 1."

    @pytest.mark.parametrize("check_mode", [False, True])
    def test_six_tags_are_too_many(self, emulator, task, check_mode):
        result = task(EXECUTION, check_mode, **START, tags={str(number): "x" for number in range(6)})
        assert result["msg"] == "tags has 6 entries, the service takes 5 at most with a start."
        assert emulator.operations() == []


class TestShortFailures:
    def test_a_failure_leaves_the_execution_out_unless_it_is_asked_for(self, emulator, task):
        gate = emulator.start("OneGate")
        options = {**APPROVE, "automation_execution_id": gate, "step_name": "gat"}
        short = task(SIGNAL, **options)
        assert "automation_execution" not in short
        assert (short["automation_execution_id"], short["automation_execution_status"]) == (gate, "Waiting")
        assert "automation_execution" in task(SIGNAL, **options, return_execution="always")

    @pytest.mark.parametrize(("choice", "is_full"), [("always", True), ("on_success", True), ("never", False)])
    def test_a_success_has_it_unless_it_is_never_wanted(self, task, choice, is_full):
        for check_mode in (True, False):
            started = task(EXECUTION, check_mode, **START, return_execution=choice)
            assert ("automation_execution" in started) is is_full
            assert {"automation_execution_id", "automation_execution_status"} <= set(started)

    def test_a_start_that_fails_later_is_short(self, emulator, task):
        parameters = {"Approvers": ["alice"]}
        result = task(EXECUTION, document_name="LongStep", parameters=parameters, wait=True, wait_timeout=1)
        assert "did not come to rest within 1 s" in result["msg"]
        assert "automation_execution" not in result
        assert result["automation_execution_status"] == "InProgress"

    def test_outcomes_tell_hosts_apart(self, emulator, task, alice):
        gates = [emulator.start("OneGate", Approvers=["alice", name]) for name in ("bob", "carol")]
        result = task(SIGNAL, **APPROVE, automation_execution_ids=gates, step_name="gat", **alice)
        assert [one["document_name"] for one in result["outcomes"]] == ["OneGate"] * 2
        assert result["outcomes"][1]["parameters"] == {"Approvers": ["alice", "carol"]}
        assert f"{gates[0]} (Approvers alice, bob), {gates[1]} (Approvers alice, carol)." in result["msg"]


class TestSaying:
    def test_what_was_meant(self, emulator, task):
        gate = emulator.start("OneGate")
        assert (
            "no step `gat` (did you mean `gate`?), its"
            in task(SIGNAL, **APPROVE, execution_id=gate, step_name="gat")["msg"]
        )
        assert "(did you mean `ExecutionStatus`?)" in task(INFO, filters={"executionstatus": "Waiting"})["msg"]
        assert (
            "payload key comment (did you mean `Comment`?)"
            in task(SIGNAL, **APPROVE, execution_id=gate, payload={"comment": "x"})["msg"]
        )
        parameters = {"Aprovers": ["a"]}
        assert (
            "`Aprovers` (did you mean `Approvers`?)"
            in task(EXECUTION, True, document_name="OneGate", parameters=parameters)["msg"]
        )

    @pytest.mark.parametrize(("given", "kind"), [(["a"], "list"), ({"a": "b"}, "map")])
    def test_a_comment_is_text(self, task, given, kind):
        result = task(SIGNAL, **APPROVE, execution_id=UNKNOWN, comment=given)
        assert result["msg"] == f"comment is a {kind}: give a string."

    def test_a_step_that_a_branch_passed_is_not_waited_for(self, emulator, task, alice):
        choice = {"NextStep": "late", "Variable": "{{ Way }}", "StringEquals": "late"}
        steps = [
            {"name": "choose", "action": "aws:branch", "inputs": {"Choices": [choice], "Default": "gate"}},
            {"name": "gate", "action": "aws:approve", "inputs": {"Approvers": ["alice"]}},
            {"name": "late", "action": "aws:sleep", "inputs": {"Duration": "PT10M"}, "isEnd": True},
        ]
        runbook = {"schemaVersion": "0.3", "parameters": {"Way": {"type": "String"}}, "mainSteps": steps}
        emulator.client("ssm").create_document(Name="Passes", Content=json.dumps(runbook), DocumentType="Automation")
        execution_id = emulator.start("Passes", Way=["late"])
        began = emulator.monotonic()
        result = task(SIGNAL, **APPROVE, execution_id=execution_id, step_name="gate", ready_timeout=300, **alice)
        assert "step `gate` was passed over, no way leads there any more" in result["msg"]
        assert result["verdict"] == "never"
        assert emulator.monotonic() == began

    def test_what_only_the_service_limits_is_explained(self, task):
        result = task(EXECUTION, document_name="OneGate", parameters={"Approvers": ["x"] * 51})
        assert result["msg"].startswith(
            "The service refuses the request, since a value in it is too long or of another"
        )
        assert result["error"]["code"] == "ValidationException"

    def test_a_token_within_five_seconds(self, emulator, task):
        first, second = (task(EXECUTION, **START, client_token=TOKEN) for _run in range(2))
        assert "unless client_token had started it less than 5 s before" in second["msg"]
        emulator.sleep(10)
        third = task(EXECUTION, **START, client_token=TOKEN)
        assert (first["changed"], second["changed"], third["changed"]) == (True, True, False)


class TestOddInput:
    @pytest.mark.parametrize(
        ("module", "options", "option"),
        [
            (SIGNAL, {**APPROVE, "execution_id": UNKNOWN[:-1] + HALF}, "automation_execution_id"),
            (SIGNAL, {**APPROVE, "execution_id": UNKNOWN, "comment": HALF}, "comment"),
            (SIGNAL, {**APPROVE, "execution_id": UNKNOWN, "step_name": HALF}, "step_name"),
            (SIGNAL, {**APPROVE, "execution_id": UNKNOWN, "payload": {"Comment": [HALF]}}, "payload.Comment[0]"),
            (EXECUTION, {**START, "parameters": {"Approvers": [HALF]}}, "parameters.Approvers[0]"),
            (EXECUTION, {**START, "tags": {HALF: "x"}}, "a key of tags"),
            (INFO, {"filters": {"TagKey": HALF}}, "filters.TagKey"),
        ],
    )
    def test_half_a_surrogate_pair(self, emulator, task, module, options, option):
        result = task(module, **options)
        assert result["msg"].startswith(f"{option} is no valid Unicode text")
        assert emulator.operations() == []

    @pytest.mark.parametrize(
        "options",
        [
            {"endpoint_url": "http://127.0.0.1:99999"},
            {"endpoint_url": "127.0.0.1"},
            {"endpoint_url": "http://[1"},
            {"aws_config": {"nonsense": 1}},
            {"aws_config": {"connect_timeout": "soon"}},
            {"aws_config": {"max_pool_connections": "many"}},
            {"aws_config": {"s3": "x"}},
            {"aws_config": {"proxies": "x"}},
        ],
    )
    @pytest.mark.parametrize(
        ("module", "others"), [(SIGNAL, {**APPROVE, "execution_id": UNKNOWN}), (EXECUTION, START), (INFO, {})]
    )
    def test_nonsense_in_the_connection_is_one_sentence(self, task, module, others, options):
        result = task(module, **{**others, **options})
        assert result["failed"]
        assert next(iter(options)) in result["msg"]
        assert "exception" not in result

    @pytest.mark.parametrize("wrong", [{}, {"no_such_option": 1}])
    def test_a_password_in_the_endpoint_is_not_told(self, emulator, task, wrong):
        address = emulator.url.replace("http://", "http://user:hunter2%21@")
        result = task(INFO, endpoint_url=address, automation_execution_id="x", **wrong)
        assert result["failed"]
        assert "hunter2" not in str(result)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The adversary, reading: kinds 7 to 11 and 23. Answers are not trusted, and no answer keeps a task for ever."""

from __future__ import annotations

import json
import time

import pytest

from ansible_collections.ssmops.automation.tests.adversary import faults, oracle, tasks
from ansible_collections.ssmops.automation.tests.adversary.direct import GET, LIST, SEND, START, STEPS, STOP, WHO
from ansible_collections.ssmops.automation.tests.adversary.runbooks import gate, pause, sleep

ODD = {
    f"{status} with {name}": (status, body)
    for status in (200, 502)
    for name, body in faults.ODD_BODIES.items()
    if not (status == 502 and name == "a JSON object")
}
by_odd_answer = pytest.mark.parametrize("status,body", ODD.values(), ids=ODD)


def _execution(content):
    return content["AutomationExecution"]


def _step(content):
    return _execution(content)["StepExecutions"][0]


def _set(where, name, value):
    def change(content):
        where(content)[name] = value

    return change


# Answers that make no sense, each a change of a proper one.
NONSENSE = {
    "an execution without id": lambda content: _execution(content).pop("AutomationExecutionId"),
    "an id that is a number": _set(_execution, "AutomationExecutionId", 7),
    "an execution without status": lambda content: _execution(content).pop("AutomationExecutionStatus"),
    "a status that is a list": _set(_execution, "AutomationExecutionStatus", ["Waiting"]),
    "a time that is none": _set(_execution, "ExecutionStartTime", "yesterday"),
    "a time out of range": _set(_execution, "ExecutionStartTime", 1e300),
    "steps that are null": _set(_execution, "StepExecutions", None),
    "steps that are a map": _set(_execution, "StepExecutions", {"staging": {}}),
    "steps that are strings": _set(_execution, "StepExecutions", ["staging"]),
    "a step that is null": _set(_execution, "StepExecutions", [None]),
    "a step without name": lambda content: _step(content).pop("StepName"),
    "outputs that are a list": _set(_execution, "Outputs", ["a"]),
    "outputs of a step that are a list": _set(_step, "Outputs", ["a"]),
    "ApprovalStatus a number": _set(_step, "Outputs", {"ApprovalStatus": 7}),
    "ApprovalStatus a list of a number": _set(_step, "Outputs", {"ApprovalStatus": [7]}),
    "decisions that are a number": _set(_step, "Outputs", {"ApproverDecisions": ["7"]}),
    "decisions of nobody": _set(_step, "Outputs", {"ApproverDecisions": ['[{"Approver": null}, null, 7]']}),
    "MinRequiredApprovals Infinity": _set(_step, "Inputs", {"MinRequiredApprovals": "Infinity"}),
    "MinRequiredApprovals NaN": _set(_step, "Inputs", {"MinRequiredApprovals": "NaN"}),
    "MinRequiredApprovals a list": _set(_step, "Inputs", {"MinRequiredApprovals": "[1]"}),
    "Approvers a number": _set(_step, "Inputs", {"Approvers": "7"}),
    "Approvers nested": _set(_step, "Inputs", {"Approvers": "[[[]]]"}),
    "inputs that are a list": _set(_step, "Inputs", ["a"]),
    "an answer without the execution": lambda content: content.clear(),
    "an execution that is null": lambda content: content.update(AutomationExecution=None),
    "an execution that is a list": lambda content: content.update(AutomationExecution=[]),
}
by_nonsense = pytest.mark.parametrize("change", NONSENSE.values(), ids=NONSENSE)


class Test07AnswersThatMakeNoSense:
    """The shape of an answer is checked where it comes in; what is wrong is a passing fault."""

    @by_odd_answer
    def test_of_the_first_look(self, world, status, body):
        execution_id = world.start(gate("staging"), pause("look"))
        world.proxy.meet(faults.answers(status, body), GET, times=2)
        printed = world.signal("Approve", execution_id)
        assert world.broken(printed) == []
        assert printed.one.changed

    @by_odd_answer
    def test_of_the_signal(self, world, status, body):
        execution_id = world.start(gate("staging"), pause("look"))
        world.proxy.meet(faults.answers(status, body), SEND)
        assert world.broken(world.signal("Approve", execution_id)) == []

    @by_odd_answer
    def test_of_the_look_afterwards(self, world, status, body):
        execution_id = world.start(gate("staging"), pause("look"))
        world.proxy.meet(faults.answers(status, body), GET, skip=1, times=2)
        printed = world.signal("Approve", execution_id, wait=True)
        assert world.broken(printed) == []
        assert printed.one.changed

    @by_odd_answer
    @pytest.mark.parametrize("operation", [LIST, GET, SEND])
    def test_of_many(self, world, operation, status, body):
        document = world.register(gate("staging"), pause("look"))
        ids = [world.service.start(document) for _number in range(3)]
        world.proxy.meet(faults.answers(status, body), operation, times=2)
        printed = world.signal_many("Approve", ids, wait=True)
        assert oracle.told_properly(printed) == []
        assert _broken_of_many(world, printed) == []

    @by_odd_answer
    @pytest.mark.parametrize("operation", [START, GET])
    def test_of_a_start(self, world, operation, status, body):
        document = world.register(gate("staging"))
        world.proxy.meet(faults.answers(status, body), operation)
        printed = world.run(tasks.EXECUTION, world.options(document_name=document, wait=True))
        assert oracle.run_broken(printed, world.proxy.log) == []

    @by_odd_answer
    @pytest.mark.parametrize("operation", [STOP, GET])
    def test_of_a_stop(self, world, operation, status, body):
        execution_id = world.start(gate("staging"))
        world.proxy.meet(faults.answers(status, body), operation)
        assert oracle.run_broken(world.stop(execution_id, wait=True), world.proxy.log) == []

    @by_odd_answer
    def test_of_a_listing_for_information(self, world, status, body):
        world.start(gate("staging"))
        world.proxy.meet(faults.answers(status, body), LIST)
        assert oracle.told_properly(world.run(tasks.INFO, world.options())) == []

    @by_odd_answer
    def test_of_sts(self, world, status, body):
        execution_id = world.start(gate("staging", approvals=2))
        world.acts("bob", "Approve", execution_id)
        world.proxy.meet(faults.answers(status, body), WHO)
        assert world.broken(world.signal("Approve", execution_id)) == []

    @by_nonsense
    def test_in_the_first_look(self, world, change):
        execution_id = world.start(gate("staging"), pause("look"))
        world.proxy.meet(faults.altered(change), GET, times=2)
        assert world.broken(world.signal("Approve", execution_id)) == []

    @by_nonsense
    def test_always(self, world, change):
        execution_id = world.start(gate("staging"), pause("look"))
        world.proxy.meet(faults.altered(change), GET, times=10**6)
        assert world.broken(world.signal("Approve", execution_id, wait=True, wait_timeout=30)) == []

    @by_nonsense
    def test_after_the_signal(self, world, change):
        execution_id = world.start(gate("staging"), pause("look"))
        world.proxy.meet(faults.reset_after, SEND)
        world.proxy.meet(faults.altered(change), GET, skip=1, times=2)
        assert world.broken(world.signal("Approve", execution_id, wait=True, wait_timeout=30)) == []

    @by_nonsense
    def test_for_information(self, world, change):
        execution_id = world.start(gate("staging"))
        world.proxy.meet(faults.altered(change), GET, times=2)
        options = world.options(automation_execution_ids=[execution_id], include_steps=True)
        assert oracle.told_properly(world.run(tasks.INFO, options)) == []

    @by_nonsense
    def test_of_a_stop_that_is_waited_for(self, world, change):
        execution_id = world.start(gate("staging"))
        world.proxy.meet(faults.altered(change), GET, skip=1, times=2)
        printed = world.stop(execution_id, wait=True, wait_timeout=30)
        assert oracle.run_broken(printed, world.proxy.log) == []


class Test08AnotherExecutionsAnswer:
    """The id in an answer is that of the execution asked for, or it is no answer."""

    def test_the_guard_does_not_pass_on_another_runs_gate(self, world):
        document = world.register(gate("staging"), gate("production"))
        execution_id, other = world.service.start(document), world.service.start(document)
        world.acts("bob", "Approve", execution_id)
        world.proxy.meet(faults.about_another(other), GET)
        printed = world.signal("Approve", execution_id, step_name="staging")
        assert oracle.told_properly(printed) == []
        assert world.took() == 0

    @pytest.mark.parametrize("fault", [faults.reset_before, faults.reset_after], ids=["lost before", "lost after"])
    def test_another_runs_effect_is_not_ours(self, world, fault):
        document = world.register(pause("look"), pause("again"))
        execution_id, other = world.service.start(document), world.service.start(document)
        world.acts("bob", "Resume", other, StepName="look")
        world.proxy.meet(fault, SEND)
        world.proxy.meet(faults.about_another(other), GET, skip=1)
        assert world.broken(world.signal("Resume", execution_id, step_name="look")) == []

    def test_a_stop(self, world):
        document = world.register(gate("staging"))
        execution_id, other = world.service.start(document), world.service.start(document)
        world.service.cancel(other)
        world.proxy.meet(faults.about_another(other), GET)
        printed = world.stop(execution_id)
        assert oracle.run_broken(printed, world.proxy.log) == []
        assert world.status(execution_id) == "Cancelled"


TOKENS = {"the same token": lambda number: "again", "ever new tokens": lambda number: f"page{number}"}
by_token = pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
by_page = pytest.mark.parametrize("empty", [False, True], ids=["full pages", "empty pages"])


class Test09PagesWithoutEnd:
    """Listings end: by progress, and by the task's deadlines."""

    @by_token
    @by_page
    def test_of_steps(self, world, token, empty):
        execution_id = world.start(gate("staging"), pause("look"))
        world.service.control("POST", "choices", truncate_steps_over=1)
        world.proxy.meet(faults.endless(token, "StepExecutions", empty), STEPS, times=10**6)
        printed = world.signal("Approve", execution_id, wait=True, wait_timeout=30, ready_timeout=30)
        assert not world.proxy.is_exhausted
        assert oracle.told_properly(printed) == []

    @by_token
    @by_page
    def test_of_executions_to_signal(self, world, token, empty):
        world.start(gate("staging"))
        world.proxy.meet(faults.endless(token, "AutomationExecutionMetadataList", empty), LIST, times=10**6)
        options = {"signal_type": "Approve", "filters": {"ExecutionStatus": "Waiting"}, "max_executions": 1000}
        printed = world.run(tasks.SIGNAL, world.options(**options))
        assert not world.proxy.is_exhausted
        assert oracle.told_properly(printed) == []

    @by_token
    @by_page
    def test_of_executions_to_inform_of(self, world, token, empty):
        world.start(gate("staging"))
        world.proxy.meet(faults.endless(token, "AutomationExecutionMetadataList", empty), LIST, times=10**6)
        printed = world.run(tasks.INFO, world.options())
        assert not world.proxy.is_exhausted
        assert oracle.told_properly(printed) == []

    @pytest.mark.parametrize("option", ["ready_timeout", "wait_timeout"])
    def test_a_read_that_hangs_does_not_outlive_the_timeout(self, world, option):
        execution_id = world.start(sleep("work", 60), gate("staging"))
        world.proxy.meet(faults.hangs(60), GET, skip=1, times=100)
        given = {"automation_execution_id": execution_id, "signal_type": "Approve", "step_name": "staging"}
        if option == "wait_timeout":
            execution_id = given["automation_execution_id"] = world.start(gate("staging"), sleep("work", 60))
            given["wait"] = True
        began = time.monotonic()
        printed = tasks.run_process(tasks.SIGNAL, world.options(**given, **{option: 2}), 15)
        assert oracle.told_properly(printed) == []
        assert time.monotonic() - began < 15


class Test10TheSameExecutionTwiceInAListing:
    """Ids are unique wherever they come from."""

    @pytest.mark.parametrize("signal_type", ["StartStep", "Approve"])
    def test_filters(self, world, signal_type):
        mode = {"StartStep": "Interactive", "Approve": "Auto"}[signal_type]
        steps = {"StartStep": [sleep("ask", 0)], "Approve": [gate("ask"), gate("then")]}[signal_type]
        ids = [world.service.start(world.register(*steps), mode) for _number in range(2)]

        def twice(content):
            content["AutomationExecutionMetadataList"] *= 2

        world.proxy.meet(faults.altered(twice), LIST)
        options = {"filters": {"ExecutionStatus": "Waiting"}, "max_executions": 10, "step_name": "ask"}
        keys = "operator" if signal_type == "StartStep" else "alice"
        printed = world.run(tasks.SIGNAL, world.options(keys, signal_type=signal_type, **options))
        assert oracle.told_properly(printed) == []
        assert [len(world.proxy.log.taken(each)) for each in ids] == [1, 1]
        assert sorted(each.execution_id for each in printed.told) == sorted(ids)

    def test_information(self, world):
        execution_id = world.start(gate("staging"))

        def twice(content):
            content["AutomationExecutionMetadataList"] *= 2

        world.proxy.meet(faults.altered(twice), LIST)
        printed = world.run(tasks.INFO, world.options())
        listed = [each["automation_execution_id"] for each in printed.result["automation_executions"]]
        assert listed == [execution_id]


class Test11NoLeaveToListSteps:
    """AWS's own policy for approvers, and a list of steps that is cut short: the step is known by name alone."""

    @pytest.fixture
    def cut_short(self, world):
        def start(*steps):
            execution_id = world.start(*steps)
            world.service.control("POST", "choices", truncate_steps_over=1)
            actions = ["ssm:DescribeAutomationStepExecutions"]
            world.service.control("POST", "denials", principal="alice", actions=actions)
            return execution_id

        return start

    @pytest.mark.parametrize(
        "steps,signal_type",
        [
            ([sleep("a", 0), sleep("b", 0), pause("ask"), sleep("c", 5)], "Resume"),
            ([sleep("a", 0), sleep("b", 0), gate("ask"), sleep("c", 5)], "Approve"),
            ([sleep("a", 0), sleep("b", 0), gate("ask"), sleep("c", 5)], "Reject"),
            ([sleep("a", 0), sleep("b", 0), gate("ask"), pause("c")], "Approve"),
        ],
        ids=["Resume", "Approve", "Reject", "Approve before a pause"],
    )
    @pytest.mark.parametrize("pending_in_full", [True, False], ids=["ids", "no ids of pending steps"])
    def test_a_wait_ends(self, world, cut_short, steps, signal_type, pending_in_full):
        world.service.control("POST", "choices", pending_steps_in_full=pending_in_full)
        execution_id = cut_short(*steps)
        printed = world.signal(signal_type, execution_id, step_name="ask", wait=True, wait_timeout=60)
        assert oracle.told_properly(printed) == []
        assert printed.one.changed
        assert not printed.one.failed

    @pytest.mark.parametrize("fault", [faults.reset_before, faults.reset_after], ids=["never arrived", "taken"])
    @pytest.mark.parametrize("pending_in_full", [True, False], ids=["ids", "no ids of pending steps"])
    def test_a_lost_answer(self, world, cut_short, fault, pending_in_full):
        world.service.control("POST", "choices", pending_steps_in_full=pending_in_full)
        execution_id = cut_short(sleep("a", 0), sleep("b", 0), gate("ask"), pause("c"))
        world.proxy.meet(fault, SEND)
        printed = world.signal("Approve", execution_id, step_name="ask")
        # What the oracle itself reads is cut short, too, so it judges by what was taken alone.
        assert world.broken(printed, target=None) == []


class Test23AnAnswerThatDrips:
    """A byte each 0.4 s never runs into a read timeout; deadlines hold for a whole call."""

    @pytest.mark.parametrize("option", ["ready_timeout", "wait_timeout"])
    def test_of_a_look(self, world, option):
        steps = {"ready_timeout": [sleep("work", 600), gate("ask")], "wait_timeout": [gate("ask"), sleep("work", 600)]}
        execution_id = world.start(*steps[option])
        world.proxy.meet(faults.drips(), GET, skip=1, times=100)
        options = world.options(
            automation_execution_id=execution_id,
            signal_type="Approve",
            step_name="ask",
            wait=option == "wait_timeout",
            **{option: 2},
        )
        printed = tasks.run_process(tasks.SIGNAL, options, 15)
        assert oracle.told_properly(printed) == []
        assert printed.one.failed
        assert printed.one.sent is (option == "wait_timeout")


def _broken_of_many(world, printed):
    """Return in which ways a task for many executions broke the promise, by execution."""
    told = (oracle.Case(each, world.proxy.log, world.key("alice")) for each in printed.told)
    return [(case.told.execution_id, problem) for case in told for problem in oracle.broken(case)]


def test_nonsense_is_nonsense(world):
    """Each change changes a proper answer."""
    execution_id = world.start(gate("staging"), pause("look"))
    for change in NONSENSE.values():
        content = {"AutomationExecution": world.service.execution(execution_id)}
        before = json.dumps(content)
        change(content)
        assert json.dumps(content) != before

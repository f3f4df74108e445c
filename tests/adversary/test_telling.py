# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The adversary, telling: kinds 12 to 19, 22 and 24. Whatever happens, the task says what it did, and says it well."""

from __future__ import annotations

import signal as signals
import threading

import pytest

from ansible_collections.ssmops.automation.tests.adversary import faults, oracle, tasks
from ansible_collections.ssmops.automation.tests.adversary.direct import GET, SEND, START, WHO
from ansible_collections.ssmops.automation.tests.adversary.interruptions import as_printed, runs_interrupted, spread
from ansible_collections.ssmops.automation.tests.adversary.runbooks import child, fails, gate, pause, sleep

# So many instants of a whole run, and of its end: a run takes half a second.
SPREAD, LAST = 12, 6


class Test12InterruptedAtAnyInstant:
    """From the first send to the last byte of the result an interruption may only shorten the work."""

    def judge(self, world, module, options, number):
        """Interrupt at many instants; return the instants at which the promise was broken, and how."""
        [quiet] = runs_interrupted(module, options, [-1], number)
        assert quiet["instants"] > 500
        broken = {}
        for report in runs_interrupted(module, options, spread(quiet["instants"], SPREAD, LAST), number):
            printed = as_printed(report)
            problems = oracle.told_properly(printed)
            if not problems and module == "signal":
                told = (oracle.Case(each, world.proxy.log, world.key("alice")) for each in printed.told)
                # That a request was on its way when the interruption came is a reason not to know, too.
                problems = [problem for case in told for problem in oracle.broken(case) if "has_a_cause" not in problem]
            if problems:
                broken[report["at"]] = problems
        return broken

    @pytest.mark.parametrize(
        "number,wait",
        [(signals.SIGTERM, False), (signals.SIGINT, False), (signals.SIGTERM, True)],
        ids=["SIGTERM", "SIGINT", "SIGTERM, wait"],
    )
    def test_one_execution(self, world, number, wait):
        document = world.register(gate("staging"), pause("look"))

        def options():
            given = {"automation_execution_id": world.service.start(document), "signal_type": "Approve"}
            return world.options(**given, wait=wait)

        world.proxy.most_requests = 10**6
        assert self.judge(world, "signal", options, number) == {}

    def test_many_executions(self, world):
        document = world.register(gate("staging"), pause("look"))

        def options():
            ids = [world.service.start(document) for _number in range(3)]
            return world.options(automation_execution_ids=ids, signal_type="Approve")

        world.proxy.most_requests = 10**6
        assert self.judge(world, "signal", options, signals.SIGTERM) == {}

    def test_a_start(self, world):
        document = world.register(gate("staging"))
        world.proxy.most_requests = 10**6
        options = world.options(document_name=document)
        assert self.judge(world, "execution", lambda: options, signals.SIGTERM) == {}


class Test22AnInterruptionThatGetsLost:
    """Python drops what a handler raises in a finalizer. The task must end none the less."""

    @pytest.mark.parametrize(
        "number,many",
        [(signals.SIGTERM, False), (signals.SIGINT, False), (signals.SIGTERM, True)],
        ids=["SIGTERM", "SIGINT", "SIGTERM, many"],
    )
    def test_while_the_task_waits(self, world, number, many):
        document = world.register(gate("staging"), sleep("work", 3600))

        def options():
            execution_id = world.service.start(document)
            named = {"automation_execution_ids": [execution_id]} if many else {"automation_execution_id": execution_id}
            return world.options(**named, signal_type="Approve", wait=True, wait_timeout=60, wait_delay=1)

        reports = runs_interrupted("signal", options, [10, 1500], number, seconds=8, lost=True)
        assert [report["at"] for report in reports if not report["in_time"]] == []
        for report in reports:
            assert oracle.told_properly(as_printed(report)) == []


class Test13TheStepToBlame:
    """The step that ended the run is named, not one that the runbook forgave."""

    @pytest.mark.parametrize(
        "forgiven",
        [{"onFailure": "Continue"}, {"isCritical": False, "onFailure": "Continue"}],
        ids=["continue", "both"],
    )
    def test_after_a_forgiven_failure(self, world, forgiven):
        execution_id = world.start(fails("forgiven", **forgiven), gate("staging"), fails("culprit"))
        world.clock.sleep(5)
        printed = world.signal("Approve", execution_id, wait=True, wait_timeout=60)
        assert world.broken(printed) == []
        assert printed.one.failed
        assert "culprit" in printed.one.msg
        assert "forgiven" not in printed.one.msg

    def test_after_a_step_that_is_not_critical(self, world):
        execution_id = world.start(
            gate("staging"), fails("forgiven", isCritical=False, onFailure="step:culprit"), fails("culprit")
        )
        printed = world.signal("Approve", execution_id, wait=True, wait_timeout=60)
        assert "culprit" in printed.one.msg
        assert "forgiven" not in printed.one.msg

    def test_of_a_start(self, world):
        document = world.register(fails("forgiven", onFailure="Continue"), fails("culprit"))
        printed = world.run(tasks.EXECUTION, world.options(document_name=document, wait=True, wait_timeout=60))
        assert "culprit" in printed.result["msg"]
        assert "forgiven" not in printed.result["msg"]


class Test14ThreadsThatCannotBeStarted:
    """Go on with the threads there are, down to none."""

    @pytest.mark.parametrize("allowed", [0, 1, 3])
    @pytest.mark.parametrize("wait", [False, True], ids=["no wait", "wait"])
    def test_many_executions(self, world, monkeypatch, allowed, wait):
        document = world.register(gate("staging"), pause("look"))
        ids = [world.service.start(document) for _number in range(12)]
        start, left = threading.Thread.start, [None] * allowed

        def start_if_allowed(thread):
            # The threads of proxy and emulator are not the module's.
            if threading.current_thread() is threading.main_thread() and thread._target.__module__ != "socketserver":
                if not left:
                    raise RuntimeError("can't start new thread")
                left.pop()
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", start_if_allowed)
        printed = world.signal_many("Approve", ids, wait=wait)
        monkeypatch.undo()
        assert oracle.told_properly(printed) == []
        assert printed.result["summary"]["changed"] == world.took() == 12

    def test_one_execution(self, world, monkeypatch):
        execution_id = world.start(gate("staging"), pause("look"))
        start = threading.Thread.start

        def never(thread):
            if threading.current_thread() is threading.main_thread():
                raise RuntimeError("can't start new thread")
            start(thread)

        monkeypatch.setattr(threading.Thread, "start", never)
        printed = world.signal("Approve", execution_id, wait=True)
        monkeypatch.undo()
        assert world.broken(printed) == []
        assert printed.one.changed


LONE = "a\udce4b"
ODD_OPTIONS = {
    "a lone surrogate in the id": {"automation_execution_id": LONE + "x" * 33},
    "a lone surrogate in the comment": {"comment": LONE},
    "a lone surrogate in the step name": {"step_name": LONE},
    "a lone surrogate in the payload": {"payload": {"Comment": [LONE]}},
    "a lone surrogate in a key of the payload": {"payload": {LONE: ["x"]}},
    "nonsense in aws_config": {"aws_config": {"connect_timeout": "soon"}},
    "an unknown key in aws_config": {"aws_config": {"no_such_setting": 1}},
    "a map in aws_config": {"aws_config": {"max_pool_connections": {}}},
    "retries in aws_config that are none": {"aws_config": {"retries": "many"}},
    "proxies in aws_config that are none": {"aws_config": {"proxies": "http://proxy"}},
    "a port out of range": {"endpoint_url": "http://127.0.0.1:99999"},
    "a port that is none": {"endpoint_url": "http://127.0.0.1:port"},
    "an endpoint that is no URL": {"endpoint_url": "automation"},
    "an endpoint without host": {"endpoint_url": "http://"},
    "a lone surrogate in the endpoint": {"endpoint_url": f"http://{LONE}/"},
    "a region that is none": {"region": "no region at all"},
    "a lone surrogate in the region": {"region": LONE},
    "a CA bundle that is not there": {"endpoint_url": "https://127.0.0.1:1", "aws_ca_bundle": "/no/such/file"},
}


class Test15OddInput:
    """What nobody should give ends in a sentence, not in a traceback."""

    @pytest.mark.parametrize("odd", ODD_OPTIONS.values(), ids=ODD_OPTIONS)
    @pytest.mark.parametrize("check_mode", [False, True], ids=["run", "check"])
    def test_of_a_signal(self, world, odd, check_mode):
        execution_id = world.start(gate("staging"), pause("look"))
        given = {"automation_execution_id": execution_id, "signal_type": "Approve", **odd}
        assert oracle.told_properly(world.run(tasks.SIGNAL, world.options(**given), check_mode)) == []

    @pytest.mark.parametrize("odd", [{"comment": LONE}, {"step_name": LONE}, {"filters": {"ExecutionId": LONE}}])
    def test_of_many(self, world, odd):
        execution_id = world.start(gate("staging"), pause("look"))
        named = {"automation_execution_ids": [execution_id]} if "filters" not in odd else {"max_executions": 5}
        options = world.options(signal_type="Approve", **named, **odd)
        assert oracle.told_properly(world.run(tasks.SIGNAL, options)) == []

    @pytest.mark.parametrize(
        "odd",
        [
            {"parameters": {"a": LONE}},
            {"parameters": {LONE: "a"}},
            {"document_name": LONE},
            {"client_token": LONE},
            {"tags": {"a": LONE}},
            {"aws_config": {"connect_timeout": "soon"}},
            {"endpoint_url": "http://127.0.0.1:99999"},
        ],
        ids=str,
    )
    def test_of_a_start(self, world, odd):
        options = world.options(**{"document_name": world.register(gate("staging")), **odd})
        assert oracle.told_properly(world.run(tasks.EXECUTION, options)) == []

    @pytest.mark.parametrize(
        "odd",
        [{"filters": {"ExecutionId": LONE}}, {"automation_execution_ids": [LONE + "x" * 33]}, {"aws_config": {"x": 1}}],
        ids=str,
    )
    def test_of_information(self, world, odd):
        assert oracle.told_properly(world.run(tasks.INFO, world.options(**odd))) == []

    @pytest.mark.parametrize("module", [tasks.SIGNAL, tasks.EXECUTION, tasks.INFO], ids=lambda module: module.__name__)
    def test_a_password_in_the_endpoint_is_not_shown(self, world, module):
        options = {
            tasks.SIGNAL: {"automation_execution_id": "x" * 36, "signal_type": "Approve"},
            tasks.EXECUTION: {"state": "cancelled", "automation_execution_id": "x" * 36},
            tasks.INFO: {},
        }[module]
        printed = world.run(module, world.options(**options) | {"endpoint_url": "http://me:sesame17@127.0.0.1:9"})
        assert oracle.told_properly(printed) == []
        assert "sesame17" not in str(printed.result)


class Test16LimitsThatAwsDoesNotEnforce:
    """Maxima of botocore's model are the service's business; it is asked, and its answer explained."""

    @pytest.mark.parametrize("length", [700, 4500])
    def test_a_parameter_of_a_start(self, world, length):
        options = world.options(document_name=world.register(gate("staging")), parameters={"Token": "x" * length})
        printed = world.run(tasks.EXECUTION, options)
        assert oracle.run_broken(printed, world.proxy.log) == []
        assert len(world.proxy.log.requests(START)) == 1

    def test_in_check_mode(self, world):
        options = world.options(document_name=world.register(gate("staging")), parameters={"Token": "x" * 700})
        printed = world.run(tasks.EXECUTION, options, check_mode=True)
        assert "512" not in printed.result["msg"]


class Test17Warnings:
    """A warning of ours causes no deprecation of ansible-core."""

    def test_of_a_signal(self, world):
        world.service.control("POST", "denials", principal="alice", actions=["ssm:GetAutomationExecution"])
        printed = world.signal("Approve", world.start(gate("staging")))
        assert printed.result["warnings"]
        assert printed.result.get("deprecations", []) == []

    def test_of_many(self, world):
        world.service.control("POST", "denials", principal="alice", actions=["ssm:DescribeAutomationExecutions"])
        printed = world.signal_many("Approve", [world.start(gate("staging"))])
        assert printed.result["warnings"]
        assert printed.result.get("deprecations", []) == []

    def test_of_a_stop(self, world):
        world.service.control("POST", "denials", principal="alice", actions=["ssm:GetAutomationExecution"])
        printed = world.stop(world.start(gate("staging")))
        assert printed.result["warnings"]
        assert printed.result.get("deprecations", []) == []


class Test18AGateInsideAChild:
    """The child that waits, its step and its id are named wherever its parent is asked for."""

    @pytest.fixture
    def parent(self, world):
        parent = world.start(child("deploy", world.register(gate("inner_gate"))), pause("look"))
        listed = world.service.must("DescribeAutomationExecutions", {})["AutomationExecutionMetadataList"]
        [inner] = [each["AutomationExecutionId"] for each in listed if each["AutomationExecutionId"] != parent]
        return parent, inner

    def names_the_child(self, text, inner):
        return inner in text and "inner_gate" in text

    def test_a_refusal(self, world, parent):
        printed = world.signal("Approve", parent[0])
        assert printed.one.failed
        assert self.names_the_child(printed.one.msg, parent[1])

    @pytest.mark.parametrize("state", ["ready_timeout", "wait_timeout"])
    def test_a_time_out(self, world, parent, state):
        execution_id, inner = parent
        if state == "wait_timeout":
            document = world.register(gate("inner_gate"))
            execution_id = world.start(gate("outer"), child("deploy", document))
        printed = world.signal("Approve", execution_id, wait=True, **{state: 30})
        if state == "wait_timeout":
            listed = world.service.must("DescribeAutomationExecutions", {})["AutomationExecutionMetadataList"]
            [inner] = [
                each["AutomationExecutionId"]
                for each in listed
                if each.get("ParentAutomationExecutionId") == execution_id
            ]
        assert printed.one.failed
        assert self.names_the_child(printed.one.msg, inner)

    def test_a_start_that_is_waited_for(self, world):
        document = world.register(child("deploy", world.register(gate("inner_gate"))))
        printed = world.run(tasks.EXECUTION, world.options(document_name=document, wait=True, wait_timeout=30))
        assert "inner_gate" in printed.result["msg"]

    def test_waiting_for(self, world, parent):
        options = world.options(automation_execution_ids=[parent[0]], include_steps=True)
        [execution] = world.run(tasks.INFO, options).result["automation_executions"]
        assert self.names_the_child(str(execution["waiting_for"]), parent[1])


class Test19AnEndpointForSsmOnly:
    """endpoint_url is Systems Manager's; STS has its own."""

    def test_a_repeated_approval_is_unchanged(self, world, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", world.emulator.url)
        execution_id = world.start(gate("staging", approvals=2))
        world.acts("alice", "Approve", execution_id)
        world.proxy.meet(faults.answers(400, b'{"__type": "UnknownOperationException"}', after=False), WHO, times=9)
        printed = world.signal("Approve", execution_id)
        assert (printed.one.changed, printed.one.failed) == (False, False)
        assert world.sends() == 0

    @pytest.mark.parametrize("operation", [GET, SEND])
    @pytest.mark.parametrize(
        "code", ["AccessDeniedException", "ValidationException", "InvalidAutomationSignalException"]
    )
    @pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "not guarded"])
    def test_a_message_has_one_full_stop(self, world, operation, code, guarded):
        execution_id = world.start(gate("staging"))
        body = f'{{"__type": "{code}", "message": "You must not do that."}}'.encode()
        world.proxy.meet(faults.answers(400, body, after=False), operation, times=50)
        options = {"step_name": "staging"} if guarded else {}
        printed = world.signal("Approve", execution_id, **options)
        told = [printed.one.msg, *printed.result.get("warnings", [])]
        assert [text for text in told if ".." in text or ".)." in text or ".:" in text] == []

    def test_a_warning_has_one_full_stop(self, world):
        execution_id = world.start(gate("staging", approvals=2))
        world.acts("bob", "Approve", execution_id)
        error = (
            b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>You must not.</Message></Error></ErrorResponse>"
        )
        world.proxy.meet(faults.answers(403, error, after=False), WHO, times=9)
        printed = world.signal("Approve", execution_id)
        assert printed.result["warnings"]
        assert ".." not in str(printed.result["warnings"])


class Test24UnfairPatience:
    """Nobody is given up while the service takes signals from others."""

    @pytest.mark.parametrize("concurrency", [10, 50])
    @pytest.mark.parametrize("operation", [SEND, "*"], ids=["signals", "all requests"])
    def test_a_hundred_executions_at_three_in_two_seconds(self, world, concurrency, operation):
        document = world.register(gate("staging"), pause("look"))
        ids = [world.service.start(document) for _number in range(100)]
        world.proxy.most_requests = 20000
        world.proxy.meet(faults.throttled_above(1.5), operation, times=10**6)
        printed = world.signal_many("Approve", ids, concurrency=concurrency)
        assert oracle.told_properly(printed) == []
        assert printed.result["summary"]["changed"] == world.took() == 100

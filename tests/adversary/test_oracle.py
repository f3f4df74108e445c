# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The oracle's rules, each seen to hold and to fail."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.tests.adversary import oracle
from ansible_collections.ssmops.automation.tests.adversary.direct import GET, SEND
from ansible_collections.ssmops.automation.tests.adversary.oracle import Case, Printed, Told
from ansible_collections.ssmops.automation.tests.adversary.wire import Arrival, Log, Seen, Shown, hit_of, open_step

RUN, ALICE, ONE, TWO = "run", "alice", "one", "two"
CHANGED = Told(RUN, changed=True, failed=False, sent=True, attempts=1)
UNCHANGED = Told(RUN, changed=False, failed=False, sent=False)
FAILED = Told(RUN, changed=False, failed=True, sent=False, attempts=1)
NOT_KNOWN = Told(RUN, changed=False, failed=True, sent=None, attempts=1)
GIVEN_UP = Told(RUN, changed=False, failed=True, sent=False, attempts=9, code="ThrottlingException")
TOLD_OF_MORE = Told(RUN, changed=True, failed=True, sent=True, attempts=1)


def took(request, hit, caller=ALICE, status=200):
    return Arrival(request, SEND, caller, RUN, status, "" if status == 200 else "Some", hit, "Approve")


def case(told, *arrivals, shown=ONE, disturbed=False, lookalikes=(), target=ONE):
    """A look (request 1), a signal (2), and what came of it."""
    seen = [Seen(1, GET, RUN, True), Seen(2, SEND, RUN, not disturbed)]
    return Case(told, Log(seen, list(arrivals), [Shown(1, RUN, shown)]), ALICE, target, frozenset(lookalikes))


def throttled(*times, taken=()):
    """Signals at these times; `taken` are the times of those that were not turned away."""
    seen = [Seen(number, SEND, RUN, True, at not in taken, at) for number, at in enumerate(times, 1)]
    return Case(GIVEN_UP, Log(seen), ALICE, ONE)


KEPT = {
    "changed, and taken": case(CHANGED, took(2, ONE)),
    "unchanged, and nothing taken": case(UNCHANGED),
    "failed, and refused": case(FAILED, took(2, None, status=400)),
    "not known, taken, the answer lost": case(NOT_KNOWN, took(2, ONE), disturbed=True),
    "not known, not taken, the answer lost": case(NOT_KNOWN, disturbed=True),
    "what others did is not ours": case(UNCHANGED, took(2, ONE, caller="bob")),
    "a stray between look and signal, told": case(TOLD_OF_MORE, took(2, TWO)),
    "two copies, told": case(TOLD_OF_MORE, took(2, ONE), took(2, TWO)),
    "a lookalike": case(CHANGED, lookalikes=[ONE], disturbed=True),
    "given up after a minute": throttled(0, 1, 30, 60),
    "given up a minute after the last one taken": throttled(0, 20, 80, taken=[20]),
    "any step, where none was meant": case(CHANGED, took(2, TWO), target=None),
}
BROKEN = {
    "at_most_once": case(CHANGED, took(2, ONE), took(3, ONE)),
    "told_of_copies": case(CHANGED, took(2, ONE), took(2, ONE)),
    "on_its_step": case(TOLD_OF_MORE, took(2, TWO), shown=TWO),
    "told_of_strays": case(CHANGED, took(2, TWO)),
    "truth": case(CHANGED),
    "not_known_is_a_failure": case(Told(RUN, True, True, None, 1), took(2, ONE), disturbed=True),
    "not_known_has_a_cause": case(NOT_KNOWN),
    "attempts_are_counted": case(UNCHANGED),
    "not_given_up_early": throttled(0, 1, 30, 45),
}
LIES = {
    "changed, and nothing taken": case(CHANGED),
    "changed, and refused": case(CHANGED, took(2, None, status=400)),
    "unchanged, and taken": case(UNCHANGED, took(2, ONE)),
    "failed as not sent, and taken": case(FAILED, took(2, ONE)),
    "sent, and not changed": case(Told(RUN, False, True, True, 1), took(2, ONE)),
    "a lookalike at another step": case(CHANGED, lookalikes=[TWO], disturbed=True),
}


TOLD_CALLS = {"operation": SEND, "taken": 1, "throttled": 1}
MADE = [Seen(1, SEND, RUN, True, throttled=True), Seen(2, SEND, RUN, True)]


@pytest.mark.parametrize(
    ("calls", "problems"),
    [
        ([TOLD_CALLS], 0),
        ([{**TOLD_CALLS, "taken": 2}], 1),
        ([{**TOLD_CALLS, "taken": 0, "throttled": 2}], 1),
        ([TOLD_CALLS, {"operation": GET, "taken": 1, "throttled": 0}], 1),
    ],
)
def test_the_calls_that_a_task_tells_of(calls, problems):
    printed = Printed({"timing": {"calls": calls}})
    assert len(oracle.timing_broken(printed, Log(MADE), breaks_connections=False)) == problems


def test_each_execution_is_told_of_once():
    one = {"automation_execution_id": RUN, "changed": False, "msg": "", "signal": {"sent": False}}
    assert oracle.all_are_told_of(Printed({"outcomes": [one]}), [RUN]) == []
    assert oracle.all_are_told_of(Printed({"outcomes": [one]}), [RUN, "other"]) != []
    assert oracle.all_are_told_of(Printed({"outcomes": [one, one]}), [RUN]) != []


def rules_of(problems):
    return {problem.partition(":")[0] for problem in problems}


@pytest.mark.parametrize("kept", KEPT.values(), ids=KEPT)
def test_the_promise_was_kept(kept):
    assert rules_of(oracle.broken(kept)) <= {"attempts_are_counted"}


@pytest.mark.parametrize("rule", BROKEN)
def test_a_rule_was_broken(rule):
    assert rule in rules_of(oracle.broken(BROKEN[rule]))


def test_every_rule_is_seen_to_fail():
    assert {rule.__name__ for rule in oracle.RULES} == set(BROKEN)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lie(lie):
    assert "truth" in rules_of(oracle.broken(lie))


def test_a_stray_that_no_look_could_show():
    lost = case(CHANGED, took(2, TWO))
    lost.log.seen.append(Seen(3, GET, RUN, False))
    assert oracle.broken(lost) == []


@pytest.mark.parametrize(
    "printed,proper",
    [
        (Printed({"changed": False}), True),
        (Printed({"changed": False, "failed": True, "msg": "No."}), True),
        (Printed({"failed": True, "msg": "No."}), True),
        (Printed({"changed": False, "failed": True}), False),
        (Printed({"msg": "No."}), False),
        (Printed(None, "Traceback"), False),
        (Printed({"changed": False, "failed": True, "msg": "The module itself is at fault."}), False),
        (Printed({"changed": False, "msg": "", "exception": "Traceback"}), False),
    ],
)
def test_the_form_of_a_result(printed, proper):
    assert (oracle.told_properly(printed) == []) is proper


def execution(*steps, status="Waiting"):
    listed = [{"StepName": name, "StepExecutionId": name.upper(), "StepStatus": state} for name, state in steps]
    return {"AutomationExecutionId": RUN, "AutomationExecutionStatus": status, "StepExecutions": listed}


@pytest.mark.parametrize(
    "now,found",
    [
        (execution(("a", "Success"), ("b", "Waiting"), ("c", "Pending")), "B"),
        (execution(("loop", "InProgress"), ("a", "Success"), ("b", "Waiting")), "B"),
        (execution(("a", "Success"), status="Success"), None),
        (execution(status="PendingApproval"), RUN),
    ],
)
def test_the_open_step(now, found):
    assert open_step(now) == found


def test_what_a_signal_hit():
    before, after = execution(("a", "Waiting")), execution(("a", "Success"), ("b", "Waiting"))
    assert hit_of("Approve", {}, before, after) == "A"
    assert hit_of("StartStep", {"StepName": ["b"]}, before, after) == "B"
    assert hit_of("StopStep", {"StepExecutionId": ["X"]}, before, after) == "X"

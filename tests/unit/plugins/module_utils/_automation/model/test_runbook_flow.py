# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which runbooks let another step run that the same signal could hit."""

from __future__ import annotations

import json

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.runbook_flow import (
    can_hit_another_run,
)


def runbook(*steps):
    return json.dumps({"schemaVersion": "0.3", "mainSteps": list(steps)})


def step(name, action="aws:sleep", **more):
    return {"name": name, "action": action, "inputs": {}, **more}


def gate(name, **more):
    return step(name, "aws:approve", **more)


def pause(name, **more):
    return step(name, "aws:pause", **more)


def branch(name, *targets, default=None):
    choices = [{"NextStep": target, "Variable": "{{ Stage }}", "StringEquals": target} for target in targets]
    return step(name, "aws:branch", inputs={"Choices": choices, **({"Default": default} if default else {})})


def loop(name, *steps, **more):
    return step(name, "aws:loop", inputs={"Iterators": ["a", "b"], "Steps": list(steps)}, **more)


# What may follow the step "now": for a decision at a gate, and for Resume at a pause.
FLOWS = {
    "nothing follows": ([step("now")], False, False),
    "steps that take no signal follow": ([step("now"), step("a"), step("b")], False, False),
    "gates came before": ([gate("before"), step("now"), step("after")], False, False),
    "a gate follows": ([step("now"), step("a"), gate("after")], True, False),
    "a pause follows": ([step("now"), pause("after")], False, False),
    "it is the end, although a gate is listed next": ([step("now", isEnd=True), gate("after")], True, False),
    "it goes on to a gate": ([step("now", nextStep="g"), step("a", isEnd=True), gate("g")], True, False),
    "it goes back past a gate": ([gate("g"), step("now", nextStep="g")], True, True),
    "it goes back to itself": ([step("now", nextStep="now")], True, True),
    "a later step goes back": ([step("now"), step("later", nextStep="now")], True, True),
    "a later step goes back before it": ([step("a"), step("now"), step("b", nextStep="a")], True, True),
    "its failure leads to a gate": ([gate("g"), step("now", onFailure="step:g", isEnd=True)], True, True),
    "its failure leads back": ([step("a"), step("now", onFailure="step:a")], True, True),
    "its failure ends all": ([step("now", onFailure="Abort")], False, False),
    "its failure is forgiven": ([step("now", onFailure="Continue"), step("a")], False, False),
    "a later failure leads back": ([step("now"), step("b", onFailure="step:now")], True, True),
    "a cancellation leads back": ([step("now"), step("b", onCancel="step:now")], True, True),
    "a branch leads to a gate": ([step("now"), branch("b", "x"), step("x", isEnd=True), gate("g")], True, False),
    "a branch leads back": ([step("now"), branch("b", "now", default="end"), step("end")], True, True),
    "a branch by default leads back": ([step("now"), branch("b", "end", default="now"), step("end")], True, True),
    "a branch before it does not matter": ([branch("b", "now"), step("now"), step("end")], False, False),
    "a loop with a gate follows": ([step("now"), loop("l", gate("g"))], True, False),
    "a loop in a loop with a gate follows": ([step("now"), loop("l", loop("m", gate("g")))], True, False),
    "a loop of other steps follows": ([step("now"), loop("l", step("a"))], False, False),
    "a step in a loop leads back": ([step("now"), loop("l", step("a", nextStep="now"))], True, True),
    "it stands within a loop": ([loop("l", step("now"))], True, True),
    "it is tried again": ([step("now", maxAttempts=3)], True, True),
    "it is tried again, by a text": ([step("now", maxAttempts="2")], True, True),
    "it is tried once": ([step("now", maxAttempts=1), step("a", maxAttempts=5)], False, False),
    "it is not in the runbook": ([step("other")], True, True),
    "an action that AWS added later follows": ([step("now"), step("a", "aws:addedLater")], True, False),
    "such an action follows in a loop": ([step("now"), loop("l", step("a", "aws:addedLater"))], True, False),
}


@pytest.mark.parametrize(("steps", "by_decision", "by_resume"), FLOWS.values(), ids=FLOWS)
def test_what_may_follow(steps, by_decision, by_resume):
    assert can_hit_another_run(runbook(*steps), "now", is_decision=True) is by_decision
    assert can_hit_another_run(runbook(*steps), "now", is_decision=False) is by_resume


NOT_UNDERSTOOD = {
    "nothing": "",
    "no JSON": "mainSteps:\n- name: now",
    "null": "null",
    "a list": "[]",
    "a text": '"now"',
    "no steps": "{}",
    "steps that are a map": '{"mainSteps": {"now": {}}}',
    "a step that is a text": '{"mainSteps": ["now"]}',
    "a step without a name": '{"mainSteps": [{"name": "now"}, {}]}',
    "a name that is a list": '{"mainSteps": [{"name": "now"}, {"name": ["a"]}]}',
    "nested beyond measure": '{"mainSteps": [{"name": "now", "inputs": ' + "[" * 100_000 + "]" * 100_000 + "}]}",
}


@pytest.mark.parametrize("content", NOT_UNDERSTOOD.values(), ids=NOT_UNDERSTOOD)
@pytest.mark.parametrize("is_decision", [True, False])
def test_what_is_not_understood_can_lead_anywhere(content, is_decision):
    assert can_hit_another_run(content, "now", is_decision)

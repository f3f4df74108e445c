# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which steps of a runbook can run after a step, read off its document. Pure.

The document's language is that of the user guide (Automation actions, shared properties): a step goes on to nextStep
or to the next step in the list; to where onFailure, onCancel or a branch's choices lead; and it runs again inside
aws:loop or by maxAttempts. What is not understood can lead anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .executions import APPROVE_ACTION, BRANCH_ACTION, KNOWN_ACTIONS, LOOP_ACTION


def can_hit_another_run(content: str, step_name: str, is_decision: bool) -> bool:
    """Return whether, after the present run of a step, another step may wait for the same signal.

    `content` is the document in JSON. For a decision that is any gate, otherwise another run of the same step.
    """
    steps = _main_steps(content)
    by_name = {step["name"]: step for step in steps}
    if step_name not in by_name or _may_be_repeated(by_name[step_name]):
        return True
    reached = _reachable(steps, step_name)
    if step_name in reached:
        return True
    return is_decision and any(_holds_a_gate(by_name[name]) for name in reached)


def _main_steps(content: str) -> list[Mapping[str, Any]]:
    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        return []
    steps = document.get("mainSteps") if isinstance(document, Mapping) else None
    return steps if isinstance(steps, list) and all(map(_has_name, steps)) else []


def _has_name(step: Any) -> bool:
    return isinstance(step, Mapping) and isinstance(step.get("name"), str)


def _may_be_repeated(step: Mapping[str, Any]) -> bool:
    return step.get("maxAttempts", 1) not in (1, "1")


def _holds_a_gate(step: Mapping[str, Any]) -> bool:
    """Return whether a step may take approvals, or one within it; an action that AWS added later may."""
    # The steps of a loop stand within its inputs.
    return APPROVE_ACTION in json.dumps(step) or any(action not in KNOWN_ACTIONS for action in _actions_of(step))


def _actions_of(step: Mapping[str, Any]) -> Iterator[str]:
    yield str(step.get("action"))
    inputs = step.get("inputs")
    within = inputs.get("Steps") if step.get("action") == LOOP_ACTION and isinstance(inputs, Mapping) else None
    for each in within if isinstance(within, list) else ():
        yield from _actions_of(each) if isinstance(each, Mapping) else ("",)


def _reachable(steps: Sequence[Mapping[str, Any]], step_name: str) -> set[str]:
    names = [step["name"] for step in steps]
    reached: set[str] = set()
    to_visit = [step_name]
    while to_visit:
        place = names.index(to_visit.pop())
        new = [name for name in _successors(steps, place) if name in names and name not in reached]
        reached.update(new)
        to_visit += new
    return reached


def _successors(steps: Sequence[Mapping[str, Any]], place: int) -> Iterator[str]:
    """Yield where a step may lead to, and more rather than less: whether an end is reached is not looked at."""
    step = steps[place]
    if place + 1 < len(steps):
        yield steps[place + 1]["name"]
    for value in (step.get("nextStep"), step.get("onFailure"), step.get("onCancel")):
        if isinstance(value, str):
            yield value.removeprefix("step:")
    if step.get("action") in (BRANCH_ACTION, LOOP_ACTION):
        yield from _names_in(step.get("inputs"))


def _names_in(value: Any) -> Iterator[str]:
    """Yield all texts in the inputs of a branch or a loop, among which are the names of the steps it leads to."""
    if isinstance(value, str):
        yield value.removeprefix("step:")
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _names_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names_in(each)

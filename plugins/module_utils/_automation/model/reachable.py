# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which steps of a running execution can still come, and which the run has passed for good. Pure.

User guide, "Using dynamic options": a step is followed by its `nextStep`, else by the one below it; after a failure by
the step that `onFailure` names; and `isEnd` ends the run in either case.
"""

from __future__ import annotations

from collections.abc import Sequence

from .executions import BRANCH_ACTION, KNOWN_ACTIONS, LOOP_ACTION, Execution, Step
from .gates import live_step

_STEP = "step:"
# Where these lead to is not among what the service lists of a step that has not run.
_OPEN_ENDED = frozenset({BRANCH_ACTION, LOOP_ACTION})


def is_passed(execution: Execution, name: str) -> bool:
    """Return whether a step that has not begun can certainly not come any more.

    It is certain only where all steps are listed, one of them runs, and the ways from there on are all known.
    """
    now = live_step(execution)
    if now is None or execution.is_interactive or not execution.lists_every_step or _names_repeat(execution):
        return False
    to_come = _reachable(execution, now)
    return to_come is not None and name not in to_come


def _names_repeat(execution: Execution) -> bool:
    return len({step.name for step in execution.steps}) < len(execution.steps)


def _reachable(execution: Execution, start: Step) -> set[str] | None:
    """Return the names of the steps that may follow, with the first one; none where that is not known."""
    places = {step.name: place for place, step in enumerate(execution.steps)}
    reached: set[str] = set()
    to_visit = [start.name]
    while to_visit:
        name = to_visit.pop()
        if name in reached or name not in places:
            continue
        reached.add(name)
        step = execution.steps[places[name]]
        if step.action in _OPEN_ENDED or step.action not in KNOWN_ACTIONS:
            return None
        place_below = places[name] + 1
        to_visit += _followers(step, execution.steps[place_below:])
    return reached


def _followers(step: Step, below: Sequence[Step]) -> list[str]:
    if step.is_end:
        return []
    following = step.next_step or (below[0].name if below else "")
    after_failure = step.on_failure.removeprefix(_STEP) if step.on_failure.startswith(_STEP) else ""
    return [name for name in (following, after_failure) if name]

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Progress of executions, with what parents and children mean for each other.

An execution is pure and knows no other; that a step asks for a child, waits for it or gives it up can be read off it.
Here the children asked for are started, those given up are cancelled, and parents are told when a child has ended.
So is the work done that steps ask for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ..engine import flow, rate_control, timeline
from ..state.choices import Choices
from ..state.errors import AutomationError
from ..state.model import Child, Execution, Status, StepExecution
from ..state.moment import Moment
from ..state.work import Answer, Work
from .agenda import Agenda
from .places import Place

# Launches the execution that a parent's step asks for; raises AutomationError if it is refused.
Launch = Callable[[Execution, Child, Moment], Execution]
# Does the work of a step; other requests may be answered meanwhile.
Perform = Callable[[Execution, Work], Answer]


class Progress:
    """Moves the executions of all accounts and Regions forward."""

    def __init__(self, place_of: Callable[[str, str], Place], launch: Launch, perform: Perform) -> None:
        self._place_of, self._launch, self._perform, self._agenda = place_of, launch, perform, Agenda()
        # Where each execution is kept, and all of these places.
        self._homes: dict[str, Place] = {}
        self._places: dict[Place, None] = {}

    def advance(self, now: float, choices: Choices) -> None:
        """Bring every execution up to date: everything that happens up to now, in order of time."""
        for time, execution_id in self._agenda.due(now):
            moment = Moment(time, choices)
            run = self._get(execution_id)
            if not self._homes[execution_id].slots.admit(run):
                continue
            if run.open_step is not None and run.work is not None:
                self._work(run, run.open_step, run.work, moment)
            else:
                self.keep(timeline.advance(run, time, choices), moment)

    def add(self, run: Execution, choices: Choices) -> None:
        """Keep a new execution, the latest of all."""
        place = self._homes[run.execution_id] = self._place_of(run.account, run.region)
        self._places[place] = None
        place.ledger.add(run)
        self._agenda.note(run.execution_id, timeline.next_moment(run, choices))

    def _work(self, run: Execution, step: StepExecution, work: Work, moment: Moment) -> None:
        """Have a step's work done. If the execution is stopped or times out meanwhile, the result is dropped."""
        taken = replace(step, work=None)
        self.keep(run.with_run(taken), moment)
        answer = self._perform(run, work)
        now = self._get(run.execution_id)
        if now.open_step == taken:
            self.keep(flow.answered(now, taken, answer, moment), moment)

    def keep(self, run: Execution, moment: Moment) -> None:
        """Store an execution's new state, then update its children and its parent."""
        run = self._with_children(run, moment)
        place = self._homes[run.execution_id]
        place.ledger.keep(run)
        self._agenda.note(
            run.execution_id, timeline.next_moment(run, moment.choices) if run.work is None else moment.time
        )
        place.slots.note(run)
        self._cancel_children(run, moment)
        if run.final is not None and run.parent_id is not None:
            self._tell_parent(run, run.parent_id, moment)
        self._begin_queued(place, moment.time)

    def begin_queued(self, at: float) -> None:
        """Have executions begin that were queued, as far as there are places for them."""
        for place in list(self._places):
            self._begin_queued(place, at)

    def _begin_queued(self, place: Place, at: float) -> None:
        while (execution_id := place.slots.release()) is not None:
            place.ledger.keep(replace(place.ledger.get(execution_id), begins_at=at))
            self._agenda.note(execution_id, at)

    def _get(self, execution_id: str) -> Execution:
        return self._homes[execution_id].ledger.get(execution_id)

    def _live_children(self, parent_id: str) -> list[Execution]:
        """The children of an execution that have not ended, wherever they are."""
        return [child for place in self._places for child in place.ledger.live_children(parent_id)]

    def _with_children(self, run: Execution, moment: Moment) -> Execution:
        """Start the children that the execution asks for."""
        for step in run.waiting_for_children:
            if step.child is not None and step.child_id not in self._homes:
                run = self._with_child(run, step, step.child, moment)
        return run

    def _with_child(self, run: Execution, step: StepExecution, child: Child, moment: Moment) -> Execution:
        try:
            where = child.location or run
            self._place_of(where.account, where.region).slots.refuse_if_full()
            self.add(self._launch(run, child, moment), moment.choices)
        except AutomationError as problem:
            course = flow if run.rate_control is None else rate_control
            return course.child_refused(run, step, problem.message, moment)
        return run

    def _cancel_children(self, run: Execution, moment: Moment) -> None:
        """Cancel the children whose step is being stopped, or has ended without them."""
        stopping = {step.child_id: step.status == Status.CANCELLING for step in run.waiting_for_children}
        for child in self._live_children(run.execution_id):
            given_up = stopping.get(child.execution_id, moment.choices.orphans_are_cancelled)
            if given_up and not child.cancelling:
                self.keep(flow.cancel(child, moment), moment)

    def _tell_parent(self, child: Execution, parent_id: str, moment: Moment) -> None:
        parent = self._get(parent_id)
        for step in parent.waiting_for_children:
            if step.child_id == child.execution_id:
                course = flow if parent.rate_control is None else rate_control
                self.keep(course.child_ended(parent, step, child, moment), moment)

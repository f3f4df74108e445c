# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stubs in force, and the steps that they are for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ..actions.branch import Branch
from ..actions.loop import LOOP
from ..actions.registry import ACTIONS
from ..actions.update_variable import UpdateVariable
from ..state.model import Runbook, Step
from ..state.stubs import Stub

# What decides how a run goes on; a test changes what these look at.
FLOW = (Branch.name, LOOP, UpdateVariable.name)


class StubError(ValueError):
    """A stub that no step can be meant by; the message says why, and what there is instead."""


class Stubs:
    """The stubs in order, of which the last one that applies counts; those given at the start outlive a reset."""

    def __init__(self, registered: Callable[[], Iterable[Runbook]], lasting: Sequence[Stub] = ()) -> None:
        self._registered = registered
        self._lasting = self._checked(lasting)
        self.reset()

    def reset(self) -> None:
        """Have those of the start alone."""
        self.all: tuple[Stub, ...] = self._lasting

    def add(self, stub: Stub) -> None:
        """Have one more."""
        self.all = (*self.all, *self._checked([stub]))

    def replace(self, stubs: Sequence[Stub]) -> None:
        """Have these alone."""
        self.all = self._checked(stubs)

    def applied_to(self, runbook: Runbook) -> Runbook:
        """The runbook, its steps with their stubs."""
        if not self.all and not any(step.stubs for step in runbook.all_steps):
            return runbook
        return replace(runbook, steps=tuple(_stubbed(runbook.name, step, self.all) for step in runbook.steps))

    def _checked(self, stubs: Sequence[Stub]) -> tuple[Stub, ...]:
        for stub in stubs:
            check(stub, list(self._registered()))
        return tuple(stubs)


def _stubbed(runbook: str, step: Step, stubs: Sequence[Stub]) -> Step:
    meant = [] if step.action in FLOW else [one for one in stubs if one.means(runbook, step.name, step.action)]
    return replace(step, stubs=tuple(meant), steps=tuple(_stubbed(runbook, one, stubs) for one in step.steps))


def check(stub: Stub, registered: Sequence[Runbook]) -> None:
    """Refuse a stub that cannot apply to any step of the registered runbooks; an action may still get its steps."""
    if stub.action is not None and stub.action not in ACTIONS:
        raise StubError(f"There is no action {stub.action}; there are {', '.join(ACTIONS)}.")
    _refuse_flow({stub.action} if stub.action else set())
    if stub.runbook is None and stub.step is None:
        return
    steps = _steps(stub, registered)
    _refuse_flow({step.action for step in steps})
    if stub.attempt is not None and not any(_tries(step, stub.attempt) for step in steps):
        raise StubError(f"No step that is meant has an attempt {stub.attempt}: maxAttempts is lower.")
    if stub.iteration is not None and not any(step.loop for step in steps):
        raise StubError("No step that is meant is inside a loop, so there is no iteration.")


def _refuse_flow(actions: set[str]) -> None:
    if actions and actions <= set(FLOW):
        message = f"{' and '.join(sorted(actions))} cannot be stubbed: stub the steps before, which decide the way."
        raise StubError(message)


def _steps(stub: Stub, registered: Sequence[Runbook]) -> list[Step]:
    """The steps that are meant, at least one."""
    runbooks = [one for one in registered if stub.runbook in (None, one.name)]
    if stub.runbook is not None and not runbooks:
        names = ", ".join(sorted({one.name for one in registered})) or "none"
        raise StubError(f"No runbook {stub.runbook} is registered (registered: {names}); register it first.")
    steps = [(runbook.name, step) for runbook in runbooks for step in runbook.all_steps]
    meant = [step for name, step in steps if stub.means(name, step.name, step.action)]
    if not meant:
        what = " with the action ".join(one for one in (stub.step, stub.action) if one)
        names = ", ".join(dict.fromkeys(f"{step.name} ({step.action})" for _name, step in steps)) or "none"
        raise StubError(f"No registered runbook has a step {what}; steps: {names}.")
    return meant


def _tries(step: Step, attempt: int) -> bool:
    """Whether a step may come to this attempt; maxAttempts may be a reference."""
    most = str(step.max_attempts)
    return not most.isdigit() or attempt <= int(most)

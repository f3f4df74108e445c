# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Base of actions with several calls: change something, then poll until the resource has the wanted state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from ..state.choices import Choices
from ..state.model import Failure, StepExecution
from ..state.moment import Moment
from ..state.work import Answer, ApiCall
from .base import Action, Fails, Goes, InputProblem, Outcome, call_failed

# Key in the memory of a step: when it began to poll.
SINCE = "since"
# The shortest pause between polls, in seconds, so that polling always ends.
SHORTEST_POLL = 1.0


class Watching(Action):
    """At most one call that changes something, then one call that is repeated until it shows what is wanted."""

    @abstractmethod
    def change(self, inputs: Mapping[str, Any]) -> ApiCall | None:
        """The call that changes something, if there is to be one."""

    def changed(self, response: Mapping[str, Any]) -> Mapping[str, Any]:
        """The outputs that are known once the change was asked for."""
        return {}

    @abstractmethod
    def look(self, inputs: Mapping[str, Any], outputs: Mapping[str, Any]) -> ApiCall:
        """The call that shows how far things are."""

    @abstractmethod
    def judge(self, run: StepExecution, response: Any, choices: Choices) -> Outcome | None:
        """The outcome that the answer to `look` shows; None if it is not known yet."""

    def looked(self, run: StepExecution, answer: Answer, choices: Choices) -> Outcome | None:
        """The same for a call that may have failed, which fails the step [I]."""
        return call_failed(answer) if answer.failed else self.judge(run, answer.value, choices)

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Ask for the change, or look at once."""
        change = self.change(inputs)
        if change is not None:
            return Goes(work=change)
        return Goes(work=self.look(inputs, {}), memory={SINCE: moment.time})

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """After the change, poll until the outcome is known."""
        if SINCE in run.memory:
            return self.looked(run, answer, moment.choices) or _wait(run, moment)
        if answer.failed:
            return call_failed(answer)
        outputs = self.changed(answer.value)
        return Goes(work=self.look(run.inputs, outputs), memory={SINCE: moment.time}, outputs=outputs)

    def wake(self, run: StepExecution) -> Outcome:
        """Look again."""
        return Goes(work=self.look(run.inputs, run.outputs), memory=run.memory, outputs=run.outputs)


def _wait(run: StepExecution, moment: Moment) -> Goes:
    """Wait for the next poll. Polls get rarer with time, so that moving the clock by days costs few calls [I]."""
    seconds = max(SHORTEST_POLL, moment.choices.poll_seconds, (moment.time - run.memory[SINCE]) / 10)
    return Goes(due_at=moment.time + seconds, memory=run.memory, outputs=run.outputs)


def never(reason: str, outputs: Mapping[str, Any] | None = None) -> Fails:
    """The step fails: the resource will not reach the wanted state."""
    return Fails(Failure(reason, "PostVerification", "Verification"), outputs=outputs or {})


def parameters(inputs: Mapping[str, Any], names: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A step's inputs as an operation takes them; `names` has those that the operation calls otherwise."""
    return {(names or {}).get(name, name): value for name, value in inputs.items() if value is not None}


def needed_list(inputs: Mapping[str, Any], key: str, kind: type | tuple[type, ...] = str) -> list[Any]:
    """An input that is a list with something in it and has to be there."""
    value = inputs.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, kind) for item in value):
        raise InputProblem(f"{key} is required and is a list with at least one item")
    return value


def flag(inputs: Mapping[str, Any], key: str) -> bool:
    """An optional input that is a Boolean, or one written as a string [I]."""
    value = str(inputs.get(key, False)).lower()
    if value not in ("true", "false"):
        raise InputProblem(f"{key} must be true or false")
    return value == "true"


def exclude_each_other(inputs: Mapping[str, Any], keys: Iterable[str]) -> None:
    """Refuse inputs of which there may be one only."""
    given = [key for key in keys if inputs.get(key) is not None]
    if len(given) > 1:
        raise InputProblem(f"{' and '.join(given)} exclude each other")

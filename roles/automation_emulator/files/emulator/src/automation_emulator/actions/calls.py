# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What actions of several calls share: change something, then look at it until it is as it should be."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

from ..state.choices import Choices
from ..state.model import Failure, StepExecution
from ..state.moment import Moment
from ..state.work import Answer, ApiCall
from .base import Action, Fails, Goes, InputProblem, Outcome, call_failed

# In the memory of a step: since when it looks.
SINCE = "since"
# Looking never gets more frequent than this, so that it always ends.
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
        """What the look says: done, never to be done, or (None) not yet."""

    def looked(self, run: StepExecution, answer: Answer, choices: Choices) -> Outcome | None:
        """The same of a look that may have failed, which fails the step [I]."""
        return call_failed(answer) if answer.failed else self.judge(run, answer.value, choices)

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Ask for the change, or look at once."""
        change = self.change(inputs)
        if change is not None:
            return Goes(work=change)
        return Goes(work=self.look(inputs, {}), memory={SINCE: moment.time})

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """Look after the change; go on looking until there is something to say."""
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
    """Until the next look: the longer it takes, the less often, so that a clock put on by days costs few calls [I]."""
    seconds = max(SHORTEST_POLL, moment.choices.poll_seconds, (moment.time - run.memory[SINCE]) / 10)
    return Goes(due_at=moment.time + seconds, memory=run.memory, outputs=run.outputs)


def never(reason: str, outputs: Mapping[str, Any] | None = None) -> Fails:
    """What was asked for has not come about, and will not."""
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

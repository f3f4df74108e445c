# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:loop: run the steps inside it again and again, once for each value or while a condition holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..language.selectors import convert
from ..language.substitution import REFERENCE
from ..state.model import Runbook, Step, StepExecution
from ..state.moment import Moment
from .base import Action, Goes, InputProblem, Outcome, Succeeds
from .branch import holds, rule_problems
from .inputs import Inputs, lists, maps, texts

LOOP = "aws:loop"
# Its outputs, which the steps inside refer to [D].
ITERATION, ITERATOR_VALUE = "CurrentIteration", "CurrentIteratorValue"
# For Iterators as well as for iterations [D].
MOST_ITERATIONS = 100
DATA_TYPES = ("Boolean", "Integer", "String", "StringMap")


class Loop(Action):
    """InProgress while the steps inside run; ending at MaxIterations is no failure [D]."""

    name = LOOP
    takes = Inputs(
        lists("Iterators", "Steps") | texts("IteratorDataType", "MaxIterations") | maps("LoopCondition"),
        needed=(("Iterators", "LoopCondition"),),
    )
    puts_out = frozenset({"CurrentIteration", "CurrentIteratorValue"})
    takes_on_cancel = False
    # The condition is about what the steps inside have put out.
    late_inputs = frozenset({"LoopCondition"})

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Start the first iteration, unless Iterators is empty [I]."""
        if "Iterators" not in inputs:
            return _round(1, None, _most(inputs))
        values = _iterators(inputs)
        return _round(1, values, _most(inputs)) if values else Succeeds()

    def round_ended(self, run: StepExecution, late_inputs: Mapping[str, Any]) -> Outcome:
        """Start the next iteration, or end: the condition is checked after the steps, not before [D]."""
        number, values, most = run.outputs[ITERATION], run.memory["values"], run.memory["most"]
        if number >= most or not _goes_on(number, values, late_inputs):
            return Succeeds(run.outputs)
        return _round(number + 1, values, most)

    def problems(self, step: Step, runbook: Runbook) -> Iterator[str]:
        """Iterators or a condition are needed, not both [D]."""
        if ("Iterators" in step.inputs) == ("LoopCondition" in step.inputs):
            yield "either Iterators or LoopCondition is needed"
        if step.inputs.get("IteratorDataType", "String") not in DATA_TYPES:
            yield f"IteratorDataType is one of {', '.join(DATA_TYPES)}"
        if "LoopCondition" in step.inputs:
            yield from rule_problems(step.inputs["LoopCondition"])
        yield from _known_late(_most, step.inputs.get("MaxIterations"), step.inputs)
        yield from _known_late(_iterators, step.inputs.get("Iterators"), step.inputs)


def _known_late(read: Any, value: Any, inputs: Mapping[str, Any]) -> Iterator[str]:
    """Problems of an input, unless it contains a reference: then its value is not known yet."""
    if value is None or any(REFERENCE.search(item) for item in _texts(value)):
        return
    try:
        read(inputs)
    except InputProblem as problem:
        yield str(problem)


def _texts(value: Any) -> Iterator[str]:
    return (item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str))


def _goes_on(number: int, values: list[Any] | None, late_inputs: Mapping[str, Any]) -> bool:
    return holds(late_inputs["LoopCondition"]) if values is None else number < len(values)


def _round(number: int, values: list[Any] | None, most: int) -> Goes:
    outputs = {ITERATION: number} if values is None else {ITERATION: number, ITERATOR_VALUE: values[number - 1]}
    return Goes(outputs=outputs, memory={"values": values, "most": most})


def _iterators(inputs: Mapping[str, Any]) -> list[Any]:
    """The values of Iterators, each of the type that IteratorDataType names."""
    values, kind = inputs["Iterators"], inputs.get("IteratorDataType", "String")
    if not isinstance(values, list) or len(values) > MOST_ITERATIONS:
        raise InputProblem(f"Iterators must be a list of at most {MOST_ITERATIONS} items")
    try:
        return [convert(kind, value) for value in values]
    except (KeyError, ValueError) as problem:
        raise InputProblem(f"an item of Iterators is no {kind}: {problem}") from problem


def _most(inputs: Mapping[str, Any]) -> int:
    """MaxIterations: 1 to 100 [D]; 100 if it is not given."""
    given = inputs.get("MaxIterations", MOST_ITERATIONS)
    try:
        most = int(str(given))
    except ValueError as problem:
        raise InputProblem("MaxIterations must be a number") from problem
    if not 1 <= most <= MOST_ITERATIONS:
        raise InputProblem(f"MaxIterations must be from 1 to {MOST_ITERATIONS}")
    return most

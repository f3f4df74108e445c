# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:branch: the first choice that is true names the next step."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..language.substitution import REFERENCE
from ..state.model import Runbook, Step
from ..state.moment import Moment
from .base import Action, InputProblem, Outcome, Succeeds
from .inputs import Inputs, each, lists, texts

Rule = Mapping[str, Any]
COMBINATIONS = ("And", "Or", "Not")
FEWEST_COMBINED = 2


class Branch(Action):
    """Choices are tried in order; then Default; then the runbook's own order [D]."""

    name = "aws:branch"
    takes = Inputs(lists("Choices") | texts("Default"), needed=each("Choices"))

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Choose at once."""
        for rule in _rules(inputs):
            if holds(rule):
                return Succeeds(next_step=_next_step(rule))
        return Succeeds(next_step=inputs.get("Default"))

    def problems(self, step: Step, runbook: Runbook) -> Iterator[str]:
        """Choices are checked when the runbook is registered [D]."""
        for rule in _rules(step.inputs):
            yield from rule_problems(rule)

    def passes_by(self, step: Step) -> bool:
        """With a Default there is always a step to go on with."""
        return "Default" in step.inputs

    def targets(self, step: Step) -> Iterator[str]:
        """The steps that the choices and Default name."""
        for rule in _rules(step.inputs):
            yield _next_step(rule)
        if "Default" in step.inputs:
            yield str(step.inputs["Default"])


def _rules(inputs: Mapping[str, Any]) -> list[Rule]:
    rules = inputs.get("Choices")
    if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
        raise InputProblem("Choices must be a list of choices")
    return rules


def _next_step(rule: Rule) -> str:
    name = rule.get("NextStep")
    if not isinstance(name, str):
        raise InputProblem("every choice needs a NextStep")
    return name


def rule_problems(rule: Any) -> Iterator[str]:
    """What is wrong with a choice, or with the choices that it combines."""
    if not isinstance(rule, dict):
        yield "a choice must be a map"
        return
    combinations = [name for name in COMBINATIONS if name in rule]
    if not combinations:
        yield from _comparison_problems(rule)
    elif len(combinations) > 1 or not _combined(rule, combinations[0]):
        yield "And and Or take a list of choices, and a choice has one of And, Or, Not"
    else:
        yield from _inner_problems(combinations[0], _combined(rule, combinations[0]))


def _inner_problems(name: str, inner: Sequence[Any]) -> Iterator[str]:
    """And and Or combine two choices at least, in the words of the service [O]."""
    if name != "Not" and len(inner) < FEWEST_COMBINED:
        yield f"Expect at least two expressions for operator: {name}. Provided: {len(inner)}"
    for one in inner:
        yield from rule_problems(one)


def _comparison_problems(rule: Rule) -> Iterator[str]:
    names = [name for name in rule if name not in ("Variable", "NextStep")]
    if "Variable" not in rule or len(names) != 1 or names[0] not in OPERATORS:
        yield f"a choice needs a Variable and one operator of {', '.join(OPERATORS)}, And, Or, Not"


def _combined(rule: Rule, name: str) -> list[Any]:
    """The choices that And, Or or Not combines; none if it is not written as a list."""
    inner = [rule[name]] if name == "Not" else rule[name]
    return inner if isinstance(inner, list) else []


def holds(rule: Rule) -> bool:
    """Whether a choice is true: And, Or and Not combine others, anything else compares its Variable."""
    if "And" in rule:
        return all(holds(one) for one in rule["And"])
    if "Or" in rule:
        return any(holds(one) for one in rule["Or"])
    if "Not" in rule:
        return not holds(rule["Not"])
    return _compare(rule)


def _compare(rule: Rule) -> bool:
    """Compare a Variable; what has no value is like nothing, as AWS's examples of optional outputs need it [D]."""
    (name,) = (name for name in rule if name in OPERATORS)
    if isinstance(rule["Variable"], str) and REFERENCE.fullmatch(rule["Variable"]):
        return False
    return OPERATORS[name](rule["Variable"], rule[name])


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(str(left), str(right))


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: compare(_number(left), _number(right))


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as problem:
        raise InputProblem(f"{value!r} is not a number") from problem


def _truth(value: Any) -> bool:
    if str(value).lower() not in ("true", "false"):
        raise InputProblem(f"{value!r} is not a Boolean")
    return str(value).lower() == "true"


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "StringEquals": _text(operator.eq),
    "EqualsIgnoreCase": _text(lambda left, right: left.casefold() == right.casefold()),
    "StartsWith": _text(str.startswith),
    "EndsWith": _text(str.endswith),
    "Contains": _text(operator.contains),
    "NumericEquals": _numeric(operator.eq),
    "NumericGreater": _numeric(operator.gt),
    "NumericLesser": _numeric(operator.lt),
    "NumericGreaterOrEquals": _numeric(operator.ge),
    "NumericLesserOrEquals": _numeric(operator.le),
    "BooleanEquals": lambda left, right: _truth(left) == _truth(right),
}

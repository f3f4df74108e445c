# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a runbook: from the text of an Automation document (schema 0.3) to a Runbook."""

from __future__ import annotations

import graphlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from ..actions.base import InputProblem
from ..actions.execute_script import ExecuteScript
from ..actions.loop import LOOP
from ..actions.registry import ACTIONS
from ..language import parameters, variables
from ..language.nesting import too_deep
from ..language.selectors import Output
from ..language.substitution import references
from ..state.model import Runbook, Step
from . import schema

SCHEMA_VERSION = "0.3"
GLOBALS = ("DATE", "DATE_TIME", "REGION", "ACCOUNT_ID", "AWS_PARTITION")
# Which of them assumeRole may refer to [O].
ROLE_GLOBALS = ("global:ACCOUNT_ID", "global:AWS_PARTITION", "global:REGION")
# Actions that no onCancel may lead to [D].
NOT_ON_CANCEL = frozenset(
    f"aws:{name}"
    for name in (
        "approve",
        "copyImage",
        "createImage",
        "createStack",
        "createTags",
        "loop",
        "pause",
        "runInstances",
    )
)
# The guide has aws:sleep among them, a workshop of AWS leads there: a choice.
SLEEP = "aws:sleep"
_STEP_NAME = re.compile(r"[a-zA-Z0-9_]+")


class RunbookError(ValueError):
    """A document is not a runbook; the message lists everything that is wrong with it."""


@lru_cache(maxsize=256)
def parse(name: str, version: str, content: str) -> Runbook:
    """The runbook in a document's text, JSON or YAML."""
    document = read_document(content)
    if too_deep(document):
        raise RunbookError("The document is nested too deeply.")
    if not isinstance(document, dict) or not isinstance(document.get("mainSteps"), list):
        raise RunbookError("The document has no mainSteps.")
    if document.get("schemaVersion") != SCHEMA_VERSION:
        # A string: the number is refused [O].
        raise RunbookError(f'An Automation document has schemaVersion "{SCHEMA_VERSION}", a string.')
    written_wrongly = list(schema.problems(document))
    if written_wrongly:
        raise RunbookError(" ".join(written_wrongly))
    runbook = _runbook(name, version, document)
    found = list(_name_problems(runbook))
    found = found or [*_step_problems(runbook), *_reference_problems(runbook)] or list(_circle_problems(runbook))
    if found:
        raise RunbookError(" ".join(found))
    return runbook


class _Loader(yaml.SafeLoader):
    """YAML as runbooks mean it: a timestamp is a string like any other input."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(content: str) -> Any:
    """The value that a document's text has, JSON or YAML; raise RunbookError if it has none."""
    try:
        if content.lstrip().startswith("{"):
            return json.loads(content)
        return yaml.load(content, Loader=_Loader)  # a SafeLoader
    except (ValueError, yaml.YAMLError) as problem:
        raise RunbookError(f"The document cannot be read: {problem}") from problem
    except RecursionError as problem:
        raise RunbookError("The document is nested too deeply.") from problem


def unsupported(runbook: Runbook) -> list[str]:
    """Parts of a runbook that the emulator cannot run, in order of the steps: actions, or inputs of them."""
    return list(dict.fromkeys(what for step in runbook.all_steps for what in _unsupported(step)))


def _unsupported(step: Step) -> Iterator[str]:
    if step.action not in ACTIONS:
        yield f"the unknown action {step.action}"
    elif not any(stub.always for stub in step.stubs):
        yield from ACTIONS[step.action].unsupported(step)


def _runbook(name: str, version: str, document: Mapping[str, Any]) -> Runbook:
    return Runbook(
        name=name,
        version=version,
        steps=tuple(_step(entry) for entry in document["mainSteps"]),
        parameters={key: parameters.read(key, entry) for key, entry in (document.get("parameters") or {}).items()},
        variables={key: variables.read(key, entry) for key, entry in (document.get("variables") or {}).items()},
        outputs=tuple(document.get("outputs") or ()),
        assume_role=document.get("assumeRole") or "",
    )


def _step(entry: Mapping[str, Any], loop: str | None = None) -> Step:
    inner = entry["inputs"]["Steps"] if entry["action"] == LOOP else []
    shown = {key: value for key, value in entry["inputs"].items() if not inner or key != "Steps"}
    return Step(
        name=entry["name"],
        action=entry["action"],
        inputs=shown,
        timeout_seconds=entry.get("timeoutSeconds"),
        max_attempts=entry.get("maxAttempts", 1),
        on_failure=entry.get("onFailure", "Abort"),
        on_cancel=entry.get("onCancel", "Abort"),
        next_step=entry.get("nextStep"),
        is_end=_flag(entry.get("isEnd", False)),
        is_critical=_flag(entry["isCritical"]) if "isCritical" in entry else None,
        outputs=tuple(Output(one["Name"], one["Selector"], one.get("Type", "String")) for one in _outputs(entry)),
        steps=tuple(_step(one, entry["name"]) for one in inner),
        loop=loop,
        written=frozenset(entry),
    )


def _outputs(entry: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return entry.get("outputs") or []


def _flag(value: Any) -> bool:
    return str(value).lower() == "true"


def jump_target(rule: str) -> str | None:
    """The step that an onFailure or onCancel of `step:name` leads to; None for Abort and Continue."""
    return rule.removeprefix("step:") if rule.startswith("step:") else None


def successors(runbook: Runbook, step: Step) -> list[str]:
    """The steps that may follow a step that succeeds, as ValidNextSteps shows them."""
    action = ACTIONS.get(step.action)
    targets = list(dict.fromkeys(action.targets(step))) if action else []
    following = step.next_step or runbook.following(step)
    if step.is_end or following is None or following in targets or (action and action.passes_by(step)):
        return targets
    return [*targets, following]


def _name_problems(runbook: Runbook) -> Iterator[str]:
    """Names differ in the whole runbook, loops included."""
    names = [step.name for step in runbook.all_steps]
    if not names:
        yield "The document has no steps."
    for name in dict.fromkeys(names):
        if not _STEP_NAME.fullmatch(name):
            yield f"Step name {name} has characters other than letters, digits and underscores."
        if names.count(name) > 1:
            yield f"Step name {name} is used more than once."


def _step_problems(runbook: Runbook) -> Iterator[str]:
    for step in runbook.all_steps:
        yield from list(_input_problems(step)) or _meaning_problems(runbook, step)


def _meaning_problems(runbook: Runbook, step: Step) -> Iterator[str]:
    """What a step with inputs of the right form asks for that cannot be."""
    yield from _rule_problems(step)
    try:
        yield from _target_problems(runbook, step)
        yield from _action_problems(runbook, step)
    except InputProblem as problem:
        yield f"Step {step.name}: {problem}."


def _input_problems(step: Step) -> Iterator[str]:
    """What can be told of the inputs and outputs of a step without knowing the others [O]."""
    action = ACTIONS.get(step.action)
    if action is None:
        return
    for problem in action.takes.problems(step.inputs):
        yield f"Step {step.name}: {problem}."
    for output in step.outputs:
        if output.name in action.puts_out:
            yield f"Step {step.name}: {action.name} has an output {output.name} by itself; declare another name."


def _rule_problems(step: Step) -> Iterator[str]:
    if jump_target(step.on_failure) is None and step.on_failure not in ("Abort", "Continue"):
        yield f"onFailure of step {step.name} is Abort, Continue or step:name."
    if jump_target(step.on_cancel) is None and step.on_cancel != "Abort":
        yield f"onCancel of step {step.name} is Abort or step:name."


def _target_problems(runbook: Runbook, step: Step) -> Iterator[str]:
    """A step leads to others beside it, or to those around the loop that it is in [D]; not into a loop [I]."""
    targets = {step.next_step, jump_target(step.on_failure), jump_target(step.on_cancel), *_targets(step)}
    around = [None, *runbook.loops_around(step.name)]
    for name in sorted(target for target in targets if target):
        target = runbook.step(name)
        if target is None:
            yield f"Step {step.name} leads to {name}, which is not a step."
        elif target.loop not in around:
            yield f"Step {step.name} leads to {name}, which is inside loop {target.loop}."


def _action_problems(runbook: Runbook, step: Step) -> Iterator[str]:
    """Problems that the action finds; and where onCancel may be and lead to [D]."""
    on_cancel = runbook.step(jump_target(step.on_cancel) or "")
    if on_cancel is not None and on_cancel.action in NOT_ON_CANCEL:
        yield f"onCancel of step {step.name} cannot lead to {on_cancel.action}."
    action = ACTIONS.get(step.action)
    if action is None:
        return
    if step.on_cancel != "Abort" and not action.takes_on_cancel:
        yield f"Step {step.name} cannot have an onCancel, being {action.name}."
    for problem in action.problems(step, runbook):
        yield f"Step {step.name}: {problem}."


def cancels_that_sleep(runbook: Runbook) -> list[str]:
    """The steps whose onCancel leads to aws:sleep."""
    targets = {step.name: runbook.step(jump_target(step.on_cancel) or "") for step in runbook.all_steps}
    return [name for name, target in targets.items() if target is not None and target.action == SLEEP]


def scripts_that_declare(runbook: Runbook, name: str) -> list[str]:
    """The aws:executeScript steps that declare an output of this name."""
    scripts = (step for step in runbook.all_steps if step.action == ExecuteScript.name)
    return [step.name for step in scripts if any(output.name == name for output in step.outputs)]


def _targets(step: Step) -> list[str]:
    return list(ACTIONS[step.action].targets(step)) if step.action in ACTIONS else []


def _circle_problems(runbook: Runbook) -> Iterator[str]:
    """Steps that follow one another may not lead back to where a run has been: the way round is told [D].

    Whether a branch that could leave the circle makes it a fault is not said, nor what of onFailure [I].
    """
    ways = {
        step.name: [*successors(runbook, step), *(one.name for one in step.steps[:1])] for step in runbook.all_steps
    }
    try:
        graphlib.TopologicalSorter(ways).prepare()
    except graphlib.CycleError as problem:
        yield f"Steps lead back to where they come from: {' -> '.join(reversed(problem.args[1]))}."


def _reference_problems(runbook: Runbook) -> Iterator[str]:
    """References that can never have a value; `{{ssm:name}}` is not allowed in a step's inputs [D]."""
    for reference in references(runbook.assume_role):
        if reference not in runbook.parameters and reference not in ROLE_GLOBALS:
            yield f"assumeRole refers to {{{{ {reference} }}}}, which is not a parameter."
    for step in runbook.all_steps:
        named = dict.fromkeys(references([dict(step.inputs), step.timeout_seconds, step.max_attempts]))
        for reference in named:
            if not _known(runbook, reference):
                yield f"Step {step.name} refers to {{{{ {reference} }}}}, which the runbook does not define."
    for output in runbook.outputs:
        if runbook.step(output.partition(".")[0]) is None:
            yield f"Output {output} is not of a step."


def _known(runbook: Runbook, reference: str) -> bool:
    family, _colon, rest = reference.partition(":")
    if rest:
        known: dict[str, Any] = {"global": GLOBALS, "automation": ("EXECUTION_ID",), "variable": runbook.variables}
        return rest in known.get(family, ())
    step_name, dot, _key = reference.partition(".")
    return reference in runbook.parameters or bool(dot and runbook.step(step_name))

# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a runbook: from the text of an Automation document (schema 0.3) to a Runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import yaml

from . import parameters, schema
from .actions.base import InputProblem
from .actions.registry import ACTIONS
from .model import Runbook, Step
from .nesting import too_deep
from .selectors import Output
from .substitution import references

SCHEMA_VERSION = "0.3"
GLOBALS = ("DATE", "DATE_TIME", "REGION", "ACCOUNT_ID", "AWS_PARTITION")
# Actions that no onCancel may lead to [D].
NOT_ON_CANCEL = frozenset(
    f"aws:{name}"
    for name in ("approve", "copyImage", "createImage", "createStack", "createTags", "pause", "runInstances", "sleep")
)
_STEP_NAME = re.compile(r"[a-zA-Z0-9_]+")


class RunbookError(ValueError):
    """A document is not a runbook; the message lists everything that is wrong with it."""


@lru_cache(maxsize=256)
def parse(name: str, version: str, content: str) -> Runbook:
    """The runbook in a document's text, JSON or YAML."""
    document = _read(content)
    if too_deep(document):
        raise RunbookError("The document is nested too deeply.")
    if not isinstance(document, dict) or not isinstance(document.get("mainSteps"), list):
        raise RunbookError("The document has no mainSteps.")
    if str(document.get("schemaVersion")) != SCHEMA_VERSION:
        raise RunbookError(f"An Automation document has schemaVersion {SCHEMA_VERSION}.")
    written_wrongly = list(schema.problems(document))
    if written_wrongly:
        raise RunbookError(" ".join(written_wrongly))
    runbook = _runbook(name, version, document)
    found = [*_step_problems(runbook), *_reference_problems(runbook)]
    if found:
        raise RunbookError(" ".join(found))
    return runbook


class _Loader(yaml.SafeLoader):
    """YAML as runbooks mean it: a timestamp is a string like any other input."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _read(content: str) -> Any:
    try:
        if content.lstrip().startswith("{"):
            return json.loads(content)
        return yaml.load(content, Loader=_Loader)  # a SafeLoader
    except (ValueError, yaml.YAMLError) as problem:
        raise RunbookError(f"The document cannot be read: {problem}") from problem
    except RecursionError as problem:
        raise RunbookError("The document is nested too deeply.") from problem


def unsupported_actions(runbook: Runbook) -> list[str]:
    """The actions of a runbook that the emulator does not run, in order of the steps."""
    return list(dict.fromkeys(step.action for step in runbook.steps if step.action not in ACTIONS))


def _runbook(name: str, version: str, document: Mapping[str, Any]) -> Runbook:
    return Runbook(
        name=name,
        version=version,
        steps=tuple(_step(entry) for entry in document["mainSteps"]),
        parameters={key: parameters.read(key, entry) for key, entry in (document.get("parameters") or {}).items()},
        variables={key: entry.get("default") for key, entry in (document.get("variables") or {}).items()},
        outputs=tuple(document.get("outputs") or ()),
        assume_role=document.get("assumeRole") or "",
    )


def _step(entry: Mapping[str, Any]) -> Step:
    return Step(
        name=entry["name"],
        action=entry["action"],
        inputs=entry["inputs"],
        timeout_seconds=entry.get("timeoutSeconds"),
        max_attempts=entry.get("maxAttempts", 1),
        on_failure=entry.get("onFailure", "Abort"),
        on_cancel=entry.get("onCancel", "Abort"),
        next_step=entry.get("nextStep"),
        is_end=_flag(entry.get("isEnd", False)),
        is_critical=_flag(entry["isCritical"]) if "isCritical" in entry else None,
        outputs=tuple(Output(one["Name"], one["Selector"], one.get("Type", "String")) for one in _outputs(entry)),
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
    targets = list(dict.fromkeys(ACTIONS[step.action].targets(step))) if step.action in ACTIONS else []
    if targets or step.is_end:
        return targets
    following = step.next_step or runbook.following(step)
    return [following] if following else []


def _step_problems(runbook: Runbook) -> Iterator[str]:
    names = [step.name for step in runbook.steps]
    if not names:
        yield "The document has no steps."
    for name in dict.fromkeys(names):
        if not _STEP_NAME.fullmatch(name):
            yield f"Step name {name} has characters other than letters, digits and underscores."
        if names.count(name) > 1:
            yield f"Step name {name} is used more than once."
    for step in runbook.steps:
        yield from _flow_problems(runbook, step)


def _flow_problems(runbook: Runbook, step: Step) -> Iterator[str]:
    if jump_target(step.on_failure) is None and step.on_failure not in ("Abort", "Continue"):
        yield f"onFailure of step {step.name} is Abort, Continue or step:name."
    if jump_target(step.on_cancel) is None and step.on_cancel != "Abort":
        yield f"onCancel of step {step.name} is Abort or step:name."
    try:
        targets = {step.next_step, jump_target(step.on_failure), jump_target(step.on_cancel), *_targets(step)}
    except InputProblem as problem:
        yield f"Step {step.name}: {problem}."
        return
    for target in sorted(target for target in targets if target and runbook.step(target) is None):
        yield f"Step {step.name} leads to {target}, which is not a step."
    on_cancel = runbook.step(jump_target(step.on_cancel) or "")
    if on_cancel is not None and on_cancel.action in NOT_ON_CANCEL:
        yield f"onCancel of step {step.name} cannot lead to {on_cancel.action}."


def _targets(step: Step) -> list[str]:
    return list(ACTIONS[step.action].targets(step)) if step.action in ACTIONS else []


def _reference_problems(runbook: Runbook) -> Iterator[str]:
    """References that can never have a value; `{{ssm:name}}` is not allowed in a step's inputs [D]."""
    for reference in references(runbook.assume_role):
        if reference not in runbook.parameters:
            yield f"assumeRole refers to {{{{ {reference} }}}}, which is not a parameter."
    for step in runbook.steps:
        named = dict.fromkeys(references([dict(step.inputs), step.timeout_seconds, step.max_attempts]))
        for reference in named:
            if not _known(runbook, reference):
                yield f"Step {step.name} refers to {{{{ {reference} }}}}, which the runbook does not define."


def _known(runbook: Runbook, reference: str) -> bool:
    family, _colon, rest = reference.partition(":")
    if rest:
        known: dict[str, Any] = {"global": GLOBALS, "automation": ("EXECUTION_ID",), "variable": runbook.variables}
        return rest in known.get(family, ())
    step_name, dot, _key = reference.partition(".")
    return reference in runbook.parameters or bool(dot and runbook.step(step_name))

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a manual approval policy: a document of schema 0.3 whose steps are the levels of approvers [O]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..actions import approvals
from ..actions.base import InputProblem
from ..state.model import Runbook
from .parser import RunbookError, parse, read_document

# Access lasts for 1 to 336 hours [D]; the policy has seconds [O].
SHORTEST, LONGEST = 3600, 336 * 3600
# Levels of a policy, and approvers of a level [D].
MOST_LEVELS = MOST_APPROVERS = 5


@dataclass(frozen=True)
class Policy:
    """Levels of approvers as steps, the nodes that they decide about, and for how long a node may be used then."""

    runbook: Runbook
    seconds: int
    targets: Sequence[Mapping[str, Any]]
    token_role: str

    def means(self, tags: Mapping[str, str]) -> bool:
        """Whether it is for nodes with one of these tags; one is enough [D]."""
        return any(tags.get(_tag(one)) in one["Values"] for one in self.targets if one["Key"].startswith("tag:"))

    @property
    def means_all(self) -> bool:
        """Whether it is for all nodes that no policy has a tag of [D]; how that is written is not said [I]."""
        return any(one["Key"] == "InstanceIds" and "*" in one["Values"] for one in self.targets)


def _tag(target: Mapping[str, Any]) -> str:
    return str(target["Key"]).removeprefix("tag:")


def read(name: str, version: str, content: str) -> Policy:
    """The policy in a document's text; raise RunbookError with everything that is wrong with it."""
    runbook = parse(name, version, content)
    document = read_document(content)
    found = [*_document_problems(document), *_level_problems(runbook)]
    if found:
        raise RunbookError(" ".join(found))
    return Policy(runbook, document["accessDuration"], document["targets"], str(document.get("accessTokenRole") or ""))


def _document_problems(document: Mapping[str, Any]) -> Iterator[str]:
    seconds = document.get("accessDuration")
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not SHORTEST <= seconds <= LONGEST:
        yield f"accessDuration must be a number of seconds from {SHORTEST} to {LONGEST}."
    targets = document.get("targets")
    if not isinstance(targets, list) or not targets or not all(map(_is_target, targets)):
        yield "targets must be a list of maps with Key, a string, and Values, a list."


def _is_target(target: Any) -> bool:
    if not isinstance(target, Mapping):
        return False
    return isinstance(target.get("Key"), str) and isinstance(target.get("Values"), list)


def _level_problems(runbook: Runbook) -> Iterator[str]:
    if len(runbook.steps) > MOST_LEVELS:
        yield f"A policy has at most {MOST_LEVELS} levels of approvers."
    for step in runbook.steps:
        if step.action != "aws:approve" or "EnhancedApprovals" not in step.inputs:
            yield f"Step {step.name} must be aws:approve with EnhancedApprovals."
            continue
        try:
            gate = approvals.gate(step.inputs)
        except InputProblem as problem:
            yield f"Step {step.name}: {problem}."
            continue
        if len(gate.lines) > MOST_APPROVERS:
            yield f"Step {step.name} has more than {MOST_APPROVERS} approvers."

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aws:createTags: tag EC2 resources, or one resource of Systems Manager."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..state.model import StepExecution
from ..state.moment import Moment
from ..state.work import Answer, ApiCall
from .base import Action, Goes, InputProblem, Outcome, Succeeds, call_failed, text_input
from .calls import needed_list
from .inputs import Inputs, each, lists, texts

EC2 = "EC2"
_OTHERS = ("ManagedInstance", "MaintenanceWindow", "Parameter")


class CreateTags(Action):
    """One call; no outputs [D]."""

    name = "aws:createTags"
    takes = Inputs(lists("ResourceIds", "Tags") | texts("ResourceType"), needed=each("ResourceIds", "Tags"))

    def begin(self, inputs: Mapping[str, Any], moment: Moment) -> Outcome:
        """Ask for the call."""
        return Goes(work=_tagging(inputs))

    def answered(self, run: StepExecution, answer: Answer, moment: Moment) -> Outcome:
        """Tags show at once."""
        return call_failed(answer) if answer.failed else Succeeds()


def _tagging(inputs: Mapping[str, Any]) -> ApiCall:
    """The operation that belongs to ResourceType; only EC2's takes several resources [D]."""
    ids, tags = needed_list(inputs, "ResourceIds"), needed_list(inputs, "Tags", dict)
    kind = text_input(inputs, "ResourceType") or EC2
    if kind == EC2:
        return ApiCall("ec2", "CreateTags", {"Resources": ids, "Tags": tags})
    if kind not in _OTHERS:
        raise InputProblem(f"ResourceType must be one of {', '.join((EC2, *_OTHERS))}")
    if len(ids) > 1:
        raise InputProblem(f"ResourceIds has one item only for ResourceType {kind}")
    return ApiCall("ssm", "AddTagsToResource", {"ResourceType": kind, "ResourceId": ids[0], "Tags": tags})

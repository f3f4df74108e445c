# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deciding calls of Automation by the identity policies that moto's IAM holds for the caller.

moto finds the policies. Its own evaluation takes a condition that does not hold for a Deny and passes over most
operators, so `service/policies.py` does that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.iam.access_control import AssumedRoleAccessKey, CreateAccessKeyFailure, IAMPolicy, IAMUserAccessKey
from moto.iam.exceptions import NotFoundException
from moto.utilities.utils import get_partition

from ..service.operations import Context
from ..service.policies import Asked, Document, allowed, denied
from ..state.errors import AutomationError

START = "StartAutomationExecution"
# These are for an execution; the list of executions and the previews of one are for none [D].
_FOR_EXECUTION = (
    "SendAutomationSignal",
    "StopAutomationExecution",
    "GetAutomationExecution",
    "DescribeAutomationStepExecutions",
)
_FOR_NONE = ("DescribeAutomationExecutions", "StartExecutionPreview", "GetExecutionPreview")
DECIDED = (*_FOR_EXECUTION, *_FOR_NONE, START)
Request = Mapping[str, Any]


def check(context: Context, token: str, action: str, request: Request, tags: Mapping[str, str], strict: bool) -> None:
    """Refuse a call that the caller's policies do not allow; who is unknown to IAM may do everything.

    `tags` are those of the execution; `strict` makes a start need leave for the execution, too.
    """
    documents = policies(context, token)
    if documents is None:
        return
    known = _surroundings(context, action, request, tags)
    resources = _resources(context, action, request)
    asked = {name: Asked(f"ssm:{action}", arn, known) for name, arn in resources.items()}
    # A document is also meant by the older name of a definition [D].
    needed = [("document", "definition"), *([("execution",)] if strict else [])] if action == START else [(*asked,)]
    refused = [names for names in needed if not any(allowed(documents, asked[name]) for name in names)]
    if refused or any(denied(documents, one) for one in asked.values()):
        arn = resources[refused[0][0] if refused else next(iter(resources))]
        message = f"User: {context.caller.arn} is not authorized to perform: ssm:{action} on resource: {arn}"
        raise AutomationError("AccessDeniedException", message)


def policies(context: Context, token: str) -> list[Document] | None:
    """The policies of a user with those of its groups, or of a role; None for who is neither."""
    partition = get_partition(context.region)
    found: IAMUserAccessKey | AssumedRoleAccessKey
    try:
        if context.caller.role is None:
            found = IAMUserAccessKey(context.account, partition, context.access_key, {})
        else:
            headers = {"X-Amz-Security-Token": token}
            found = AssumedRoleAccessKey(context.account, partition, context.access_key, headers)
        return [IAMPolicy(one)._policy_json for one in found.collect_policies()]
    except CreateAccessKeyFailure:
        return None if context.caller.role is None else []
    except NotFoundException:
        # The role of a session need not exist, but then nothing is allowed to it.
        return []


def _resources(context: Context, action: str, request: Request) -> dict[str, str]:
    """The ARNs that a call is for."""
    if action in _FOR_EXECUTION:
        return {"execution": _arn(context, f"automation-execution/{request.get('AutomationExecutionId')}")}
    if action != START:
        return {"all": "*"}
    name = str(request.get("DocumentName")).rpartition("document/")[2]
    version = request.get("DocumentVersion") or "$DEFAULT"
    return {
        "document": _arn(context, f"document/{name}"),
        "definition": _arn(context, f"automation-definition/{name}:{version}"),
        "execution": _arn(context, "automation-execution/*"),
    }


def _arn(context: Context, resource: str) -> str:
    return f"arn:{get_partition(context.region)}:ssm:{context.region}:{context.account}:{resource}"


def _tags(given: Any) -> dict[str, str]:
    """The tags in a request, which has not been checked yet."""
    entries = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    return {str(one.get("Key")): str(one.get("Value")) for one in entries}


def _surroundings(
    context: Context, action: str, request: Request, tags: Mapping[str, str]
) -> dict[str, str | list[str]]:
    """The values of condition keys; the one for a document's version is for starts alone [D]."""
    asked = _tags(request.get("Tags"))
    known: dict[str, str | list[str]] = {
        "aws:principalarn": context.caller.arn,
        "aws:principalaccount": context.account,
        "aws:requestedregion": context.region,
        "aws:tagkeys": list(asked),
        **{f"aws:requesttag/{key}".lower(): value for key, value in asked.items()},
    }
    for key, value in tags.items():
        known |= {f"aws:resourcetag/{key}".lower(): value, f"ssm:resourcetag/{key}".lower(): value}
    if context.caller.user_name is not None:
        known["aws:username"] = context.caller.user_name
    if action == START and request.get("DocumentVersion"):
        known["ssm:documentversion"] = str(request["DocumentVersion"])
    return known

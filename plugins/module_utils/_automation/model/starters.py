# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who set an execution going, and whether that was the caller. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum
from typing import Any, NamedTuple

from .executions import Execution

# The forms in which IAM and STS name a principal: a user, a role, the session of a role, a federated user.
_PRINCIPAL = re.compile(
    r"arn:(?P<partition>[^:]+):(?:iam|sts)::(?P<account>\d{12})"
    r":(?P<kind>root|user|role|assumed-role|federated-user)(?:/(?P<path>.+))?"
)
# The roles that IAM Identity Center makes. It alone lets people into them, and names each session after its user.
_IDENTITY_CENTER = "AWSReservedSSO_"
# The entry of an access request's OpsItem that names who asked (user guide, just-in-time node access).
_ACCESS_REQUEST = "/aws/accessrequest"


class Likeness(Enum):
    """Whether two principals are the same caller."""

    SAME = "the same principal, or one with the same name"
    SAME_ROLE = "sessions of one role, whose names those who assume it choose"
    OTHER = "somebody else"
    UNKNOWN = "one of them is no user and no role"


class Starter(NamedTuple):
    """Somebody who set an execution going.

    `did` is what they did, as a clause without a subject. `arn` is empty where it is not known who it was, and
    `obstacle` says why, as a clause.
    """

    did: str
    arn: str = ""
    obstacle: str = "the service does not tell"


class _Principal(NamedTuple):
    """A principal: the name of its user or session, and its role; each is empty where there is none."""

    name: str
    role: str = ""


def starter_of(execution: Execution) -> Starter:
    """Return who started an execution (API reference, AutomationExecution, ExecutedBy)."""
    return Starter("started the execution", execution.executed_by)


def starter_of_parent(parent: Execution) -> Starter:
    """Return who started the parent of an execution, and the execution with it."""
    return Starter(f"started its parent execution {parent.id}", parent.executed_by)


def unread_parent(parent_id: str, error: str) -> Starter:
    """Return what is known of who started a parent that cannot be read."""
    obstacle = f"that execution could not be read, grant ssm:GetAutomationExecution on it ({error})"
    return Starter(f"started its parent execution {parent_id}", "", obstacle)


def requester_in(ops_item: Mapping[str, Any]) -> Starter:
    """Return who asked for the access of an access request, as the request's OpsItem has it."""
    about = _decoded(ops_item.get("OperationalData", {}).get(_ACCESS_REQUEST, {}).get("Value"))
    requester = about.get("requester")
    arn = requester.get("arn") if isinstance(requester, Mapping) else None
    return Starter("asked for the access", arn if isinstance(arn, str) else "")


def unread_requester(ops_item_id: str, error: str) -> Starter:
    """Return what is known of who asked for access where the request's OpsItem cannot be read."""
    obstacle = f"OpsItem {ops_item_id} could not be read, grant ssm:GetOpsItem on it ({error})"
    return Starter("asked for the access", "", obstacle)


def unnamed_requester() -> Starter:
    """Return what is known of who asked for access where the execution does not name the request's OpsItem."""
    return Starter("asked for the access", "", "the execution does not name the OpsItem of the request")


def likeness(one: str, other: str) -> Likeness:
    """Return whether two ARNs name the same caller.

    Principals with the same name are the same one, whatever their roles and accounts: a person may have several. Two
    sessions of one role count as the same, too, because who assumes a role chooses the name of the session; but not
    those of IAM Identity Center, which chooses it.
    """
    if one == other:
        return Likeness.SAME
    first, second = _principal(one), _principal(other)
    if first is None or second is None:
        return Likeness.UNKNOWN
    if first.name and first.name == second.name:
        return Likeness.SAME
    if not first.role or first.role != second.role:
        return Likeness.OTHER
    is_told_apart = f"/{_IDENTITY_CENTER}" in first.role and first.name and second.name
    return Likeness.OTHER if is_told_apart else Likeness.SAME_ROLE


def _principal(arn: str) -> _Principal | None:
    found = _PRINCIPAL.fullmatch(arn)
    if found is None:
        return None
    kind, path, account = found["kind"], found["path"] or "", f"{found['partition']}:{found['account']}"
    if kind == "assumed-role":
        role, _slash, session = path.partition("/")
        return _Principal(session.lower(), f"{account}/{role}")
    # A path may stand before the name of a user or a role; STS leaves that of a role out of its sessions' ARNs.
    name = path.rpartition("/")[2]
    return _Principal("", f"{account}/{name}") if kind == "role" else _Principal(name.lower())


def _decoded(text: Any) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, Mapping) else {}

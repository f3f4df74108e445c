# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Just-in-time access to nodes: StartAccessRequest, GetAccessToken, and the OpsItem that leads to the execution.

The shapes are those of the service model [D] and of AWS's own sample of an OpsItem [O]. Manual approval alone is here:
policies in Cedar, which approve or deny by themselves, are not read.
"""

from __future__ import annotations

import datetime
import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from ..engine.change_requests import ACCESS_REQUEST
from ..runbooks.policies import Policy
from ..state.errors import AutomationError
from ..state.gates import Gate
from ..state.model import Access, Execution, Request, Status
from ..state.principals import Principal
from . import render
from .events import Event, request_failed, request_status
from .operations import Answer, AutomationService, Context, Parameters

# On executions of requests, so that a policy can let approvers signal these alone [D].
MANAGED = {"SystemsManagerJustInTimeNodeAccessManaged": "true"}
OPS_ITEM_TYPE = "/aws/accessrequest"
# For how long a token may last at most; how long AWS's do is not known [I].
LONGEST_TOKEN = 3600.0


@dataclass(frozen=True)
class Node:
    """A node that access is asked to: its ARN and tags."""

    arn: str
    tags: Mapping[str, str]


class Surroundings(Protocol):
    """What requests need of the account and Region, besides executions."""

    def policies(self, account: str, region: str) -> Sequence[Policy]:
        """The manual approval policies."""

    def node(self, account: str, region: str, node_id: str) -> Node | None:
        """A node by its id."""

    def token(self, region: str, role_arn: str, name: str, seconds: float) -> Mapping[str, Any]:
        """Keys of a session of a role."""

    def tell(self, event: Event) -> None:
        """Send an event."""


@dataclass(frozen=True)
class OpsItem:
    """What is kept of a request besides its execution; a request that no single policy is for has none."""

    ops_item_id: str
    requester: Principal
    account: str
    region: str
    created_at: float
    reason: str
    node: Node
    tags: Mapping[str, str]
    policy: Policy | None
    execution_id: str = ""

    @property
    def title(self) -> str:
        """As AWS's sample has it [O]."""
        return f"Access Request - {_utc(self.created_at):%Y-%m-%d %H:%M} UTC"

    @property
    def arn(self) -> str:
        """The OpsItem's ARN."""
        return f"arn:{self.requester.partition}:ssm:{self.region}:{self.account}:opsitem/{self.ops_item_id}"


class AccessRequests:
    """The operations; each takes the parameters of a request and gives the members of the response."""

    def __init__(self, service: AutomationService, surroundings: Surroundings) -> None:
        self._service, self._around = service, surroundings
        self._items: dict[tuple[str, str, str], OpsItem] = {}

    def reset(self) -> None:
        """Forget every request."""
        self._items.clear()

    def start(self, context: Context, parameters: Parameters) -> Answer:
        """StartAccessRequest: the levels of the policy that is for the node are asked in turn."""
        node = self._node(context, parameters["Targets"])
        policies = _applicable(self._around.policies(context.account, context.region), node)
        if not policies:
            raise _not_found(f"No approval policy is for node {node.arn}.")
        item = OpsItem(
            ops_item_id=f"oi-{uuid.uuid4().hex[:12]}",
            requester=context.caller,
            account=context.account,
            region=context.region,
            created_at=self._service.clock.now(),
            reason=parameters["Reason"],
            node=node,
            tags={tag["Key"]: tag["Value"] for tag in parameters.get("Tags", [])},
            policy=policies[0] if len(policies) == 1 else None,
        )
        if item.policy is None:
            # Several policies for a node make the request fail [D].
            names = [policy.runbook.name for policy in policies]
            self._around.tell(
                request_failed(item.arn, item.node.arn, item.requester.approver_name, item.created_at, names)
            )
        else:
            run = self._run(context, item, item.policy)
            self._service.add(run)
            item = replace(item, execution_id=run.execution_id)
        self._items[context.account, context.region, item.ops_item_id] = item
        return {"AccessRequestId": item.ops_item_id}

    def _node(self, context: Context, targets: Sequence[Mapping[str, Any]]) -> Node:
        """The one node that a request is for [D]."""
        ids = [value for target in targets if target.get("Key") == "InstanceIds" for value in target.get("Values", [])]
        if len(targets) != 1 or len(ids) != 1:
            message = "Targets must have one entry, with Key InstanceIds and one node in Values."
            raise AutomationError("ValidationException", message)
        node = self._around.node(context.account, context.region, ids[0])
        if node is None:
            raise _not_found(f"There is no node {ids[0]}.")
        return node

    def _run(self, context: Context, item: OpsItem, policy: Policy) -> Execution:
        as_run = self._service.choices.access_request_statuses == "run"
        access = Access(item.ops_item_id, item.title, item.reason, item.node.arn, policy.seconds, policy.token_role)
        status = Status.WAITING if as_run else Status.PENDING_APPROVAL
        return Execution(
            execution_id=str(uuid.uuid4()),
            runbook=policy.runbook,
            account=context.account,
            region=context.region,
            executed_by=context.caller,
            access_key=context.access_key,
            requested_at=item.created_at,
            begins_at=item.created_at + self._service.choices.start_delay_seconds,
            tags=MANAGED,
            request=Request(ACCESS_REQUEST, Gate(()), status, access=access),
        )

    def token(self, context: Context, parameters: Parameters) -> Answer:
        """GetAccessToken: the status, and while access lasts keys for whoever asked for it."""
        item = self._item(context, parameters["AccessRequestId"])
        if item is None:
            raise _not_found(f"There is no access request {parameters['AccessRequestId']}.")
        if not context.caller.is_same_as(item.requester):
            message = f"{context.caller.arn} has not made access request {item.ops_item_id}."
            raise AutomationError("AccessDeniedException", message)
        run = self._run_of(item)
        status, now = _token_status(run, self._service.clock.now()), self._service.clock.now()
        access = run.request.access if run is not None and run.request is not None else None
        if status != "Approved" or access is None or access.approved_at is None:
            return {"AccessRequestStatus": status}
        seconds = min(LONGEST_TOKEN, access.approved_at + access.seconds - now)
        role = f"arn:{item.requester.partition}:iam::{item.account}:role/{access.token_role}"
        keys = self._around.token(item.region, role, item.ops_item_id, seconds)
        return {"AccessRequestStatus": status, "Credentials": {**keys, "ExpirationTime": now + seconds}}

    def ops_item(self, context: Context, parameters: Parameters) -> Answer:
        """GetOpsItem, for requests."""
        item = self._item(context, parameters["OpsItemId"])
        if item is None:
            raise AutomationError("OpsItemNotFoundException", f"There is no OpsItem {parameters['OpsItemId']}.")
        return {"OpsItem": _shown(item, self._run_of(item))}

    def _item(self, context: Context, ops_item_id: str) -> OpsItem | None:
        return self._items.get((context.account, context.region, ops_item_id))

    def _run_of(self, item: OpsItem) -> Execution | None:
        return self._service.look(item.account, item.region, item.execution_id) if item.execution_id else None


def _applicable(policies: Sequence[Policy], node: Node) -> list[Policy]:
    """The policies for a node: those for its tags, else those for all nodes [D]."""
    return [one for one in policies if one.means(node.tags)] or [one for one in policies if one.means_all]


def _not_found(message: str) -> AutomationError:
    return AutomationError("ResourceNotFoundException", message)


def _token_status(run: Execution | None, now: float) -> str:
    """The AccessRequestStatus [D the words, I which is when]; a request that ended otherwise has Expired."""
    access = run.request.access if run is not None and run.request is not None else None
    if run is None or access is None or run.final in (Status.REJECTED, Status.FAILED):
        return "Revoked" if access is not None and access.revoked_at is not None else "Rejected"
    if access.revoked_at is not None:
        return "Revoked"
    if run.final is None and access.approved_at is None:
        return "Pending"
    lasts = run.final is None and access.approved_at is not None and now < access.approved_at + access.seconds
    return "Approved" if lasts else "Expired"


def _shown(item: OpsItem, run: Execution | None) -> dict[str, Any]:
    """An OpsItem as AWS's sample has it [O]."""
    access = run.request.access if run is not None and run.request is not None else None
    changes = (access.approved_at, access.revoked_at) if access is not None else ()
    changed_at = max([item.created_at, *(at for at in changes if at is not None)])
    return {
        "OpsItemId": item.ops_item_id,
        "OpsItemArn": item.arn,
        "OpsItemType": OPS_ITEM_TYPE,
        "Title": item.title,
        "Description": f"OpsItem created for AccessRequest {item.ops_item_id}.",
        "Source": "aws.ssm",
        "Status": "Failed" if run is None else request_status(run),
        "CreatedBy": item.requester.arn,
        "CreatedTime": render.moment(item.created_at),
        "LastModifiedBy": item.requester.arn,
        "LastModifiedTime": render.moment(changed_at),
        "Version": str(round(changed_at * 1000)),
        "Notifications": [],
        "RelatedOpsItems": [],
        "OperationalData": {
            name: {"Value": value, "Type": "SearchableString"}
            for name, value in _operational_data(item, access).items()
        },
    }


def _operational_data(item: OpsItem, access: Access | None) -> dict[str, str]:
    runbook = item.policy.runbook if item.policy is not None else None
    requester = {"id": "", "arn": item.requester.arn, "isReplica": "false", "sourceOpsItemId": item.ops_item_id}
    about = {
        "requester": {**requester, "sourceAccountId": "", "sourceRegion": ""},
        "approvalPolicy": runbook.name if runbook is not None else "",
        "approvalPolicyVersion": runbook.version if runbook is not None else "",
        "automationExecutionId": item.execution_id,
    }
    context: dict[str, Any] = {"targets": {"instanceId": item.node.arn}}
    if item.policy is not None:
        context["accessTokenRole"] = item.policy.token_role
    data = {"": json.dumps(about), "/approvaldetails": item.reason, "/context": json.dumps(context)}
    if access is not None:
        data["/accessduration"] = f"PT{access.seconds:.0f}S"
    if access is not None and access.approved_at is not None:
        lasts = {"/starttime": access.approved_at, "/endtime": access.approved_at + access.seconds}
        data |= {name: f"{_utc(at):%Y-%m-%d %H:%M:%S} UTC" for name, at in lasts.items()}
    return {f"{OPS_ITEM_TYPE}{name}": value for name, value in data.items()}


def _utc(at: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.UTC)

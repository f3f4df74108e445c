# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What requests for just-in-time access need of moto: policies, nodes with their tags, and sessions of roles."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ssm.models import Document, Documents, SimpleSystemManagerBackend, ssm_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from ..runbooks.policies import Policy, read
from ..service.access import Node
from ..service.events import Event

POLICY = "ManualApprovalPolicy"


class Surroundings:
    """moto's state, as the operations read it."""

    def __init__(self, tell: Callable[[Event], None]) -> None:
        self.tell = tell

    def policies(self, account: str, region: str) -> Sequence[Policy]:
        """The manual approval policies, each in its default version."""
        return [read(one.name, one.document_version, one.content) for one in _policies(ssm_backends[account][region])]

    def node(self, account: str, region: str, node_id: str) -> Node | None:
        """An instance of EC2 by its id."""
        backend = ec2_backends[account][region]
        if not any(one.id == node_id for one in backend.all_instances()):
            return None
        tags = {tag["key"]: tag["value"] for tag in backend.describe_tags(filters={"resource-id": [node_id]})}
        return Node(f"arn:{get_partition(region)}:ec2:{region}:{account}:instance/{node_id}", tags)

    def token(self, region: str, role_arn: str, name: str, seconds: float) -> Mapping[str, Any]:
        """Keys of a session of a role."""
        session = sts_backends[role_arn.split(":")[4]][get_partition(region)].assume_role(
            region_name=region,
            role_session_name=name,
            role_arn=role_arn,
            policy="",
            duration=int(seconds),
            external_id="",
        )
        members = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        return dict(
            zip(members, (session.access_key_id, session.secret_access_key, session.session_token), strict=True)
        )


def _policies(backend: SimpleSystemManagerBackend) -> Iterator[Document]:
    for documents in backend._documents.values():
        default: Document = documents.get_default_version()
        if default.document_type == POLICY:
            yield default


def create_policy(backend: SimpleSystemManagerBackend, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a policy as a document, and describe it; moto does not know the type."""
    documents = backend.create_document(
        content=asked["Content"],
        requires=[],
        attachments=[],
        name=asked["Name"],
        version_name=asked.get("VersionName", ""),
        document_type="Policy",
        document_format=asked.get("DocumentFormat", "JSON"),
        target_type="",
        tags=asked.get("Tags", []),
    )
    _typed(documents)
    description: dict[str, Any] = documents.describe(tags=asked.get("Tags", []))
    return {**description, "DocumentType": POLICY}


def with_type(backend: SimpleSystemManagerBackend, name: str, answer: ActionResult) -> ActionResult:
    """The answer to an update, after which the new version is of the type, too."""
    _typed(backend._documents[name])
    return answer


def _typed(documents: Documents) -> None:
    for one in documents.versions.values():
        one.document_type = POLICY

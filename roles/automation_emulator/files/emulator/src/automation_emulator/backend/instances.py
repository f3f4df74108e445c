# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DescribeInstanceInformation: every instance that moto's EC2 has is a managed node, online while it runs [I]."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.core.utils import unix_time
from moto.ec2.models import ec2_backends

from ..service import filters

# What the agent of every node says of itself.
AGENT, LINUX, WINDOWS = "3.3.0.0", "Amazon Linux", "Windows Server"
GONE = ("terminated", "shutting-down")
# Members that a filter's key names otherwise.
_MEMBERS = {"InstanceIds": "InstanceId", "PlatformTypes": "PlatformType", "ActivationIds": "ActivationId"}
TAG = "tag:"
Node = dict[str, Any]


def information(account: str, region: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The nodes that all filters let through, a page at a time."""
    pages = filters.Pages("DescribeInstanceInformation", asked)
    wanted = [*_old(asked.get("InstanceInformationFilterList") or ()), *_new(asked.get("Filters") or ())]
    found = (node for node, tags in _nodes(account, region) if all(_passes(node, tags, *one) for one in wanted))
    page, last = filters.page(filters.after(found, pages.last, _name), asked.get("MaxResults"), _name)
    token = pages.token(last)
    return {"InstanceInformationList": page, **({"NextToken": token} if token else {})}


def _old(asked: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Sequence[str]]]:
    """Filters in the older form."""
    return ((one["key"], one["valueSet"]) for one in asked)


def _new(asked: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, Sequence[str]]]:
    return ((one["Key"], one["Values"]) for one in asked)


def _passes(node: Node, tags: Mapping[str, str], key: str, values: Sequence[str]) -> bool:
    if key == "tag-key":
        return any(value in tags for value in values)
    if key.startswith(TAG):
        return tags.get(key.removeprefix(TAG)) in values
    return node.get(_MEMBERS.get(key, key)) in values


def _name(node: Node) -> str:
    return str(node["InstanceId"])


def _nodes(account: str, region: str) -> Iterator[tuple[Node, Mapping[str, str]]]:
    """Every node with its tags."""
    for instance in ec2_backends[account][region].all_instances():
        if instance.state not in GONE:
            yield _node(instance), {tag["key"]: tag["value"] for tag in instance.get_tags()}


def _node(instance: Any) -> Node:
    windows = instance.platform == "windows"
    return {
        "InstanceId": instance.id,
        "PingStatus": "Online" if instance.state == "running" else "ConnectionLost",
        "LastPingDateTime": unix_time(),
        "AgentVersion": AGENT,
        "IsLatestVersion": True,
        "PlatformType": "Windows" if windows else "Linux",
        "PlatformName": WINDOWS if windows else LINUX,
        "ResourceType": "EC2Instance",
        "IPAddress": instance.private_ip,
        "ComputerName": f"ip-{instance.private_ip.replace('.', '-')}",
        "SourceId": instance.id,
        "SourceType": "AWS::EC2::Instance",
    }

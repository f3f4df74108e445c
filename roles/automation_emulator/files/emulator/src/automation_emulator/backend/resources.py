# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resources that a target means: those with a tag, those of a group, or all instances, as far as moto has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from moto.ec2.models import ec2_backends
from moto.resourcegroups.exceptions import BadRequestException, NotFoundException
from moto.resourcegroups.models import resourcegroups_backends
from moto.resourcegroupstaggingapi.models import resourcegroupstaggingapi_backends

from ..service.targets import GROUP, INSTANCES, TAG
from ..state.errors import AutomationError

TAG_QUERY = "TAG_FILTERS_1_0"
# Types of CloudFormation that ARNs call otherwise; of the rest the service and the kind are the same, in small letters.
_TYPES = {
    "AWS::RDS::DBInstance": "rds:db",
    "AWS::RDS::DBCluster": "rds:cluster",
    "AWS::S3::Bucket": "s3",
    "AWS::EC2::SecurityGroup": "ec2:security-group",
    "AWS::EC2::NetworkInterface": "ec2:network-interface",
}


def find(account: str, region: str, target_type: str, key: str, values: Sequence[str]) -> list[str]:
    """The ids of the resources; a runbook's TargetType leaves out those of other types [D]."""
    types = [] if target_type in ("", "/") else [target_type.removeprefix("/")]
    if key == INSTANCES:
        return _instances(account, region, values)
    if key == GROUP:
        return _in_groups(account, region, types, values)
    return _tagged(account, region, [{"Key": key.removeprefix(TAG), "Values": list(values)}], types)


def _instances(account: str, region: str, values: Sequence[str]) -> list[str]:
    """All instances of the account and Region, or those that are named."""
    backend = ec2_backends[account][region]
    known = [one.id for one in backend.all_instances()]
    return [one for one in known if "*" in values or one in values]


def _in_groups(account: str, region: str, types: Sequence[str], names: Sequence[str]) -> list[str]:
    backend = resourcegroups_backends[account][region]
    found = [one for name in names for one in _in_group(account, region, types, _query(backend, name))]
    return list(dict.fromkeys(found))


def _query(backend: Any, name: str) -> Mapping[str, str]:
    try:
        query: Mapping[str, str] = backend.get_group(name).resource_query
    except (NotFoundException, BadRequestException) as problem:
        raise AutomationError("InvalidTarget", f"There is no resource group {name}.") from problem
    if query["Type"] != TAG_QUERY:
        message = f"The emulator reads resource groups of type {TAG_QUERY} only, not {query['Type']} (AWS does)."
        raise AutomationError("InvalidTarget", message)
    return query


def _in_group(account: str, region: str, types: Sequence[str], query: Mapping[str, str]) -> list[str]:
    asked = json.loads(query["Query"])
    wanted = [one for one in asked.get("ResourceTypeFilters", []) if one != "AWS::AllSupported"]
    both = [one for one in types if not wanted or one in wanted]
    if types and not both:
        return []
    return _tagged(account, region, asked.get("TagFilters", []), both or wanted)


def _tagged(account: str, region: str, tags: Iterable[Any], types: Sequence[str]) -> list[str]:
    backend = resourcegroupstaggingapi_backends[account][region]
    tag_filters = [{"Key": one["Key"], "Values": one.get("Values", [])} for one in tags]
    named = [_type(one) for one in types]
    resources: list[Any] = []
    token = None
    while True:
        token, page = backend.get_resources(
            pagination_token=token, tag_filters=tag_filters, resource_type_filters=named or None
        )
        resources += page
        if not token:
            return [_id(one.arn) for one in resources]


def _type(name: str) -> str:
    """A type of CloudFormation as the tagging API writes it."""
    _aws, service, kind = name.split("::")
    return _TYPES.get(name, f"{service.lower()}:{kind.lower()}")


def _id(arn: str) -> str:
    """The id of a resource: the last part of its ARN [I]."""
    return re.split(r"[:/]", arn)[-1]

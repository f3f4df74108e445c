# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: the principal that moto knows for an access key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from moto.core.responses import BaseResponse
from moto.iam.models import get_account_id_from, iam_backends
from moto.identitystore.models import identitystore_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from ..state.principals import UNKNOWN_ACCESS_KEY, Principal

# How the names of roles begin in which users of IAM Identity Center act [O].
RESERVED_ROLE = "AWSReservedSSO_"


def caller(account: str, access_key: str, region: str) -> Principal:
    """The principal that this endpoint's own STS GetCallerIdentity names for an access key."""
    backend = sts_backends[account][get_partition(region)]
    found = Principal(backend.get_caller_identity(access_key, region)[1])
    return replace(found, memberships=memberships(account, found, region))


def caller_of(authorization: str) -> Principal:
    """The principal that signed a request, read off its Authorization header."""
    account, region = place_of(authorization)
    return caller(account, _access_key(authorization), region)


def place_of(authorization: str) -> tuple[str, str]:
    """The account and Region of a request, read off its Authorization header."""
    scope = authorization.split(",")[0].split("/")
    region = scope[2] if len(scope) > 2 else BaseResponse.default_region
    return get_account_id_from(_access_key(authorization)), region


def _access_key(authorization: str) -> str:
    key = BaseResponse.access_key_regex.search(authorization)
    return key.group(1) if key else UNKNOWN_ACCESS_KEY


def memberships(account: str, principal: Principal, region: str) -> frozenset[tuple[str, str]]:
    """What a principal is besides a user or a session, by the types that EnhancedApprovals have for it."""
    if principal.user_name is not None:
        return frozenset(_iam_groups(account, principal.user_name, region))
    return frozenset(_identities(account, principal))


def _iam_groups(account: str, user: str, region: str) -> Iterator[tuple[str, str]]:
    groups = iam_backends[account][get_partition(region)].groups.values()
    for group in groups:
        if any(member.name == user for member in group.users):
            yield from (("IamGroup", name) for name in (group.name, group.arn))


def _identities(account: str, principal: Principal) -> Iterator[tuple[str, str]]:
    """The user of IAM Identity Center whose session it is, and its groups, by their ids.

    Such a session is of a role named AWSReservedSSO_…, and has the user's name [O]. Identity Center is looked for in
    all Regions: an organization has one.
    """
    if principal.role is None or not principal.role[1].startswith(RESERVED_ROLE):
        return
    name = principal.arn.rpartition("/")[2]
    for backend in identitystore_backends[account].values():
        for store in backend.identity_stores.values():
            ids = [user.UserId for user in store.users.values() if user.UserName == name]
            yield from (("SSOUser", one) for one in ids)
            for member in store.group_memberships.values():
                if member["MemberId"]["UserId"] in ids:
                    yield "SSOGroup", member["GroupId"]

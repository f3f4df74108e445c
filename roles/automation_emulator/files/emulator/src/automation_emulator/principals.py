# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: the principal behind an access key, and whether a list of approvers means it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from moto.core.responses import BaseResponse
from moto.iam.models import get_account_id_from
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

# moto takes unsigned requests, and keys that are not 20 characters long, for this one.
UNKNOWN_ACCESS_KEY = "AKIAEXAMPLE"
_ARN = re.compile(r"arn:(?P<partition>[^:]+):(?P<service>iam|sts)::(?P<account>\d*):(?P<kind>[^/]+)/(?P<path>.+)")


@dataclass(frozen=True)
class Principal:
    """An IAM user or an assumed role's session, known by the ARN that GetCallerIdentity names."""

    arn: str

    @property
    def user_name(self) -> str | None:
        """The user's name, without its path; None for anything but a user."""
        found = _ARN.fullmatch(self.arn)
        return found["path"].split("/")[-1] if found and found["kind"] == "user" else None

    @property
    def role(self) -> tuple[str, str] | None:
        """Account and name of the role that the session belongs to; None for anything but an assumed role."""
        found = _ARN.fullmatch(self.arn)
        return (found["account"], found["path"].split("/")[0]) if found and found["kind"] == "assumed-role" else None

    def is_meant_by(self, entry: str) -> bool:
        """Whether an approver entry names this principal.

        An entry is a user name, a user ARN, a role ARN or an assumed-role ARN [D]; a role ARN means every session of
        the role [O].
        """
        return entry in (self.arn, self.user_name) or (self.role is not None and self.role == _role_of(entry))

    def is_same_as(self, other: Principal) -> bool:
        """Whether both are the same user, or sessions of the same role."""
        return self.arn == other.arn or (self.role is not None and self.role == other.role)


def _role_of(entry: str) -> tuple[str, str] | None:
    """Account and name of the role that an ARN names; a role's path is not part of its sessions' ARNs."""
    found = _ARN.fullmatch(entry)
    return (found["account"], found["path"].split("/")[-1]) if found and found["kind"] == "role" else None


def caller(account: str, access_key: str, region: str) -> Principal:
    """The principal that this endpoint's own STS GetCallerIdentity names for an access key."""
    backend = sts_backends[account][get_partition(region)]
    return Principal(backend.get_caller_identity(access_key, region)[1])


def caller_of(authorization: str) -> Principal:
    """The principal that signed a request, read off its Authorization header."""
    key = BaseResponse.access_key_regex.search(authorization)
    scope = authorization.split(",")[0].split("/")
    region = scope[2] if len(scope) > 2 else BaseResponse.default_region
    access_key = key.group(1) if key else UNKNOWN_ACCESS_KEY
    return caller(get_account_id_from(access_key), access_key, region)

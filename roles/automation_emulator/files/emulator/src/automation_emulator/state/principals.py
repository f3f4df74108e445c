# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Principals, and whether a list of approvers means one. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

# The access key of callers that cannot be told.
UNKNOWN_ACCESS_KEY = "AKIAEXAMPLE"
_ARN = re.compile(r"arn:(?P<partition>[^:]+):(?P<service>iam|sts)::(?P<account>\d*):(?P<kind>[^/]+)/(?P<path>.+)")


@dataclass(frozen=True)
class Principal:
    """An IAM user or an assumed role's session, known by the ARN that GetCallerIdentity names."""

    arn: str
    # What else it is by type and name: member of an IAM group, a user of IAM Identity Center, member of its groups.
    memberships: frozenset[tuple[str, str]] = field(default=frozenset(), compare=False)

    @property
    def partition(self) -> str:
        """The part of AWS in which the principal is: aws, aws-cn or another."""
        return self.arn.split(":")[1]

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

    @property
    def approver_name(self) -> str:
        """Its id in IAM Identity Center [O], its ARN if it has none."""
        return next((name for kind, name in self.memberships if kind == "SSOUser"), self.arn)

    def is_meant_by(self, entry: str) -> bool:
        """Whether an approver entry names this principal.

        An entry is a user name, a user ARN, a role ARN or an assumed-role ARN [D]; a role ARN means every session of
        the role [O].
        """
        return entry in (self.arn, self.user_name) or (self.role is not None and self.role == _role_of(entry))

    def is_of(self, kind: str, name: str) -> bool:
        """Whether an approver of this type and name is this principal, or a group of it.

        The types are those of EnhancedApprovals [D]. Users and roles have their bare names there, too [D].
        """
        if kind == "IamUser":
            return name in (self.arn, self.user_name)
        if kind == "IamRole":
            return self.role is not None and (self.role == _role_of(name) or self.role[1] == name)
        return (kind, name) in self.memberships

    def is_same_as(self, other: Principal) -> bool:
        """Whether both are the same user, or sessions of the same role."""
        return self.arn == other.arn or (self.role is not None and self.role == other.role)


def _role_of(entry: str) -> tuple[str, str] | None:
    """Account and name of the role that an ARN names; a role's path is not part of its sessions' ARNs."""
    found = _ARN.fullmatch(entry)
    return (found["account"], found["path"].split("/")[-1]) if found and found["kind"] == "role" else None

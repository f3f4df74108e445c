# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who an approver is: matches a caller against the forms in which a gate names approvers."""

from __future__ import annotations

import re

from .executions import Step
from .gates import decoded_input

# arn:PARTITION:sts::ACCOUNT:assumed-role/ROLE/SESSION, as GetCallerIdentity names the session of a role.
_SESSION = r"arn:(?P<partition>[^:]+):sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/(?P<session>.+)"


def is_approver(approver: str, caller_arn: str) -> bool:
    """Return whether the entry `approver` of a gate means the caller.

    A gate names an approver by IAM user name, user ARN, role ARN or assumed-role ARN (user guide, aws:approve);
    a caller is named by STS. A role's ARN means every session of that role.
    """
    if approver == caller_arn:
        return True
    session = re.fullmatch(_SESSION, caller_arn)
    if session is None:
        return ":user/" in caller_arn and approver == caller_arn.rsplit("/", 1)[-1]
    return approver in _names_of_the_role(session) or _is_role_with_path(approver, session)


def may_be_approver(gate: Step, caller_arn: str) -> bool:
    """Return whether the caller may be an approver of a gate, as one who is not known or is in a group may be."""
    if not caller_arn or "EnhancedApprovals" in gate.inputs:
        return True
    approvers = decoded_input(gate, "Approvers")
    listed = [str(each) for each in approvers] if isinstance(approvers, list) else []
    return not listed or any(is_approver(each, caller_arn) for each in listed)


def _names_of_the_role(session: re.Match[str]) -> set[str]:
    partition, account, role = session["partition"], session["account"], session["role"]
    return {f"arn:{partition}:iam::{account}:role/{role}", f"arn:{partition}:sts::{account}:assumed-role/{role}"}


def _is_role_with_path(approver: str, session: re.Match[str]) -> bool:
    # STS leaves the path of a role out of the session's ARN; a role's name is unique within the account.
    prefix = f"arn:{session['partition']}:iam::{session['account']}:role/"
    return approver.startswith(prefix) and approver.endswith(f"/{session['role']}")

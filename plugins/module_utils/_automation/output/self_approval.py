# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why forbid_self_approval refuses an approval. Pure: a rule that cannot be checked refuses, too."""

from __future__ import annotations

from collections.abc import Iterable

from ..model.starters import Likeness, Starter, likeness


def why_forbidden(starters: Iterable[Starter], caller_arn: str) -> str:
    """Return why the caller may not approve, as a clause; an empty string where somebody else started all of it.

    `caller_arn` is the caller as STS names it, empty where that is not known.
    """
    if not caller_arn:
        return "forbid_self_approval is set and STS does not tell who the caller is: let the task reach it"
    return next(filter(None, (_objection(starter, caller_arn) for starter in starters)), "")


def _objection(starter: Starter, caller_arn: str) -> str:
    if not starter.arn:
        return f"forbid_self_approval is set and who {starter.did} is not known: {starter.obstacle}"
    alike = likeness(starter.arn, caller_arn)
    if alike is Likeness.OTHER:
        return ""
    if alike is Likeness.UNKNOWN:
        names = f"{starter.arn} {starter.did} and the caller is {caller_arn}"
        return f"forbid_self_approval is set, {names}, of which one is no user and no role, so they cannot be compared"
    return f"forbid_self_approval is set and {_who(starter, caller_arn, alike)}: let somebody else approve"


def _who(starter: Starter, caller_arn: str, alike: Likeness) -> str:
    if alike is Likeness.SAME_ROLE:
        return f"a session of the caller's role {starter.did}, {starter.arn}, which may be the caller ({caller_arn})"
    return f"the caller {starter.did} (caller {caller_arn}, started by {starter.arn})"

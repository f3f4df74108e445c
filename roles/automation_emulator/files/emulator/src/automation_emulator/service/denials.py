# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operations that principals are denied, in place of IAM policies."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from ..state.errors import AutomationError
from ..state.principals import Principal


def covers(pattern: str, action: str) -> bool:
    """Whether a pattern such as ssm:Get* means an action; case does not matter."""
    return fnmatch.fnmatchcase(action.lower(), pattern.lower())


@dataclass(frozen=True)
class Denial:
    """A principal (in any form that an approver can have) and the actions that it may not use; `*` matches any."""

    principal: str
    actions: Sequence[str]

    def applies(self, caller: Principal, action: str) -> bool:
        """Whether it stops this caller from this action."""
        meant = self.principal == "*" or caller.is_meant_by(self.principal)
        return meant and any(covers(pattern, action) for pattern in self.actions)


class Denials:
    """Every denial in force."""

    def __init__(self) -> None:
        self._denials: list[Denial] = []

    def add(self, denial: Denial) -> None:
        """Deny from now on."""
        self._denials.append(denial)

    def clear(self) -> None:
        """Deny nothing."""
        self._denials.clear()

    def check(self, caller: Principal, action: str, resource: str) -> None:
        """Refuse a denied action; this is checked before the request."""
        if any(denial.applies(caller, action) for denial in self._denials):
            message = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
            raise AutomationError("AccessDeniedException", message)

# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the orchestration needs of the outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .waiting import Clock

if TYPE_CHECKING:
    from botocore.client import BaseClient


@dataclass(frozen=True)
class Service:
    """The API, the caller's ARN from STS (asked when it is needed; empty where STS does not tell), and a clock."""

    client: BaseClient
    caller_arn: Callable[[], str]
    clock: Clock

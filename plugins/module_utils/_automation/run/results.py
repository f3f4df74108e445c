# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What users get to see of a start or a stop. Pure."""

from __future__ import annotations

from typing import Any

from ..output.results import console_url, execution_result
from .outcome import RunOutcome


def run_result(outcome: RunOutcome, region: str, partition: str) -> dict[str, Any]:
    """Return what ssm_automation_execution returns, but for the service's error."""
    result = {
        "changed": outcome.changed,
        "msg": outcome.msg,
        "client_token": outcome.client_token,
        "automation_execution": execution_result(outcome.after) if outcome.after else None,
        "diff": {"before": outcome.diff[0], "after": outcome.diff[1]} if outcome.diff else None,
        "console_url": console_url(outcome.execution_id, region, partition) if outcome.execution_id else None,
    }
    return {key: value for key, value in result.items() if value is not None}

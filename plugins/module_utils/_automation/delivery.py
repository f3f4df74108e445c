# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delivering a signal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import api
from .signals import Signal

if TYPE_CHECKING:
    from ansible_collections.amazon.aws.plugins.module_utils.retries import RetryingBotoClientWrapper


def deliver(client: RetryingBotoClientWrapper, automation_execution_id: str, signal: Signal) -> int:
    """Send the signal and return how often it was sent. Raises AnsibleAutomationError."""
    api.send_automation_signal(client, automation_execution_id, signal.type, signal.payload)
    return 1

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Whether a module returns the whole execution."""

    DOCUMENTATION = r"""
options:
  return_execution:
    description:
      - When to return RV(automation_execution), the whole execution with its steps.
      - By default a task that fails leaves it out, since Ansible prints all that a failed task returns. RV(msg),
        RV(automation_execution_id), RV(automation_execution_status) and RV(console_url) tell the rest;
        M(ssmops.automation.ssm_automation_execution_info) reads the execution in full.
    type: str
    default: on_success
    choices:
      - always
      - on_success
      - never
"""

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals to test with: Resume is for step p, StartStep and StopStep are for step s."""

from __future__ import annotations

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal

APPROVE, REJECT, REVOKE = Signal("Approve"), Signal("Reject"), Signal("Revoke")
RESUME = Signal("Resume", {"StepName": ["p"]}, "p")
START = Signal("StartStep", {"StepName": ["s"]}, "s")
STOP = Signal("StopStep", step_name="s")

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Signals to test with: Resume is for step p, StartStep and StopStep are for step s."""

from __future__ import annotations

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal


def resume(step_name):
    """Return a Resume of a step."""
    return Signal("Resume", {"StepName": [step_name]}, step_name)


def start(step_name):
    """Return a StartStep of a step."""
    return Signal("StartStep", {"StepName": [step_name]}, step_name)


def stop(step_name=None, step_execution_id=None):
    """Return a StopStep, by the name of a step or by the id of one run of it."""
    return Signal("StopStep", step_name=step_name, step_execution_id=step_execution_id)


APPROVE, REJECT, REVOKE = Signal("Approve"), Signal("Reject"), Signal("Revoke")
RESUME, START, STOP = resume("p"), start("s"), stop("s")

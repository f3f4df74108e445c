# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that a caller of the endpoint gets, each with the code that the service model gives it."""

from __future__ import annotations


class AutomationError(Exception):
    """A request is answered with an error: `code` is the modelled one, the message is in the emulator's own words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def execution_not_found(execution_id: str) -> AutomationError:
    """No execution of that id in this account and Region [D]."""
    return AutomationError(
        "AutomationExecutionNotFoundException", f"There is no automation execution {execution_id} in this Region."
    )


def step_not_found(message: str) -> AutomationError:
    """The named step, or step execution, is not one of the execution's [D]."""
    return AutomationError("AutomationStepNotFoundException", message)


def signal_refused(message: str) -> AutomationError:
    """The signal does not fit the state that the execution is in [D]."""
    return AutomationError("InvalidAutomationSignalException", message)


def status_update_refused(message: str) -> AutomationError:
    """StopAutomationExecution does not fit the state that the execution is in [D]."""
    return AutomationError("InvalidAutomationStatusUpdateException", message)


def start_refused(message: str) -> AutomationError:
    """StartAutomationExecution was given parameters, or a runbook, that it cannot run with [D]."""
    return AutomationError("InvalidAutomationExecutionParametersException", message)

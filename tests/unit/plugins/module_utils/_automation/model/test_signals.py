# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a signal is: a decision, a guarded one, or one whose step has to be looked up."""

from __future__ import annotations

import botocore.session
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import SIGNAL_TYPES, Signal

REQUEST = botocore.session.get_session().get_service_model("ssm").operation_model("SendAutomationSignal").input_shape


@pytest.mark.newest_model
def test_the_signal_types_are_those_of_the_model():
    assert list(SIGNAL_TYPES) == REQUEST.members["SignalType"].enum


@pytest.mark.parametrize(
    ("signal", "is_decision", "is_guarded", "needs_look_up", "target"),
    [
        (Signal("Approve"), True, False, False, ""),
        (Signal("Reject", step_name="g"), True, True, False, "g"),
        (Signal("Resume", {"StepName": ["p"]}, "p"), False, False, False, "p"),
        (Signal("StartStep", {"StepName": ["s"]}, "s"), False, False, False, "s"),
        (Signal("StopStep", step_name="s"), False, False, True, "s"),
        (Signal("StopStep", {"StepExecutionId": ["s-1"]}, None, "s-1"), False, False, False, "s-1"),
        (Signal("Revoke"), False, False, False, ""),
    ],
    ids=lambda value: getattr(value, "type", None),
)
def test_what_a_signal_needs_to_know_of_the_execution(signal, is_decision, is_guarded, needs_look_up, target):
    assert signal.is_decision is is_decision
    assert signal.is_guarded is is_guarded
    assert signal.needs_look_up is needs_look_up
    assert signal.target == target


def test_the_current_run_of_a_step_becomes_the_payload_of_stop_step():
    found = Signal("StopStep", step_name="s").for_step_execution("s", "s-1")
    assert found == Signal("StopStep", {"StepExecutionId": ["s-1"]}, "s", "s-1")
    assert not found.needs_look_up

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which signals the options may ask for, and the service's limits on them."""

from __future__ import annotations

import botocore.session
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.limits import limits_of
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.signal import (
    build_signal,
    refuse_guard_under_force,
    refuse_one_run_of_a_step,
)

REQUEST = botocore.session.get_session().get_service_model("ssm").operation_model("SendAutomationSignal").input_shape
LIMITS = limits_of(REQUEST)


def build(signal_type, payload=None, **options):
    return build_signal(signal_type, payload, options, LIMITS)


VALID = {
    "approve": (("Approve",), {}, {}),
    "approve with a comment": (("Approve",), {"comment": "fine"}, {"Comment": ["fine"]}),
    "approve guarded": (("Approve",), {"step_name": "g"}, {}),
    "reject with a comment, guarded": (("Reject",), {"comment": "no", "step_name": "g"}, {"Comment": ["no"]}),
    "revoke": (("Revoke",), {}, {}),
    "revoke with a comment": (("Revoke",), {"comment": "done"}, {"Comment": ["done"]}),
    "resume": (("Resume",), {"step_name": "p"}, {"StepName": ["p"]}),
    "start": (("StartStep",), {"step_name": "s"}, {"StepName": ["s"]}),
    "stop by id": (("StopStep",), {"step_execution_id": "s-1"}, {"StepExecutionId": ["s-1"]}),
    "stop by name, to be looked up": (("StopStep",), {"step_name": "s"}, {}),
}


@pytest.mark.parametrize(("given_", "options", "payload"), VALID.values(), ids=VALID)
def test_valid(given_, options, payload):
    assert build(*given_, **options).payload == payload


def test_the_step_is_known_whichever_way_it_was_named():
    assert build("Resume", step_name="p").step_name == build("Resume", {"StepName": "p"}).step_name == "p"
    by_payload = build("StopStep", {"StepExecutionId": "s-1"})
    assert build("StopStep", step_execution_id="s-1").step_execution_id == by_payload.step_execution_id == "s-1"


INVALID = {
    "resume without a step": (("Resume",), {}, "Resume needs to know its step: give step_name, or StepName in payload"),
    "start without a step": (("StartStep",), {}, "give step_name, or StepName in payload"),
    "stop without a step": (("StopStep",), {}, "give step_execution_id or step_name, or StepExecutionId in payload"),
    "comment on resume": (("Resume",), {"step_name": "p", "comment": "x"}, "comment does not belong to Resume"),
    "step on revoke": (("Revoke",), {"step_name": "s"}, "step_name does not belong to Revoke, which takes comment"),
    "id on stop by name only": (
        ("StopStep",),
        {"comment": "x"},
        "StopStep, which takes step_execution_id or step_name",
    ),
    "id on approve": (("Approve",), {"step_execution_id": "s-1"}, "takes comment or step_name"),
    "an empty comment": (
        ("Approve",),
        {"comment": ""},
        "comment is empty: leave it out if there is nothing to say",
    ),
    "a long comment": (("Approve",), {"comment": "x" * 513}, "a value of 513 characters, the service takes 1 to 512"),
}


@pytest.mark.parametrize(("given_", "options", "words"), INVALID.values(), ids=INVALID)
def test_invalid(given_, options, words):
    with pytest.raises(InvalidOption, match=r"\.$") as refusal:
        build(*given_, **options)
    assert words in str(refusal.value)


def test_force_does_not_go_with_a_guard():
    refuse_guard_under_force(build("Approve", comment="fine"))
    refuse_guard_under_force(build("Resume", step_name="p"))
    with pytest.raises(InvalidOption, match="`g` guards Approve"):
        refuse_guard_under_force(build("Approve", step_name="g"))


def test_one_run_of_a_step_does_not_go_with_several_executions():
    refuse_one_run_of_a_step(build("StopStep", step_name="s"))
    with pytest.raises(InvalidOption, match="s-1 belongs to one execution: name the step with step_name"):
        refuse_one_run_of_a_step(build("StopStep", step_execution_id="s-1"))

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which signals a payload may ask for: its rules and the service's limits on it."""

from __future__ import annotations

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import SIGNAL_TYPES
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.limits import limits_of
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.signal import build_signal

REQUEST = botocore.session.get_session().get_service_model("ssm").operation_model("SendAutomationSignal").input_shape
LIMITS = limits_of(REQUEST)


def build(signal_type, payload=None, **options):
    return build_signal(signal_type, payload, options, LIMITS)


VALID = {
    "a string": (("Approve", {"Comment": "fine"}), {}, {"Comment": ["fine"]}),
    "a list": (("Approve", {"Comment": ["a", "b"]}), {}, {"Comment": ["a", "b"]}),
    "a number": (("Approve", {"Comment": 4711}), {}, {"Comment": ["4711"]}),
    "a boolean": (("Approve", {"Comment": True}), {}, {"Comment": ["True"]}),
    "an empty list": (("Approve", {"Comment": []}), {}, {"Comment": []}),
    "the longest value": (("Approve", {"Comment": "x" * 512}), {}, {"Comment": ["x" * 512]}),
    "the longest list": (("Approve", {"Comment": ["x"] * 50}), {}, {"Comment": ["x"] * 50}),
    "resume by payload": (("Resume", {"StepName": "p"}), {}, {"StepName": ["p"]}),
    "stop by payload": (("StopStep", {"StepExecutionId": "s-1"}), {}, {"StepExecutionId": ["s-1"]}),
}


@pytest.mark.parametrize(("given_", "options", "payload"), VALID.values(), ids=VALID)
def test_valid(given_, options, payload):
    assert build(*given_, **options).payload == payload


INVALID = {
    "resume with no name in the list": (("Resume", {"StepName": []}), {}, "needs to know its step"),
    "resume with two names": (("Resume", {"StepName": ["a", "b"]}), {}, "has 2 values, Resume is for exactly one"),
    "stop with a name in the payload": (("StopStep", {"StepName": "s"}), {}, "takes StepExecutionId alone"),
    "approve with a step in the payload": (("Approve", {"StepName": "g"}), {}, "StepName does not belong to Approve"),
    "a key of no signal": (("Approve", {"comment": "x"}), {}, "payload key comment (did you mean `Comment`?) does"),
    "given twice": (("Resume", {"StepName": "p"}), {"step_name": "p"}, "write StepName once, in payload or as"),
    "an empty map": (("Approve", {}), {}, "payload is empty"),
    "a long value": (("Approve", {"Comment": ["x" * 513]}), {}, "513 characters"),
    "an empty value": (("Approve", {"Comment": [""]}), {}, "0 characters"),
    "too many values": (("Approve", {"Comment": ["x"] * 51}), {}, "has 51 values, the service takes 0 to 50"),
    "a long key": (("Approve", {"k" * 51: "x"}), {}, "is 51 characters long, the service takes 1 to 50"),
    "too many entries": (
        ("Approve", {f"k{n}": "x" for n in range(201)}),
        {},
        "201 entries, the service takes 1 to 200",
    ),
    "a map as a value": (("Approve", {"Comment": {"a": "b"}}), {}, "Comment holds a map"),
    "a list in a list": (("Approve", {"Comment": [["a"]]}), {}, "Comment holds a list in a list"),
    "null": (("Approve", {"Comment": None}), {}, "Comment holds a null"),
}


@pytest.mark.parametrize(("given_", "options", "words"), INVALID.values(), ids=INVALID)
def test_invalid(given_, options, words):
    with pytest.raises(InvalidOption, match=r"\.$") as refusal:
        build(*given_, **options)
    assert words in str(refusal.value)


# Lengths matter here, characters do not.
TEXTS = st.integers(0, 600).map(lambda length: "x" * length)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS)
NESTED = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8)
VALUES = NESTED | st.lists(SCALARS, max_size=60) | st.lists(TEXTS, max_size=60)
KEYS = st.sampled_from(["Comment", "StepName", "StepExecutionId"]) | st.text(max_size=60)


@given(st.sampled_from(SIGNAL_TYPES), st.dictionaries(KEYS, VALUES, max_size=3))
def test_whatever_the_payload_it_is_refused_or_within_the_limits(signal_type, payload):
    try:
        sent = build(signal_type, payload).payload
    except InvalidOption:
        return
    assert len(sent) == 1
    for values in sent.values():
        assert LIMITS.payload_values.holds(len(values))
        assert all(isinstance(value, str) and LIMITS.payload_value.holds(len(value)) for value in values)

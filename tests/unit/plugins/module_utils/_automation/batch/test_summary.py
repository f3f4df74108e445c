# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of many executions, and the sentence about them."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.summary import (
    bounded,
    nothing_matched,
    summary_of,
    summed_up,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.model.signals import Signal

APPROVE = Signal("Approve", step_name="gate")


def outcomes(changed=0, unchanged=0, failed=0, not_tried=0, failed_later=0):
    kinds = [
        (changed, {"changed": True, "failed": False, "tried": True}),
        (unchanged, {"changed": False, "failed": False, "tried": True}),
        (failed, {"changed": False, "failed": True, "tried": True}),
        (failed_later, {"changed": True, "failed": True, "tried": True}),
        (not_tried, {"changed": False, "failed": False, "tried": False}),
    ]
    every = [kind for number, kind in kinds for _number in range(number)]
    return [
        {"automation_execution_id": f"e{place}", "msg": f"About e{place}.", **one} for place, one in enumerate(every)
    ]


@pytest.mark.parametrize(
    ("each", "numbers", "fails"),
    [
        ({}, [0, 0, 0, 0, 0], False),
        ({"changed": 2, "unchanged": 1}, [3, 2, 1, 0, 0], False),
        ({"changed": 2, "failed": 1}, [3, 2, 0, 1, 0], True),
        ({"failed_later": 1}, [1, 1, 0, 1, 0], True),
        ({"changed": 1, "not_tried": 2}, [3, 1, 0, 0, 2], True),
    ],
)
def test_numbers(each, numbers, fails):
    summary = summary_of(outcomes(**each))
    assert list(summary.numbers.values()) == numbers
    assert summary.has_failed is fails


@pytest.mark.parametrize(
    ("each", "check_mode", "sentence"),
    [
        ({"changed": 1}, False, "Sent Approve for step `gate` to 1 execution."),
        ({"changed": 97, "unchanged": 2}, False, "Sent Approve for step `gate` to 97 executions; 2 had it already."),
        ({"changed": 2}, True, "Would send Approve for step `gate` to 2 executions."),
        ({"unchanged": 3}, False, "Sent Approve for step `gate` to no execution; 3 had it already."),
        (
            {"changed": 1, "failed": 2},
            False,
            "Sent Approve for step `gate` to 1 execution; 2 failed: e1, e2. The first to fail: About e1.",
        ),
        (
            {"changed": 1, "not_tried": 1},
            False,
            "Sent Approve for step `gate` to 1 execution; 1 was not tried, because it was late.",
        ),
        (
            {"changed": 1, "not_tried": 2},
            False,
            "Sent Approve for step `gate` to 1 execution; 2 were not tried, because it was late.",
        ),
    ],
)
def test_the_sentence(each, check_mode, sentence):
    assert summed_up(APPROVE, summary_of(outcomes(**each)), check_mode, "it was late") == sentence


@pytest.mark.parametrize(
    ("failed", "end"),
    [(10, "e8, e9. The first"), (11, "e8, e9 and 1 more. The first"), (33, "e9 and 23 more. The first")],
)
def test_ten_that_failed_are_named(failed, end):
    assert end in summed_up(APPROVE, summary_of(outcomes(failed=failed)), False, "")


def test_five_warnings_are_given_and_the_others_counted():
    warnings = [f"Warning {number}." for number in range(7)]
    assert bounded(warnings[:5]) == warnings[:5]
    assert bounded(warnings) == [*warnings[:5], "There are 2 more warnings of this kind about other executions."]


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ({"target": "i-1"}, {"target": "i-2"}, ["a (i-1)", "b (i-2)"]),
        (
            {"parameters": {"Id": ["i-1"], "X": ["1"]}},
            {"parameters": {"Id": ["i-2"], "X": ["1"]}},
            ["a (Id i-1)", "b (Id i-2)"],
        ),
        ({"parameters": {"X": ["1"]}}, {"parameters": {"X": ["1"]}}, ["a", "b"]),
        ({"parameters": {"X": ["y" * 50]}}, {"parameters": {}}, [f"a (X {'y' * 40})", "b"]),
        ({}, {}, ["a", "b"]),
    ],
)
def test_failures_are_named_so_that_people_know_which_they_are(first, second, named):
    common = {"changed": False, "failed": True, "tried": True, "msg": "It failed."}
    outcomes = [
        {"automation_execution_id": "a", **common, **first},
        {"automation_execution_id": "b", **common, **second},
    ]
    assert list(summary_of(outcomes).failures) == named


@pytest.mark.parametrize(("by_filters", "words"), [(True, "the filters"), (False, "automation_execution_ids is empty")])
def test_nothing_matched(by_filters, words):
    assert words in nothing_matched(by_filters)

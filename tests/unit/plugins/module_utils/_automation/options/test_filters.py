# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters of DescribeAutomationExecutions, checked before any call."""

from __future__ import annotations

import botocore.session
import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.filters import (
    awaiting_decision,
    batches,
    build_filters,
    filter_rules_of,
    without_unstarted,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.limits import Range

MODEL = botocore.session.get_session().get_service_model("ssm")
RULES = filter_rules_of(MODEL.operation_model("DescribeAutomationExecutions").input_shape)


def test_the_rules_are_those_of_the_model():
    assert {"DocumentNamePrefix", "ExecutionStatus", "ParentExecutionId", "TagKey"} <= set(RULES.keys)
    assert (RULES.filters, RULES.values) == (Range(1, 10), Range(1, 10))


def test_values_and_lists_of_values():
    assert build_filters({"ExecutionStatus": ["Failed", "TimedOut"], "TagKey": "team"}, RULES) == [
        {"Key": "ExecutionStatus", "Values": ["Failed", "TimedOut"]},
        {"Key": "TagKey", "Values": ["team"]},
    ]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"Status": "Failed"}, "unknown key Status, the service knows DocumentNamePrefix"),
        ({"executionstatus": "Failed"}, "unknown key executionstatus (did you mean `ExecutionStatus`?), the service"),
        ({}, "filters is empty: give at least one key"),
        ({"ExecutionStatus": []}, "filter ExecutionStatus has no values"),
        ({"TagKey": " "}, "filter TagKey is empty"),
        ({"TagKey": {"a": "b"}}, "holds something that is no single value"),
        ({"TagKey": [None]}, "filter TagKey is null"),
    ],
)
def test_what_the_service_would_refuse(wanted, words):
    with pytest.raises(InvalidOption) as refusal:
        build_filters(wanted, RULES)
    assert words in str(refusal.value)


def test_maxima_are_left_to_the_service():
    wanted = {"ExecutionId": ["x" * 151] * 11}
    assert build_filters(wanted, RULES) == [{"Key": "ExecutionId", "Values": wanted["ExecutionId"]}]


@pytest.mark.parametrize(
    ("wanted", "others", "unstarted"),
    [
        ({"ParentExecutionId": None, "TagKey": "a"}, {"TagKey": "a"}, ["ParentExecutionId"]),
        ({"ExecutionId": [None, " "]}, {}, ["ExecutionId"]),
        ({"ExecutionId": ["x", None]}, {"ExecutionId": ["x", None]}, []),
        ({"ExecutionId": []}, {"ExecutionId": []}, []),
        ({"TagKey": None}, {"TagKey": None}, []),
    ],
)
def test_filters_for_executions_that_check_mode_did_not_start(wanted, others, unstarted):
    assert without_unstarted(wanted) == (others, unstarted)


def test_ids_are_asked_for_ten_at_a_time_and_once_each():
    ids = [f"id-{number}" for number in range(23)]
    asked = [query[0]["Values"] for query in batches([*ids, ids[0]], RULES)]
    assert [len(values) for values in asked] == [10, 10, 3]
    assert [id_ for values in asked for id_ in values] == ids


def test_what_waits_for_a_decision_takes_two_queries():
    assert awaiting_decision({"DocumentNamePrefix": "Deploy"}, RULES) == [
        [
            {"Key": "DocumentNamePrefix", "Values": ["Deploy"]},
            {"Key": "ExecutionStatus", "Values": ["Waiting"]},
            {"Key": "CurrentAction", "Values": ["aws:approve"]},
        ],
        [
            {"Key": "DocumentNamePrefix", "Values": ["Deploy"]},
            {"Key": "ExecutionStatus", "Values": ["PendingApproval", "PendingChangeCalendarOverride"]},
        ],
    ]


@pytest.mark.parametrize("key", ["ExecutionStatus", "CurrentAction"])
def test_what_waits_for_a_decision_sets_two_filters_itself(key):
    with pytest.raises(InvalidOption, match=f"sets the filter {key} itself"):
        awaiting_decision({key: "x"}, RULES)

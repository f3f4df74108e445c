# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ids of executions, in the forms in which people have them."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.ids import (
    execution_id_of,
    execution_ids_of,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.limits import Range

ID = "0b3f7c1e-5d52-4a6b-9f0e-6a1d2c3b4e5f"
OTHER = ID.replace("0", "1")
LENGTH, REGION = Range(36, 36), "eu-central-1"
CONSOLE = f"https://{REGION}.console.aws.amazon.com/systems-manager/automation/execution"


def read(given):
    return execution_id_of(given, "automation_execution_id", LENGTH, REGION)


@pytest.mark.parametrize(
    "given",
    [
        ID,
        f" {ID}\n",
        f"arn:aws:ssm:{REGION}:123456789012:automation-execution/{ID}",
        f"arn:aws-cn:ssm:{REGION}:123456789012:automation-execution/{ID}",
        f"{CONSOLE}/{ID}?region={REGION}",
        f"{CONSOLE}/{ID}/approval",
        f"{CONSOLE}/{ID}#steps",
    ],
)
def test_forms_that_are_understood(given):
    assert read(given) == ID


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "automation_execution_id is null: give the id of an execution."),
        (" \n", "automation_execution_id is empty: give the id of an execution."),
        (ID[1:], f"automation_execution_id is `{ID[1:]}`, 35 characters; an execution id has exactly 36 characters"),
        ("x" * 99, f"automation_execution_id is `{'x' * 80}…`, 99 characters"),
        (
            f"arn:aws:ssm:us-east-1:1:automation-execution/{ID}",
            "is an execution in region us-east-1, and this task works",
        ),
        (
            f"{CONSOLE}/{ID}?region=us-east-1",
            "is an execution in region us-east-1, and this task works in eu-central-1",
        ),
        (f"arn:aws:ssm:{REGION}:1:automation-execution/7f3d", "in which `7f3d` has 4 characters"),
        ("https://example.com/", "is `https://example.com/`, 20 characters"),
        ("https://[1", "is `https://[1`, 10 characters"),
    ],
)
def test_what_is_no_id(given, words):
    with pytest.raises(InvalidOption) as refusal:
        read(given)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "ids"),
    [
        ([], []),
        ([ID, OTHER, f" {ID}"], [ID, OTHER]),
        ([None, ID, ""], [None, ID, None]),
        (f"{ID}, {OTHER}", [ID, OTHER]),
    ],
)
def test_lists(given, ids):
    assert execution_ids_of(given, LENGTH, REGION, may_be_blank=True) == ids


@pytest.mark.parametrize(("given", "place"), [([ID, None], 1), ([" "], 0), ([ID, ID, "x"], 2)])
def test_a_wrong_one_in_a_list_is_named_by_its_place(given, place):
    with pytest.raises(InvalidOption, match=rf"^automation_execution_ids\[{place}\] is "):
        execution_ids_of(given, LENGTH, REGION, may_be_blank=False)

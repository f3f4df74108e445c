# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options as a request of the API, held against small models of our own."""

from __future__ import annotations

import pytest
from botocore.model import ShapeResolver

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.request_shapes import to_api

SHAPES = ShapeResolver(
    {
        "Request": {
            "type": "structure",
            "required": ["RunbookName"],
            "members": {
                "RunbookName": {"shape": "Name"},
                "LocationsURL": {"shape": "Name"},
                "Targets": {"shape": "Targets"},
                "Parameters": {"shape": "Parameters"},
                "IsUrgent": {"shape": "Flag"},
            },
        },
        "Targets": {"type": "list", "member": {"shape": "Target"}, "min": 1, "max": 2},
        "Target": {"type": "structure", "members": {"TargetKey": {"shape": "Text"}}},
        "Parameters": {"type": "map", "key": {"shape": "Name"}, "value": {"shape": "Text"}, "max": 1},
        "Name": {"type": "string", "min": 1, "max": 5, "pattern": "[a-z_]+"},
        "Text": {"type": "string", "pattern": r"\p{L}+"},
        "Flag": {"type": "boolean"},
    }
)
REQUEST = SHAPES.get_shape_by_name("Request")


@pytest.mark.parametrize(
    ("options", "members"),
    [
        ({}, {}),
        ({"locations_url": "u"}, {"LocationsURL": "u"}),
        ({"targets": [{"target_key": "k"}]}, {"Targets": [{"TargetKey": "k"}]}),
        ({"parameters": {"my_id": "v"}}, {"Parameters": {"my_id": "v"}}),
        ({"parameters": {}}, {"Parameters": {}}),
        ({"is_urgent": False}, {"IsUrgent": False}),
        ({"targets": None}, {}),
        # Maxima are left to the service.
        ({"parameters": {"a": "x", "b": "y"}}, {"Parameters": {"a": "x", "b": "y"}}),
        ({"locations_url": "abcdef"}, {"LocationsURL": "abcdef"}),
        # Python does not know this class of characters, so the service judges.
        ({"targets": [{"target_key": "!"}]}, {"Targets": [{"TargetKey": "!"}]}),
    ],
)
def test_members_are_named_as_the_api_names_them_and_users_keys_are_kept(options, members):
    assert to_api(REQUEST, {"runbook_name": "n", **options}, "") == {"RunbookName": "n", **members}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"runbook_name": None}, "runbook_name is missing."),
        ({"runbook_name": ""}, "runbook_name is empty: give a value, or leave it out."),
        ({"runbook_name": "A"}, "runbook_name is `A`, the service takes what matches [a-z_]+."),
        (
            {"planet": "x"},
            "planet is not known to the installed botocore: upgrade boto3 and botocore to 1.35.21 or later.",
        ),
        ({"targets": []}, "targets has 0 entries, the service takes at least 1."),
        ({"targets": [{}, {"planet": "x"}]}, "targets[1].planet is not known to the installed botocore"),
        ({"parameters": {7: "x"}}, "parameters key is `7`, the service takes what matches"),
    ],
)
def test_what_the_model_does_not_allow_is_told_by_the_name_of_the_option(options, words):
    with pytest.raises(InvalidOption) as refusal:
        to_api(REQUEST, {"runbook_name": "n", **options}, "")
    assert words in str(refusal.value)


def test_members_of_a_nested_option_are_told_with_its_name():
    with pytest.raises(InvalidOption, match=r"^start\.runbook_name is missing"):
        to_api(REQUEST, {}, "start")

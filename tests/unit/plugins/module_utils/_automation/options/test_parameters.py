# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters as users write them, and as the API takes them."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.parameters import (
    as_text,
    to_strings,
)


@pytest.mark.parametrize(
    ("value", "values"),
    [
        ("text", ["text"]),
        ("", [""]),
        ("true", ["true"]),
        (True, ["true"]),
        (False, ["false"]),
        (3, ["3"]),
        (0, ["0"]),
        (1.5, ["1.5"]),
        ({"b": [1, True], "a": "é"}, ['{"a": "é", "b": [1, true]}']),
        ({}, ["{}"]),
        ([], []),
        (["a", 1, False], ["a", "1", "false"]),
        ([{"Key": "k"}, {"Key": "l"}], ['{"Key": "k"}', '{"Key": "l"}']),
        ('["json", "as", "text"]', ['["json", "as", "text"]']),
    ],
)
def test_values(value, values):
    assert to_strings({"P": value}, "parameters") == {"P": values}


def test_names_are_kept_and_are_strings():
    assert to_strings({"CamelCase": "a", "snake_case": "b", 3: "c"}, "parameters") == {
        "CamelCase": ["a"],
        "snake_case": ["b"],
        "3": ["c"],
    }


def test_the_same_map_is_the_same_text():
    assert as_text({"a": 1, "b": 2}) == as_text({"b": 2, "a": 1})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "parameters.P is null: leave it out where the runbook's default is to be used"),
        (["a", None], "parameters.P is null"),
        ([["a"]], "parameters.P holds a list in a list"),
    ],
)
def test_what_no_parameter_takes(value, words):
    with pytest.raises(InvalidOption, match=words):
        to_strings({"P": value}, "parameters")

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of a task as the user wrote them."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.written import (
    as_written,
    is_blank,
    is_null,
    is_valid_text,
    refuse_bad_text,
    refuse_null,
    refuse_structures,
)

SPEC = {"automation_execution_id": {"aliases": ["execution_id"]}, "step_name": {}}


def test_options_have_their_own_names_and_ansibles_are_left_out():
    raw = {"execution_id": None, "step_name": "x", "_ansible_check_mode": True}
    assert as_written(raw, SPEC) == {"automation_execution_id": None, "step_name": "x"}


def test_null_is_not_left_out():
    assert is_null({"step_name": None}, "step_name")
    assert not is_null({"step_name": ""}, "step_name")
    assert not is_null({}, "step_name")


@pytest.mark.parametrize(
    ("value", "blank"), [(None, True), ("", True), (" \n", True), ("x", False), (0, False), ([], False)]
)
def test_blank(value, blank):
    assert is_blank(value) is blank


def test_options_that_must_not_be_null():
    refuse_null({"other": None, "step_name": "x"}, {"step_name": "name it"})
    with pytest.raises(InvalidOption, match=r"^step_name is null: name it.$"):
        refuse_null({"step_name": None}, {"step_name": "name it"})


@pytest.mark.parametrize(("value", "kind"), [(["a"], "list"), ({}, "map")])
def test_options_that_are_text(value, kind):
    refuse_structures({"comment": 1, "other": value}, ["comment", "absent"])
    with pytest.raises(InvalidOption, match=rf"^comment is a {kind}: give a string.$"):
        refuse_structures({"comment": value}, ["comment"])


@pytest.mark.parametrize(
    ("written", "called"),
    [
        ({"comment": "a\udc80"}, "comment"),
        ({"ids": ["a", "\ud800"]}, r"ids\[1\]"),
        ({"parameters": {"a": {"b": ["\udfff"]}}}, r"parameters.a.b\[0\]"),
        ({"tags": {"\udc80": "x"}}, "a key of tags"),
    ],
)
def test_text_that_is_no_unicode(written, called):
    with pytest.raises(InvalidOption, match=rf"^{called} is no valid Unicode text") as refusal:
        refuse_bad_text(written)
    assert is_valid_text(str(refusal.value))


def test_all_other_text_may_be_sent():
    refuse_bad_text({"comment": "Überschrift 🚦", "count": 1, "none": None, "map": {1: [True]}})

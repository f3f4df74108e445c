# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replacing the part of a page that a command writes."""

from __future__ import annotations

import pytest

from tools.dev.marked import insert
from tools.dev.shell import Failed

PAGE = "before\n<!-- one: begin -->\nold\n<!-- one: end -->\nbetween\n<!-- two: begin -->\n<!-- two: end -->\nafter\n"


def test_only_the_named_part_changes() -> None:
    assert insert(PAGE, "one", "new\n") == PAGE.replace("old", "new")
    assert insert(PAGE, "two", "new\n") == PAGE.replace("<!-- two: end", "new\n<!-- two: end")


@pytest.mark.parametrize("page", ["", "<!-- one: begin -->\n", "<!-- one: end -->\n<!-- one: begin -->\n"])
def test_a_page_without_the_part_is_refused(page: str) -> None:
    with pytest.raises(Failed, match=r"one: begin.*one: end"):
        insert(page, "one", "new\n")

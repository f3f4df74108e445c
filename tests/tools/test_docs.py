# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site: its check of links, and its picture of the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.dev.links import broken
from tools.dev.pictures import bars, seconds

TABLE = """
<!-- documented: begin -->
| method | executions | floor | min | median | max |
| --- | --- | --- | --- | --- | --- |
| `ssm_automation_signal`, one task | 10 | 3.3 | 4.5 | 4.7 | 5.2 |
| `ssm_automation_signal`, one task | 100 | 33.3 | 34.8 | 35.2 | 35.3 |
| another method | 100 | 33.3 | 1.0 | 1.0 | 1.0 |
<!-- documented: end -->
| `ssm_automation_signal`, one task | 100 | 3.3 | 3.4 | 3.5 | 3.6 |
"""


@pytest.mark.parametrize(
    "link, is_broken",
    [
        ("other.html", False),
        ("other.html#there", False),
        ("#here", False),
        ("#", False),
        ("folder/deep.html", False),
        ("picture.svg#layer", False),
        ("https://example.com/none.html", False),
        ("none.html", True),
        ("other.html#elsewhere", True),
        ("#elsewhere", True),
        ("folder", True),
    ],
)
def test_links_lead_somewhere(tmp_path: Path, link: str, is_broken: bool) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "deep.html").write_text('<a href="../other.html#there">up</a>')
    (tmp_path / "other.html").write_text('<p id="there"></p>')
    (tmp_path / "picture.svg").touch()
    (tmp_path / "index.html").write_text(f'<p id="here"></p><a href="{link}">a link</a>')
    assert broken(tmp_path) == ([f"index.html: {link}"] if is_broken else [])


def test_the_seconds_are_those_of_a_hundred_executions_under_the_documented_rates() -> None:
    assert seconds(TABLE) == {"what the rate allows at best": 33.3, "one task, sending": 35.2}


def test_the_longest_bar_fills_the_picture_and_the_others_are_in_proportion() -> None:
    picture = bars({"a": 10.0, "b": 100.0, "c": 10.0})
    assert picture.count('width="430"') == 1
    assert picture.count('width="43"') == 2
    assert "b: 100.0 s" in picture

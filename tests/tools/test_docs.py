# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation site: its check of links, and its picture of the benchmark."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.dev.links import broken
from tools.dev.pictures import METHODS, bars, seconds

TABLE = """
| executions | latency | 1 | 100 |
| --- | --- | --- | --- |
| (a) one | 0 ms | 0.70 (15) | 1.13 (5) |
| (b) two | 0 ms | 0.70 (15) | 68.05 (1) |
| (a) one | 40 ms | 0.83 (15) | 1.91 (5) |

| ratio | goal | 0 ms |
| --- | --- | --- |
| 100 signals, (d) / (a) | ≥ 20 | 80.98 |
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


def test_the_seconds_are_those_of_a_hundred_executions_without_latency() -> None:
    assert seconds(TABLE) == {"a": 1.13, "b": 68.05}


def test_the_longest_bar_fills_the_picture_and_the_others_are_in_proportion() -> None:
    picture = bars(dict.fromkeys(METHODS, 10.0) | {"b": 100.0})
    assert picture.count('width="430"') == 1
    assert picture.count('width="43"') == len(METHODS) - 1
    assert "this module, in a loop: 100.0 s" in picture

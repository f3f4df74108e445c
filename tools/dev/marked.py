# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a page that a command writes: between the comments `<!-- NAME: begin -->` and `<!-- NAME: end -->`."""

from __future__ import annotations

from .shell import Failed


def insert(text: str, name: str, content: str) -> str:
    """The text with other content in the part of this name; raises `Failed` if the text has no such part."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, found, rest = text.partition(begin)
    _old, closed, after = rest.partition(end)
    if not found or not closed:
        raise Failed(f"The page has no lines {begin.strip()} and {end}. Add them where the part belongs.")
    return f"{before}{begin}{content}{end}{after}"

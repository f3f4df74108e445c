# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular expressions as AWS writes them, for Python."""

from __future__ import annotations

import re
from functools import cache

# Character classes that Python's `re` does not know; any script's letters, digits and blanks are near enough to them.
_CHARACTER_CLASSES = {
    r"\p{L}": r"\w",
    r"\p{N}": r"\d",
    r"\p{Z}": r"\s",
    # All that takes two units of UTF-16.
    r"\uD800\uDC00-\uDBFF\uDFFF": r"\U00010000-\U0010FFFF",
}
# A hyphen after a class of characters stands for itself in Java, and so does it here.
_CLASS_AND_HYPHEN = re.compile(r"(\\[wds])-(?!\])")


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern for Python; `re.error` says why it is none."""
    for theirs, ours in _CHARACTER_CLASSES.items():
        pattern = pattern.replace(theirs, ours)
    return re.compile(_CLASS_AND_HYPHEN.sub(r"\1\-", pattern))

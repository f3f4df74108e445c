# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regular expressions as AWS writes them, for Python."""

from __future__ import annotations

import re
from functools import cache

# Character classes that Python's `re` does not know; any script's letters, digits and blanks are near enough to them.
_CHARACTER_CLASSES = {r"\p{L}": r"\w", r"\p{N}": r"\d", r"\p{Z}": r"\s"}


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern for Python; `re.error` says why it is none."""
    for theirs, ours in _CHARACTER_CLASSES.items():
        pattern = pattern.replace(theirs, ours)
    return re.compile(pattern)

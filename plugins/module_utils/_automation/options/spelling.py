# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names that users misspell: what they may have meant. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a clause such as " (did you mean `deploy`?)" for a name that is close to a known one, or an empty string.

    Names that differ in case alone are close.
    """
    # Every task loads its code anew, so what only a mistake needs is not loaded for the others.
    from difflib import get_close_matches

    by_lower_case = {each.lower(): each for each in known}
    close = get_close_matches(name.lower(), by_lower_case, n=1)
    return f" (did you mean `{by_lower_case[close[0]]}`?)" if close else ""

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of a wait, from the options that the modules share."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.invalid import InvalidOption
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import (
    WAIT_ARGUMENTS,
    Pace,
    pace_of,
)

DEFAULTS = {name: argument["default"] for name, argument in WAIT_ARGUMENTS.items()}


@pytest.mark.parametrize(
    ("options", "timeout", "pace"),
    [
        ({}, "wait_timeout", Pace(timeout=600, delay=2)),
        ({"wait_timeout": 0}, "wait_timeout", Pace(timeout=0, delay=2)),
        ({"wait_delay": 1}, "wait_timeout", Pace(timeout=600, delay=1)),
        ({"ready_timeout": 5}, "ready_timeout", Pace(timeout=5, delay=2)),
    ],
)
def test_pace_of(options, timeout, pace):
    assert pace_of({**DEFAULTS, **options}, timeout) == pace


@pytest.mark.parametrize(
    ("options", "timeout", "words"),
    [
        ({"wait_timeout": -1}, "wait_timeout", "wait_timeout is -1, give at least 0"),
        ({"ready_timeout": -5}, "ready_timeout", "ready_timeout is -5, give at least 0"),
        ({"wait_delay": 0}, "wait_timeout", "wait_delay is 0, give at least 1"),
    ],
)
def test_what_is_no_wait(options, timeout, words):
    with pytest.raises(InvalidOption, match=words):
        pace_of({**DEFAULTS, **options}, timeout)

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When looks at many executions meet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.poll_grid import PollGrid


def test_looks_that_pause_alike_meet():
    grid = PollGrid(1000)
    assert {grid.due(1003 + number / 10, 10.5, 600) for number in range(10)} == {1016}


@given(
    elapsed=st.floats(0, 10000),
    pause=st.floats(0.4, 20),
    left=st.floats(0.1, 10000),
)
def test_a_pause_is_neither_halved_nor_doubled_and_ends_with_the_time(elapsed, pause, left):
    now = 1000 + elapsed
    due = PollGrid(1000).due(now, pause, left)
    assert due <= now + left + 1
    assert due >= min(now + pause / 2, now + left) - 1e-6
    assert due <= now + 1.5 * pause + 1e-6

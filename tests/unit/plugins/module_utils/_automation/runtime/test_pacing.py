# Copyright: Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How calls slow down together, how long a dead service is put up with, and when looks meet, on times made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.pacing import (
    PollGrid,
    RateLimiter,
    RetryBudget,
)


def pace(pacer, start, seconds, limit=10**9):
    """Let as many calls go as the pacer does, through a service that takes so many a second; return how many."""
    now, taken = start, []
    while now < start + seconds:
        now += max(pacer.delay(now), 0.002)
        pacer.leaves(now)
        if sum(when > now - 1 for when in taken[-limit:]) < limit:
            taken.append(now)
            pacer.taken(now)
        else:
            pacer.throttled(now, now)
    return len(taken)


@pytest.fixture
def halved():
    """A pacer after forty calls in a second, the last of which was throttled."""
    pacer = RateLimiter()
    for number in range(40):
        pacer.leaves(100.1 + number / 50)
        pacer.taken(100.1 + number / 50)
    pacer.throttled(100.9, 101.0)
    return pacer


class TestPacer:
    def test_there_is_no_limit_until_the_service_throttles(self):
        pacer = RateLimiter()
        assert pace(pacer, 100.0, 1.0) >= 499
        assert pacer.delay(101.0) == 0

    def test_a_throttled_call_halves_the_rate_that_there_was(self, halved):
        assert halved.delay(101.0) == pytest.approx(1 / 20)

    @pytest.mark.parametrize("left_at", [100.9, 101.2, 101.9])
    def test_calls_that_went_out_before_the_halving_or_right_after_it_tell_nothing_new(self, halved, left_at):
        halved.throttled(left_at, 102.5)
        halved.leaves(102.5)
        assert halved.delay(102.5) < 1 / 20

    def test_throttled_again_it_is_halved_again(self, halved):
        halved.throttled(102.1, 102.2)
        assert halved.delay(102.2) > 1 / 20

    def test_it_never_falls_below_one_call_a_second(self):
        pacer = RateLimiter()
        for when in range(100, 130):
            pacer.leaves(when)
            pacer.throttled(when, when + 0.5)
            assert pacer.delay(when + 0.5) <= 1

    def test_the_rate_recovers_while_calls_are_taken(self):
        pacer = RateLimiter()
        pacer.throttled(100.0, 100.1)
        first, later = pace(pacer, 100.1, 5), pace(pacer, 105.1, 5)
        assert later > 2 * first

    @pytest.mark.parametrize("limit", [5, 20, 100])
    def test_it_settles_near_what_the_service_takes(self, limit):
        pacer = RateLimiter()
        pace(pacer, 100.0, 20, limit)
        assert 0.6 * limit * 30 <= pace(pacer, 120.0, 30, limit) <= limit * 31


class TestPatience:
    def test_it_runs_out_when_nothing_was_taken_for_so_long(self):
        patience = RetryBudget(60)
        patience.failed(100)
        patience.failed(130)
        assert not patience.runs_out(159)
        assert patience.runs_out(160)

    def test_whatever_is_taken_from_anybody_renews_it(self):
        patience = RetryBudget(60)
        patience.failed(100)
        patience.taken(150)
        patience.failed(155)
        assert not patience.runs_out(210)
        assert patience.runs_out(215)

    def test_a_call_that_began_before_another_one_was_taken_does_not_count_from_its_beginning(self):
        patience = RetryBudget(60)
        patience.taken(150)
        patience.failed(100)
        assert not patience.runs_out(209)
        assert patience.runs_out(210)

    def test_it_never_runs_out_while_nothing_fails(self):
        assert not RetryBudget(60).runs_out(10**9)

    def test_who_fails_alone_runs_out_of_it_alone(self):
        patience = RetryBudget(60)
        patience.taken(159)
        patience.failed(159)
        assert patience.runs_out(160, since=100)
        assert not patience.has_run_out
        assert not patience.runs_out(160)

    def test_once_out_it_is_out_for_all_until_something_is_taken(self):
        patience = RetryBudget(60)
        patience.failed(100)
        assert patience.runs_out(165)
        assert patience.runs_out(150)
        patience.taken(170)
        assert not patience.has_run_out


class TestRhythm:
    def test_looks_that_pause_alike_meet(self):
        rhythm = PollGrid(1000)
        assert {rhythm.due(1003 + number / 10, 10.5, 600) for number in range(10)} == {1016}

    @given(
        elapsed=st.floats(0, 10000),
        pause=st.floats(0.4, 20),
        left=st.floats(0.1, 10000),
    )
    def test_a_pause_is_neither_halved_nor_doubled_and_ends_with_the_time(self, elapsed, pause, left):
        now = 1000 + elapsed
        due = PollGrid(1000).due(now, pause, left)
        assert due <= now + left + 1
        assert due >= min(now + pause / 2, now + left) - 1e-6
        assert due <= now + 1.5 * pause + 1e-6

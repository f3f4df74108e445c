# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A limit on all calls together, how long a dead service is put up with, and when looks meet, on times made up."""

from __future__ import annotations

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.pacing import (
    RetryBudget,
    SharedLimit,
)


class TestRetryBudget:
    def test_it_runs_out_when_nothing_was_taken_for_so_long(self):
        budget = RetryBudget(60)
        budget.failed(100)
        budget.failed(130)
        assert not budget.runs_out(159)
        assert budget.runs_out(160)

    def test_whatever_is_taken_from_anybody_renews_it(self):
        budget = RetryBudget(60)
        budget.failed(100)
        budget.taken(150)
        budget.failed(155)
        assert not budget.runs_out(210)
        assert budget.runs_out(215)

    def test_a_call_that_began_before_another_one_was_taken_does_not_count_from_its_beginning(self):
        budget = RetryBudget(60)
        budget.taken(150)
        budget.failed(100)
        assert not budget.runs_out(209)
        assert budget.runs_out(210)

    def test_it_never_runs_out_while_nothing_fails(self):
        assert not RetryBudget(60).runs_out(10**9)

    def test_who_fails_alone_runs_out_of_it_alone(self):
        budget = RetryBudget(60)
        budget.taken(159)
        budget.failed(159)
        assert budget.runs_out(160, own_since=100)
        assert not budget.has_run_out
        assert not budget.runs_out(160)

    def test_once_out_it_is_out_for_all_until_something_is_taken(self):
        budget = RetryBudget(60)
        budget.failed(100)
        assert budget.runs_out(165)
        assert budget.runs_out(150)
        budget.taken(170)
        assert not budget.has_run_out

    def test_it_begins_anew_where_nobody_has_asked_for_as_long(self):
        budget = RetryBudget(60)
        budget.failed(100)
        budget.failed(160)
        assert not budget.runs_out(219)
        assert budget.runs_out(220)

    def test_a_pause_ends_with_it_so_that_there_is_a_last_try(self):
        budget = RetryBudget(60)
        assert budget.trimmed(20, 100) == 20
        budget.failed(100)
        assert budget.trimmed(20, 130) == 20
        assert budget.trimmed(20, 150) == 10
        assert budget.trimmed(20, 150, own_since=95) == 5

    @pytest.mark.parametrize(
        ("never_connected", "seconds"),
        [([True], 5), ([True, True], 5), ([False], 60), ([True, False], 60), ([False, True], 60)],
    )
    def test_an_address_that_was_never_connected_to_is_given_up_soon(self, never_connected, seconds):
        budget = RetryBudget(60)
        for each in never_connected:
            budget.failed(100, never_connected=each)
        assert not budget.runs_out(100 + seconds - 1)
        assert budget.runs_out(100 + seconds)

    def test_an_address_that_has_once_answered_is_not_a_wrong_one(self):
        budget = RetryBudget(60)
        budget.taken(90)
        budget.failed(100, never_connected=True)
        assert not budget.runs_out(159)


class TestSharedLimit:
    @staticmethod
    def limited(refusals=8):
        """Return a limit after ten calls that were taken in two seconds, and refusals of one operation in a row."""
        limit = SharedLimit()
        for number in range(10):
            limit.leaves(100 + number / 5)
            limit.taken("Other", 100 + number / 5)
        for _refusal in range(refusals):
            limit.leaves(102)
            limit.throttled("Op", 102, 102)
        return limit

    def test_there_is_none_until_one_operation_is_refused_again_and_again(self):
        assert SharedLimit().delay(100) == 0
        assert self.limited(refusals=7).delay(102) == 0

    def test_what_is_taken_of_an_operation_ends_its_row_of_refusals(self):
        limit = self.limited(refusals=7)
        limit.taken("Op", 102)
        limit.throttled("Op", 102, 102)
        assert limit.delay(102) == 0

    def test_what_is_taken_of_another_operation_does_not(self):
        limit = self.limited(refusals=7)
        limit.taken("Other", 102)
        limit.throttled("Op", 102, 102)
        assert limit.delay(102) > 0

    def test_it_is_a_bit_less_than_what_was_taken_lately(self):
        assert 1 / 5 < self.limited().delay(102) < 1 / 3

    def test_the_gaps_between_calls_vary(self):
        limit, gaps, now = self.limited(), set(), 103.0
        for _call in range(20):
            now += limit.delay(now)
            limit.leaves(now)
            gaps.add(round(limit.delay(now), 6))
        assert len(gaps) > 10
        assert max(gaps) < 4 * min(gaps)

    def test_it_grows_slowly_and_then_fast(self):
        def calls_in_a_second(later):
            limit = self.limited()
            limit.leaves(102 + later)
            return 1 / limit.delay(102 + later)

        assert calls_in_a_second(1) < 10
        assert calls_in_a_second(20) > 15

    def test_calls_that_left_before_it_was_set_tell_nothing_new(self):
        limit = self.limited()
        delay = limit.delay(102)
        limit.throttled("Op", 101.9, 102)
        assert limit.delay(102) == delay

    def test_it_never_falls_below_a_call_in_two_seconds(self):
        limit = self.limited()
        for number in range(50):
            limit.throttled("Op", 103 + number, 103 + number)
        assert limit.delay(152) <= 2

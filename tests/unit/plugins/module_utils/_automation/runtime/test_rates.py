# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goals for the rates of calls, in a simulation of tasks and a token bucket; no test waits or reads a clock.

The burst of AWS's buckets is not documented, so the goals hold for one second and for two seconds of calls.
"""

from __future__ import annotations

import heapq
import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count

import pytest

from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.rates import (
    DOCUMENTED,
    RateLimiter,
    Rates,
)

SEND = "SendAutomationSignal"
# Seconds from a request to its answer, at least and at most.
LOOPBACK, REGION, FAR = (0.004, 0.008), (0.03, 0.08), (0.005, 0.3)
# How late a task notices that a call is due, in seconds, at most.
LATE = 0.003


@dataclass
class Bucket:
    """A service: its rate by time, and how many calls it takes at once."""

    rate: Callable[[float], float]
    burst: float
    tokens: float = 0.0
    filled_at: float = -math.inf

    def takes(self, now: float) -> bool:
        since = min(now - self.filled_at, 1e6)
        self.tokens = min(self.burst, self.tokens + self.rate(now) * since)
        self.filled_at = now
        # A billionth of a token is no reason to throttle.
        is_taken = self.tokens >= 1 - 1e-9
        self.tokens -= is_taken
        return is_taken


@dataclass
class Task:
    """A task that makes `calls` calls, each until it is taken."""

    calls: int
    limiter: RateLimiter
    begins: float = 0.0
    concurrency: int = 10
    on_the_way: int = 0
    throttled: int = 0
    wakes_at: float = -math.inf
    taken_at: list[float] = field(default_factory=list)

    @property
    def to_do(self) -> int:
        return self.calls - len(self.taken_at) - self.on_the_way

    @property
    def turned_away(self) -> float:
        return self.throttled / (self.throttled + self.calls)


class Simulation:
    """Runs tasks against one bucket; `run` returns the seconds until the last call was taken."""

    def __init__(self, bucket: Bucket, latency: tuple[float, float], seed: int) -> None:
        self.bucket, self.latency = bucket, latency
        self.random = random.Random(seed)
        self.events: list[tuple[float, int, Callable[[float], None]]] = []
        self.numbers = count()

    def run(self, *tasks: Task) -> float:
        for task in tasks:
            self.at(task.begins, lambda now, task=task: self.wake(task, now))
        now = 0.0
        while self.events:
            now, _number, event = heapq.heappop(self.events)
            event(now)
        return max(task.taken_at[-1] for task in tasks)

    def at(self, when: float, event: Callable[[float], None]) -> None:
        heapq.heappush(self.events, (when, next(self.numbers), event))

    def wake(self, task: Task, now: float) -> None:
        while task.to_do and task.on_the_way < task.concurrency:
            delay = task.limiter.delay(now)
            if delay > 0:
                self.wake_later(task, now, now + delay + self.random.uniform(0, LATE))
                return
            task.limiter.leaves(now)
            task.on_the_way += 1
            self.at(now + self.half_way(), lambda then: self.arrive(task, now, then))

    def wake_later(self, task: Task, now: float, when: float) -> None:
        if task.wakes_at <= now or when < task.wakes_at:
            task.wakes_at = when
            self.at(when, lambda then: self.wake(task, then))

    def arrive(self, task: Task, left_at: float, now: float) -> None:
        is_taken = self.bucket.takes(now)
        self.at(now + self.half_way(), lambda then: self.answer(task, left_at, is_taken, then))

    def answer(self, task: Task, left_at: float, is_taken: bool, now: float) -> None:
        task.on_the_way -= 1
        if is_taken:
            task.taken_at.append(now)
            task.limiter.taken(left_at, now)
        else:
            task.throttled += 1
            task.limiter.throttled(left_at, now)
        self.wake(task, now)

    def half_way(self) -> float:
        return self.random.uniform(*self.latency) / 2


def task(calls: int, seed: int = 1, begins: float = 0.0, concurrency: int = 10) -> Task:
    """A task over so many executions, with a limiter of its own."""
    limiter = RateLimiter(DOCUMENTED[SEND], calls, spread=random.Random(seed).random)
    return Task(calls, limiter, begins, concurrency)


def steady(rate: float, burst: float) -> Bucket:
    return Bucket(lambda now: rate, burst)


def least_share(tasks: Sequence[Task]) -> float:
    """The smallest part that a task got of what was taken while all of them ran."""
    begin, end = max(one.begins for one in tasks), min(one.taken_at[-1] for one in tasks)
    parts = [sum(begin < when <= end for when in one.taken_at) for one in tasks]
    return min(parts) / sum(parts)


class TestDocumentedQuota:
    @pytest.mark.parametrize("latency", [LOOPBACK, REGION, FAR], ids=["loopback", "region", "far"])
    @pytest.mark.parametrize("burst", [3, 6])
    @pytest.mark.parametrize("calls, most", [(1, 1), (30, 1.15), (100, 1.05), (600, 1.05), (1000, 1.02)])
    def test_one_task_keeps_to_the_floor_and_is_hardly_turned_away(self, calls, most, burst, latency):
        one = task(calls)
        assert Simulation(steady(3, burst), latency, seed=1).run(one) <= most * calls / 3
        assert one.turned_away < 0.01

    def test_without_any_burst_every_call_that_comes_early_is_lost_but_half_of_the_rate_is_reached(self):
        one = task(100)
        assert Simulation(steady(3, 1), REGION, seed=1).run(one) <= 2 * 100 / 3

    @pytest.mark.parametrize("latency", [LOOPBACK, FAR], ids=["loopback", "far"])
    @pytest.mark.parametrize("burst", [3, 6])
    @pytest.mark.parametrize(
        "first, second, begins", [(30, 30, 0), (60, 60, 0), (30, 100, 0), (100, 100, 0), (100, 100, 10), (300, 300, 0)]
    )
    def test_two_tasks_share_it(self, first, second, begins, burst, latency):
        """Chance decides much where calls are few, so this is about the medians of several runs."""
        ratios, least = [], []
        for seed in range(9):
            tasks = task(first, seed), task(second, seed + 100, begins)
            seconds = Simulation(steady(3, burst), latency, seed).run(*tasks)
            ratios.append(seconds / ((first + second) / 3))
            least.append(least_share(tasks))
        assert statistics.median(ratios) <= 1.2
        assert statistics.median(least) >= 0.2
        assert max(ratios) <= 1.4

    def test_one_that_comes_late_is_not_starved_by_one_that_is_regular(self):
        tasks = task(1000, 1), task(100, 2, begins=100)
        Simulation(steady(3, 3), (0.004, 0.004), seed=1).run(*tasks)
        assert tasks[1].taken_at[-1] <= 100 + 1.5 * 200 / 3


class TestOtherQuota:
    @pytest.mark.parametrize("latency", [LOOPBACK, REGION, FAR], ids=["loopback", "region", "far"])
    @pytest.mark.parametrize("seconds_of_burst", [1, 2])
    @pytest.mark.parametrize("rate", [4, 6, 10, 30])
    def test_a_raised_one_is_found(self, rate, seconds_of_burst, latency):
        one = task(1000, concurrency=40)
        seconds = Simulation(steady(rate, seconds_of_burst * rate), latency, seed=1).run(one)
        assert seconds <= 1.3 * 1000 / rate
        assert one.turned_away < 0.05

    @pytest.mark.parametrize("latency", [LOOPBACK, REGION, FAR], ids=["loopback", "region", "far"])
    def test_one_that_is_ten_times_the_documented_one_is_found_soon(self, latency):
        one = task(1000, concurrency=40)
        assert Simulation(steady(30, 30), latency, seed=1).run(one) <= 1.15 * 1000 / 30

    @pytest.mark.parametrize("rate", [0.5, 1, 2])
    def test_a_lowered_one_is_followed(self, rate):
        one = task(100)
        assert Simulation(steady(rate, 2), REGION, seed=1).run(one) <= 1.1 * 100 / rate

    @pytest.mark.parametrize("before, after, calls", [(3, 30, 3500), (30, 3, 2400), (3, 1.5, 600), (1, 3, 700)])
    def test_one_that_changes_after_a_minute_is_followed_within_three_more(self, before, after, calls):
        one = task(calls)
        Simulation(Bucket(lambda now: before if now < 60 else after, 3), REGION, seed=1).run(one)
        assert sum(240 < when <= 260 for when in one.taken_at) >= 0.75 * 20 * after


class TestRateLimiter:
    def test_the_first_call_goes_out_at_once_and_the_next_in_its_turn(self):
        limiter = RateLimiter(3.0, spread=lambda: 0.0)
        assert limiter.delay(100) == 0
        limiter.leaves(100)
        assert limiter.delay(100) == pytest.approx(1 / 3)

    def test_a_call_that_is_a_little_late_does_not_delay_those_after_it(self):
        limiter = RateLimiter(3.0, spread=lambda: 0.0)
        limiter.leaves(100)
        limiter.leaves(100.4)
        assert limiter.delay(100.4) == pytest.approx(2 / 3 - 0.4)

    def test_calls_leave_a_little_later_at_random(self):
        limiter = RateLimiter(3.0, spread=lambda: 1.0)
        limiter.leaves(100)
        assert 1 / 3 < limiter.delay(100) <= 2 / 3

    def test_an_idle_time_is_not_made_up_for(self):
        limiter = RateLimiter(3.0, spread=lambda: 0.0)
        limiter.leaves(100)
        limiter.leaves(200)
        assert limiter.delay(200) == pytest.approx(1 / 3)

    def test_it_does_not_rise_while_there_is_nothing_to_do(self):
        limiter = RateLimiter(3.0, expected=1000)
        for when in range(100, 1100):
            limiter.leaves(when)
            limiter.taken(when, when + 0.1)
        assert limiter.rate == 3

    def test_a_throttled_call_lowers_it_once_and_calls_that_were_on_their_way_do_not(self):
        limiter = RateLimiter(3.0)
        for left_at in (100, 100.1, 100.2):
            limiter.throttled(left_at, 100.3)
        assert limiter.rate == pytest.approx(2.1)
        limiter.throttled(100.4, 100.5)
        assert limiter.rate < 2.1

    def test_it_waits_after_a_throttled_call(self):
        limiter = RateLimiter(3.0)
        limiter.throttled(100, 100.1)
        assert limiter.delay(100.1) >= 1 / 3

    def test_a_service_that_takes_nothing_is_still_asked(self):
        limiter = RateLimiter(3.0)
        for when in range(100, 200):
            limiter.throttled(when, when + 0.5)
        assert limiter.delay(199.5) <= 10

    def test_it_counts_what_was_taken_and_what_was_not(self):
        limiter = RateLimiter(3.0)
        limiter.taken(100, 100.1)
        limiter.throttled(100, 100.1)
        limiter.throttled(100, 100.1)
        assert (limiter.calls_taken, limiter.calls_throttled) == (1, 2)


class TestRates:
    def test_a_task_for_one_execution_may_make_its_first_calls_at_once(self):
        limiter = Rates()[SEND]
        for _call in range(3):
            assert limiter.delay(100) == 0
            limiter.leaves(100)
        assert limiter.delay(100) > 0

    def test_each_operation_has_a_rate_of_its_own(self):
        rates = Rates(expected=100)
        rates[SEND].leaves(100)
        assert rates[SEND].delay(100) > 0
        assert rates["GetAutomationExecution"].delay(100) == 0

    @pytest.mark.parametrize("operation, rate", DOCUMENTED.items())
    def test_it_begins_at_the_documented_rate(self, operation, rate):
        assert Rates()[operation].rate == rate

    def test_an_operation_without_a_documented_rate_has_no_limit_until_it_is_throttled(self):
        limiter = Rates()["DescribeDocument"]
        for _call in range(100):
            limiter.leaves(100)
            assert limiter.delay(100) == 0
        limiter.throttled(100, 100.1)
        assert limiter.delay(100.1) >= 1

    def test_what_a_task_expects_lets_it_ask_for_more_than_the_documented_rate(self):
        seconds = {}
        for expected in (0, 1000):
            one = Task(200, Rates(expected)[SEND])
            seconds[expected] = Simulation(steady(1e6, 1e6), LOOPBACK, seed=1).run(one)
        assert seconds[1000] < seconds[0] / 2

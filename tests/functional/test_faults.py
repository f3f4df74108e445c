# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delivered once, and known: signals under every fault, at every moment; and random sequences of them.

Two things hold always: a signal takes effect at most once, and the task tells the truth about it or says that it
does not know.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interruptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.scheduler import run_one
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import Service
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.signaller import Options, Signaller
from ansible_collections.ssmops.automation.tests.functional.fault_table import ON_READING, ON_SENDING, page
from ansible_collections.ssmops.automation.tests.functional.scenarios import CALLER, SCENARIOS

SEND, READ = "SendAutomationSignal", "GetAutomationExecution"
PAGE = Path(__file__).resolve().parents[2] / "docs" / "delivery.md"


class Bench:
    """An emulator, and a client such as the module has: without retries, and here with short timeouts."""

    def __init__(self, emulator, keys, other_keys):
        self.emulator = emulator
        self.other = emulator.client("ssm", **other_keys)
        self.preparing = emulator.client("ssm", **keys)
        short_timeout = Config(retries=dict(api.NO_RETRIES), read_timeout=0.3)
        self.client = api.refuse_odd_bodies(emulator.client("ssm", config=short_timeout, **keys))

    def prepare(self, scenario, **choices):
        execution_id = scenario.prepare(self.emulator, self.preparing)
        if choices:
            self.emulator.choose(**choices)
        self.hidden = not choices.get("decisions_while_waiting", True)
        self.emulator.forget_requests()
        return execution_id

    def befall(self, operation, fault, **how_often):
        self.emulator.fail(operation=operation, **fault, **how_often)

    def take(self, scenario, execution_id, rest=None):
        service = Service(self.client, self.who, self.emulator)
        work = Signaller(service, scenario.signal, Options(Pace(0, 2), rest)).work_on(execution_id)
        return run_one(work, service, Interruptions())

    def who(self):
        return f"arn:aws:iam::123456789012:user/{CALLER}"

    def sends(self):
        return len(self.emulator.requests(SEND))

    def effects(self, scenario, execution_id):
        """How often the signal took effect, once everything that is on its way has shown."""
        self.emulator.clear_faults()
        self.emulator.choose(signal_delay_seconds=0, decisions_while_waiting=True)
        self.emulator.sleep(60)
        if self.hidden:
            # A decision of somebody else makes a gate show those that it hid.
            with contextlib.suppress(ClientError):
                self.other.send_automation_signal(AutomationExecutionId=execution_id, SignalType="Approve")
        return scenario.count(self.emulator.execution(execution_id))


@pytest.fixture
def bench(emulator, alice, bob):
    return Bench(emulator, alice, bob)


def verdict(outcome):
    if outcome.delivery.is_unknown:
        return "failed, outcome unknown"
    if outcome.failed and not outcome.changed:
        return "failed with the error"
    return "changed" if outcome.changed else "unchanged"


by_fault_of_reading = pytest.mark.parametrize("row", ON_READING.values(), ids=ON_READING)
# How a fault is met depends on the kind of the signal, how an effect is found on the signal. So every fault meets a
# signal of each kind, and every signal the faults that leave different traces.
REPEATABLE, UNREPEATABLE = "Resume", "StartStep"
BOTH_KINDS = (REPEATABLE, UNREPEATABLE)
AT_GATES = ("Approve", "Approve, more gates ahead")
TRACES = ("reset before", "reset after", "fault after, late", "late")
SIGNALS_BY_FAULTS = [
    *((name, fault, False) for name in (*BOTH_KINDS, *AT_GATES) for fault in ON_SENDING),
    *((name, fault, False) for name in SCENARIOS if name not in (*BOTH_KINDS, *AT_GATES) for fault in TRACES),
    *((name, fault, True) for name in BOTH_KINDS for fault in ON_SENDING),
]


@pytest.mark.parametrize(
    ("name", "fault", "throttled_first"),
    SIGNALS_BY_FAULTS,
    ids=[f"{name}-{fault}{'-second attempt' * second}" for name, fault, second in SIGNALS_BY_FAULTS],
)
def test_a_fault_befalls_the_signal(bench, name, fault, throttled_first):
    scenario, row = SCENARIOS[name], ON_SENDING[fault]
    execution_id = bench.prepare(scenario, **(row.choices or {}))
    if throttled_first:
        bench.emulator.throttle(SEND)
    bench.befall(SEND, row.fault)
    outcome = bench.take(scenario, execution_id)

    ends = row.ends_for(scenario.kind)
    assert verdict(outcome) == ends.verdict, outcome.msg
    assert bench.sends() == outcome.delivery.attempts == ends.sent + throttled_first
    assert (outcome.diff is not None) is (ends.verdict == "changed")
    if ends.verdict == "changed":
        assert bench.effects(scenario, execution_id) == 1
        assert "Sent " in outcome.msg
    elif ends.verdict == "failed with the error":
        assert bench.effects(scenario, execution_id) == 0
        assert outcome.error.code == row.fault["code"]
    else:
        assert bench.effects(scenario, execution_id) <= 1
        assert "is not known: an answer to it got lost" in outcome.msg
        assert "Look whether " in outcome.msg


@by_fault_of_reading
def test_a_fault_befalls_the_first_look(bench, row):
    scenario = SCENARIOS[UNREPEATABLE]
    execution_id = bench.prepare(scenario)
    bench.befall(READ, row.fault, times=2)
    outcome = bench.take(scenario, execution_id)
    assert (verdict(outcome), bench.sends()) == ("changed", 1), outcome.msg
    assert bench.effects(scenario, execution_id) == 1


# Every fault of reading with one signal, and every signal with one fault of reading.
SIGNALS_BY_FAULTS_OF_READING = [
    *((UNREPEATABLE, fault) for fault in ON_READING),
    *((name, "reset before") for name in SCENARIOS if name != UNREPEATABLE),
]
by_signal_and_fault_of_reading = pytest.mark.parametrize(("name", "fault"), SIGNALS_BY_FAULTS_OF_READING)


@by_signal_and_fault_of_reading
def test_a_fault_befalls_the_look_after_a_lost_answer(bench, name, fault):
    scenario = SCENARIOS[name]
    execution_id = bench.prepare(scenario)
    bench.emulator.fail("reset_after", SEND)
    bench.befall(READ, ON_READING[fault].fault, skip=1, times=3)
    outcome = bench.take(scenario, execution_id)
    ends = ON_SENDING["reset after"].ends_for(scenario.kind)
    assert (verdict(outcome), bench.sends()) == (ends.verdict, ends.sent), outcome.msg
    assert bench.effects(scenario, execution_id) == 1


@by_signal_and_fault_of_reading
def test_a_fault_befalls_the_wait(bench, name, fault):
    scenario = SCENARIOS[name]
    execution_id = bench.prepare(scenario)
    bench.befall(READ, ON_READING[fault].fault, skip=1, times=3)
    outcome = bench.take(scenario, execution_id, rest=Pace(60, 2))
    assert (verdict(outcome), bench.sends()) == ("changed", 1), outcome.msg
    assert outcome.after is not None
    assert bench.effects(scenario, execution_id) == 1


@pytest.mark.parametrize("fault", ["reset_before", "reset_after"])
@pytest.mark.parametrize("name", BOTH_KINDS)
def test_where_even_the_looks_fail_the_outcome_is_unknown(bench, name, fault):
    execution_id = bench.prepare(SCENARIOS[name])
    bench.emulator.fail(fault, SEND)
    bench.emulator.fail("reset_before", READ, skip=1, times=100)
    outcome = bench.take(SCENARIOS[name], execution_id)
    assert (verdict(outcome), bench.sends()) == ("failed, outcome unknown", 1)
    assert "and the execution could not be read" in outcome.msg


def test_a_service_that_goes_on_throttling_is_given_up(bench):
    scenario = SCENARIOS[REPEATABLE]
    execution_id = bench.prepare(scenario)
    bench.emulator.throttle(SEND, times=100)
    outcome = bench.take(scenario, execution_id)
    assert verdict(outcome) == "failed with the error"
    assert outcome.error.code == "ThrottlingException"
    assert 5 < outcome.delivery.attempts < 40
    assert bench.effects(scenario, execution_id) == 0


FAULTS = st.sampled_from([row.fault for name, row in ON_SENDING.items() if not name.startswith("hang")])
BEFALLS = st.tuples(st.sampled_from([SEND, SEND, READ]), FAULTS, st.integers(0, 3), st.integers(1, 4))


# Single faults are in the tables above; this is for what several do together, and runs on with other ones each time.
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(SCENARIOS)),
    befalls=st.lists(BEFALLS, min_size=2, max_size=4),
    delay=st.sampled_from([0, 3, 25]),
    shown=st.booleans(),
)
def test_whatever_happens_it_takes_effect_once_at_most_and_the_task_tells_the_truth(bench, name, befalls, delay, shown):
    scenario = SCENARIOS[name]
    execution_id = bench.prepare(scenario, signal_delay_seconds=delay, decisions_while_waiting=shown)
    for operation, fault, skip, times in befalls:
        bench.befall(operation, fault, skip=skip, times=times)
    outcome = bench.take(scenario, execution_id)
    effects = bench.effects(scenario, execution_id)
    assert effects <= 1
    assert outcome.delivery.is_unknown or outcome.changed == bool(effects), outcome.msg
    assert "at fault" not in outcome.msg


def test_the_page_shows_the_table():
    assert page() in PAGE.read_text(encoding="utf-8")

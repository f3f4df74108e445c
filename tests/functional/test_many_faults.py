# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Delivered once, and known, for batches: the faults of test_faults.py, at random among all their requests."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.ssmops.automation.plugins.module_utils._automation.aws import api
from ansible_collections.ssmops.automation.plugins.module_utils._automation.batch.signaller import (
    BatchOptions,
    BatchSignaller,
)
from ansible_collections.ssmops.automation.plugins.module_utils._automation.options.waiting import Pace
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.interruption import Interruptions
from ansible_collections.ssmops.automation.plugins.module_utils._automation.runtime.service import Service
from ansible_collections.ssmops.automation.plugins.module_utils._automation.signal.signaller import Options, Signaller
from ansible_collections.ssmops.automation.tests.functional.fault_table import LAST_GATE, MORE_GATES, ON_SENDING
from ansible_collections.ssmops.automation.tests.functional.scenarios import CALLER, SCENARIOS

SEND, READ, LIST = "SendAutomationSignal", "GetAutomationExecution", "DescribeAutomationExecutions"
# More than are sent at a time (10) and more than a list of ids takes (10).
BATCH = 24


class Bench:
    """An emulator, and a client such as the module has: without retries, and here with short timeouts."""

    def __init__(self, emulator, keys, other_keys):
        self.emulator = emulator
        self.other = emulator.client("ssm", **other_keys)
        self.preparing = emulator.client("ssm", **keys)
        config = Config(retries=dict(api.NO_RETRIES), read_timeout=0.5, max_pool_connections=10)
        self.client = emulator.client("ssm", config=config, **keys)

    def prepare(self, scenario, number, **choices):
        ids = [scenario.prepare(self.emulator, self.preparing) for _number in range(number)]
        if choices:
            self.emulator.choose(**choices)
        self.hidden = not choices.get("decisions_while_waiting", True)
        self.emulator.forget_requests()
        return ids

    def befall(self, operation, fault, **how_often):
        self.emulator.fail(operation=operation, **fault, **how_often)

    def take(self, scenario, ids, rest=None, fail_fast=False):
        who = f"arn:aws:iam::123456789012:user/{CALLER}"
        service = Service(self.client, lambda: who, self.emulator, is_batch=True)
        signaller = Signaller(service, scenario.signal, Options(Pace(0, 2), rest))
        told = BatchSignaller(service, signaller, BatchOptions(10, fail_fast)).take_to(ids, Interruptions())
        return {outcome["automation_execution_id"]: outcome for outcome in told.outcomes}

    def effects(self, scenario, ids):
        """How often the signal took effect on each, once everything that is on its way has shown."""
        self.emulator.clear_faults()
        self.emulator.choose(signal_delay_seconds=0, decisions_while_waiting=True)
        self.emulator.sleep(60)
        for execution_id in ids if self.hidden else ():
            # A decision of somebody else makes a gate show those that it hid.
            with contextlib.suppress(ClientError):
                self.other.send_automation_signal(AutomationExecutionId=execution_id, SignalType="Approve")
        return {execution_id: scenario.count(self.emulator.execution(execution_id)) for execution_id in ids}

    def sends(self):
        own = (entry for entry in self.emulator.requests(SEND) if entry["caller"].endswith(f"/{CALLER}"))
        return Counter(entry["parameters"]["AutomationExecutionId"] for entry in own)


@pytest.fixture
def bench(emulator, alice, bob):
    return Bench(emulator, alice, bob)


def check_truth(scenario, outcomes, effects, sends):
    """Every signal took effect once at most, and what is told of each execution is so."""
    for execution_id, outcome in outcomes.items():
        effect, sent = effects[execution_id], outcome["signal"]["sent"]
        assert effect <= 1, outcome["msg"]
        assert sent is None or outcome["changed"] == sent == bool(effect), outcome["msg"]
        assert outcome["failed"] or outcome["changed"] or not outcome["tried"], outcome["msg"]
        assert outcome["signal"]["attempts"] == sends[execution_id]
        assert "at fault" not in outcome["msg"]


FAULTS = st.sampled_from([row.fault for name, row in ON_SENDING.items() if not name.startswith("hang")])
BEFALLS = st.tuples(st.sampled_from([SEND, SEND, READ, LIST]), FAULTS, st.integers(0, 30), st.integers(1, 12))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(SCENARIOS)),
    befalls=st.lists(BEFALLS, min_size=1, max_size=8),
    delay=st.sampled_from([0, 3, 25]),
    shown=st.booleans(),
    waits=st.booleans(),
    fail_fast=st.booleans(),
)
def test_whatever_happens_each_takes_effect_once_at_most_and_the_task_tells_the_truth(
    bench, name, befalls, delay, shown, waits, fail_fast
):
    scenario = SCENARIOS[name]
    ids = bench.prepare(scenario, BATCH, signal_delay_seconds=delay, decisions_while_waiting=shown)
    for operation, fault, skip, times in befalls:
        bench.befall(operation, fault, skip=skip, times=times)
    outcomes = bench.take(scenario, ids, Pace(60, 2) if waits else None, fail_fast)
    assert list(outcomes) == ids
    check_truth(scenario, outcomes, bench.effects(scenario, ids), bench.sends())


@pytest.mark.parametrize("name", ["Resume", "StartStep"])
def test_requests_that_hang_hold_up_nobody_else(bench, name):
    scenario = SCENARIOS[name]
    ids = bench.prepare(scenario, 20)
    bench.befall(SEND, {"kind": "hang", "seconds": 2}, times=3)
    outcomes = bench.take(scenario, ids)
    check_truth(scenario, outcomes, bench.effects(scenario, ids), bench.sends())
    assert sum(outcome["changed"] for outcome in outcomes.values()) >= 17


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_second_answer_is_lost_after_the_effect(bench, name):
    scenario = SCENARIOS[name]
    ids = bench.prepare(scenario, BATCH, signal_delay_seconds=3)
    for number in range(0, BATCH, 2):
        bench.befall(SEND, {"kind": "reset_after"}, skip=number)
    outcomes = bench.take(scenario, ids)
    effects = bench.effects(scenario, ids)
    check_truth(scenario, outcomes, effects, bench.sends())
    assert set(effects.values()) == {1}
    # Gates list who decided; of the other signals nothing tells whose was taken.
    changed = sum(outcome["changed"] for outcome in outcomes.values())
    assert changed == BATCH if scenario.kind in (LAST_GATE, MORE_GATES) else 0 < changed < BATCH

# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request takes as much work as its answer is long, however many executions there are. Work is counted, not timed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automation_emulator.engine import timeline
from automation_emulator.service import filters, render
from automation_emulator.service.ledger import Ledger
from automation_emulator.state.model import Execution, Runbook, Status
from automation_emulator.state.principals import Principal

Filters = Sequence[filters.Filter]
PAGE = 50
STATUSES = [Status.SUCCESS, Status.FAILED, None]


def run_of(
    number: int, name: str = "Finished", final: Status | None = Status.SUCCESS, parent: str | None = None
) -> Execution:
    return Execution(
        execution_id=f"{number:036}",
        runbook=Runbook(name=name, version="1", steps=()),
        account="123456789012",
        region="us-east-1",
        executed_by=Principal("arn:aws:iam::123456789012:user/alice"),
        requested_at=float(number),
        begins_at=float(number),
        parent_id=parent,
        final=final,
    )


def ledger_of(runs: Iterable[Execution]) -> Ledger:
    """A ledger to which they were added before they ended, as it is."""
    ledger, runs = Ledger(), list(runs)
    for run in runs:
        ledger.add(replace(run, final=None))
    for run in reversed(runs):
        ledger.keep(run)
    return ledger


def asked(**values: str) -> Filters:
    return [{"Key": key, "Values": value.split(",")} for key, value in values.items()]


def looked_at(ledger: Ledger, asking: Filters, page: int = PAGE) -> tuple[int, list[str]]:
    """How many executions are looked at for the first page, and which are on it."""
    looked: list[Execution] = []

    def looking() -> Iterable[Execution]:
        for run in ledger.newest_first(asking, None):
            looked.append(run)
            yield run

    found, _last = filters.page(filters.executions(looking(), asking), page, lambda run: run.execution_id)
    return len(looked), [run.execution_id for run in found]


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """Ten thousand have succeeded; among the oldest, three wait, have failed, or belong to a parent."""
    old = [run_of(1, "Waits", None), run_of(2, "Failed", Status.FAILED), run_of(3, "Child", parent="parent")]
    return ledger_of([*old, *(run_of(number) for number in range(4, 10_004))])


class TestPages:
    """Of thousands of executions that have ended, a page looks at those that it shows, and one more."""

    @pytest.mark.parametrize(
        ("asking", "looks", "shown"),
        [
            (asked(), PAGE + 1, PAGE),
            (asked(ExecutionStatus="Success"), PAGE + 1, PAGE),
            (asked(DocumentNamePrefix="Fin"), PAGE + 1, PAGE),
            (asked(ExecutionStatus="Success,Failed,Pending"), PAGE + 1, PAGE),
            (asked(ExecutionStatus="Failed"), 1, 1),
            (asked(ExecutionStatus="Pending,Waiting"), 1, 1),
            (asked(ExecutionStatus="Cancelled"), 0, 0),
            (asked(CurrentAction="aws:approve"), 1, 0),
            (asked(DocumentNamePrefix="Child,Waits"), 2, 2),
            (asked(ParentExecutionId="parent"), 1, 1),
            (asked(ExecutionId=f"{2:036},{5:036},{10_005:036}"), 2, 2),
            # The filter that lets the fewest through decides, wherever it stands.
            (asked(DocumentNamePrefix="F", ExecutionStatus="Failed"), 1, 1),
            (asked(ExecutionStatus="Failed", DocumentNamePrefix="F"), 1, 1),
            (asked(TagKey="none", ExecutionStatus="Pending"), 1, 0),
        ],
    )
    def test_how_many_are_looked_at(self, ledger: Ledger, asking: Filters, looks: int, shown: int) -> None:
        looked, found = looked_at(ledger, asking)
        assert (looked, len(found)) == (looks, shown)


RUNS = st.lists(
    st.tuples(st.sampled_from("AaB"), st.sampled_from(STATUSES), st.sampled_from([None, f"{0:036}", f"{1:036}"])),
    max_size=12,
)
ASKED = st.dictionaries(
    st.sampled_from(["ExecutionStatus", "DocumentNamePrefix", "ParentExecutionId", "ExecutionId", "CurrentAction"]),
    st.lists(
        st.sampled_from(["Success", "Failed", "Pending", "A", "a", "", f"{0:036}", f"{1:036}", f"{7:036}"]), min_size=1
    ),
    max_size=3,
)


@given(RUNS, ASKED, st.integers(0, 11))
def test_whatever_is_asked_the_short_cut_leads_to_the_same(runs: Any, wanted: Any, at: int) -> None:
    wanted = {
        key: [one for one in values if key != "ExecutionStatus" or one in set(map(str, Status))]
        for key, values in wanted.items()
    }
    asking = [{"Key": key, "Values": values} for key, values in wanted.items()]
    every = [run_of(number, *run) for number, run in enumerate(runs)]
    last = every[at].execution_id if at < len(every) else None
    found = filters.executions(ledger_of(every).newest_first(asking, last), asking)
    rest = every[:at] if last is not None else every
    assert list(found) == list(filters.executions(reversed(rest), asking))


def test_children_that_have_ended_are_not_looked_at() -> None:
    runs = [run_of(number, "Child", None if number == 3 else Status.SUCCESS, "parent") for number in range(5)]
    assert [child.execution_id for child in ledger_of(runs).live_children("parent")] == [f"{3:036}"]
    assert ledger_of(runs).live_children("nobody") == []


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """What the emulator has rendered and taken forward."""
    counted: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def counting(*arguments: Any) -> Any:
            counted[name] += 1
            return original(*arguments)

        monkeypatch.setattr(owner, name, counting)

    for owner, name in ((render, "metadata"), (render, "step_execution"), (timeline, "advance")):
        count(owner, name)
    return counted


def test_requests_do_not_grow_with_finished_executions(runs: Any, control: Any, work: Counter[str]) -> None:
    sleep = {"action": "aws:sleep", "inputs": {"Duration": "PT1S"}}
    steps = [{"name": f"step_{number}", **sleep} for number in range(50)]
    runs.document(*steps)
    spent = []
    for more in (10, 90):
        for _time in range(more):
            execution = runs.ssm.start_automation_execution(DocumentName="Gated")["AutomationExecutionId"]
        control.pass_time(60)
        assert runs.status(execution) == "Success"
        work.clear()
        runs.get(execution)
        page = runs.ssm.describe_automation_executions(MaxResults=10)
        assert len(page["AutomationExecutionMetadataList"]) == 10
        spent.append(dict(work))
    assert spent == 2 * [{"step_execution": 50, "metadata": 10}]

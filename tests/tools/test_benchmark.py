# Copyright (c) Contributors to the ssmops.automation project
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan, the numbers and the tables of the benchmark; how long anything takes is not tested."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.bench.findings import METHODS, Findings, Measurement, Throttled, memory_ratio, ratios
from tools.bench.plan import OPENING, rounds
from tools.bench.quotas import QUOTAS, Limited, Turn, turns
from tools.bench.quotas import quoted as quoted_floor
from tools.bench.tables import quoted, tables

ROOT = Path(__file__).parents[2]


def measured(**seconds: float) -> Findings:
    """Findings of one round: method and size, as in `cli_100`, to seconds."""
    found = Findings()
    for name, value in seconds.items():
        method, _underscore, size = name.rpartition("_")
        found.measurements.append(Measurement(method, int(size), 0, value, {"SendAutomationSignal": int(size)}))
    return found


def test_ratios_are_of_medians() -> None:
    found = measured(module_1=2.0, bare_module_1=2.0)
    found.measurements += measured(module_1=9.0).measurements + measured(module_1=1.0).measurements
    assert ratios(found, 0)[0].value == 1.0


def test_what_was_not_measured_has_no_ratio_and_reaches_no_goal() -> None:
    ratio = ratios(measured(module_1=2.0), 0)[0]
    assert (ratio.value, ratio.reached) == (None, False)


def test_memory_is_compared_with_a_single_execution() -> None:
    found = Findings(memory={1: 50.0, 1000: 75.0})
    assert (memory_ratio(found).value, memory_ratio(found).reached) == (1.5, True)


def test_the_first_task_of_a_play_is_counted_apart() -> None:
    found = measured(module_1=2.0)
    found.measurements.append(Measurement("module", 1, 0, 9.0, {}, opens=True))
    assert (found.seconds("module", 1, 0), found.opening("module", 0)) == (2.0, 9.0)


def test_methods_take_turns_in_a_random_order_that_is_the_same_in_every_run() -> None:
    planned = list(rounds([1], [0], 10, 1000))
    assert len({tuple(one.methods) for one in planned}) == 10
    assert {one.opening[0] for one in planned} == set(OPENING)
    assert all(one.methods.count(method) == 3 for one in planned for method in METHODS)
    assert planned == list(rounds([1], [0], 10, 1000))


def test_what_is_slow_runs_in_the_last_round_only_and_the_cli_never_over_a_thousand() -> None:
    planned = list(rounds([100, 1000], [0], 2, 1000))
    assert [sorted(one.methods) for one in planned] == [
        ["module", "script"],
        ["bare_module", "cli", "looped_module", "module", "script"],
        ["bare_module", "looped_module", "module", "script"],
    ]


def test_loops_over_more_than_ten_are_measured_with_one_latency() -> None:
    planned = list(rounds([10, 100, 1000], [0, 40], 1, 1000))
    looped = [(one.size, one.latency_ms) for one in planned if "looped_module" in one.methods]
    assert looped == [(10, 0), (10, 40), (100, 0), (1000, 0)]


def test_the_readme_quotes_nothing_before_all_is_measured() -> None:
    found = measured(module_1=1.1, bare_module_1=1.0)
    found.throttled = Throttled(size=500, rate=20.0, seconds=60.0, arrived=500, sent_twice=0, turned_away=9)
    found.memory = {1: 50.0, 1000: 60.0}
    assert quoted(found) == ""
    found.measurements += measured(cli_1=2.0).measurements
    numbers = ("1.20 times", "1.10 of", "0.55 of", "500 arrive")
    assert [number for number in numbers if number not in quoted(found)] == []


def test_the_table_of_seconds_has_a_row_for_each_method_and_latency() -> None:
    rows = tables(measured(module_1=1.5), [1, 10], [0, 40])["seconds"].splitlines()
    assert rows[0] == "| executions | latency | 1 | 10 |"
    assert rows[2] == "| (a) `ssm_automation_signal`, one task | 0 ms | 1.50 / 1.50 / 1.50 (1) | - |"
    assert rows[7] == "| (a) `ssm_automation_signal`, one task | 40 ms | - | - |"


def test_the_parts_of_a_profile_add_up_to_its_total() -> None:
    parts = ("import base", "import collection", "client", "documents", "calls")
    compiled = ("ansible.module_utils", "ansible_collections.amazon.aws", "ansible_collections.ssmops.automation")
    profile = {**dict.fromkeys(parts, 0.01), **{f"compile {one}": 0.02 for one in compiled}, "main": 0.05, "total": 0.3}
    found = measured(module_1=1.5)
    found.profiles = [profile]
    rows = tables(found, [1], [0])["profile"].splitlines()[2:]
    values = {name: int(value) for _left, name, value, _right in (row.split("|") for row in rows)}
    total = values.pop(" **all** ")
    own = values.pop(" **all of ours** ")
    assert own == sum(value for name, value in values.items() if "(ours)" in name) == 60
    assert total == sum(values.values()) == 300


def test_parts_that_were_not_measured_are_not_written() -> None:
    found = Findings(limited=[Limited(Turn("documented", "module", 30), 11.0, 63, 0)])
    assert list(tables(found, [30], [0])) == ["documented"]


def test_the_table_of_a_quota_shows_the_spread_and_the_ratio_to_the_floor() -> None:
    turn = Turn("documented", "module", 30)
    found = Findings(limited=[Limited(turn, seconds, 63, 1) for seconds in (10.5, 15.0, 11.0)])
    row = tables(found, [30], [0])["documented"].splitlines()[2]
    assert row == "| `ssm_automation_signal`, one task | 30 | 10.0 | 10.5 | 11.0 | 15.0 | 1.10 | 1.6% | 3 |"


@pytest.mark.parametrize("quota, floor", [("documented", "100.0"), ("raised", "10.0")])
def test_the_floor_is_that_of_the_quota(quota: str, floor: str) -> None:
    found = Findings(limited=[Limited(Turn(quota, "module", 300), 120.0, 600, 0)])
    assert f"| 300 | {floor} |" in tables(found, [300], [0])[quota]


def test_a_quick_run_takes_each_turn_once_and_leaves_the_long_ones_out() -> None:
    planned = list(turns("documented", [1, 10, 100, 1000], quick=True))
    assert len(planned) == len(set(planned))
    assert max(turn.size for turn in planned) == 100
    assert max(turn.size for turn in planned if turn.method == "cli") == 10


def test_a_full_run_repeats_the_short_turns() -> None:
    planned = list(turns("documented", [1, 1000], quick=False))
    assert planned.count(Turn("documented", "module", 1)) > planned.count(Turn("documented", "module", 1000)) == 1


def test_two_tasks_at_once_are_measured_under_the_documented_quota() -> None:
    both = [
        (turn.quota, turn.size) for quota in QUOTAS for turn in turns(quota, [10, 100], False) if "two" in turn.method
    ]
    assert set(both) == {("documented", 100)}


def test_the_readme_quotes_no_floor_before_all_is_measured() -> None:
    found = [Limited(Turn("documented", "module", size), 0.34 * size, 2 * size, 0) for size in (100, 1000)]
    assert quoted_floor(found) == ""
    found.append(Limited(Turn("documented", "waited_module", 100), 40.0, 210, 0))
    assert [number for number in ("1.02 times", "1.20 times") if number not in quoted_floor(found)] == []


@pytest.mark.plays
def test_it_runs_under_quotas(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.bench", "--quick", "--sizes", "2", "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| 2 | 0.7 | " in (tmp_path / "benchmark.md").read_text(encoding="utf-8")


@pytest.mark.plays
def test_it_runs(tmp_path: Path) -> None:
    options = (
        "--parts",
        "unlimited",
        "--sizes",
        "1",
        "2",
        "--latencies",
        "0",
        "--repeats",
        "1",
        "--throttled",
        "3",
        "--waiting-seconds",
        "1",
    )
    command = [sys.executable, "-m", "tools.bench", *options, "--output", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = (tmp_path / "benchmark.md").read_text(encoding="utf-8")
    assert "| 3 | 20 | 3 | 0 | " in written
    assert "| executions | latency | 1 | 2 |" in written
